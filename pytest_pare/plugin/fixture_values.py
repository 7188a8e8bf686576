"""Checks of the values that fixtures return."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from pydantic import ValidationError

# The field of a runner's config that a fixture stands for, where it has another name.
_FIXTURES = {"noise": "noise_config"}


def require_agent(agent: object) -> None:
    """Fail the test if the agent under test is neither callable nor `None`."""
    if agent is not None and not callable(agent):
        wrong = f"fixture proactive_agent: must return an agent, which takes a turn, or None, got {agent!r:.80}"
        pytest.fail(wrong, pytrace=False)


def refuse(name: str, error: ValidationError) -> NoReturn:
    """Fail the test, with a line for each wrong value that fixtures returned.

    Args:
        name: The fixture; empty if the key of the value is its name.
        error: The errors of the values.

    Raises:
        pytest.fail.Exception: Always.
    """
    from pytest_pare.settings.errors import location_of, unknown_run_key

    details = error.errors(include_url=False)
    keys = [[str(part) for part in location_of(one)] for one in details]
    if not name:
        keys = [[_FIXTURES.get(field, field), *inner] for field, *inner in keys]
    places = [".".join(filter(None, [name, *inner])) for inner in keys]
    messages = [
        unknown_run_key(location_of(one)) if one["type"] == "extra_forbidden" else one["msg"] for one in details
    ]
    lines = [": ".join(filter(None, [place, message])) for place, message in zip(places, messages, strict=True)]
    # Not `pytest.fail`: pytest would print pydantic's own message, too.
    raise pytest.fail.Exception("\n".join(f"fixture {line}" for line in lines), pytrace=False) from None
