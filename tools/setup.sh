#!/usr/bin/env bash
# Installs what the tests need beside Node: Chromium for the real-browser tests. Does nothing when it is there, asks nothing,
# and gives up after a bounded time. Exit code 1 and one sentence when it may not or cannot install.
set -euo pipefail

for name in "${CHROMIUM_PATH:-}" chromium chromium-browser google-chrome-stable google-chrome; do
  if [ -n "$name" ] && command -v "$name" > /dev/null; then exit 0; fi
done

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2> /dev/null; then
    echo "setup: Chromium is missing and installing it needs root: sudo bash tools/setup.sh" >&2
    exit 1
  fi
  as_root=(sudo -n)
fi
if ! command -v apt-get > /dev/null; then
  echo "setup: Chromium is missing and there is no apt-get: install it and put it on PATH, or set CHROMIUM_PATH" >&2
  exit 1
fi

echo "setup: installing Chromium with apt-get" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" timeout 120 apt-get update -qq > /dev/null
"${as_root[@]}" timeout 600 apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null
