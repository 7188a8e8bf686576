"""The past of a run: the begin of an earlier run, which is played again before the run goes on by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pytest_pare.base.redaction import redacted_json
from pytest_pare.base.serialization import to_short_builtins
from pytest_pare.engines.cassette import Message
from pytest_pare.engines.drift import difference
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.replay import Redactor
from pytest_pare.simulation.trace_entries import EngineCall, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.cassette import Call
    from pytest_pare.engines.steps import Role
    from pytest_pare.scenarios.config import LLMEngineConfig
    from pytest_pare.simulation.queues import TraceEntries
    from pytest_pare.simulation.turn_trace import TurnTrace

NOTHING: Final = object()
"""Stands for no change of a tool's result, because `None` is a result."""

# A text is quoted up to this length.
_WIDTH = 100
# Of the difference of two requests: the message, what it was and what it is.
_MOST_LINES = 3
# Traces of earlier versions do not have them, and the fingerprint covers them.
_NOT_COMPARED = ("kept", "request", "body")


class PastError(EngineConfigurationError):
    """The begin of a run cannot be played again, because something that it depends on has changed since."""


@dataclass(frozen=True)
class Change:
    """What is different from a step of a run on.

    Attributes:
        answer: The answer of the engine whose call the step is; `None` for its own.
        tool_result: What the caller of the tool gets whose call the step is; `NOTHING` for its own result.
        engine: The engine of the step's role from the step on; `None` for that of the run.
        agent: The agent from the turn of the step on; `None` for that of the run.
        seed: Seeds what is drawn after the step; 0 for the draws of the run.
    """

    answer: str | None = None
    tool_result: Any = NOTHING
    engine: LLMEngineConfig | None = None
    agent: ProactiveAgent | None = field(default=None, repr=False)
    seed: int = 0

    @property
    def is_none(self) -> bool:
        """Whether the run goes on as it was."""
        return self == Change()


class Past:
    """The entries of an earlier run up to a step, and what is different from the step on.

    Before the step, each request to a model gets the recorded answer. Engines on this machine answer by themselves, so
    that they go on from the right place. All entries must be those of the earlier run.

    Args:
        entries: The entries of the earlier run, all of them.
        place: The index of the step among them.
        turn: The turn of the step.
        numbers: The number of each step, by its index.
        change: What is different.
        turn_seconds: The seconds of the turns that took their real time.
        recorded: The calls of a cassette that follow the step, by role.
        is_live: Whether models may be called from the step on.

    Attributes:
        problem: Why the run cannot be played again; `None` as far as it could.
        is_left: Whether another agent has taken over.
    """

    def __init__(
        self,
        entries: Sequence[TraceEvent | EngineCall],
        place: int,
        turn: int,
        numbers: Mapping[int, int],
        change: Change,
        *,
        turn_seconds: Sequence[float] = (),
        recorded: Mapping[str, Sequence[Call]] | None = None,
        is_live: bool = False,
    ) -> None:
        self.entries = entries
        self.place = place
        self.turn = turn
        self.change = change
        self.turn_seconds = turn_seconds
        self.recorded = recorded or {}
        self.is_live = is_live
        self.problem: str | None = None
        self.is_left = False
        self._numbers = numbers
        self._now: TraceEntries | Sequence[TraceEvent | EngineCall] = ()
        self._checked = 0
        # An event that the change does not touch must be the same as well.
        is_same = isinstance(self.step, TraceEvent) and change.tool_result is NOTHING and change.agent is None
        self._end = place + is_same

    @property
    def step(self) -> TraceEvent | EngineCall | None:
        """The entry of the step; `None` at the end of the run, where only another agent can go on."""
        return self.entries[self.place] if self.place < len(self.entries) else None

    @property
    def is_over(self) -> bool:
        """Whether the step has come."""
        return self.is_left or len(self._now) > self.place

    def begin(self, entries: TraceEntries) -> None:
        """Begin the run.

        Args:
            entries: Its trace.
        """
        self._now = entries

    def check(self) -> int:
        """Check what has happened up to now, and return the number of entries.

        Raises:
            PastError: If an entry is not that of the earlier run.
        """
        if self.problem is not None:
            raise PastError(self.problem)
        now = len(self._now)
        while self._checked < min(now, self._end) and not self.is_left:
            self._compare(self._checked)
            self._checked += 1
        return now

    def _compare(self, index: int) -> None:
        before, entry = self.entries[index], self._now[index]
        if _plain(before) != _plain(entry):
            self.differ(index, f"expected {_named(before)}, got {_named(entry)}")

    def finish(self) -> None:
        """Check the whole past, at the end of the run.

        Raises:
            PastError: If it is not that of the earlier run.
        """
        now = self.check()
        if not self.is_over:
            before = "the agent's turn" if now >= len(self.entries) else _named(self.entries[now])
            self.differ(now, f"expected {before}, and the run has ended")

    def expected(self, role: Role, key: str, request: Sequence[Message]) -> EngineCall | None:
        """Return the recorded call that a request of a role stands for; `None` after the step.

        Args:
            role: The role.
            key: The fingerprint of the request.
            request: Its messages.

        Raises:
            PastError: If the earlier run had no such request here.
        """
        index = self.check()
        if self.is_over:
            return None
        before = self.entries[index]
        if not isinstance(before, EngineCall) or before.role != role:
            self.differ(index, f"expected {_named(before)}, got a request of role {role}")
        if before.fingerprint != key:
            recorded = self._request_at(index, role)
            clean = Redactor().of_messages(list(request))
            lines = [] if recorded is None else difference(recorded, clean)[:_MOST_LINES]
            self.differ(index, ", ".join([f"the request of role {role} has changed", " ".join(lines)]).rstrip(", "))
        return before

    def _request_at(self, index: int, role: Role) -> list[Message] | None:
        """Return the messages of a recorded request; `None` if the trace does not have them."""
        messages: list[Message] = []
        calls = (one for one in self.entries[: index + 1] if isinstance(one, EngineCall) and one.role == role)
        for call in calls:
            if call.request is None:
                return None
            added = [Message(str(one["role"]), one["content"]) for one in call.request]
            messages = [*messages[: call.kept], *added]
        return messages

    def differ(self, index: int, what: str) -> NoReturn:
        """Stop the run, because its past differs.

        Args:
            index: The index of the first entry that differs.
            what: What differs.

        Raises:
            PastError: Always.
        """
        following = (number for place, number in sorted(self._numbers.items()) if place >= index)
        where = next(following, len(self._numbers))
        self.problem = self.problem or (
            f"step {where} is not what it was: {what}; the scenario, a prompt, the agent's code or a setting has "
            "changed since, so this run cannot be forked"
        )
        raise PastError(self.problem)

    def received(self, trace: TurnTrace, who: str, known: int, result: Any) -> Any:
        """Return what the caller of a tool gets: its result, or another one if the call is the step.

        Args:
            trace: Changes the trace.
            who: `USER` or `AGENT`.
            known: The number of entries before the call.
            result: The result.
        """
        given = self.change.tool_result
        if given is NOTHING or trace.last(who, known) != self.place:
            return result
        self.check()
        self._compare(self.place)
        trace.change(self.place, {"result": to_short_builtins(given)})
        return given

    def seed(self) -> int:
        """Return the seed of what is drawn now; 0 for the draws of the run."""
        return self.change.seed if self.is_over else 0

    def leave(self) -> None:
        """Let another agent take over.

        Raises:
            PastError: If the past is not that of the earlier run.
        """
        if not self.is_left:
            self.check()
            self.is_left = True


def _plain(entry: TraceEvent | EngineCall) -> str:
    fields = {name: value for name, value in vars(entry).items() if name not in _NOT_COMPARED}
    return redacted_json(json.dumps(fields, ensure_ascii=False, default=str), (",", ":"))


def _named(entry: TraceEvent | EngineCall) -> str:
    if isinstance(entry, EngineCall):
        return f"the answer {_short(entry.response or entry.error)} of role {entry.role}"
    who = {"USER": "the user's", "AGENT": "the agent's"}.get(entry.kind, "the world's")
    arguments = ", ".join(f"{name}={value!r}" for name, value in entry.args.items())
    call = f"{entry.app}.{entry.function}" if entry.app else str(entry.function)
    return f"{who} {_short(f'{call}({arguments})')} at +{entry.time:g} s"


def _short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."
