"""What commands print: lines and JSON, without secrets and control characters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.results.text import printable, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

JSON_VERSION: Final = 1
"""The version of the JSON of every command. Names may be added to one; a removed or changed name has a new version."""


def clean(text: str) -> str:
    """Return a text of one or several lines without secrets and control characters."""
    return "\n".join(map(printable, redacted(text).split("\n")))


def redacted_lines(text: str, indent: str = "") -> list[str]:
    """Return a text as lines of at most 80 columns, without secrets: half of one, at the end of a line, is not found.

    Args:
        text: The text.
        indent: The beginning of each line; those after the first have four more spaces.
    """
    return wrapped(redacted(text), indent)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines."""
    click.echo(clean("\n".join(lines)))


def print_json(command: str, content: dict[str, Any]) -> None:
    """Print the result of a command as JSON, with the name of the command and the version of its form."""
    document = {"command": command, "version": JSON_VERSION, **content}
    # ASCII, so that any terminal and any file can hold it.
    click.echo(json.dumps(redacted_plain(document), indent=2))
