#!/bin/sh
# pytest 9.2.0: `-m` takes names with a colon, such as `skill:timing`, and `pytest.mark` makes such marks. But a line of
# the ini value `markers` names what stands before its first colon, so no mark with a colon can be registered: with
# strict markers such a mark is a collection error. `--markers` shows the part before the colon as the mark.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check pytest==9.2.0
cat > pytest.ini <<'INI'
[pytest]
markers =
    skill:timing: tests in which the moment matters
INI
cat > test_probe.py <<'PY'
import pytest


@getattr(pytest.mark, "skill:timing")
def test_early():
    pass


def test_late():
    pass
PY
env/bin/python -m pytest -q -W ignore -m "skill:timing" > selected.txt || true
env/bin/python -m pytest -q --strict-markers > strict.txt 2>&1 || true
env/bin/python -m pytest --markers > markers.txt
grep -h "passed" selected.txt
grep -h "not found in" strict.txt
grep -h "skill" markers.txt
grep -q "^@pytest.mark.skill: timing" markers.txt
grep -q "1 passed, 1 deselected" selected.txt
grep -q "'skill:timing' not found in \`markers\` configuration option" strict.txt
