#!/bin/sh
# pytest-xdist 3.8.0: the command that its manual gives for remote workers ends in an internal error, because paths on
# the command line are compared with absolute ones: pytest -d --rsyncdir mypkg --tx ssh=HOST mypkg/tests.
# Expected: mypkg is copied, and the tests in it are run.
# Seen: INTERNALERROR ... ValueError: arg mypkg not relative to an rsync root; with absolute paths it works.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pytest==9.2.0 pytest-xdist==3.8.0 execnet==2.1.2
mkdir -p mypkg/tests host
echo "def test_one(): pass" > mypkg/tests/test_one.py
worker="popen//chdir=$directory/host"
if venv/bin/python -m pytest -d --rsyncdir mypkg --tx "$worker" mypkg/tests > relative.txt 2>&1; then exit 1; fi
grep "ValueError: arg mypkg not relative to an rsync root" relative.txt
venv/bin/python -m pytest -q -d "--rsyncdir=$directory/mypkg" --tx "$worker" "$directory/mypkg/tests" | grep "1 passed"
