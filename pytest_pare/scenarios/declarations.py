"""What a validator declares to expect of the dialogue, for the audit: `verdict` and the checks note it here."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_declared: ContextVar[list[Any] | None] = ContextVar("pytest_pare_declared_stages", default=None)


@contextmanager
def declarations() -> Iterator[list[Any]]:
    """Collect the stages of dialogues that are declared in this context.

    Yields:
        The stages, in the order of their declaration.
    """
    stages: list[Any] = []
    token = _declared.set(stages)
    try:
        yield stages
    finally:
        _declared.reset(token)


def declare(stages: Iterable[Any]) -> None:
    """Note the stages of a dialogue, if a caller collects them."""
    declared = _declared.get()
    if declared is not None:
        declared += stages
