#!/usr/bin/env bash
# Installs what `make test` needs of the system: a RabbitMQ that tests start themselves, and a browser.
# Debian's packages start a broker when they are installed; that is prevented, nothing is left listening.
set -euo pipefail

missing=()
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing+=(rabbitmq-server)
command -v chromium > /dev/null || command -v google-chrome > /dev/null || missing+=(chromium)
command -v setpriv > /dev/null || missing+=(util-linux)
[ ${#missing[@]} -gt 0 ] || exit 0

sentence="make test needs ${missing[*]} from the system's packages; install them: apt-get install ${missing[*]}"
if ! command -v apt-get > /dev/null; then
  echo "test tools: $sentence (or what your system calls them)" >&2
  exit 1
elif [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo > /dev/null && { [ -t 0 ] || sudo -n true 2> /dev/null; }; then
  as_root=(sudo)
else
  echo "test tools: $sentence (as root)" >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
if ! [ -e $policy ]; then
  # 101 tells the packages' scripts that starting services is not allowed here.
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy > /dev/null
  trap '"${as_root[@]}" rm -f $policy' EXIT
  "${as_root[@]}" chmod +x $policy
fi

install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}

echo "test tools: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
for package in "${missing[@]}"; do
  if ! install "$package"; then
    # Some systems package no Chromium; the tests that need it then say that they were skipped.
    [ "$package" = chromium ] || { echo "test tools: $sentence" >&2; exit 1; }
    echo "test tools: Chromium cannot be installed here; the tests in a browser will be skipped." >&2
  fi
done
