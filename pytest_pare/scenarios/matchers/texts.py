"""Short, redacted texts of calls and differences in rationales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.base.redaction import redacted
from pytest_pare.scenarios.argument_tests import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.types import CompletedEvent

    from pytest_pare.scenarios.matchers.finding import Pair
    from pytest_pare.scenarios.writes import Write

_ARGUMENT_WIDTH = 60
# The same in what a result says was expected and got.
_LONG_WIDTH = 500
# How many wrong arguments are shown.
_MOST = 3


class WrongArguments(NamedTuple):
    """The difference between an event and an expected write of its tool.

    Attributes:
        number: The number of wrong arguments.
        text: The first ones of them.
        pairs: What was expected and what was got, for each of them.
    """

    number: int
    text: str
    pairs: tuple[Pair, ...]


def difference(event: CompletedEvent, ways: Iterable[Write]) -> WrongArguments | None:
    """Return the smallest difference between an event and expected writes; `None` if it calls another tool."""
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
    pairs = tuple(
        (f"{name}: {long(shown(way.args[name]))}", f"{name}: {long(repr(given.get(name)))}") for name in wrong
    )
    return WrongArguments(count, f"{'; '.join(texts)}{more}, in {way}", pairs)


def expected(wanted: Any) -> str:
    """Return the text of the expectation for an argument."""
    return _cut(redacted(shown(wanted)), 2 * _ARGUMENT_WIDTH if callable(wanted) else _ARGUMENT_WIDTH)


def wanted(ways: Iterable[Write]) -> str:
    """Return the text of an expected write with its arguments, or of its alternatives."""
    calls = (f"{way}({', '.join(f'{name}={long(shown(value))}' for name, value in way.args.items())})" for way in ways)
    return long(" or ".join(calls))


def call(event: CompletedEvent, text_of: Callable[[str], str] | None = None) -> str:
    """Return the text of a call.

    Args:
        event: The call.
        text_of: Cuts the `repr` of an argument and redacts it; `None` for the width of a rationale.
    """
    given = {name: value for name, value in event.get_args().items() if name != "self" and value is not None}
    texts = {name: short(value) if text_of is None else text_of(repr(value)) for name, value in given.items()}
    arguments = ", ".join(f"{name}={text}" for name, text in texts.items())
    return f"{event.action.class_name}.{event.action.function_name}({arguments})"


def short(value: Any) -> str:
    """Return the text of a value, redacted, then cut."""
    # Redacted before it is shortened: a part of a secret is not recognized.
    return _cut(redacted(repr(value)), _ARGUMENT_WIDTH)


def long(text: str) -> str:
    """Return a text of what was expected or got, redacted, then cut."""
    return _cut(redacted(text), _LONG_WIDTH)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
