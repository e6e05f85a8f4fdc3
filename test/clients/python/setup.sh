#!/usr/bin/env bash
# Installs requirements.txt into a virtual environment of its own, unless that was done already.
set -euo pipefail
cd "$(dirname "$0")"

cmp -s requirements.txt .venv/installed.txt && exit 0
rm -rf .venv
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
.venv/bin/pip check
cp requirements.txt .venv/installed.txt
