"""The commands as a whole: what they import, their help, and their exit status."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from pytest_pare.cli import COMMANDS, main
from pytest_pare.cli.group import Command, LazyGroup
from pytest_pare.cli.output import clean
from tests.cli.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

HEAVY = ("are", "importlib.metadata", "litellm", "numpy", "pandas", "polars", "pydantic", "pytest", "scipy", "yaml")


def heavy_after(*commands: list[str], directory: Path | None = None) -> set[str]:
    """Return what a process has imported that called the commands."""
    code = (
        f"import json, sys\nfrom pytest_pare.cli import main\n"
        f"for arguments in {commands!r}:\n    try:\n        main(arguments)\n"
        "    except SystemExit as end:\n        assert end.code != 4, arguments\n"
        f"print()\nprint(json.dumps([name for name in {HEAVY} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_imports_click_alone() -> None:
    assert heavy_after(["--help"]) == set()


def test_the_help_of_a_command_imports_nothing_heavy() -> None:
    found = heavy_after(*([name, "--help"] for name in COMMANDS))
    assert found <= {"importlib.metadata", "pydantic", "yaml"}


def test_commands_on_sessions_import_neither_are_nor_pytest(tmp_path: Path) -> None:
    for day in (0, 1):
        record(tmp_path, day, {"mow": "SS", "rake": "Sf"})
    commands = (["report"], ["history"], ["history", "mow"], ["accept", "--reason", "x"])
    assert heavy_after(*commands, directory=tmp_path).isdisjoint({"are", "litellm", "pytest", "scipy"})
    assert heavy_after(["compare", "last~1"], directory=tmp_path).isdisjoint({"are", "litellm", "pytest"})


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_table_has_the_first_sentence_of_the_help(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert inspect.cleandoc(command.help or "").partition("\n")[0] == COMMANDS[name].help


def test_the_script_is_installed() -> None:
    done = subprocess.run([f"{sys.prefix}/bin/pytest-pare", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"pytest-pare \d[\w.]*\n", done.stdout)


def test_a_terminal_without_unicode(tmp_path: Path) -> None:
    record(tmp_path, 0, {"m\u2713w": "f"})
    done = subprocess.run(
        [f"{sys.prefix}/bin/pytest-pare", "history"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nm\\u2713w " in done.stdout


def test_help_lists_each_command(shell: Shell) -> None:
    printed = "\n".join(shell.lines("--help"))
    for name, command in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(command.help[:30])}", printed, re.MULTILINE)
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lst"], "there is no command 'lst'; did you mean 'list'?"),
        (["xyz"], "there is no command 'xyz'"),
        (["list", "--jsn"], "No such option: --jsn Did you mean --json?"),
        (["list", "nowhere"], "Invalid value for '[SUITE|DIRECTORY]...': Path 'nowhere' does not exist."),
        (["--rootdir"], "No such option: --rootdir"),
    ],
)
def test_a_wrong_command_line_is_status_4(shell: Shell, arguments: list[str], message: str) -> None:
    assert shell.error(*arguments) == message


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(None, 0), (1, 1), (click.ClickException("no"), 4), (KeyboardInterrupt(), 2), (BrokenPipeError(), 0)],
)
def test_exit_status(outcome: int | BaseException | None, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command
    def one() -> int | None:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(sys.modules[__name__], "one", one, raising=False)
    # Python's own is closed at its end.
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    group = LazyGroup(name="group", commands_table={"one": Command(f"{__name__}:one", "One.")})
    with pytest.raises(SystemExit) as end:
        group.main(["one"])
    assert (end.value.code or 0) == status


def test_what_is_printed_has_no_secret_and_no_control_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", "tulip-bulb-4711")
    assert clean("a\x1b[31m tulip-bulb-4711\nb") == "a [31m [redacted]\nb"
