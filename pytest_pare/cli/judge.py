"""`pytest-pare judge`: the commands about the judge."""

from __future__ import annotations

import click

from pytest_pare.cli.group import Command, LazyGroup

COMMANDS = {
    "calibrate": Command("pytest_pare.cli.calibrate_judge:calibrate_judge", "Compare the judge with labels of people."),
}


@click.group("judge", cls=LazyGroup, commands_table=COMMANDS)
def judge() -> None:
    """Compare the judge with labels of people."""
