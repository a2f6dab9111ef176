#!/usr/bin/env bash
# Builds GraphiQL into the package where Node is; without it everything but the page in the browser works.
set -euo pipefail
cd "$(dirname "$0")/../graphiql"

out=../crm_graphql/static/graphiql
stamp=$out/built-from
wanted=$(cat package.json package-lock.json vite.config.ts tsconfig.json index.html src/* | cksum)
[ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ] || exit 0

skip() {
  echo "setup: GraphiQL is not built: $1 Everything else works; run make setup again to build it." >&2
  exit 0
}

command -v node > /dev/null && command -v npm > /dev/null || skip "Node is not installed (20.19 or later is needed)."
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
  || skip "Node $(node --version) is too old (20.19 or later is needed)."

echo "setup: building GraphiQL"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { npm ci --no-audit --no-fund && npm run build; } > "$log" 2>&1; then
  tail -n 15 "$log" >&2
  skip "npm could not install or build it, its message is above."
fi
echo "$wanted" > "$stamp"
