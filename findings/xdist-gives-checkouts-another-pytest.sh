#!/bin/sh
# pytest-xdist 3.8.0: a worker in another directory, or on another host, gets copies of the packages pytest and _pytest of
# the controller in its working directory, also without --rsyncdir. It imports these, and not the pytest that is installed
# in its environment, whose other packages (pluggy, plugins) it does import. A checkout gets two untracked directories.
# Expected: a worker with an environment of its own (//python=) runs the pytest of that environment.
# Seen: pytest 8.4.2 is installed there, and the tests are run by pytest 9.2.0 from DIRECTORY/_pytest.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv here
python3 -m venv there
here/bin/pip install --quiet --disable-pip-version-check pytest==9.2.0 pytest-xdist==3.8.0 execnet==2.1.2
there/bin/pip install --quiet --disable-pip-version-check pytest==8.4.2 execnet==2.1.2
mkdir a
cat > a/test_version.py <<'PYTHON'
import pathlib

import _pytest
import pytest

def test_version():
    pathlib.Path("seen.txt").write_text(f"{pytest.__version__} {pathlib.Path(_pytest.__file__).parents[1].name}")
PYTHON
cp -r a checkout
cd a
../here/bin/python -m pytest -q -d --tx "popen//chdir=$directory/checkout//python=$directory/there/bin/python"
cat ../checkout/seen.txt
test "$(cat ../checkout/seen.txt)" = "9.2.0 checkout"
test -d ../checkout/pytest && test -d ../checkout/_pytest
