"""Records the engine calls of a run in its cassette, and replays them."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted
from pytest_pare.engines import drift
from pytest_pare.engines.calls import ask_engine
from pytest_pare.engines.cassette import Call, Cassette, Message, RequestInputs, messages_at, requests_of
from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.engines.errors import SET_LIVE, CassetteDrift, EngineConfigurationError
from pytest_pare.engines.matching import in_order
from pytest_pare.engines.replay import RECORD, Replay
from pytest_pare.engines.replay_engine import ReplayEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.engines.matching import Asked
    from pytest_pare.engines.replay_engine import AskLive
    from pytest_pare.engines.steps import Role

__all__ = ["CassetteSpec", "Recorder"]


class Recorder:
    """Replays and records the engine calls of one run: by role and position, those of an agent by content.

    The run gets each answer without its secrets, as a replay does.

    Args:
        spec: Where the cassette is, and whether it is recorded or replayed.
        scenario_id: The scenario that is played.
        run_number: The number of the run.
        inputs: What the requests of this run depend on.
        turn: Returns the turn that is played.

    Raises:
        EngineConfigurationError: If the file is no cassette, or is missing and may not be recorded.
    """

    def __init__(
        self,
        spec: CassetteSpec,
        scenario_id: str,
        run_number: int | None,
        inputs: RequestInputs,
        turn: Callable[[], int],
    ) -> None:
        self._spec = spec
        self._run = (scenario_id, run_number)
        self._inputs = inputs
        self._turn = turn
        self._recorded = None if spec.mode == "all" else spec.read()
        self._of_agent = [] if self._recorded is None else self._recorded.of("agent")
        self._replay = Replay(spec, self._recorded, inputs, turn)
        self._is_new = False
        self._calls: list[Call] = []
        # The requests of the role `agent`, in the order of their answers.
        self._asked: list[tuple[Asked, Call]] = []
        self._lock = threading.Lock()
        # By role, the last request without its secrets.
        self._last: dict[str, list[Message]] = {}
        self._warnings: list[str] = []
        if self._recorded is not None:
            self._warn_of_age(self._recorded)
        elif spec.mode == "none":
            where = spec.path.parent.parent
            raise EngineConfigurationError(f"{spec.name} was never recorded; {RECORD.format('once')} (in {where})")
        else:
            self._warn_of_names()

    @property
    def warnings(self) -> list[str]:
        """Warnings about the cassette, a sentence each."""
        return [*self._warnings, *self._replay.warnings]

    @property
    def records_all(self) -> bool:
        """Whether nothing is replayed, so that each engine of the run is needed."""
        return self._recorded is None

    def engine(self, role: Role, build: Callable[[], LLMEngine]) -> ReplayEngine:
        """Return the engine of a role.

        Args:
            role: The role.
            build: Makes the live engine; not called in a run that is only replayed.
        """
        engine = ReplayEngine(partial(self.answer, role), build, str(self._inputs.engines[role]["model"]))
        if self.records_all:
            # A wrong configuration of the live engine ends the run before its first turn.
            engine.live()
        return engine

    def answer(self, role: Role, request: list[dict[str, Any]], ask: AskLive) -> Call:
        """Return the call that answers a request: a recorded one, or a new one.

        Args:
            role: The role that makes the request.
            request: The messages.
            ask: Asks the live engine.

        Raises:
            CassetteDrift: If the recorded request differs.
            EngineConfigurationError: If no answer was recorded, and no model may be called.
        """
        messages = [Message.of(message) for message in request]
        call = self._replay.at(role, sum(call.role == role for call in self._calls), messages)
        if call is None:
            call = self._record(role, messages, ask)
        self._calls.append(call)
        return call

    def answer_by_content(self, asked: Asked, ask: AskLive) -> Call:
        """Return the call that answers a request of the role `agent`: a recorded one, or a new one.

        Several threads may ask at the same time.

        Args:
            asked: The request.
            ask: Asks the live engine.

        Raises:
            CassetteDrift: If no such request was recorded.
            EngineConfigurationError: If no answer was recorded, and no model may be called.
        """
        role: Role = "agent"
        with self._lock:
            asked.position = self._replay.of_content(role, asked.key, asked.messages)
            if asked.position is not None:
                return self._add(asked, self._of_agent[asked.position])
        call = replace(self._ask(role, asked.messages, ask), turn=asked.turn)
        with self._lock:
            return self._add(asked, call)

    def _add(self, asked: Asked, call: Call) -> Call:
        self._asked.append((asked, call))
        self._calls.append(call)
        return call

    def _record(self, role: Role, messages: list[Message], ask: AskLive) -> Call:
        call = self._ask(role, messages, ask)
        before = self._last.get(role)
        if before is None:
            before = messages_at(call for call in self._calls if call.role == role)
        clean = self._last[role] = self._replay.redactor.of_messages(messages)
        return _after(before, clean, call)

    def _ask(self, role: Role, messages: list[Message], ask: AskLive) -> Call:
        if not self._spec.live:
            raise EngineConfigurationError(f"{self._spec.name}: recording calls a model, {SET_LIVE}")
        call = ask_engine(role, self._turn(), messages, ask)
        self._is_new = True
        return replace(call, answer=redacted(call.answer))

    def finish(self, error: Exception | None, *, is_whole: bool) -> None:
        """Write the cassette if it has new calls.

        A run that was cut short, because an engine failed, the run timed out or it never made a request, leaves the
        file as it is. Only the mode `new` keeps its answers, and the recorded ones that the run did not reach: the next
        run records those that are missing.

        Args:
            error: The exception that ended the run, if one did.
            is_whole: Whether the conversation came to its end; a failure of the agent is one.

        Raises:
            OSError: If the file cannot be written.
        """
        keeps_part = self._spec.mode == "new" and not self._replay.has_left and not isinstance(error, CassetteDrift)
        if not (is_whole or (keeps_part and self._calls)):
            return
        if self._recorded is not None and not self._is_new:
            return
        # A thread that the agent has left behind may still ask.
        with self._lock:
            left = [] if is_whole else self._not_reached()
            about = (*self._run, self._spec.variant, self._spec.suite, self._inputs_with(left))
            calls = tuple(self._with_calls_of_agent(left))
        self._spec.write(Cassette(*about, calls))

    def _not_reached(self) -> list[Call]:
        """Return the recorded calls that a run which was cut short did not reach."""
        if self._recorded is None:
            return []
        reached = Counter(call.role for call in self._calls)
        untaken = set(self._replay.untaken("agent"))
        position = Counter[str]()
        left: list[Call] = []
        for call in self._recorded.calls:
            number = position[call.role]
            position[call.role] += 1
            if number in untaken if call.role == "agent" else number >= reached[call.role]:
                left.append(call)
        return left

    def _inputs_with(self, left: list[Call]) -> RequestInputs:
        """Return what the calls of this run, and recorded ones that it did not reach, depend on."""
        if self._recorded is None or not left:
            return self._inputs
        # The old inputs stay, so that a later run that reaches those calls shows what has changed since.
        then, roles = self._recorded.ingredients, {call.role for call in left}
        engines = {role: engine for role, engine in then.engines.items() if role in roles}
        return replace(then, engines={**self._inputs.engines, **engines})

    def _with_calls_of_agent(self, left: list[Call]) -> Iterable[Call]:
        """Yield the calls of the run and then those that are left, the agent's in the order of `in_order`."""
        calls, asked = [*self._calls, *left], self._asked
        requests, last = list(requests_of(self._of_agent)), list[Message]()
        answers = {id(one): call for one, call in asked}
        answered = [
            (
                self._replay.redactor.of_messages(one.messages) if one.position is None else requests[one.position],
                answers[id(one)],
            )
            for one in in_order([one for one, _ in asked])
        ]
        untaken = [(requests[position], self._of_agent[position]) for position in self._replay.untaken("agent")]
        agents = iter([*answered, *untaken])
        for call in calls:
            if call.role != "agent":
                yield call
                continue
            request, answer = next(agents)
            yield _after(last, request, answer)
            last = request

    def _warn_of_age(self, recorded: Cassette) -> None:
        reasons = drift.stale(recorded.ingredients, self._inputs)
        if reasons:
            self._warnings.append(f"{self._spec.name} may be out of date: {'; '.join(reasons)}")

    def _warn_of_names(self) -> None:
        for model in drift.floating(self._inputs):
            # The same text for all runs: pytest shows equal warnings once.
            self._warnings.append(f"{model} is recorded, a name without a date, which can mean another model tomorrow")


def _after(before: list[Message], request: list[Message], call: Call) -> Call:
    """Return a call with the messages that are new since the last request of its role."""
    kept = drift.first_difference(before, request)
    return replace(call, kept=kept, added=tuple(request[kept:]))
