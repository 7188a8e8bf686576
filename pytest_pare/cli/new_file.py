"""`pytest-pare new`: writes a working scenario, agent, suite or app from a template."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import click
from jinja2 import Environment, StrictUndefined

from pytest_pare.base.documents import display
from pytest_pare.base.project import SUITE_FILE_NAME, SUITE_FILE_SUFFIX
from pytest_pare.scenarios.registration import DEFAULT_SCENARIOS_DIR


class _Kind(NamedTuple):
    """A kind of file.

    Attributes:
        template: Its template.
        directory: Where it is written, below the working directory.
        next_steps: What to do with it: a few words, and a command with the fields of the template.
    """

    template: str
    directory: str
    next_steps: dict[str, str]


_KINDS: Final = {
    "scenario": _Kind(
        "scenario.py.jinja",
        DEFAULT_SCENARIOS_DIR,
        {"play it": "pytest pare.yaml -k {name} --pare-strict", "audit it": "pytest-pare audit pare.yaml -k {name}"},
    ),
    "agent": _Kind(
        "agent.py.jinja", ".", {"test it": "python -m pytest pare.yaml --pare-set runner.agent_type={module}:{name}"}
    ),
    "suite": _Kind("suite.yaml.jinja", ".", {"run it": "pytest {file}"}),
    "app": _Kind("app.py.jinja", ".", {"see its tools": "pytest-pare tools {module}:{class_name}"}),
}
# Commands begin in this column.
_COLUMN: Final = 16


@click.command("new")
@click.argument("kind", type=click.Choice(list(_KINDS)))
@click.argument("name")
@click.option(
    "--into",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="The directory of the new file.  [default: scenarios for a scenario, else the working directory]",
)
def new_file(kind: str, name: str, directory: Path | None) -> None:
    """Write a working scenario, agent, suite or app.

    NAME is the name of the module, and the id of a scenario: lower case, with underscores. A suite may be named pare,
    which makes pare.yaml.
    """
    template = _KINDS[kind]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise click.UsageError(
            f"{name!r} cannot be the name of a module; expected lower-case letters, digits and underscores, such as "
            "late_dinner"
        )
    if kind in ("agent", "app") and name in sys.stdlib_module_names:
        raise click.UsageError(f"{name!r} is a module of Python, which the new file would hide; choose another name")
    if kind == "scenario":
        _check_scenario_name(name)
    into = Path(template.directory) if directory is None else directory
    path = into / _file_name(kind, name)
    if path.exists():
        raise click.ClickException(f"{display(path)} exists; choose another name, or remove it")
    class_name = "".join(word.capitalize() for word in name.split("_"))
    # Imported from the working directory, a directory below it is a package.
    module = name if into.is_absolute() or ".." in into.parts else ".".join([*into.parts, name])
    fields = {"name": name, "class_name": class_name, "module": module, "file": display(path)}
    text = (files("pytest_pare.cli") / "templates" / template.template).read_text(encoding="utf-8")
    made = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False).from_string(text)  # noqa: S701 - no HTML
    try:
        into.mkdir(parents=True, exist_ok=True)
        path.write_text(made.render(fields), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{display(path)}: cannot be written: {error.strerror}") from error
    click.echo(f"wrote {display(path)}")
    has_suite = kind in ("suite", "app") or Path(SUITE_FILE_NAME).exists()
    steps = template.next_steps if has_suite else {"write a suite": "pytest-pare new suite pare", **template.next_steps}
    for words, command in steps.items():
        click.echo(f"{words}:".ljust(_COLUMN) + command.format(**fields))


def _check_scenario_name(name: str) -> None:
    """Refuse names of modules whose scenario would not be run."""
    from pytest_pare.scenarios.errors import InvalidScenarioIdError
    from pytest_pare.scenarios.registry import check_scenario_id

    try:
        check_scenario_id(name)
    except InvalidScenarioIdError as error:
        raise click.UsageError(str(error)) from error
    if name.startswith("test_"):
        raise click.UsageError(f"{name!r}: scenarios in files that begin with test_ are not run; choose another name")


def _file_name(kind: str, name: str) -> str:
    if kind != "suite":
        return f"{name}.py"
    return SUITE_FILE_NAME if name == "pare" else f"{name}{SUITE_FILE_SUFFIX}"
