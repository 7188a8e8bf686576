#!/bin/sh
# pytest-rerunfailures 16.7 with --junitxml of pytest 9.2.0: an attempt that failed and was run again is an additional
# <testcase> without <failure>, as if it had passed, and the suite's tests="1" does not count it.
# Expected by readers of the format: tests equal to the number of test cases, and a failed attempt marked as such.
# Seen: tests="1" failures="0" errors="0", two <testcase> elements of one name, both without a child.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check pytest==9.2.0 pytest-rerunfailures==16.7
cat > test_flaky.py <<'PYTHON'
import pathlib

def test_shed():
    tried = pathlib.Path("tried")
    if not tried.exists():
        tried.touch()
        raise AssertionError("the first time")
PYTHON
venv/bin/python -m pytest -q --reruns 1 --junitxml=out.xml test_flaky.py
venv/bin/python - <<'PYTHON'
from xml.etree import ElementTree

suite = ElementTree.parse("out.xml").getroot()[0]
cases = list(suite.iter("testcase"))
print({name: suite.get(name) for name in ("tests", "failures", "errors")}, [(c.get("name"), list(c)) for c in cases])
assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")
assert [(case.get("name"), list(case)) for case in cases] == [("test_shed", []), ("test_shed", [])]
PYTHON
