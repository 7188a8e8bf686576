"""The page about the command line names every key of the JSON that a command prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.recorded import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Shell

PAGE = Path(__file__).parents[2] / "docs/command-line.md"
# Keys whose values have keys of another kind: a JSON schema, and variants.
OTHER_KEYS = ("parameters", "not_compared")


def keys_of(value: Any) -> Iterator[str]:
    """Yield the keys of a value and of all values in it."""
    if isinstance(value, list):
        for one in value:
            yield from keys_of(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            if key not in OTHER_KEYS:
                yield from keys_of(one)


def documented() -> dict[str, set[str]]:
    """Return the keys in the table of the page, by command."""
    found: dict[str, set[str]] = {}
    command = ""
    for line in PAGE.read_text(encoding="utf-8").partition("## Read the JSON of a command")[2].splitlines():
        cells = line.split("|")
        if len(cells) == 5:
            command = cells[1].strip().strip("`") or command
            found.setdefault(command, set()).update(re.findall(r"`(\w+)`", f"{cells[2]}{cells[3]}"))
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["accept", "--reason", "x"],
        ["audit", "--bundled", "-k", "parcel_next_door"],
        ["compare", "last~1"],
        ["history"],
        ["list", "--bundled", "-k", "parcel_next_door"],
        ["tools", "notes"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_each_key_is_documented(shell: Shell, arguments: list[str]) -> None:
    for day, outcomes in enumerate(("SfS", "ffS")):
        record(shell.path, day, {"mow": outcomes, "rake": outcomes})
    keys = set(keys_of(json.loads(shell(*arguments, "--json").out))) - {"command", "version"}
    assert keys - documented()[arguments[0]] == set()
