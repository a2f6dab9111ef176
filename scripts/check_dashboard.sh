#!/usr/bin/env bash
# Checks the dashboard where Node is: its operations fit the schema, its types, its style, its accessibility rules.
# What was checked and has not changed since is not checked again.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -d dashboard/node_modules ]; then
  echo "check: the dashboard is not checked: install Node 20.19 or later and run make setup." >&2
  exit 0
fi
stamp=dashboard/node_modules/.checked
wanted=$(scripts/page_inputs.sh dashboard schema.graphql)
[ "$(cat "$stamp" 2> /dev/null)" != "$wanted" ] || exit 0

log=$(mktemp)
trap 'rm -f "$log"' EXIT
npm --prefix dashboard run check > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
echo "$wanted" > "$stamp"
