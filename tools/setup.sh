#!/usr/bin/env bash
# Installs with apt-get what is needed beside Node, and does nothing when it is there: Chromium for the real-browser tests, Redis and NATS for
# their brokers', nginx, HAProxy and systemd for the reference deployment, zsh and fish for the completions; with the argument `interop` also
# the peers of `npm run interop`. Asks nothing, gives up after a bounded time. Exit code 1 and one sentence when it may not or cannot install.
set -euo pipefail

is_there() {
  for name in "$@"; do
    if [ -n "$name" ] && command -v "$name" > /dev/null; then return 0; fi
  done
  return 1
}

packages=()
is_there "${CHROMIUM_PATH:-}" chromium chromium-browser google-chrome-stable google-chrome ||
  packages+=(chromium fonts-dejavu-core)
is_there redis-server || packages+=(redis-server)
is_there "${NATS_SERVER:-}" nats-server || packages+=(nats-server)
is_there nginx || packages+=(nginx-light)
is_there haproxy || packages+=(haproxy)
is_there systemd-analyze || packages+=(systemd)
is_there zsh || packages+=(zsh)
is_there fish || packages+=(fish)
if [ "${1:-}" = interop ]; then
  is_there nghttpx || packages+=(nghttp2-proxy)
  /usr/bin/python3 -c "import websockets" 2> /dev/null || packages+=(python3-websockets)
  /usr/bin/python3 -c "import hypercorn" 2> /dev/null || packages+=(python3-hypercorn)
fi
if [ "${#packages[@]}" -eq 0 ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2> /dev/null; then
    echo "setup: missing: ${packages[*]}; installing needs root: sudo bash tools/setup.sh ${1:-}" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi
if ! command -v apt-get > /dev/null; then
  echo "setup: missing: ${packages[*]}; there is no apt-get: install them and put them on PATH" >&2
  exit 1
fi

echo "setup: installing ${packages[*]} with apt-get" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" timeout 120 apt-get update -qq > /dev/null
"${as_root[@]}" timeout 600 apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null
