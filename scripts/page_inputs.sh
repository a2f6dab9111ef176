#!/usr/bin/env bash
# Prints a sum of all that a page is made of, for stamps of what was done with it.
#   page_inputs.sh FOLDER [FILE...]   FILEs beside the folder's own count too
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
shift
{
  find "$folder" \( -name node_modules -o -path "$folder/src/gql" \) -prune -o -type f -print0
  [ $# -eq 0 ] || printf '%s\0' "$@"
} | sort -z | xargs -0 cat | cksum
