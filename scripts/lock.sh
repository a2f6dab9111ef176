#!/usr/bin/env bash
# Writes the three lock files from pyproject.toml: exact versions with hashes, no download addresses.
#   requirements-build.lock  what installs this tree itself
#   requirements.lock        what the product runs on, with the private MongoDB of `crm dev`
#   requirements-dev.lock    all of that, and what tests and checks need
set -euo pipefail
cd "$(dirname "$0")/.."

uv=$(command -v uv || echo .venv/bin/uv)
if ! [ -x "$uv" ]; then
  echo "Locking needs uv: .venv/bin/pip install uv" >&2
  exit 1
fi

compile() {
  # Versions already locked stay, unless LOCK_FLAGS=--upgrade asks for the newest.
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-emit-find-links --no-annotate --no-header ${LOCK_FLAGS:-} "$@" > /dev/null
}

compile pyproject.toml --extra local --extra test --group build -o requirements-dev.lock
compile pyproject.toml --extra local -c requirements-dev.lock -o requirements.lock
compile --group build -c requirements-dev.lock -o requirements-build.lock

if grep -nE '://|find-links|index-url' requirements*.lock; then
  echo "A lock file names a place to download from: that must not be." >&2
  exit 1
fi
