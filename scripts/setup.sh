#!/usr/bin/env bash
# Makes .venv and installs what is locked; says in one sentence what is missing when it cannot.
#   setup.sh         what the product runs on, and the pages where Node is
#   setup.sh test    also what checks and tests need
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
  echo "setup: $1" >&2
  exit 1
}

# A local .venv is not to be reached by the caller's Python variables.
unset PYTHONHOME PYTHONPATH

new_enough() {
  command -v "$1" > /dev/null && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do
    if new_enough "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  die "Python 3.11 or later is needed; ${PYTHON:-python3} is $(${PYTHON:-python3} --version 2>&1 || true). \
Install one, or name it: make setup PYTHON=/path/to/python3.12"
}

make_venv() {
  local python
  python=$(find_python)
  "$python" -c 'import venv, ensurepip' 2> /dev/null \
    || die "$python has no venv module. On Debian and Ubuntu: apt-get install python3-venv"
  echo "setup: making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
}

# The stamp holds what was installed, so that a second run is instant and a changed lock is noticed.
fingerprint() {
  cat pyproject.toml scripts/setup.sh "$@" | cksum
}

install() {
  local stamp=$1
  shift
  [ "$(cat "$stamp" 2> /dev/null)" != "$(fingerprint "$@")" ] || return 0
  echo "setup: installing ${*} (a minute or two the first time)"
  local requirements=() file
  for file in "$@"; do
    requirements+=(-r "$file")
  done
  PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet --no-compile --require-hashes "${requirements[@]}" \
    || die "the locked packages could not be installed; pip's message above says why."
  # Without build isolation nothing is fetched that is not locked.
  PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
  fingerprint "$@" > "$stamp"
}

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null \
  || ! .venv/bin/python -m pip --version > /dev/null 2>&1; then
  make_venv
fi

# Python's packages and the pages wait for other things: together they take as long as the longest.
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
scripts/build_page.sh graphiql GraphiQL &
scripts/build_page.sh dashboard "The dashboard" schema.graphql &

if [ "${1:-}" = test ]; then
  install .venv/.stamp-test requirements-dev.lock
else
  # The lock for tests holds all of the smaller two.
  [ "$(cat .venv/.stamp-test 2> /dev/null)" = "$(fingerprint requirements-dev.lock)" ] \
    || install .venv/.stamp-run requirements.lock requirements-build.lock
fi

wait
