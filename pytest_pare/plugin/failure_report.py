"""The texts of the reports of runs, cut and redacted, and the frames of users' code in them."""

from __future__ import annotations

import dataclasses
from itertools import chain
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import MOST_CHARACTERS, to_short_text
from pytest_pare.base.user_frames import users_traceback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    import pytest

_SHORT_REST = 50
# execnet sends larger numbers of any size, but not smaller ones.
_LEAST_INT = -(2**31)


def presentable(content: Any, to_text: Callable[[object], str] = to_short_text) -> Any:
    """Return a part of a report with all its texts cut, encodable and redacted.

    Args:
        content: A `longrepr` or `sections`.
        to_text: Makes the texts; `serialization.to_text` does not cut them.
    """
    if isinstance(content, str):
        return redacted(to_text(content))
    if isinstance(content, list | tuple):
        return type(content)([presentable(one, to_text) for one in _cut_message(content)])
    if dataclasses.is_dataclass(content):
        # Pytest's class for an exception with its traceback.
        vars(content).update({name: presentable(value, to_text) for name, value in vars(content).items()})
    return content


def cause_of(report: pytest.TestReport) -> str:
    """Return the line of a report that names the cause of a failure."""
    crash = getattr(report.longrepr, "reprcrash", None)
    lines = (report.longreprtext if crash is None else crash.message).strip().splitlines()
    # Without a traceback, as for a fixture that does not exist, pytest marks the line that matters.
    marked = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (marked or lines or ["no result was reported"])[0]


def _cut_message(lines: Sequence[Any]) -> Sequence[Any]:
    """Cut the lines that are the message of an exception, as pytest marks them, but for the first one of them."""
    room = MOST_CHARACTERS
    for number, line in enumerate(lines):
        if not isinstance(line, str) or not line.startswith("E "):
            continue
        # A short rest is the note of an earlier cut.
        if room < 0 and sum(map(len, lines[number:])) > _SHORT_REST:
            missing = sum(map(len, lines[number:]))
            return [*lines[:number], f"E   ... [{missing:,} more characters]"]
        room -= len(line)
    return lines


def sendable(value: Any) -> Any:
    """Return `value` as builtins that reach the controller of pytest-xdist as they are.

    A worker that puts anything else on a report ends, and its session with exit status 0.
    """
    if type(value) is str and value.isascii() and len(value) <= MOST_CHARACTERS:
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {sendable(key): sendable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        # Subclasses, such as named tuples and numpy numbers, become builtins.
        items = map(sendable, value)
        return list(items) if isinstance(value, list) else tuple(items)
    if isinstance(value, float) or (isinstance(value, int) and value >= _LEAST_INT):
        return int(value) if isinstance(value, int) else float(value)
    return to_short_text(value)


def sendable_properties(properties: Sequence[Any]) -> list[Any]:
    """Return what `sendable` returns of the properties of an item: a list. Most are pairs of short texts."""
    if {*map(type, properties)} <= {tuple}:
        texts = [*chain.from_iterable(properties)]
        if {*map(type, texts)} <= {str} and (together := "".join(texts)).isascii() and len(together) <= MOST_CHARACTERS:
            return [*properties]
    return [*map(sendable, properties)]


def is_users(error: BaseException) -> bool:
    """Return whether an exception comes from the scenario's own code, or from code that it called."""
    from pytest_pare.scenarios.errors import NoiseError, ScenarioDefect, ScenarioTimeoutError

    return not isinstance(error, ScenarioDefect | ScenarioTimeoutError | NoiseError) and _own_frames(error) is not None


def from_users_code(error: Exception) -> Exception:
    """Return `error` with only the user's frames, in its causes and contexts too.

    The frames of a library that is installed as a package look like those of any other package, so all frames below the
    plugin's are kept.
    """
    chain: list[BaseException] = [error]
    for one in chain:
        one.__traceback__ = users_traceback(one.__traceback__) or _own_frames(one) or one.__traceback__
        behind = (one.__cause__, one.__context__)
        chain += [other for other in behind if other is not None and not any(other is known for known in chain)]
    return error


def _own_frames(error: BaseException) -> TracebackType | None:
    own = error.__traceback__
    while own is not None and _is_internal(own.tb_frame.f_globals.get("__name__", "")):
        own = own.tb_next
    return own


def _is_internal(module: str) -> bool:
    return module.partition(".")[0] in ("pytest_pare", "are")
