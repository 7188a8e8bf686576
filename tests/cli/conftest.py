"""Commands that are called in this process, in a directory of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from pytest_pare.cli import main
from pytest_pare.scenarios.registration import SCENARIOS_DIR_VARIABLE

if TYPE_CHECKING:
    from pathlib import Path


class Result(NamedTuple):
    """What a command that is over has printed, and its exit status."""

    status: int
    out: str
    err: str


@dataclass
class Shell:
    """A directory in which commands are called.

    Attributes:
        path: The directory.
        captured: What this process prints.
    """

    path: Path
    captured: pytest.CaptureFixture[str]

    def write(self, name: str, text: str = "") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def __call__(self, *arguments: str) -> Result:
        """Call `pytest-pare`."""
        # Not by click's CliRunner, which mixes both streams before click 8.2.
        with pytest.raises(SystemExit) as end:
            main(arguments, prog_name="pytest-pare")
        assert end.value.code is None or isinstance(end.value.code, int)
        return Result(end.value.code or 0, *self.captured.readouterr())

    def lines(self, *arguments: str) -> list[str]:
        """Return what a command prints that succeeds."""
        result = self(*arguments)
        assert result.status == 0, result
        return result.out.splitlines()

    def error(self, *arguments: str) -> str:
        """Return the message of a command that is refused, without the usage before it."""
        result = self(*arguments)
        assert result.status == 4, result
        return result.err.partition("Error: ")[2].rstrip()

    def json(self, *arguments: str) -> Any:
        """Return what a command prints as JSON."""
        return json.loads("\n".join(self.lines(*arguments, "--json")))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A new directory that is the working directory."""
    monkeypatch.delenv(SCENARIOS_DIR_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    # What a library can import is the search path of the process.
    monkeypatch.syspath_prepend(tmp_path / "nothing")
    return Shell(tmp_path, capsys)
