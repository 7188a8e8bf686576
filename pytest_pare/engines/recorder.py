"""Records the engine calls of a run in its cassette, and replays them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.engines import drift
from pytest_pare.engines.cassette import Call, Cassette, Message, RequestInputs, fingerprint, messages_at
from pytest_pare.engines.errors import SET_LIVE, CassetteDrift, EngineConfigurationError
from pytest_pare.engines.facts import Facts
from pytest_pare.engines.replay_engine import ReplayEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.engines.replay_engine import AskLive
    from pytest_pare.engines.steps import Role

_RECORD = "record it with --pare-record {} --pare-live"


@dataclass(frozen=True)
class CassetteSpec:
    """Where the cassette of a run is, and whether the run is recorded or replayed.

    Attributes:
        path: The file.
        mode: `none` replays; `once` records if there is no file; `new` records what is missing; `all` records anew.
        on_drift: How a run ends whose requests differ from the recorded ones: `fail`, `rerecord` or `warn`.
        live: Whether models may be called; in the mode `none` only to rerecord.
        variant: The variant of the run; empty for none.
        suite: The suite file of the run, as the cassette names it; empty for none.
    """

    path: Path
    mode: Literal["none", "once", "new", "all"] = "none"
    on_drift: Literal["fail", "rerecord", "warn"] = "fail"
    live: bool = True
    variant: str = ""
    suite: str = ""

    @property
    def asks(self) -> bool:
        """Whether a live engine may be called."""
        return self.live and (self.mode != "none" or self.on_drift == "rerecord")


class Recorder:
    """Replays and records the engine calls of one run, by role and position.

    The run gets each answer without its secrets, as a replay does.

    Args:
        spec: Where the cassette is, and whether it is recorded or replayed.
        scenario_id: The scenario that is played.
        run_number: The number of the run.
        inputs: What the requests of this run depend on.
        turn: Returns the turn that is played.

    Attributes:
        warnings: Warnings about the cassette, a sentence each.

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
        self._recorded = None if spec.mode == "all" else Cassette.read(spec.path)
        self._left = False
        self._is_new = False
        self._calls: list[Call] = []
        # By role, the last request without its secrets; and each text without its secrets.
        self._asked: dict[str, list[Message]] = {}
        self._redacted: dict[str, str] = {}
        self._warned: set[str] = set()
        self.warnings: list[str] = []
        if self._recorded is not None:
            self._warn_of_age(self._recorded)
        elif spec.mode == "none":
            where = spec.path.parent.parent
            raise EngineConfigurationError(f"{self._name} was never recorded; {_RECORD.format('once')} (in {where})")
        else:
            self._warn_of_names()

    @property
    def _name(self) -> str:
        # Without the directories above: the name is part of traces, which are equal on all machines.
        return f"{self._spec.path.parent.name}/{self._spec.path.name}"

    @property
    def _rerecords(self) -> bool:
        return self._spec.on_drift == "rerecord" and self._spec.live

    def engine(self, role: Role, build: Callable[[], LLMEngine]) -> ReplayEngine:
        """Return the engine of a role.

        Args:
            role: The role.
            build: Makes the live engine; not called in a run that is only replayed.
        """
        engine = ReplayEngine(partial(self.answer, role), build, str(self._inputs.engines[role]["model"]))
        if self._recorded is None:
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
        call = self._replayed(role, messages)
        if call is None:
            call = self._record(role, messages, ask)
        self._calls.append(call)
        return call

    def _replayed(self, role: Role, messages: list[Message]) -> Call | None:
        """Return the recorded call that answers a request; `None` if the live engine must answer."""
        if self._recorded is None or self._left:
            return None
        position = sum(call.role == role for call in self._calls)
        calls = self._recorded.of(role)
        if position >= len(calls):
            self._missing(role, position)
            return None
        call = calls[position]
        now, then = self._inputs, self._recorded.ingredients
        if now.engines[role] != then.engines.get(role):
            self._drifted(role, position, [drift.engine_change(role, then.engines.get(role) or {}, now.engines[role])])
        elif call.fingerprint != fingerprint(messages):
            lines = drift.difference(messages_at(calls[: position + 1]), self._without_secrets(messages))
            self._drifted(role, position, [drift.explain(then, now, role), *lines])
        return None if self._left else call

    def _missing(self, role: Role, position: int) -> None:
        if self._spec.mode == "new":
            return
        if not self._rerecords:
            raise EngineConfigurationError(
                f"turn {self._turn()}: {self._name} has no call {position + 1} of role {role}; "
                f"{_RECORD.format('new')}, or everything anew with --pare-record all"
            )
        self._leave(f"call {position + 1} of role {role} was not recorded")

    def _drifted(self, role: Role, position: int, explanation: list[str]) -> None:
        cause, *lines = explanation
        where = f"call {position + 1} of role {role} is not as recorded"
        if self._rerecords:
            self._leave(f"{where}: {cause}")
        elif self._spec.on_drift != "warn":
            text = [f"turn {self._turn()}, {where}: {cause}", ", ".join([f"in {self._name}", *lines[:1]]), *lines[1:]]
            if self._spec.on_drift == "rerecord":
                text.append(f"on_drift: rerecord calls a model, {SET_LIVE}")
            else:
                text.append("record it anew with --pare-record all --pare-live")
            raise CassetteDrift("\n".join(text))
        elif role not in self._warned:
            self._warned.add(role)
            self.warnings.append(
                f"{self._name}: turn {self._turn()}, {where}: {cause}; the recorded answers were taken nevertheless"
            )

    def _leave(self, why: str) -> None:
        """Continue the run without the recorded calls."""
        self._left = True
        self.warnings.append(f"{self._name}: turn {self._turn()}, recorded anew from here on: {why}")

    def _record(self, role: Role, messages: list[Message], ask: AskLive) -> Call:
        if not self._spec.live:
            raise EngineConfigurationError(f"{self._name}: recording calls a model, {SET_LIVE}")
        began = time.perf_counter()
        model, answer, metadata = ask()
        measured = time.perf_counter() - began
        self._is_new = True
        facts = Facts.of(metadata)
        # The engine's own figure, if there is one, leaves out time in a queue and in failed requests.
        seconds = facts.completion_duration
        clean = self._without_secrets(messages)
        before = self._asked.get(role)
        if before is None:
            before = messages_at(call for call in self._calls if call.role == role)
        kept = drift.first_difference(before, clean)
        self._asked[role] = clean
        return Call(
            role,
            model,
            self._turn(),
            fingerprint(messages),
            kept,
            tuple(clean[kept:]),
            redacted(answer),
            facts.prompt_tokens,
            facts.completion_tokens,
            facts.cost,
            measured if seconds is None else seconds,
            facts.finish_reason,
        )

    def _without_secrets(self, messages: list[Message]) -> list[Message]:
        return [Message(message.role, self._redact(message.content)) for message in messages]

    def _redact(self, content: Any) -> Any:
        if not isinstance(content, str):
            return redacted_plain(content)
        # Cached, because a request shares most of its texts with the one before.
        if content not in self._redacted:
            self._redacted[content] = redacted(content)
        return self._redacted[content]

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
        keeps_part = self._spec.mode == "new" and not self._left and not isinstance(error, CassetteDrift)
        if not (is_whole or (keeps_part and self._calls)):
            return
        if self._recorded is not None and not self._is_new:
            return
        inputs, calls = (self._inputs, self._calls) if is_whole else self._part()
        about = (*self._run, self._spec.variant, self._spec.suite, inputs)
        Cassette(*about, tuple(calls)).write(self._spec.path)

    def _part(self) -> tuple[RequestInputs, list[Call]]:
        """Return what the calls of a run that was cut short depend on, and the calls, with those it did not reach."""
        reached = Counter(call.role for call in self._calls)
        left: list[Call] = []
        for call in () if self._recorded is None else self._recorded.calls:
            if reached[call.role]:
                reached[call.role] -= 1
            else:
                left.append(call)
        if self._recorded is None or not left:
            return self._inputs, self._calls
        # The old inputs stay, so that a later run that reaches those calls shows what has changed since.
        then, roles = self._recorded.ingredients, {call.role for call in left}
        engines = {role: engine for role, engine in then.engines.items() if role in roles}
        return replace(then, engines={**self._inputs.engines, **engines}), [*self._calls, *left]

    def _warn_of_age(self, recorded: Cassette) -> None:
        reasons = drift.stale(recorded.ingredients, self._inputs)
        if reasons:
            self.warnings.append(f"{self._name} may be out of date: {'; '.join(reasons)}")

    def _warn_of_names(self) -> None:
        for model in drift.floating(self._inputs):
            # The same text for all runs: pytest shows equal warnings once.
            self.warnings.append(f"{model} is recorded, a name without a date, which can mean another model tomorrow")
