#!/usr/bin/env bash
# Builds a page into the package where Node is; without it everything but that page in the browser works.
#   build_page.sh FOLDER NAME [FILE...]   FILEs beside the folder's own are read by its build too
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
name=$2
shift 2

out=crm_graphql/static/$folder
stamp=$out/built-from
wanted=$(scripts/page_inputs.sh "$folder" "$@")
[ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ] || exit 0

skip() {
  echo "setup: $name is not built: $1 Everything else works; run make setup again to build it." >&2
  exit 0
}

command -v node > /dev/null && command -v npm > /dev/null || skip "Node is not installed (20.19 or later is needed)."
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
  || skip "Node $(node --version) is too old (20.19 or later is needed)."

# Packages are installed again only where others are locked now: that takes ten times as long as the build.
locked=$(cksum < "$folder/package-lock.json")
installed=$folder/node_modules/.installed
install() {
  [ "$(cat "$installed" 2> /dev/null)" != "$locked" ] || return 0
  npm --prefix "$folder" ci --no-audit --no-fund && echo "$locked" > "$installed"
}

echo "setup: building $name"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { install && npm --prefix "$folder" run build; } > "$log" 2>&1; then
  tail -n 15 "$log" >&2
  skip "npm could not install or build it, its message is above."
fi
echo "$wanted" > "$stamp"
