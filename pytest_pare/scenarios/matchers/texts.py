"""Short, redacted texts of calls and differences in rationales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.argument_tests import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.types import CompletedEvent

    from pytest_pare.scenarios.writes import Write

_ARGUMENT_WIDTH = 60
# How many wrong arguments are shown.
_MOST = 3


def difference(event: CompletedEvent, ways: Iterable[Write]) -> tuple[int, str] | None:
    """Return the smallest difference between an event and expected writes of its tool.

    Returns:
        The number of wrong arguments and a text, or `None` if the event calls another tool.
    """
    near = min(
        ((len(wrong := way.wrong_args(event)), way, wrong) for way in ways if way.calls_same_tool(event)),
        key=lambda entry: entry[0],
        default=None,
    )
    if near is None:
        return None
    count, way, wrong = near
    given = event.get_args()
    texts = [f"{name}: expected {expected(way.args[name])}, got {short(given.get(name))}" for name in wrong[:_MOST]]
    more = f"; and {count - _MOST} more" if count > _MOST else ""
    # The differences first: a terminal shows the beginning of the text.
    return count, f"{'; '.join(texts)}{more}, in {way}"


def expected(wanted: Any) -> str:
    """Return the text of the expectation for an argument."""
    return _cut(redacted(shown(wanted)), 2 * _ARGUMENT_WIDTH if callable(wanted) else _ARGUMENT_WIDTH)


def call(event: CompletedEvent) -> str:
    """Return the text of a call."""
    given = {name: value for name, value in event.get_args().items() if name != "self" and value is not None}
    arguments = ", ".join(f"{name}={short(value)}" for name, value in given.items())
    return f"{event.action.class_name}.{event.action.function_name}({arguments})"


def short(value: Any) -> str:
    """Return the text of a value, redacted, then cut."""
    # Redacted before it is shortened: a part of a secret is not recognized.
    return _cut(redacted(repr(value)), _ARGUMENT_WIDTH)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
