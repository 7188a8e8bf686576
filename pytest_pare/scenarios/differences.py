"""The differences that a validator finds: `verdict` and the checks note them here, by the text of their rationale."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Differences = list[dict[str, Any]]

_noted: ContextVar[dict[str, Differences] | None] = ContextVar("pytest_pare_noted_differences", default=None)


@contextmanager
def noted_differences() -> Iterator[Mapping[str, Differences]]:
    """Collect the differences that are noted in this context.

    Yields:
        Rationale to differences, in the order in which they were noted.
    """
    noted: dict[str, Differences] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def note_differences(rationale: str, differences: Differences) -> None:
    """Note the differences behind a rationale, if a caller collects them."""
    noted = _noted.get()
    if noted is not None:
        noted[rationale] = differences


def differences_of(rationale: object, noted: Mapping[str, Differences]) -> Differences:
    """Return the differences behind the rationale of a verdict.

    A scenario may build its own verdict from the rationales of several checks. So those count that are parts of its
    text, if it is not the rationale of one of them.

    Args:
        rationale: The rationale of the verdict.
        noted: What `noted_differences` has collected.
    """
    if not isinstance(rationale, str):
        return []
    if rationale in noted:
        return noted[rationale]
    return [one for text, differences in noted.items() if text in rationale for one in differences]
