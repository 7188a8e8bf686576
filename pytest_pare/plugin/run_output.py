"""Keeps apart what runs in threads print, log and warn of, until the item of each run reports it."""

from __future__ import annotations

import logging
import sys
import warnings
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

# Without a matching filter, Python shows a warning once for each place, and not once for each run.
_ALWAYS = ("always", None, Warning, None, 0)
_STREAMS = ("stdout", "stderr")


@dataclass
class RunOutput:
    """The output of a run that is played in a thread, and of what its code calls in the same context.

    A thread that an agent starts has a context of its own: its output is that of the item that pytest runs meanwhile.
    """

    _texts: dict[str, StringIO] = field(default_factory=lambda: {name: StringIO() for name in _STREAMS})
    _records: dict[int, logging.LogRecord] = field(default_factory=dict)
    _warnings: dict[tuple[object, ...], warnings.WarningMessage] = field(default_factory=dict)

    def collect(self) -> None:
        """Collect the output of the current context from now on."""
        _current.set(self)

    def report(self, item: pytest.Item) -> None:
        """Print, log and warn, as the output of the item that is run now."""
        for name, text in self._texts.items():
            getattr(sys, name).write(text.getvalue())
        for record in self._records.values():
            for handler in _handlers():
                if record.levelno >= handler.level:
                    handler.handle(record)
        for message in self._warnings.values():
            about = {"warning_message": message, "nodeid": item.nodeid, "when": "runtest", "location": None}
            item.ihook.pytest_warning_recorded.call_historic(kwargs=about)

    def write(self, stream: str, text: str) -> int:
        """Keep a text, and return its length."""
        return self._texts[stream].write(text)

    def add_record(self, record: logging.LogRecord) -> None:
        """Keep a record. Several handlers get the same one."""
        self._records[id(record)] = record

    def add_warning(self, message: warnings.WarningMessage) -> None:
        """Keep a warning, once for each place, unless a filter shows it each time."""
        if any(one[0] == "always" and issubclass(message.category, one[2]) for one in _filters() if one != _ALWAYS):
            key: tuple[object, ...] = (len(self._warnings),)
        else:
            key = (str(message.message), message.category, message.filename, message.lineno)
        self._warnings.setdefault(key, message)


_current: ContextVar[RunOutput | None] = ContextVar("pytest_pare_run_output", default=None)


def collect_no_more() -> None:
    """Let the output of the current context through from now on."""
    _current.set(None)


class OutputRouting:
    """Routes what is printed, logged and warned of to the `RunOutput` of the context, while runs are played in threads.

    Args:
        config: The session's configuration.

    Attributes:
        is_kept: Whether output is still routed after the session, because runs go on in threads that it has left:
            nothing of them is printed.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.is_kept = False
        self._config = config
        self._filters: list[Any] = []
        self._undo: ExitStack | None = None

    @contextmanager
    def possible(self) -> Iterator[None]:
        """Let the filters of warnings and the level of logging that tests have hold between tests, too."""
        root = logging.getLogger()
        before = root.level
        level = getattr(self._config.pluginmanager.get_plugin("logging-plugin"), "log_level", None)
        if level is not None:
            root.setLevel(min(before, level))
        with warnings.catch_warnings():
            self._filters = _filters()
            try:
                yield
            finally:
                if not self.is_kept:
                    self.end()
                root.setLevel(before)

    def begin(self) -> None:
        """Route output from now on. Called in the call of an item, whose filters of warnings hold for all runs."""
        if self._undo is not None:
            return
        self._undo = stack = ExitStack()
        capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
        _route_streams(stack)
        # Between items, others are in their place.
        with nullcontext() if capture is None else capture.global_and_fixture_disabled():
            _route_streams(stack)
        for handler in _handlers():
            handler.addFilter(_is_let_through)
            stack.callback(handler.removeFilter, _is_let_through)
        if self._config.pluginmanager.hasplugin("warnings"):
            _route_warnings(stack)
            self._filters[:] = [*_filters(), _ALWAYS]
            _filters().append(_ALWAYS)

    def end(self) -> None:
        """Route output no more."""
        if self._undo is None:
            return
        self._undo.close()
        self._undo = None
        for filters in (self._filters, _filters()):
            if _ALWAYS in filters:
                filters.remove(_ALWAYS)


def _filters() -> list[Any]:
    return cast("list[Any]", warnings.filters)


def _handlers() -> list[logging.Handler]:
    """Return pytest's own handlers; others get the records of runs when they are made."""
    return [one for one in logging.getLogger().handlers if type(one).__module__ == "_pytest.logging"]


def _is_let_through(record: logging.LogRecord) -> bool:
    output = _current.get()
    if output is not None:
        output.add_record(record)
    return output is None


def _route_streams(stack: ExitStack) -> None:
    for name in _STREAMS:
        stream = getattr(sys, name)
        if stream is not None and "write" not in vars(stream):
            stream.write = _writer(name, stream.write)
            stack.callback(delattr, stream, "write")


def _writer(name: str, write: Any) -> Any:
    def routed(text: str) -> int:
        output = _current.get()
        return int(write(text)) if output is None else output.write(name, text)

    return routed


def _route_warnings(stack: ExitStack) -> None:
    # Every way to show a warning calls this function, and `catch_warnings` does not replace it.
    show = vars(warnings)["_showwarnmsg"]

    def routed(message: warnings.WarningMessage) -> None:
        output = _current.get()
        if output is None:
            show(message)
        else:
            output.add_warning(message)

    vars(warnings)["_showwarnmsg"] = routed
    stack.callback(vars(warnings).update, _showwarnmsg=show)
