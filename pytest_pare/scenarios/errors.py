"""The errors of scenarios."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ScenarioDefect(Exception):  # noqa: N818 - a defect is what it is; it ends as an exception, never as a failure
    """The scenario has a defect: a step of its script failed or can never happen."""


class ScenarioTimeoutError(Exception):
    """A run exceeded its limit of simulated or real time."""


class SimulatedTimeOver(ScenarioTimeoutError):  # noqa: N818 - with agents it is no error, but the end
    """A run exceeded its limit of simulated time."""


class DuplicateScenarioError(ValueError):
    """One scenario id is registered from two places."""


class InvalidScenarioIdError(ValueError):
    """A scenario id cannot be part of a pytest node id."""


def did_you_mean(meant: str, known: Iterable[str]) -> str:
    """Return the end of a message on an unknown name: a hint at a similar known name, or an empty text."""
    close = get_close_matches(meant, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
