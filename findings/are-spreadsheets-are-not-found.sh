#!/bin/sh
# meta-agents-research-environments 1.2.0: read_document of the file system app, which names spreadsheets among its
# formats, raises FileNotFoundError for an .xlsx file that exists. pandas needs openpyxl, which is no dependency of ARE.
# The text of the error does not say so: it ends with the NotImplementedError of the converter of search pages, which
# has no method for open files, is tried last, and so replaces the error of every other converter.
# Seen: FileNotFoundError with "NotImplementedError" and without "openpyxl"; with openpyxl 3.1.5 the table is read.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check meta-agents-research-environments==1.2.0
venv/bin/pip install --quiet --disable-pip-version-check --target optional openpyxl==3.1.5
PYTHONPATH=optional venv/bin/python -c '
from openpyxl import Workbook
book = Workbook()
book.active.append(["who", "brings"])
book.active.append(["Ann", "the key"])
book.save("list.xlsx")'
cat > read.py <<'PYTHON'
import shutil
from pathlib import Path

from are.simulation.apps.sandbox_file_system import SandboxLocalFileSystem

files = SandboxLocalFileSystem(name="Files", sandbox_dir=str(Path("sandbox").resolve()))
with open("list.xlsx", "rb") as source, files.open("list.xlsx", "wb") as target:
    shutil.copyfileobj(source, target)
print("exists", files.exists("list.xlsx"))
try:
    print("reads", "Ann | the key" in files.read_document("list.xlsx"))
except Exception as error:
    last = str(error).strip().splitlines()[-1]
    print(type(error).__name__, last, "openpyxl" in str(error))
PYTHON
mkdir sandbox
without=$(venv/bin/python read.py 2>/dev/null)
with=$(PYTHONPATH=optional venv/bin/python read.py 2>/dev/null)
printf '%s\nwith openpyxl:\n%s\n' "$without" "$with"
test "$without" = "exists True
FileNotFoundError NotImplementedError False"
test "$with" = "exists True
reads True"
