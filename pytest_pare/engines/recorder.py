"""Engines that answer from a recording, and that make one."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.engines import drift
from pytest_pare.engines.cassette import Call, Ingredients, Message, Recording, fingerprint, messages_at
from pytest_pare.engines.errors import CassetteDrift, EngineConfigurationError
from pytest_pare.engines.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_pare.engines.reference import Role

    Ask: TypeAlias = Callable[[], tuple[str, str, dict[str, Any] | None]]

_RECORD = "record it with --pare-record {} --pare-live"
_SAY_LIVE = "recording asks a model, which may cost something; say live: true in the suite or --pare-live"


@dataclass(frozen=True)
class Cassette:
    """The recording of a run, and what is to be done with it.

    Attributes:
        path: The file.
        mode: `none` replays; `once` records if there is no file; `new` records what is missing; `all` records anew.
        on_drift: What becomes of a run that asks something else than was recorded: `fail`, `rerecord` or `warn`.
        live: Whether engines may be asked; in the mode `none` only to rerecord.
        variant: What tells the run from others of the same scenario and number.
        suite: The suite file that the run belongs to, as the recording is to say it; empty for none.
    """

    path: Path
    mode: Literal["none", "once", "new", "all"] = "none"
    on_drift: Literal["fail", "rerecord", "warn"] = "fail"
    live: bool = True
    variant: str = ""
    suite: str = ""

    @property
    def asks(self) -> bool:
        """Whether an engine may be asked, and not only replayed."""
        return self.live and (self.mode != "none" or self.on_drift == "rerecord")


class Tape:
    """Replays and records the calls of one run, by role and position.

    What an engine answers is given to the run as it is recorded, that is without secrets: a replay has no others.

    Args:
        cassette: The recording.
        scenario_id: The scenario that is played.
        run_number: The number of the run.
        ingredients: What requests depend on, as it is now.
        turn: Returns the turn that is played.

    Attributes:
        warnings: What is to be known of the recording, a sentence each.

    Raises:
        EngineConfigurationError: If the file is no cassette, or is missing and nothing may be recorded.
    """

    def __init__(
        self,
        cassette: Cassette,
        scenario_id: str,
        run_number: int | None,
        ingredients: Ingredients,
        turn: Callable[[], int],
    ) -> None:
        self._cassette = cassette
        self._run = (scenario_id, run_number)
        self._ingredients = ingredients
        self._turn = turn
        self._recorded = None if cassette.mode == "all" else Recording.read(cassette.path)
        self._left = False
        self._is_new = False
        self._calls: list[Call] = []
        # By role, what was asked last, as it is recorded; and each text without its secrets.
        self._asked: dict[str, list[Message]] = {}
        self._redacted: dict[str, str] = {}
        self._warned: set[str] = set()
        self.warnings: list[str] = []
        if self._recorded is not None:
            self._warn_of_age(self._recorded)
        elif cassette.mode == "none":
            where = cassette.path.parent.parent
            raise EngineConfigurationError(f"{self._name} was never recorded; {_RECORD.format('once')} (in {where})")
        else:
            self._warn_of_names()

    @property
    def _name(self) -> str:
        # Without the directories above: it reaches traces, which are the same everywhere.
        return f"{self._cassette.path.parent.name}/{self._cassette.path.name}"

    @property
    def _rerecords(self) -> bool:
        return self._cassette.on_drift == "rerecord" and self._cassette.live

    def engine(self, role: Role, build: Callable[[], LLMEngine]) -> TapeEngine:
        """Return the engine of a role.

        Args:
            role: The role.
            build: Makes the engine that is asked; not called in a run that is only replayed.
        """
        engine = TapeEngine(self, role, build, str(self._ingredients.engines[role]["model"]))
        if self._recorded is None:
            # What is wrong with it is to be known before the run begins.
            engine.live()
        return engine

    def answer(self, role: Role, request: list[dict[str, Any]], ask: Ask) -> Call:
        """Return the call that answers a request: a recorded one, or a new one.

        Args:
            role: Who asks.
            request: The messages.
            ask: Asks the engine, and returns what it calls itself, the answer, and what is known of that.

        Raises:
            CassetteDrift: If something else was recorded.
            EngineConfigurationError: If nothing was recorded, and nothing may be asked.
        """
        messages = [Message.of(message) for message in request]
        call = self._replayed(role, messages)
        if call is None:
            call = self._record(role, messages, ask)
        self._calls.append(call)
        return call

    def _replayed(self, role: Role, messages: list[Message]) -> Call | None:
        """Return the recorded call that answers a request; `None` if the engine is to be asked."""
        if self._recorded is None or self._left:
            return None
        position = sum(call.role == role for call in self._calls)
        calls = self._recorded.of(role)
        if position >= len(calls):
            self._missing(role, position)
            return None
        call = calls[position]
        now, then = self._ingredients, self._recorded.ingredients
        if now.engines[role] != then.engines.get(role):
            self._drifted(role, position, [drift.engine_change(role, then.engines.get(role) or {}, now.engines[role])])
        elif call.fingerprint != fingerprint(messages):
            told = drift.difference(messages_at(calls[: position + 1]), self._without_secrets(messages))
            self._drifted(role, position, [drift.explain(then, now, role), *told])
        return None if self._left else call

    def _missing(self, role: Role, position: int) -> None:
        if self._cassette.mode == "new":
            return
        if not self._rerecords:
            raise EngineConfigurationError(
                f"turn {self._turn()}: {self._name} has no call {position + 1} of role {role}; "
                f"{_RECORD.format('new')}, or everything anew with --pare-record all"
            )
        self._leave(f"call {position + 1} of role {role} was not recorded")

    def _drifted(self, role: Role, position: int, told: list[str]) -> None:
        cause, *lines = told
        where = f"call {position + 1} of role {role} is not as recorded"
        if self._rerecords:
            self._leave(f"{where}: {cause}")
        elif self._cassette.on_drift != "warn":
            text = [f"turn {self._turn()}, {where}: {cause}", ", ".join([f"in {self._name}", *lines[:1]]), *lines[1:]]
            if self._cassette.on_drift == "rerecord":
                text.append(f"on_drift: rerecord needs leave: {_SAY_LIVE}")
            else:
                text.append("record it anew with --pare-record all --pare-live")
            raise CassetteDrift("\n".join(text))
        elif role not in self._warned:
            self._warned.add(role)
            self.warnings.append(
                f"{self._name}: turn {self._turn()}, {where}: {cause}; the recorded answers were taken nevertheless"
            )

    def _leave(self, why: str) -> None:
        """Go on without the recording."""
        self._left = True
        self.warnings.append(f"{self._name}: turn {self._turn()}, recorded anew from here on: {why}")

    def _record(self, role: Role, messages: list[Message], ask: Ask) -> Call:
        if not self._cassette.live:
            raise EngineConfigurationError(f"{self._name}: {_SAY_LIVE}")
        began = time.perf_counter()
        model, answer, told_facts = ask()
        measured = time.perf_counter() - began
        self._is_new = True
        facts = Facts.of(told_facts)
        # Not the time that went by in a queue, or with requests that failed, if the engine tells them apart.
        seconds = facts.completion_duration
        told = self._without_secrets(messages)
        before = self._asked.get(role)
        if before is None:
            before = messages_at(call for call in self._calls if call.role == role)
        kept = drift.first_difference(before, told)
        self._asked[role] = told
        return Call(
            role,
            model,
            self._turn(),
            fingerprint(messages),
            kept,
            tuple(told[kept:]),
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
        # A request has most of its texts in common with the one before.
        if content not in self._redacted:
            self._redacted[content] = redacted(content)
        return self._redacted[content]

    def finish(self, error: Exception | None, *, is_whole: bool) -> None:
        """Write the recording, if there is something new in it.

        A run that was cut short, because an engine could not answer, real time was over, or it never got as far as to
        ask, leaves a file as it is. Only in the mode `new` its answers are kept: the next run asks for those that are
        missing, and finds those that this one did not reach.

        Args:
            error: What ended the run.
            is_whole: Whether the conversation came to its end, be it that the agent failed.

        Raises:
            OSError: If it cannot be written.
        """
        keeps_part = self._cassette.mode == "new" and not self._left and not isinstance(error, CassetteDrift)
        if not (is_whole or (keeps_part and self._calls)):
            return
        if self._recorded is not None and not self._is_new:
            return
        ingredients, calls = (self._ingredients, self._calls) if is_whole else self._part()
        about = (*self._run, self._cassette.variant, self._cassette.suite, ingredients)
        Recording(*about, tuple(calls)).write(self._cassette.path)

    def _part(self) -> tuple[Ingredients, list[Call]]:
        """Return the calls of a run that was cut short, with those that it did not reach, and what they depend on."""
        reached = Counter(call.role for call in self._calls)
        left: list[Call] = []
        for call in () if self._recorded is None else self._recorded.calls:
            if reached[call.role]:
                reached[call.role] -= 1
            else:
                left.append(call)
        if self._recorded is None or not left:
            return self._ingredients, self._calls
        # What has changed since those were recorded is to be seen when they are reached.
        then, roles = self._recorded.ingredients, {call.role for call in left}
        engines = {role: engine for role, engine in then.engines.items() if role in roles}
        return replace(then, engines={**self._ingredients.engines, **engines}), [*self._calls, *left]

    def _warn_of_age(self, recorded: Recording) -> None:
        reasons = drift.stale(recorded.ingredients, self._ingredients)
        if reasons:
            self.warnings.append(f"{self._name} may be out of date: {'; '.join(reasons)}")

    def _warn_of_names(self) -> None:
        for model in drift.floating(self._ingredients):
            # The same words for all runs: pytest tells them once.
            self.warnings.append(f"{model} is recorded, a name without a date, which can mean another model tomorrow")


class TapeEngine(LLMEngine):
    """The engine of a role in a run that is recorded or replayed.

    Args:
        tape: Replays and records.
        role: The role.
        build: Makes the engine that is asked.
        model: The model, as the configuration names it.
    """

    def __init__(self, tape: Tape, role: Role, build: Callable[[], LLMEngine], model: str) -> None:
        super().__init__(model)
        self._tape = tape
        self._role = role
        self._build = build
        self._engine: LLMEngine | None = None

    def live(self) -> LLMEngine:
        """Return the engine that is asked."""
        if self._engine is None:
            self._engine = self._build()
        return self._engine

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the recorded answer, or the engine's; `completion_duration` is the real time that it took."""

        def ask() -> tuple[str, str, dict[str, Any] | None]:
            engine = self.live()
            answer, facts = engine(messages, stop_sequences, **kwargs)
            return engine.model_name, answer, facts

        call = self._tape.answer(self._role, messages, ask)
        # As the engine calls itself, which may change where a recording of one model is left for another.
        self._model_name = call.model
        facts = Facts(call.prompt_tokens, call.completion_tokens, call.cost, call.seconds, call.finish_reason)
        return call.answer, facts.to_metadata()
