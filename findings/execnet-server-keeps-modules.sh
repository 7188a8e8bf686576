#!/bin/sh
# pytest-xdist 3.8.0 with a worker behind execnet's socket server (--tx socket=HOST:PORT, execnet 2.1.2): the server runs
# session after session in one process and keeps what they have imported. After an edit the next session tests old code.
# Expected: the second session sees the edited module.
# Seen: plants.py says 2, and the test finds 1.
set -eu
directory=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$directory"' EXIT
server=
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pytest==9.2.0 pytest-xdist==3.8.0 execnet==2.1.2
mkdir checkout
cat > checkout/test_plants.py <<'PYTHON'
import pathlib

import plants

def test_plants():
    pathlib.Path("seen.txt").write_text(str(plants.COUNT))
PYTHON
venv/bin/python -u -m execnet.script.socketserver 127.0.0.1:0 > server.txt 2>&1 &
server=$!
until grep -q "Accept loop" server.txt; do sleep 0.1; done
port=$(sed -n "1s/.*, \([0-9]*\)).*/\1/p" server.txt)
for count in 1 2; do
    echo "COUNT = $count" > checkout/plants.py
    # Python compares the times of files to the second.
    touch -d "2026-01-01 00:00:0$count" checkout/plants.py
    (cd checkout && ../venv/bin/python -m pytest -q -p no:cacheprovider -d --tx "socket=127.0.0.1:$port//chdir=$directory/checkout")
done
echo "expected 2, got $(cat checkout/seen.txt)"
test "$(cat checkout/seen.txt)" = 1
