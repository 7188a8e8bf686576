"""The model behind the endpoint of a run: answers the agent's requests, and adds them to the trace."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_pare.agents.errors import TurnOver
from pytest_pare.base import telemetry
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.agent_bodies import text_of
from pytest_pare.engines.agent_requests import (
    ModelAnswer,
    from_stored,
    messages_of,
    to_stored,
    upstream_body,
    with_own_ids,
)
from pytest_pare.engines.calls import ask_engine
from pytest_pare.engines.cassette import fingerprint
from pytest_pare.engines.errors import EngineError
from pytest_pare.engines.matching import Requests, in_order
from pytest_pare.engines.replay import Redactor
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.simulation.answer_time import AnswerTime
from pytest_pare.simulation.call_order import sort_calls
from pytest_pare.simulation.errors import RunEnded
from pytest_pare.simulation.model_waits import ModelWaits
from pytest_pare.simulation.new_messages import NewMessages
from pytest_pare.simulation.trace_entries import EngineCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

    from pytest_pare.engines.agent_engine import AgentEngine
    from pytest_pare.engines.agent_requests import ModelRequest
    from pytest_pare.engines.cassette import Call
    from pytest_pare.engines.matching import Asked
    from pytest_pare.engines.recorder import Recorder
    from pytest_pare.scenarios.config import LLMEngineConfig, ScenarioRunnerConfig
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.past_engines import PastCalls
    from pytest_pare.simulation.turns import TurnGateway

# How often it is checked whether a run must end that waits for answers.
_CHECK_SECONDS = 0.25


class AgentModel:
    """Answers the requests of the agent in one run. They arrive in threads of the server.

    A recorded answer comes from the cassette, any other from the engine. Each answer takes simulated time, also if the
    agent has made several requests at the same time: then one after the other. A retry of the client gets the answer to
    its first request, and takes no time.

    Args:
        config: The configuration of the engine.
        build: Makes the engine; not called in a run that is only replayed.
        recorder: Records and replays the answers; `None` without a cassette.
        env: The environment of the run.
        gateway: Makes the turns of the run.
        run_config: The configuration of the run.

    Attributes:
        calls: The number of answers that the agent got.

    Raises:
        EngineConfigurationError: If the engine cannot be made.
    """

    def __init__(
        self,
        config: LLMEngineConfig,
        build: Callable[[], AgentEngine],
        recorder: Recorder | PastCalls | None,
        env: StateAwareEnvironmentWrapper,
        gateway: TurnGateway,
        run_config: ScenarioRunnerConfig,
    ) -> None:
        self._config = config
        self._build = build
        self._recorder = recorder
        self._env = env
        self._gateway = gateway
        self._time = AnswerTime(env, gateway, run_config)
        self._requests = Requests()
        self._redactor = Redactor()
        self._engine: AgentEngine | None = None
        self._lock = threading.Lock()
        # The provider's id of each id that the agent has got.
        self._upstream: dict[str, str] = {}
        self._is_open = False
        # Whether the turn takes no further requests, and waits for the answers to those that it has.
        self._is_ending = False
        self._waits = ModelWaits()
        self._messages = NewMessages()
        # The answers of this turn, with their entries in the trace.
        self._answered: list[tuple[Asked, EngineCall]] = []
        self.calls = 0
        if self._recorder is None or self._recorder.records_all:
            # A wrong configuration ends the run before its first turn.
            self._live()

    @contextmanager
    def during_turn(self) -> Iterator[None]:
        """Answer requests, until the agent's turn is over."""
        with self._gateway.exclusively():
            self._is_open, self._is_ending = True, False
            self._answered = []
            start = len(self._env.trace_entries)
        try:
            try:
                yield
            except Exception:
                # The model may be the cause, if it fails as well.
                self._await_answers()
                raise
            self._await_answers()
        finally:
            with self._gateway.exclusively():
                self._is_open = False
                self._sort(start)

    def answer(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer to a request.

        Raises:
            TurnOver: If no turn of the agent is open.
            EngineError: If there is no answer; it ends the run.
            RunEnded: If the run is over.
        """
        with self._gateway.exclusively():
            self._require_turn()
            if self._is_ending:
                raise TurnOver("no turn of the agent is open")
            self._waits.begin()
        try:
            return self._answer(request)
        finally:
            self._waits.end()

    def _sort(self, start: int) -> None:
        """Sort the calls of the turn in the trace, and set the new messages of each.

        Args:
            start: The index of the first entry of the turn.
        """
        calls = {id(asked): call for asked, call in self._answered}
        ordered = in_order([asked for asked, _ in self._answered])
        entries = self._env.trace_entries
        sort_calls(entries, start, [calls[id(asked)] for asked in ordered])
        requests = {asked.key: asked.messages for asked in ordered}
        for index in range(start, len(entries)):
            entry = entries[index]
            if isinstance(entry, EngineCall) and entry.role == "agent" and entry.fingerprint in requests:
                entries[index] = replace(entry, **self._messages.of(requests[entry.fingerprint]))

    def seconds_waited(self) -> float:
        """Return for how many seconds of real time the agent has waited for answers."""
        return self._waits.seconds()

    def _await_answers(self) -> None:
        """Wait for the answers to requests that the agent has left open, so that they are recorded with the turn."""
        with self._gateway.exclusively():
            self._is_ending = True
        limits = self._env.limits
        while self._gateway.ended is None and limits.seconds_left() > 0 and self._waits.wait(_CHECK_SECONDS):
            pass

    def _answer(self, request: ModelRequest) -> ModelAnswer:
        # Without secrets: the token of the run, for one, is another one in each run.
        messages = self._redactor.of_messages(messages_of(request))
        key = fingerprint(messages)
        asked, is_new = self._requests.arrived(key, messages, self._env.turn or 0, is_retry=request.retry > 0)
        if is_new:
            try:
                call = self._call_in_span(request, asked)
            except BaseException as raised:  # noqa: BLE001 - `_deliver` raises it again, also in threads of retries
                asked.call.set_exception(raised)
            else:
                self._requests.answered(asked, call)
        return self._deliver(asked)

    def _require_turn(self) -> None:
        if self._gateway.ended is not None:
            raise RunEnded(self._gateway.ended)
        if not self._is_open or self._env.is_over:
            raise TurnOver("no turn of the agent is open" if not self._is_open else "the simulation has ended")
        try:
            self._env.limits.check()
        except ScenarioTimeoutError as over:
            self._gateway.end(over)

    def _live(self) -> AgentEngine:
        with self._lock:
            if self._engine is None:
                self._engine = self._build()
            return self._engine

    def _call_in_span(self, request: ModelRequest, asked: Asked) -> Call:
        operation = "embeddings" if request.api == "embeddings" else "chat"
        now, turn, config = self._env.time_manager.time(), self._gateway.span, self._config
        with telemetry.model_call(
            "agent", config.model_name, config.provider, now, turn, is_live=config.is_live, operation=operation
        ) as span:
            call = self._call(request, asked)
            if span is telemetry.NO_SPAN:
                return call
            messages = [message._asdict() for message in asked.messages]
            text = text_of(from_stored(call.answer))
            is_replayed = asked.position is not None
            seconds = self._time.seconds(call.seconds, call.seconds, call.model, is_offline=not config.is_live)
            span.answered(vars(call), messages, text, is_replayed=is_replayed, simulated_seconds=seconds)
        return call

    def _call(self, request: ModelRequest, asked: Asked) -> Call:
        def ask() -> tuple[str, str, dict[str, Any] | None]:
            engine = self._live()
            reply = engine.ask(replace(request, body=upstream_body(request, self._upstream)))
            body, upstream = with_own_ids(reply.body, asked.key, asked.number)
            with self._lock:
                # Another dict, because other threads may read the one before.
                self._upstream = {**self._upstream, **upstream}
            return engine.model_name, to_stored(body), reply.facts.to_metadata()

        if self._recorder is not None:
            return self._recorder.answer_by_content(asked, ask)
        call = ask_engine("agent", asked.turn, asked.messages, ask)
        # The real time of an offline engine is no time of the run.
        return call if self._config.is_live else replace(call, seconds=0.0)

    def _deliver(self, asked: Asked) -> ModelAnswer:
        error = asked.call.exception()
        with self._gateway.exclusively():
            if error is not None:
                self._fail(asked, error)
            call = asked.call.result()
            body = from_stored(call.answer)
            self._require_turn()
            if not asked.is_delivered:
                asked.is_delivered = True
                is_offline = not self._config.is_live
                seconds = self._time.seconds(call.seconds, call.seconds, call.model, is_offline=is_offline)
                seconds = seconds if is_offline else round(seconds, 6)
                self._note(asked, call, seconds, text_of(body))
                self.calls += 1
                self._time.let_pass(seconds, is_offline=is_offline)
        return ModelAnswer(body)

    def _fail(self, asked: Asked, error: BaseException) -> NoReturn:
        """End the run: an engine that fails is no failure of the agent, even if the agent goes on without an answer."""
        if isinstance(error, ScenarioTimeoutError | RunEnded):
            self._gateway.end(error if isinstance(error, ScenarioTimeoutError) else error.cause)
        text = f"{type(error).__name__}: {to_short_text(error)}"
        cause = error if isinstance(error, EngineError | ScenarioDefect) else EngineError(text)
        if cause is not error:
            cause.__cause__ = error
        if not asked.is_delivered:
            asked.is_delivered = True
            self._note(asked, None, 0.0, None, text)
        self._gateway.ended = self._gateway.ended or cause
        raise cause

    def _note(
        self, asked: Asked, call: Call | None, seconds: float, response: str | None, error: str | None = None
    ) -> None:
        entry = EngineCall(
            time=round(self._env.time_manager.time() - self._env.start_time, 6),
            turn=self._env.turn or 0,
            role="agent",
            model=self._config.model_name if call is None else call.model,
            fingerprint=asked.key,
            response=response,
            latency=round(seconds, 6),
            prompt_tokens=None if call is None else call.prompt_tokens,
            completion_tokens=None if call is None else call.completion_tokens,
            cost=None if call is None else call.cost,
            error=error,
            live=self._config.is_live,
            finish_reason=None if call is None else call.finish_reason,
            body=None if call is None or not self._config.is_live else call.answer,
        )
        self._env.trace_entries.put(entry)
        self._answered.append((asked, entry))
