"""Engines of a run with a past: they give the recorded answers before the step, and then go on."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.agents.react import parse_action
from pytest_pare.engines.agent_bodies import make_body
from pytest_pare.engines.agent_requests import from_stored, to_stored, with_own_ids
from pytest_pare.engines.calls import ask_engine
from pytest_pare.engines.cassette import Call, Message, fingerprint
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.facts import Facts
from pytest_pare.engines.matching import ContentIndex
from pytest_pare.simulation.trace_entries import EngineCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.matching import Asked
    from pytest_pare.engines.replay_engine import AskLive
    from pytest_pare.engines.steps import Role
    from pytest_pare.scenarios.config import LLMEngineConfig
    from pytest_pare.simulation.past import Past

# Draws of another fork: far from the numbers of runs, which are added to the seed as well.
_SEEDS = 100_000


class PastEngine(LLMEngine):
    """Gives the recorded answers of a role up to the step of a past, and then goes on with its engine.

    Args:
        past: The past.
        role: The role.
        config: The configuration of the engine.
        build: Makes the engine of a configuration.
        release: Called when another engine takes the place of the oracle engine.
    """

    def __init__(
        self,
        past: Past,
        role: Role,
        config: LLMEngineConfig,
        build: Callable[[LLMEngineConfig], LLMEngine],
        release: Callable[[Role], None],
    ) -> None:
        super().__init__(config.model_name)
        self.offline = not config.is_live
        self._past = past
        self._role = role
        self._config = config
        self._build = build
        self._release = release
        # A model is built when it is needed; an engine on this machine answers from the begin on.
        self._engine: LLMEngine | None = None if config.is_live else build(config)
        self._rest = RecordedRest(past, role)
        self._is_changed = False

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the recorded answer, that of the change, or one of the engine.

        Raises:
            PastError: If the past differs.
            EngineConfigurationError: If a model would be called without permission.
        """
        request = [Message.of(message) for message in messages]

        def ask() -> tuple[str, dict[str, Any] | None]:
            assert self._engine is not None
            answered: tuple[str, dict[str, Any] | None] = self._engine(messages, stop_sequences, **kwargs)
            return answered

        key = fingerprint(request)
        before = self._past.expected(self._role, key, request)
        if before is not None:
            if before is not self._past.step:
                return self._again(before, ask)
            change = self._past.change
            if change.answer is not None:
                return self._given(before, change.answer, ask)
            if change.engine is not None:
                self._take_over(change.engine)
        if self._engine is not None and (self.offline or self._is_changed):
            answered = ask()
            self._model_name = self._engine.model_name
            return answered
        return self._go_on(key, ask)

    def _again(
        self, before: EngineCall, ask: Callable[[], tuple[str, dict[str, Any] | None]]
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the recorded answer. An engine on this machine gives it itself, so that it goes on from there."""
        if self._engine is not None:
            return ask()
        self.offline, self._model_name = not before.live, before.model
        return before.response or "", _facts(before)

    def _given(
        self, before: EngineCall, answer: str, ask: Callable[[], tuple[str, dict[str, Any] | None]]
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the answer of the change.

        The oracle engine plays its step if the answer calls the same tool; if not, the step stays to be done.
        """
        is_oracle = self._config.provider == "oracle"
        if self._engine is not None and (not is_oracle or tool_of(before.response) == tool_of(answer)):
            ask()
        self._model_name = before.model
        # It costs nothing, and takes the time of the recorded answer.
        return answer, Facts(completion_duration=before.latency).to_metadata()

    def _take_over(self, config: LLMEngineConfig) -> None:
        self._config = config
        self._engine = self._build(self._seeded())
        self.offline = not config.is_live
        self._is_changed = True
        self._release(self._role)

    def _go_on(
        self, key: str, ask: Callable[[], tuple[str, dict[str, Any] | None]]
    ) -> tuple[str, dict[str, Any] | None]:
        call = self._rest.take(key)
        if call is not None:
            self._model_name = call.model
            return call.answer, call_facts(call)
        self._rest.require_permission()
        if self._engine is None:
            self._engine = self._build(self._seeded())
        answered = ask()
        self._model_name = self._engine.model_name
        return answered

    def _seeded(self) -> LLMEngineConfig:
        return seeded(self._config, self._past.change.seed)


def seeded(config: LLMEngineConfig, seed: int) -> LLMEngineConfig:
    """Return the configuration of an engine for draws of its own."""
    return config if config.seed is None else config.model_copy(update={"seed": config.seed + seed * _SEEDS})


class RecordedRest:
    """The recorded calls of a role that follow the step: they are taken as long as the requests are the recorded ones.

    Args:
        past: The past, with the calls.
        role: The role.
    """

    def __init__(self, past: Past, role: Role) -> None:
        self._past = past
        self._role = role
        self._calls = deque(past.recorded.get(role, ()))
        self._had_calls = bool(self._calls)

    def take(self, key: str) -> Call | None:
        """Return the call that answers a request, or `None`, then and ever after."""
        if self._calls and self._calls[0].fingerprint == key:
            return self._calls.popleft()
        self._calls.clear()
        return None

    def require_permission(self) -> None:
        """Refuse a call of a model that is not allowed.

        Raises:
            EngineConfigurationError: If it is not.
        """
        if not self._past.is_live:
            why = "is not in the recording" if self._had_calls else "has no recorded answer"
            raise EngineConfigurationError(
                f"after the step, the request of role {self._role} {why}, so that a model would be called, which may "
                "cost money",
                "add --live (from Python: set live: true in the suite)",
            )


class PastCalls:
    """The calls of an agent's own model in a run with a past. They are found by content, as those of a cassette.

    Args:
        past: The past.
        config: The configuration of the engine.
    """

    records_all = False

    def __init__(self, past: Past, config: LLMEngineConfig) -> None:
        self._past = past
        self._config = config
        self._calls = [
            (place, one)
            for place, one in enumerate(past.entries)
            if isinstance(one, EngineCall) and one.role == "agent"
        ]
        self._index = ContentIndex(one.fingerprint for _, one in self._calls)
        self._before = {position for position, (place, _) in enumerate(self._calls) if place < past.place}
        self._rest = RecordedRest(past, "agent")

    def answer_by_content(self, asked: Asked, ask: AskLive) -> Call:
        """Return the call that answers a request.

        Raises:
            PastError: If the earlier run had no such request before the step.
            EngineConfigurationError: If a model would be called without permission.
        """
        position = None if self._past.is_left else self._index.take(asked.key)
        at_step = position is not None and self._calls[position][0] == self._past.place
        if position is not None and (position in self._before or at_step):
            before = self._calls[position][1]
            self._before.discard(position)
            if at_step and self._past.change.answer is not None:
                return self._given(before, asked, self._past.change.answer, ask)
            if not at_step:
                asked.position = position
                return self._again(before, asked, ask)
        elif self._before or not (self._past.is_over or self._is_beside_step(asked)):
            place = self._calls[min(self._before)][0] if self._before else self._past.check()
            self._past.differ(place, "the agent has made another request to its model")
        return self._go_on(asked, ask)

    def _is_beside_step(self, asked: Asked) -> bool:
        """Return whether a request may have been made at the same time as that of the step."""
        step = self._past.step
        return isinstance(step, EngineCall) and step.role == "agent" and asked.turn == self._past.turn

    def _again(self, before: EngineCall, asked: Asked, ask: AskLive) -> Call:
        if not self._config.is_live:
            return self._asked(asked, ask)
        if before.body is None:
            place = next(place for place, one in self._calls if one is before)
            self._past.differ(place, "the trace does not have the whole answer of the agent's model")
        return _call_of(before, before.body)

    def _given(self, before: EngineCall, asked: Asked, answer: str, ask: AskLive) -> Call:
        if not self._config.is_live:
            self._asked(asked, ask)
        kind = {} if before.body is None else from_stored(before.body)
        api = "responses" if kind.get("object") == "response" else "chat"
        body, _ = with_own_ids(make_body(api, before.model, answer), asked.key, asked.number)
        free = replace(before, prompt_tokens=0, completion_tokens=0, cost=0.0, finish_reason="stop")
        return _call_of(free, to_stored(body))

    def _go_on(self, asked: Asked, ask: AskLive) -> Call:
        if self._config.is_live:
            call = self._rest.take(asked.key)
            if call is not None:
                return call
            self._rest.require_permission()
        return self._asked(asked, ask)

    def _asked(self, asked: Asked, ask: AskLive) -> Call:
        call = ask_engine("agent", asked.turn, asked.messages, ask)
        return call if self._config.is_live else replace(call, seconds=0.0)


def _call_of(before: EngineCall, body: str) -> Call:
    figures = (before.prompt_tokens, before.completion_tokens, before.cost, before.latency, before.finish_reason)
    return Call("agent", before.model, before.turn, before.fingerprint, 0, (), body, *figures)


def _facts(before: EngineCall) -> dict[str, Any]:
    facts = Facts(before.prompt_tokens, before.completion_tokens, before.cost, before.latency, before.finish_reason)
    return facts.to_metadata()


def call_facts(call: Call) -> dict[str, Any]:
    """Return the figures of a recorded call, as engines return them beside an answer."""
    facts = Facts(call.prompt_tokens, call.completion_tokens, call.cost, call.seconds, call.finish_reason)
    return facts.to_metadata()


def tool_of(answer: str | None) -> str | None:
    """Return the tool that an answer calls; `None` if it calls none."""
    try:
        return parse_action(answer or "")[0]
    except Exception:  # noqa: BLE001 - ARE's parser raises many kinds of errors
        return None
