# Sourced by the scripts beside it: where things are, and how they speak.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
venv=$root/build/venv

# What a script is doing, so that a long wait explains itself.
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Runs a command as root, which a container often is already.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

# apt_install PACKAGE...: installs those that are missing, and says which.
apt_install() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "installing Debian packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# configure PRESET and build it, whole or the given targets.
build_preset() {
  local preset=$1
  shift
  # Each time, for ninja configures anew with what the cache says, not with what the presets say now.
  say "configuring build/$preset"
  cmake --preset "$preset" >/dev/null
  say "building build/$preset"
  cmake --build --preset "$preset" ${1:+--target "$@"}
}

# The program and what it needs to run, without its tests.
program_targets=(headgate headgate_plugins upstream-sim)
