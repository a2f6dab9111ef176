#!/usr/bin/env bash
# Installs the JavaScript clients and tools that tests/clients drives, as locked, where Node is (instant the second
# time).
set -euo pipefail
cd "$(dirname "$0")/../tests/clients"

skip() {
  echo "test tools: the JavaScript clients are not installed: $1 Their tests will say so." >&2
  exit 0
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

for folder in . codegen; do
  stamp=$folder/node_modules/.installed-from
  wanted=$(cat "$folder/package.json" "$folder/package-lock.json" | cksum)
  [ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ] || continue

  command -v node > /dev/null && command -v npm > /dev/null || skip "Node is not installed (20 or later is needed)."
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' \
    || skip "Node $(node --version) is too old (20 or later is needed)."

  echo "test tools: installing the JavaScript clients"
  if ! (cd "$folder" && npm ci --no-audit --no-fund) > "$log" 2>&1; then
    tail -n 15 "$log" >&2
    skip "npm could not install them, its message is above."
  fi
  echo "$wanted" > "$stamp"
done
