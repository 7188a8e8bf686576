"""A group of commands that are imported when they are called, and its exit status."""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILED: Final = 1
"""The exit status if a verdict is FAIL."""

INTERRUPTED: Final = 2
"""The exit status after Ctrl-C, as pytest's."""

USAGE_ERROR: Final = 4
"""The exit status if the command line or a file is wrong, as pytest's. Click's own is 2."""


class Command(NamedTuple):
    """A command that is not imported yet.

    Attributes:
        target: Where it is, as `module:object`.
        help: The first sentence of its help.
    """

    target: str
    help: str


class LazyGroup(click.Group):
    """A group of commands that imports each when it is called.

    Args:
        commands_table: The commands by name.
        **settings: The arguments of `click.Group`.
    """

    def __init__(self, *, commands_table: Mapping[str, Command], **settings: Any) -> None:
        super().__init__(**settings)
        self._table = dict(commands_table)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, sorted."""
        return sorted(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command.

        Raises:
            click.UsageError: If there is no such command.
        """
        if cmd_name not in self._table:
            from pytest_pare.base.suggestions import did_you_mean

            ctx.fail(f"there is no command {cmd_name!r}{did_you_mean(cmd_name, self._table)}")
        module, _, name = self._table[cmd_name].target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._table[name].help) for name in self.list_commands(ctx)])

    def main(self, *args: Any, **settings: Any) -> NoReturn:
        """Run a command, and exit with its status: what it returns, or that of its error.

        Raises:
            SystemExit: Always.
        """
        if isinstance(sys.stdout, TextIOWrapper):
            # A character that the terminal does not have must not end the command.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            status = super().main(*args, **{**settings, "standalone_mode": False})
        except click.ClickException as error:
            from pytest_pare.cli.output import clean

            error.message = clean(error.message)
            error.show()
            sys.exit(USAGE_ERROR)
        except click.Abort:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            # The reader of the output has ended, such as `head`. Python must not fail again when it flushes the rest.
            sys.stdout = None
            sys.exit(0)
        sys.exit(status)
