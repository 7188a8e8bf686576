"""Short, redacted texts of calls and differences in rationales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.argument_tests import Described

if TYPE_CHECKING:
    from collections.abc import Iterable

    from are.simulation.types import CompletedEvent

    from pytest_pare.scenarios.writes import Write

_ARGUMENT_WIDTH = 60


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
    texts = [f"{name}: expected {expected(way.args[name])}, got {short(given.get(name))}" for name in wrong]
    # The differences first: a terminal shows the beginning of the text.
    return count, f"{'; '.join(texts)}, in {way}"


def expected(wanted: Any) -> str:
    """Return the text of the expectation for an argument."""
    if isinstance(wanted, Described):
        return redacted(f"a value that {wanted}")
    return "a value that passes the scenario's test" if callable(wanted) else short(wanted)


def call(event: CompletedEvent) -> str:
    """Return the text of a call."""
    given = {name: value for name, value in event.get_args().items() if name != "self" and value is not None}
    arguments = ", ".join(f"{name}={short(value)}" for name, value in given.items())
    return f"{event.action.class_name}.{event.action.function_name}({arguments})"


def short(value: Any) -> str:
    """Return the text of a value, redacted, then cut."""
    # Redacted before it is shortened: a part of a secret is not recognized.
    text = redacted(repr(value))
    return text if len(text) <= _ARGUMENT_WIDTH else text[: _ARGUMENT_WIDTH - 1] + "…"
