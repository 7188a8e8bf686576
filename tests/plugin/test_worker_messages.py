"""The messages of workers on their way to the controller."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.plugin.worker_messages import MessageReceiver, MessageSender

if TYPE_CHECKING:
    from tests.plugin.conftest import Example

CONFIG = {"oracle": True, "max_turns": 10, "noise": {"tools": {"Mail__send": 0.5}}}


END = object()  # The mark by which pytest-xdist tells a worker that no test follows.


class WorkerInteractor:
    """A worker's part of pytest-xdist, which keeps what it would give to execnet."""

    def __init__(self, following: list[Any]) -> None:
        self.sent: list[Any] = []
        self.torun = SimpleNamespace(lock=lambda: nullcontext(following))

    def sendevent(self, name: str, **values: Any) -> None:
        self.sent.append((name, values))


def worker(node: Any, following: list[Any] | None = None) -> WorkerInteractor:
    """Return a worker that is about to play, with the input and the tests that the controller has given to it."""
    interactor = WorkerInteractor(following or [])
    plugins = SimpleNamespace(get_plugins=lambda: [object(), interactor])
    config = SimpleNamespace(pluginmanager=plugins, workerinput=node.workerinput)
    session: Any = SimpleNamespace(config=config)
    MessageSender().pytest_runtestloop(session)
    return interactor


def node_of(receiver: MessageReceiver, received: list[Any]) -> Any:
    """Return a node of a controller that keeps what pytest-xdist would receive."""
    node: Any = SimpleNamespace(workerinput={}, process_from_remote=received.append)
    receiver.pytest_configure_node(node)
    return node


def record(config: dict[str, Any], rationale: str = "grün \ud800") -> dict[str, Any]:
    return {"result": {"success": True, "rationale": rationale, "duration": 0.25}, "config": config, "key": None}


def report(when: str, outcome: str = "passed", **attributes: Any) -> tuple[str, dict[str, Any]]:
    location = ("pare.yaml", 0, "a")
    data = {"nodeid": "pare.yaml::a", "location": location, "when": when, "outcome": outcome, "sections": []}
    return "testreport", {"data": {**data, **attributes}}


RECORDS: dict[str, Any] = {
    "user_properties": [("pare_status", "success"), ["a", None]],
    "keywords": {"a \ud800": 1, "": 1, "b": True},
    "pare": record(CONFIG),
    "pare_attempts": [record(CONFIG, "first"), {"result": None, "reason": "a fixture failed"}],
    "pare_run": {"scenario_id": "a", "run_number": 1, "level": ["noise.x", 0.5]},
}
LOCATION = {"nodeid": "pare.yaml::a", "location": ("pare.yaml", 0, "a")}
OF_A_RUN = [
    ("logstart", LOCATION),
    report("setup"),
    report("call", **RECORDS),
    report("teardown", sections=[("Captured stdout", "x")]),
    ("logfinish", LOCATION),
    ("runtest_protocol_complete", {"item_index": 0, "duration": 0.5}),
]


@pytest.fixture
def received() -> list[Any]:
    return []


@pytest.fixture
def node(received: list[Any]) -> Any:
    return node_of(MessageReceiver(), received)


def transferred(
    messages: list[tuple[str, dict[str, Any]]], node: Any, following: list[Any] | None = None
) -> WorkerInteractor:
    """Send messages to a node, and return the worker."""
    interactor = worker(node, following)
    for name, values in messages:
        interactor.sendevent(name, **values)
    for message in interactor.sent:
        node.process_from_remote(message)
    return interactor


def test_the_messages_of_a_run_arrive_as_they_were_in_three_messages(node: Any, received: list[Any]) -> None:
    interactor = transferred(OF_A_RUN, node)
    assert received == OF_A_RUN
    # Python takes True for 1.
    assert repr(received) == repr(OF_A_RUN)
    assert len(interactor.sent) == 3


def test_a_test_starts_in_the_message_that_ends_the_one_before(node: Any, received: list[Any]) -> None:
    interactor = transferred(OF_A_RUN * 3, node, [2, 3, END])
    assert len(interactor.sent) == 2 * 3
    # What would have been sent at the start of the fourth test.
    assert received == (OF_A_RUN * 3)[:-3]


@pytest.mark.parametrize("following", [[], [END]])
def test_a_worker_without_another_test_asks_for_one_at_once(
    following: list[Any], node: Any, received: list[Any]
) -> None:
    transferred(OF_A_RUN, node, following)
    assert received == OF_A_RUN


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        (OF_A_RUN[:1], 1),
        (OF_A_RUN[:2], 1),
        (OF_A_RUN[:3], 2),
        (OF_A_RUN[:5], 2),
        ([report("setup", "skipped")], 1),
        ([report("setup", "failed")], 1),
        ([report("setup", "rerun")], 1),
        ([report("teardown", "failed")], 1),
        ([report("setup"), ("unscheduled", {"indices": [3, 4]})], 1),
        ([report("setup"), ("workerfinished", {"workeroutput": {"exitstatus": 0}})], 1),
    ],
)
def test_only_what_passed_around_a_call_waits(messages: list[Any], sent: int, node: Any, received: list[Any]) -> None:
    assert len(transferred(messages, node).sent) == sent
    assert received == messages[: len(received)]
    # What waits is the report that was last.
    waiting = [values["data"]["when"] if "data" in values else name for name, values in messages[len(received) :]]
    assert waiting in ([], ["setup"], ["teardown", "logfinish"])


def test_equal_configs_of_all_workers_become_one_object(received: list[Any]) -> None:
    receiver, other = MessageReceiver(), {**CONFIG, "oracle": False}
    for _ in range(2):
        messages = [report("call", pare=record(config)) for config in (CONFIG, {**CONFIG}, other, CONFIG)]
        transferred(messages, node_of(receiver, received))
    configs = [values["data"]["pare"]["config"] for _, values in received]
    assert configs == [CONFIG, CONFIG, other, CONFIG] * 2
    assert len({id(config) for config in configs}) == 2


def test_a_report_that_another_plugin_keeps_stays_whole(node: Any) -> None:
    name, values = report("call", pare=record(CONFIG), pare_attempts=[record(CONFIG)])
    transferred([(name, values)], node)
    assert values["data"]["pare"]["config"] is CONFIG
    assert values["data"]["pare_attempts"] == [record(CONFIG)]


def test_a_value_that_cannot_be_sent_is_left_to_execnet(node: Any) -> None:
    messages = [report("setup"), report("call", user_properties=[("path", object())])]
    interactor = worker(node)
    for name, values in messages:
        interactor.sendevent(name, **values)
    assert interactor.sent == messages


def test_the_end_of_a_worker_is_no_message(node: Any, received: list[Any]) -> None:
    end = object()
    node.process_from_remote(end)
    assert received == [end]


def test_another_pytest_xdist_sends_as_before(received: list[Any]) -> None:
    node: Any = SimpleNamespace(workerinput={})
    MessageReceiver().pytest_configure_node(node)
    assert node.workerinput == {}
    interactor = worker(node)
    for name, values in OF_A_RUN:
        interactor.sendevent(name, **values)
    assert interactor.sent == OF_A_RUN


NOTES = """
import pytest

NAMES = []

@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_configure_node(node):
    received = node.process_from_remote

    def note(message):
        NAMES.append(message[0] if isinstance(message, tuple) else "end")
        received(message)

    node.process_from_remote = note

def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"messages: {' '.join(NAMES)}")
"""


@pytest.mark.parametrize("ending", ["", "import os; os.kill(os.getpid(), 9)"])
def test_pytest_xdist_sends_the_messages_of_a_session(example: Example, ending: str) -> None:
    example.write("conftest.py", NOTES)
    session = (
        example.scenario("mow", f"{ending or 'pass'}\nreturn ScenarioValidationResult(success=True)")
        .suite("runner: {oracle: true}")
        .run_process("--pare-config=pare.yaml", "-n1", "--max-worker-restart=0")
    )
    messages = next(line for line in session.out.splitlines() if line.startswith("messages:")).split()[1:]
    assert messages[:3] == ["workerready", "collectionstart", "collectionfinish"]
    # A run that kills its worker has begun; the others end, as the worker does.
    assert messages[3:] == ["pare_messages"] * (1 if ending else 4) + ["end"]
    assert session.code == (1 if ending else 0)
