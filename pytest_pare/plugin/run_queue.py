"""The queue of a session's runs: which one is started next, and which ones are left out."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_pare.plugin.budget import Budget, Unit

Answer = Literal["started", "later", "left out"]


class QueuedRun(NamedTuple):
    """A run, or another test of the session.

    Attributes:
        nodeid: The node id of its item.
        suite: The name of its suite; `None` for another test, which is never left out.
        round: The round that it belongs to, its run number; 0 if its suite does not stop early.
        is_free: Whether it uses nothing of the budget, because it has a result already.
    """

    nodeid: str
    suite: str | None = None
    round: int = 0
    is_free: bool = False


class LeftOut(NamedTuple):
    """A run that is not started.

    Attributes:
        position: Its position in the collection.
        kind: The kind of its outcome: `not_needed`, or `no_result` if the budget does not allow it.
        reason: Why it is not started.
    """

    position: int
    kind: Literal["not_needed", "no_result"]
    reason: str


class Looks(NamedTuple):
    """The looks at a suite that may stop early, one after each complete round.

    Attributes:
        first: The first round after which it may stop.
        look: Returns why no run after a complete round is needed; `None` if some are.
    """

    first: int
    look: Callable[[int], str | None]


@dataclass
class RunQueue:
    """The runs of a session in the order in which they are started: by round, then by their place in the collection.

    A round is open if the look at the round before it did not stop the suite. A look uses complete rounds only, so it
    does not depend on the number of workers.

    Args:
        runs: The items of the session, in the order of the collection.
        looks: Name of a suite that may stop early to its looks.
        budget: The budget of the suites' runs; `None` is no limit.
        used: Returns what a run has used, `None` if it has no result, nothing if it was skipped; called with a budget.
    """

    runs: Sequence[QueuedRun]
    looks: Mapping[str, Looks] = field(default_factory=dict)
    budget: Budget | None = None
    used: Callable[[str], dict[Unit, float | None] | None] = lambda nodeid: None

    def __post_init__(self) -> None:
        self._waiting = sorted(range(len(self.runs)), key=self._place)
        self._started: set[int] = set()
        self._unfinished: dict[str, dict[int, set[int]]] = {name: defaultdict(set) for name in self.looks}
        for index, run in enumerate(self.runs):
            if run.suite in self._unfinished:
                self._unfinished[run.suite][run.round].add(index)
        self._open = {name: looks.first for name, looks in self.looks.items()}
        self._stopped: dict[str, tuple[int, str]] = {}
        self._left_out: list[LeftOut] = []

    def overshoot(self, suite: str) -> int:
        """Return the number of runs of a suite that were started although they turned out not to be needed."""
        return sum(self.runs[index].suite == suite and self._not_needed(index) is not None for index in self._started)

    @property
    def has_waiting(self) -> bool:
        """Whether some runs are neither started nor left out."""
        return bool(self._waiting)

    def is_open(self, index: int) -> bool:
        """Return whether a run is needed in any case; if not, a look may stop its suite."""
        run = self.runs[index]
        return run.suite not in self._open or run.round <= self._open[run.suite]

    def next_open(self) -> int | None:
        """Return the next run of an open round; `None` if none waits."""
        # The order is by round, but the suites are not in the same round.
        return next((index for index in self._waiting if self.is_open(index)), None)

    def next_ahead(self) -> int | None:
        """Return the next run of a round that is not open; `None` if none waits."""
        return next((index for index in self._waiting if not self.is_open(index)), None)

    def start(self, index: int, *, behind: int = 0) -> Answer:
        """Start a run if it waits and the budget allows it.

        Args:
            index: The run.
            behind: The number of runs that its worker plays before it.

        Returns:
            `started`; `later` if the end of an earlier run must show what a run uses; or `left out`.
        """
        if index not in self._waiting:
            return "left out"
        if self._is_limited(index) and self.budget is not None and not self.budget.reserve(index, behind=behind):
            self._leave_out_what_the_budget_refuses()
            return "later" if index in self._waiting else "left out"
        self._waiting.remove(index)
        self._started.add(index)
        return "started"

    def put_back(self, index: int) -> None:
        """Let a run wait that was started and has not begun, because its worker has died."""
        if self.budget is not None:
            self.budget.release(index)
        self._wait_for(index)

    def repeat(self, index: int) -> None:
        """Let a run wait again that is complete, because a plugin plays it again."""
        run = self.runs[index]
        if run.suite in self._unfinished:
            self._unfinished[run.suite][run.round].add(index)
        self._wait_for(index)

    def complete(self, index: int) -> None:
        """Note the end of a run. A look at its round is left to `look`, because a plugin may play it again."""
        run = self.runs[index]
        if self.budget is not None and self._is_limited(index):
            used = self.used(run.nodeid)
            if used == {}:
                self.budget.release(index)
            else:
                self.budget.settle(index, used)
            self._leave_out_what_the_budget_refuses()
        if run.suite in self._unfinished:
            self._unfinished[run.suite][run.round].discard(index)

    def look(self) -> None:
        """Look at each round that is complete, and leave out the runs that are not needed any more."""
        for name, looks in self.looks.items():
            unfinished = self._unfinished[name]
            last = max(unfinished, default=0)
            while (
                name not in self._stopped
                and (number := self._open[name]) <= last
                and not any(runs for round_number, runs in unfinished.items() if round_number <= number)
            ):
                self._open[name] += 1
                reason = looks.look(number) if number in unfinished else None
                if reason is not None:
                    self._stopped[name] = number, reason
                    self._leave_out_what_is_not_needed()

    def take_left_out(self) -> list[LeftOut]:
        """Return the runs that were left out since the last call, in the order of the collection."""
        left_out, self._left_out = sorted(self._left_out), []
        return left_out

    def _place(self, index: int) -> tuple[int, int]:
        return self.runs[index].round, index

    def _is_limited(self, index: int) -> bool:
        """Return whether a run uses something of a budget."""
        run = self.runs[index]
        return self.budget is not None and run.suite is not None and not run.is_free

    def _not_needed(self, index: int) -> str | None:
        """Return why a run is not needed any more; `None` if it is."""
        run = self.runs[index]
        number, reason = self._stopped.get(run.suite or "", (run.round, ""))
        return reason if run.round > number else None

    def _wait_for(self, index: int) -> None:
        self._started.discard(index)
        insort(self._waiting, index, key=self._place)
        self._leave_out_what_is_not_needed()
        self._leave_out_what_the_budget_refuses()

    def _leave_out_what_is_not_needed(self) -> None:
        for index in tuple(self._waiting):
            reason = self._not_needed(index)
            if reason is not None:
                self._leave_out(LeftOut(index, "not_needed", reason))

    def _leave_out_what_the_budget_refuses(self) -> None:
        if self.budget is None or self.budget.reached is None:
            return
        for index in tuple(self._waiting):
            if self._is_limited(index):
                self._leave_out(LeftOut(index, "no_result", self.budget.reached))

    def _leave_out(self, one: LeftOut) -> None:
        self._waiting.remove(one.position)
        self._left_out.append(one)
