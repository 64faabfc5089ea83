#!/bin/sh
# Writes the lock files: exact versions and hashes, and no download address.
set -eu
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv
compile() { "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --custom-compile-command requirements/lock.sh "$@"; }
compile requirements/node.in -o requirements/node.txt
compile pyproject.toml -o requirements/run.txt
compile pyproject.toml requirements/dev.in -o requirements/dev.txt
compile pyproject.toml requirements/dev.in requirements/bench.in -c requirements/dev.txt -o requirements/bench.txt
