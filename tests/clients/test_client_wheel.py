"""The distribution `pytest-pare-agent`: one module and its metadata, and nothing that it needs besides Python."""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

from tests.clients.fake_host import CLIENT
from tests.clients.pythons import OLDEST, oldest
from tests.packaging.test_distribution import ROOT, hatch, names, run

if TYPE_CHECKING:
    from pathlib import Path


def test_the_wheel_holds_the_module_and_the_sdist_builds_it(tmp_path: Path) -> None:
    wheel = hatch(CLIENT, "wheel", tmp_path / "wheel")
    prefix = "pytest_pare_agent-0.1.0"
    assert wheel.name == f"{prefix}-py3-none-any.whl"
    metadata = [f"{prefix}.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "licenses/LICENSE")]
    assert names(wheel) == {"pytest_pare_agent.py", *metadata}
    with zipfile.ZipFile(wheel) as archive:
        about = email.message_from_bytes(archive.read(f"{prefix}.dist-info/METADATA"))
        assert archive.read(metadata[-1]) == (ROOT / "LICENSE").read_bytes()
    assert (about["Name"], about["Version"], about["License-Expression"]) == ("pytest-pare-agent", "0.1.0", "MIT")
    assert (about["Requires-Python"], about["Requires-Dist"]) == (f">=3.{OLDEST}", None)
    assert about.get_payload() == (CLIENT / "README.md").read_text(encoding="utf-8")

    sdist = hatch(CLIENT, "sdist", tmp_path / "sdist")
    run("tar", "-xzf", sdist, cwd=tmp_path)
    assert names(hatch(tmp_path / prefix, "wheel", tmp_path / "again")) == names(wheel)


def test_the_module_needs_the_standard_library_alone() -> None:
    for python in {oldest(), sys.executable}:
        # Without site, no installed distribution can be imported.
        command = [
            python,
            "-S",
            "-I",
            "-W",
            "error",
            "-c",
            "import sys; sys.path.insert(0, sys.argv[1])\nimport pytest_pare_agent",
        ]
        done = subprocess.run([*command, CLIENT], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), python
