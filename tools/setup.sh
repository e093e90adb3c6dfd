#!/usr/bin/env bash
# Installs what `make run` (run) or `make test` (test) needs, and says the one command where it may not install by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
venv=.venv
want_run=(python3-venv)
want_test=(python3-venv chromium nginx openssl fonts-noto-cjk postgresql mariadb-server poppler-utils libreoffice-writer-nogui libreoffice-calc-nogui)

say() { printf '%s\n' "$*" >&2; }

apt_install() {  # the packages that are missing, by apt when root
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    say "Missing: ${missing[*]} — please install them with this system's package manager."; return 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    say "Missing: ${missing[*]}. Run once:  sudo apt-get update && sudo apt-get install -y ${missing[*]}"; return 1
  fi
  say "Installing by apt: ${missing[*]}"
  # Servers are started by the tests on loopback only; the packages must not start their own.
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' > $policy; chmod +x $policy; made=1; fi
  local log; log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -20 "$log" >&2; [ -n "$made" ] && rm -f $policy; return 1
  fi
  [ -n "$made" ] && rm -f $policy
  rm -f "$log"
}

require_python() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { say "Python 3.11 or newer is needed (found: $("$python" --version 2>&1)). Set PYTHON=/path/to/python3."; exit 1; }
}

make_venv() {
  require_python
  [ -x $venv/bin/python ] && return 0
  "$python" -m venv $venv 2>/dev/null || { rm -rf $venv; apt_install "${want_run[@]}"; "$python" -m venv $venv; }
}

pip_install() {  # lock file
  if ! $venv/bin/python -m pip --version >/dev/null 2>&1; then $venv/bin/python -m ensurepip -q; fi
  say "Installing Python packages from $1 (hash-checked) …"
  $venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "$1"
  # The product itself, from this folder; setuptools is pinned in the lock, so nothing else is fetched.
  $venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
}

case "${1:-run}" in
  run)  make_venv; pip_install requirements.lock; touch $venv/.installed ;;
  test) make_venv; pip_install requirements-dev.lock; touch $venv/.installed $venv/.installed-dev ;;
  check-test-machine) apt_install "${want_test[@]}" ;;
  *) say "usage: tools/setup.sh run|test|check-test-machine"; exit 2 ;;
esac
