"""Whatever the order in which workers finish, each run is played once or left out, and no worker waits for ever."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.plugin import round_scheduler
from pytest_pare.plugin.budget import Budget, Limit
from pytest_pare.plugin.round_scheduler import RoundScheduling
from pytest_pare.plugin.run_queue import LeftOut, Looks, QueuedRun, RunQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SUITE = "pare.yaml"


@dataclass(eq=False)
class Node:
    """A worker of pytest-xdist: it begins a test when it has the next one, or is shut down."""

    name: str
    queue: list[int] = field(default_factory=list)
    shutting_down: bool = False

    @property
    def gateway(self) -> Any:
        return type("Gateway", (), {"id": self.name})

    @property
    def is_busy(self) -> bool:
        return len(self.queue) > (0 if self.shutting_down else 1)

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        assert not self.shutting_down
        self.queue += indices

    def shutdown(self) -> None:
        self.shutting_down = True


@dataclass
class Session:
    """A session of fake workers, driven as `xdist.dsession` drives a scheduler."""

    runs: list[QueuedRun]
    make_queue: Callable[[], RunQueue]
    workers: int
    nodes: list[Node] = field(default_factory=list)
    played: Counter[int] = field(default_factory=Counter)
    crashed: list[int] = field(default_factory=list)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    problems: list[Any] = field(default_factory=list)
    deaths: int = 0

    def __post_init__(self) -> None:
        hook = type("Hook", (), {"pytest_collectreport": lambda _, report: self.problems.append(report)})()
        config: Any = type("Config", (), {"hook": hook, "count": self.workers})
        self.scheduler = RoundScheduling(config, lambda nodeids: self.queue, self._report)
        self.queue = self.make_queue()
        for _ in range(self.workers):
            self.start()

    def _report(self, nodeid: str, one: LeftOut) -> None:
        assert nodeid not in self.left_out
        self.left_out[nodeid] = one

    def start(self, collection: list[str] | None = None) -> None:
        node: Any = Node(f"gw{len(self.nodes)}")
        self.nodes.append(node)
        self.scheduler.add_node(node)
        self.scheduler.add_node_collection(node, collection or [run.nodeid for run in self.runs])
        if self.scheduler.collection_is_completed:
            self.scheduler.schedule()

    @property
    def busy(self) -> list[Node]:
        return [node for node in self.nodes if node.is_busy and node in self.scheduler.nodes]

    def finish(self, node: Any) -> None:
        index = node.queue.pop(0)
        self.played[index] += 1
        self.scheduler.mark_test_complete(node, index)

    def die(self, node: Any, *, again: bool = False) -> None:
        index, *_ = node.queue
        self.deaths += 1
        nodeid = self.scheduler.remove_node(node)
        assert nodeid is not None
        assert nodeid == self.runs[index].nodeid
        self.nodes.remove(node)
        if again:
            self.scheduler.mark_test_pending(nodeid)
        else:
            self.crashed.append(index)
        self.start()

    def end(self) -> None:
        """Shut the workers down as `DSession.loop_once` does, and let them finish."""
        assert self.scheduler.tests_finished
        for node in list(self.nodes):
            node.shutdown()
            while node.queue:
                self.finish(node)


@pytest.fixture(autouse=True)
def _count_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_scheduler, "parse_tx_spec_config", lambda config: [None] * config.count)


def rounds_of(scenarios: int, rounds: int, *, others: int = 0) -> list[QueuedRun]:
    tests = [QueuedRun(f"test_{number}") for number in range(others)]
    return tests + [
        QueuedRun(f"{SUITE}::s{scenario}[run{number}]", SUITE, number)
        for scenario in range(scenarios)
        for number in range(1, rounds + 1)
    ]


def stop_after(stop: int | None, seen: list[int]) -> Callable[[int], str | None]:
    def look(number: int) -> str | None:
        seen.append(number)
        return "decided" if number == stop else None

    return look


def simulate(draw: Callable[[int], int], session: Session, most_deaths: int = 0) -> None:
    """Let workers finish and die in the drawn order until the session is over."""
    for _ in range(50 * len(session.runs) + 50):
        if session.scheduler.tests_finished:
            break
        busy = session.busy
        assert busy, "every worker waits, and the session is not over"
        node = busy[draw(len(busy))]
        if session.deaths < most_deaths and draw(4) == 0:
            session.die(node, again=draw(2) == 0)
        else:
            session.finish(node)
    session.end()


@given(st.data())
def test_each_run_is_played_once_or_not_needed(data: st.DataObject) -> None:
    scenarios, rounds = data.draw(st.integers(1, 6)), data.draw(st.integers(2, 4))
    first, stop = data.draw(st.integers(1, rounds - 1)), data.draw(st.none() | st.integers(1, rounds))
    runs = rounds_of(scenarios, rounds, others=data.draw(st.integers(0, 3)))
    seen: list[int] = []
    workers = data.draw(st.integers(1, 4))
    session = Session(runs, lambda: RunQueue(runs, {SUITE: Looks(first, stop_after(stop, seen))}), workers)
    simulate(lambda count: data.draw(st.integers(0, count - 1)), session, most_deaths=data.draw(st.integers(0, 3)))

    done = session.played + Counter(session.crashed)
    not_needed = {run.nodeid for index, run in enumerate(runs) if not done[index]}
    assert not_needed == set(session.left_out)
    assert set(done.values()) <= {1}
    assert not session.scheduler.has_pending
    # The looks come in order, each once, and end with the decision.
    is_stopped = stop is not None and first <= stop
    assert seen == list(range(first, (stop if is_stopped and stop else rounds) + 1))
    after = [run for run in runs if is_stopped and stop and run.round > stop]
    assert all(run.round > (stop or 0) for run in runs if run.nodeid in not_needed)
    assert session.queue.overshoot(SUITE) == len(after) - len(not_needed)
    # One for each worker, and one more if it gets the run of a dead worker behind it.
    assert session.queue.overshoot(SUITE) <= workers + session.deaths


@given(st.data())
def test_a_budget_leaves_out_the_rest(data: st.DataObject) -> None:
    runs = rounds_of(data.draw(st.integers(1, 5)), 2, others=data.draw(st.integers(0, 4)))
    budget = Budget([Limit("usd", data.draw(st.floats(0.5, 8)))], lambda: 0.0)
    costs = {run.nodeid: data.draw(st.floats(0, 2) | st.none()) for run in runs}

    def make() -> RunQueue:
        return RunQueue(runs, {}, budget, lambda nodeid: {"usd": costs[nodeid], "tokens": 0.0, "seconds": 0.0})

    session = Session(runs, make, data.draw(st.integers(1, 3)))
    simulate(lambda count: data.draw(st.integers(0, count - 1)), session, most_deaths=2)
    done = session.played + Counter(session.crashed)
    assert {run.nodeid for index, run in enumerate(runs) if not done[index]} == set(session.left_out)
    assert all(run.suite is not None for run in runs if run.nodeid in session.left_out)
    assert bool(session.left_out) <= (budget.reached is not None)


def test_workers_share_a_round() -> None:
    runs = rounds_of(2, 3)
    session = Session(runs, lambda: RunQueue(runs, {SUITE: Looks(1, stop_after(1, []))}), 2)
    # A run each, and behind it one that its worker needs to begin.
    assert [[runs[index].round for index in node.queue] for node in session.nodes] == [[1, 2], [1, 2]]
    session.finish(session.nodes[0])
    assert not session.nodes[0].is_busy  # It has a run of the next round, and would have to be given another one.
    session.finish(session.nodes[1])
    assert [one.reason for one in session.left_out.values()] == ["decided"] * 2
    assert [node.shutting_down for node in session.nodes] == [True, True]
    session.end()
    assert session.queue.overshoot(SUITE) == 2


def test_different_collections_end_the_session() -> None:
    runs = rounds_of(1, 2)
    session = Session(runs, lambda: RunQueue(runs), 0)
    session.scheduler._expected_nodes = 2
    session.start()
    session.start(["pare.yaml::other"])
    assert "Different tests were collected between gw0 and gw1" in str(session.problems[0].longrepr)
    assert session.scheduler.tests_finished
    assert not session.scheduler.has_pending
    assert session.scheduler.remove_node(session.scheduler.nodes[0]) is None


def test_a_late_worker_with_another_collection_plays_nothing() -> None:
    runs = rounds_of(2, 2)
    session = Session(runs, lambda: RunQueue(runs), 1)
    session.start(["pare.yaml::other"])
    assert session.nodes[1].queue == []
    assert len(session.problems) == 1
    with pytest.raises(NotImplementedError):
        session.scheduler.remove_pending_tests_from_node(session.scheduler.nodes[0], [1])
