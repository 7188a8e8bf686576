"""Failures of the agent's tools that are a part of a scenario."""

from __future__ import annotations

import inspect
from collections import deque
from functools import wraps
from typing import TYPE_CHECKING, Any

from are.simulation.tool_utils import OperationType
from are.simulation.types import EventRegisterer, EventType

if TYPE_CHECKING:
    from are.simulation.tool_utils import AppTool
    from are.simulation.types import Action, CompletedEvent

_MARK = "_pare_scripted_failure"


class ScriptedFailures:
    """The failures of the agent's next calls, by tool."""

    def __init__(self) -> None:
        self._left: dict[tuple[str, str], deque[Exception]] = {}
        self._always: dict[tuple[str, str], Exception] = {}

    @property
    def has_any(self) -> bool:
        """Whether a call of a tool is to fail."""
        return bool(self._left or self._always)

    def add(self, app_name: str, function: str, times: int | None, error: str | Exception) -> None:
        """Let the agent's next calls of a tool fail, so many times; with `None`, all of them."""
        one = error if isinstance(error, Exception) else RuntimeError(error)
        if times is None:
            self._always[app_name, function] = one
        else:
            self._left.setdefault((app_name, function), deque()).extend([one] * times)

    def take(self, app_name: str, function: str) -> Exception | None:
        """Return the error of the agent's present call of a tool, or `None` if it is carried out."""
        left = self._left.get((app_name, function))
        return left.popleft() if left else self._always.get((app_name, function))

    def call(self, tool: AppTool, arguments: dict[str, Any]) -> None:
        """Make the agent's present call of a tool fail, and log it, if its failure is scripted.

        Raises:
            Exception: The scripted one.
        """
        app, original = tool.class_instance, inspect.unwrap(tool.function) if tool.function else None
        if app is None or original is None or not self.has_any:
            return
        try:
            inspect.signature(original).bind(app, **arguments)
        except TypeError:
            return
        error = self.take(app.name, original.__name__)
        if error is None:
            return
        kind = OperationType.WRITE if tool.write_operation else OperationType.READ
        EventRegisterer.event_registered(kind, EventType.AGENT)(failing(original, error))(app, **arguments)


def failing(original: Any, error: Exception) -> Any:
    """Return a function with the name and the signature of `original` that raises `error`."""

    @wraps(original)
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    setattr(fail, _MARK, True)
    return fail


def is_scripted(call: CompletedEvent | Action) -> bool:
    """Tell whether a call of the agent failed because the scenario says so."""
    action: Any = getattr(call, "action", call)
    return bool(getattr(getattr(action, "function", None), _MARK, False))
