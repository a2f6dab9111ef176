#!/usr/bin/env bash
# Checks the dashboard where Node is: its operations fit the schema, its types, its style, its accessibility rules.
set -euo pipefail
cd "$(dirname "$0")/../dashboard"

if [ ! -d node_modules ]; then
  echo "check: the dashboard is not checked: install Node 20.19 or later and run make setup." >&2
  exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
npm run check > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
