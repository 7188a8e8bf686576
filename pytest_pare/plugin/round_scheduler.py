"""A scheduler of pytest-xdist that gives out runs round by round, and none that the budget refuses.

Only sessions with workers import it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from xdist.report import report_collection_diff
from xdist.workermanage import parse_tx_spec_config

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xdist.workermanage import WorkerController

    from pytest_pare.plugin.run_queue import LeftOut, RunQueue

# A worker begins a test when it has the next one, or when it is shut down.
_LEAST_PENDING = 2


class RoundScheduling:
    """Gives each worker the tests that it plays and the next one, in the order of a `RunQueue`.

    At the end of a round, a worker's last run cannot begin without another one behind it. This is a run of the next
    round, the worker's only one until the look at the round. If the look stops the suite, the worker plays it
    nevertheless, because pytest-xdist cannot take it back: it is counted as overshoot.

    Args:
        config: The session's configuration.
        make_queue: Makes the queue of the session from the node ids of the collection.
        report: Reports a test that is left out, by its node id.
        at_once: The number of tests that a worker plays at once.
    """

    def __init__(
        self,
        config: pytest.Config,
        make_queue: Callable[[Sequence[str]], RunQueue],
        report: Callable[[str, LeftOut], None],
        at_once: int = 1,
    ) -> None:
        self._most_pending = max(at_once + 1, _LEAST_PENDING)
        self._config = config
        self._make_queue = make_queue
        self._report = report
        self._expected_nodes = len(parse_tx_spec_config(config))
        self._collections: dict[WorkerController, list[str]] = {}
        self._pending: dict[WorkerController, list[int]] = {}
        self._collection: list[str] = []
        self._queue: RunQueue | None = None

    @property
    def nodes(self) -> list[WorkerController]:
        """The workers."""
        return list(self._pending)

    @property
    def collection_is_completed(self) -> bool:
        """Whether all workers of the beginning have collected their tests."""
        return len(self._collections) >= self._expected_nodes

    @property
    def tests_finished(self) -> bool:
        """Whether the workers can be shut down: each of them has one test left at most."""
        is_empty = self._queue is None or not self._queue.has_waiting
        return (
            self.collection_is_completed
            and is_empty
            and all(len(pending) < _LEAST_PENDING for pending in self._pending.values())
        )

    @property
    def has_pending(self) -> bool:
        """Whether some tests are waiting or being played."""
        is_waiting = self._queue is not None and self._queue.has_waiting
        return is_waiting or any(self._pending.values())

    def add_node(self, node: WorkerController) -> None:
        """Add a worker that has started."""
        self._pending[node] = []

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Add the tests that a worker has collected; one that replaces a dead worker must have collected the same."""
        if self._queue is None or self._is_same(node, collection):
            self._collections[node] = list(collection)

    def schedule(self) -> None:
        """Give out tests, at first after the workers have collected the same ones."""
        if self._queue is None:
            first, *others = self._collections
            self._collection = self._collections[first]
            different = [node for node in others if not self._is_same(node, self._collections[node])]
            if different:
                return
            self._queue = self._make_queue(self._collection)
        # A worker that died may have played the last run of a round.
        self._queue.look()
        self._give_out()

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Note the end of a test."""
        self._pending[node].remove(item_index)
        if self._queue is not None:
            self._queue.complete(item_index)
            self._queue.look()
            self._give_out()

    def mark_test_pending(self, item: str) -> None:
        """Play a test again whose worker has died, as pytest-rerunfailures asks for it."""
        if self._queue is not None:
            self._queue.repeat(self._collection.index(item))
            self._give_out()

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        """Refuse, because this scheduler steals no tests from workers."""
        raise NotImplementedError

    def remove_node(self, node: WorkerController) -> str | None:
        """Remove a worker, and return the test during which it died; `None` if it was idle."""
        pending = self._pending.pop(node)
        if not pending or self._queue is None:
            return None
        crashed, *queued = pending
        # There is no look now: pytest-xdist has yet to report the crash, and a plugin may play the test again.
        self._queue.complete(crashed)
        for index in queued:
            self._queue.put_back(index)
        self._give_out()
        return self._collection[crashed]

    def _give_out(self) -> None:
        if self._queue is None:
            return
        # Each worker gets a test before one of them gets a second.
        for most in range(1, self._most_pending + 1):
            for node in self._pending:
                if node in self._collections:
                    self._fill(node, self._queue, most)
        for one in self._queue.take_left_out():
            self._report(self._collection[one.position], one)

    def _fill(self, node: WorkerController, queue: RunQueue, most: int) -> None:
        pending = self._pending[node]
        while not node.shutting_down and len(pending) < most:
            index = queue.next_open()
            if index is None and pending and queue.is_open(pending[-1]):
                index = queue.next_ahead()
            if index is None:
                break
            answer = queue.start(index, behind=len(pending))
            if answer == "started":
                pending.append(index)
                node.send_runtest_some([index])
            elif answer == "later":
                break
        if most == self._most_pending and not queue.has_waiting and not node.shutting_down:
            node.shutdown()

    def _is_same(self, node: WorkerController, collection: Sequence[str]) -> bool:
        first = next(iter(self._collections))
        difference = report_collection_diff(self._collection, collection, first.gateway.id, node.gateway.id)
        if difference:
            report = pytest.CollectReport(nodeid=node.gateway.id, outcome="failed", longrepr=difference, result=[])
            self._config.hook.pytest_collectreport(report=report)
        return not difference
