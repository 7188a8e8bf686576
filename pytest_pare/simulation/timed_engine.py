"""An engine in a run: its answers take simulated time, and the trace has each of its calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.agents.memory import Request
from pytest_pare.base import telemetry
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.errors import EngineError
from pytest_pare.engines.facts import Facts
from pytest_pare.engines.oracle import OracleEngine
from pytest_pare.engines.requests import Requests
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError
from pytest_pare.simulation.answer_time import AnswerTime
from pytest_pare.simulation.errors import WorldOver
from pytest_pare.simulation.trace_entries import EngineCall

if TYPE_CHECKING:
    from pytest_pare.engines.reference import Role
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.turns import TurnGateway


class TimedEngine(LLMEngine):
    """Calls another engine, lets the time of the answer pass (see `AnswerTime`), and adds the call to the trace.

    Args:
        engine: The engine. One with a true attribute `offline` answers on this machine.
        role: The role of the engine.
        env: The environment of the run.
        gateway: Ends the run when its limits are reached.
        config: The configuration of the run.
    """

    def __init__(
        self,
        engine: LLMEngine,
        role: Role,
        env: StateAwareEnvironmentWrapper,
        gateway: TurnGateway,
        config: ScenarioRunnerConfig,
    ) -> None:
        super().__init__(engine.model_name)
        self._engine = engine
        self._role = role
        self._env = env
        self._gateway = gateway
        self._provider = config.engines[role].provider
        self._time = AnswerTime(env, gateway, config)
        self._requests = Requests()
        # The oracle engine reads no messages.
        self._has_messages = self._provider != "oracle"

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the engine's answer.

        Raises:
            RunEnded: If the world or the run's time is over, or the engine raises.
        """
        if self._env.is_over:
            self._gateway.end(WorldOver())
        now, turn = self._env.time_manager.time(), self._gateway.span
        with telemetry.model_call(
            self._role, self._engine.model_name, self._provider, now, turn, is_live=not self._is_offline
        ) as span:
            answer, facts, seconds = self._ask(messages, stop_sequences, kwargs)
            figures = facts.to_metadata()
            is_replayed = bool(getattr(self._engine, "is_replayed", False))
            span.answered(figures, messages, answer, is_replayed=is_replayed, simulated_seconds=seconds)
        self._time.let_pass(seconds, is_offline=self._is_offline)
        return answer, figures

    def _ask(
        self, messages: list[dict[str, Any]], stop_sequences: Any, options: dict[str, Any]
    ) -> tuple[str, Facts, float]:
        """Return the engine's answer, its figures and the time that it takes, and add the call to the trace."""
        env = self._env
        asked = round(env.time_manager.time() - env.start_time, 6)
        answer: str | None = None
        facts = Facts()
        seconds = 0.0
        error: str | None = None
        try:
            env.limits.check()
            began = time.perf_counter()
            answer, metadata = self._engine(self._for_engine(messages), stop_sequences, **options)
            facts = Facts.of(metadata)
            measured = time.perf_counter() - began
            reported = facts.completion_duration
            seconds = self._time.seconds(reported, measured, self.model_name, is_offline=self._is_offline)
            # A real time passes as the trace has it, so that a fork can play it again.
            seconds = seconds if self._is_offline else round(seconds, 6)
        except ScenarioTimeoutError as over:
            self._gateway.end(over)
        except Exception as raised:  # noqa: BLE001 - any exception of an engine ends the run
            error = f"{type(raised).__name__}: {to_short_text(raised)}"
            cause = raised if isinstance(raised, EngineError | ScenarioDefect) else EngineError(error)
            if cause is not raised:
                cause.__cause__ = raised
            self._gateway.end(cause)
        finally:
            requests = self._requests
            requests.add(messages)
            env.trace_entries.put(
                EngineCall(
                    time=asked,
                    turn=env.turn or 0,
                    role=self._role,
                    model=self._engine.model_name,
                    fingerprint=requests.fingerprint,
                    response=answer,
                    latency=round(seconds, 6),
                    prompt_tokens=facts.prompt_tokens,
                    completion_tokens=facts.completion_tokens,
                    cost=facts.cost,
                    error=error,
                    live=not self._is_offline,
                    finish_reason=facts.finish_reason,
                    **(requests.new() if self._has_messages else {}),
                )
            )
        return answer or "", facts, seconds

    def _for_engine(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not isinstance(messages, Request) or isinstance(self._engine, OracleEngine):
            return messages
        return messages.copied() if self._has_messages else messages.since(0)

    @property
    def _is_offline(self) -> bool:
        # An engine that plays a past may become one that calls a model.
        return bool(getattr(self._engine, "offline", False))
