"""The messages of a worker of pytest-xdist about its tests, on their way to the controller.

execnet writes and reads each value of a message in Python. For the record of a short run, this takes as long as the
run. pytest-xdist sends six messages for a test, and each wakes up the controller, which takes a processor from a
worker. So they are sent as bytes, and together where the controller needs not see each at once: a test with the end of
the one before it when it starts, and its reports when its call has ended.
"""

from __future__ import annotations

import marshal
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin.worker_runs import interactor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from xdist.remote import TestQueue
    from xdist.workermanage import WorkerController

    Message = tuple[str, dict[str, Any]]

# The input of a worker has it where the controller understands such bytes; it is also the name of their message.
_BYTES = "pare_messages"
# Any Python that can play runs reads and writes this version. `marshal` makes no objects but those of builtin types.
_VERSION = 4


class MessageSender:
    """A plugin of a worker: sends the report of a setup that passed with the next message, and what ends a test too.

    The report of a call is sent at once: nothing is lost if the process dies after it. A worker that has no other test
    asks for one at once.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[Message] = []
        self._last: tuple[dict[str, Any] | None, bytes] = (None, b"")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Take the place of the function that sends the messages."""
        interactor = interactor_of(session.config)
        if _BYTES in getattr(session.config, "workerinput", {}) and hasattr(interactor, "sendevent"):
            interactor.sendevent = partial(self._send, interactor.sendevent, interactor.torun)

    def _send(self, send: Callable[..., None], tests: TestQueue, name: str, **values: Any) -> None:
        # A thread of execnet sends messages too.
        with self._lock:
            self._waiting.append((name, values))
            if _can_wait(name, values, tests):
                return
            waiting, self._waiting = self._waiting, []
            try:
                written = marshal.dumps([self._with_bytes(one) for one in waiting], _VERSION)
            except ValueError:
                # execnet tells which value it is.
                for one, its_values in waiting:
                    send(one, **its_values)
            else:
                send(_BYTES, written=written)

    def _with_bytes(self, message: Message) -> Message:
        """Return a message whose records have bytes in the place of their config."""
        name, values = message
        return (name, {**values, "data": _with_configs(values["data"], self._written)}) if "data" in values else message

    def _written(self, config: dict[str, Any]) -> bytes:
        # Equal configs are mostly one object.
        if config is not self._last[0]:
            self._last = (config, marshal.dumps(config, _VERSION))
        return self._last[1]


def _can_wait(name: str, values: dict[str, Any], tests: TestQueue) -> bool:
    """Return whether a message may be sent with the next one: pytest sends that as soon as a short function ends.

    The next one after the report of a setup is that of the call, which may take long. But what passed in the setup is
    neither printed nor recorded before it. The next one after the end of a test is the start of the next test, which
    pytest-xdist begins if it knows the one to follow it.
    """
    if name == "testreport":
        report = values["data"]
        return report["outcome"] == "passed" and report["when"] in ("setup", "teardown")
    if name == "runtest_protocol_complete":
        with tests.lock() as following:
            return isinstance(next(iter(following), None), int)
    return name == "logfinish"


class MessageReceiver:
    """A plugin of the controller: receives the messages of workers. Equal configs become one object."""

    def __init__(self) -> None:
        self._configs: dict[bytes, dict[str, Any]] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Take the place of the function that receives the messages of a worker."""
        if hasattr(node, "process_from_remote"):
            node.workerinput[_BYTES] = True
            node.process_from_remote = partial(self._receive, node.process_from_remote)

    def _receive(self, receive: Callable[[Any], None], message: Any) -> None:
        # The mark of the end is no tuple.
        if not isinstance(message, tuple) or message[0] != _BYTES:
            receive(message)
            return
        for name, values in marshal.loads(message[1]["written"]):  # noqa: S302 (of a worker that this session has started)
            if "data" in values:
                values["data"] = _with_configs(values["data"], self._read)
            receive((name, values))

    def _read(self, written: bytes) -> dict[str, Any]:
        if written not in self._configs:
            self._configs[written] = marshal.loads(written)  # noqa: S302 (as above)
        return self._configs[written]


def _with_configs(report: dict[str, Any], convert: Callable[[Any], object]) -> dict[str, Any]:
    """Return a report with the configs of its records converted."""

    def converted(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "config": convert(record["config"])} if "config" in record else record

    if "pare" in report:
        report = {**report, "pare": converted(report["pare"])}
    if "pare_attempts" in report:
        report = {**report, "pare_attempts": [converted(one) for one in report["pare_attempts"]]}
    return report
