"""The judge of a run: asks its engine after the run, while the world stands still."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_pare.base import telemetry
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.cassette import Message, fingerprint
from pytest_pare.engines.errors import EngineConfigurationError, EngineError
from pytest_pare.engines.facts import Facts
from pytest_pare.judge import prompt
from pytest_pare.judge.calibration import problem_with
from pytest_pare.scenarios.errors import ScenarioTimeoutError
from pytest_pare.scenarios.judging import Judging
from pytest_pare.simulation.new_messages import NewMessages
from pytest_pare.simulation.trace_entries import EngineCall

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.scenarios.config import LLMEngineConfig, ScenarioRunnerConfig
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper

_TIME_OVER = "the run was cut short"
_ONLY_CALIBRATED = "judge_only: a judge that is not calibrated must not decide alone"


class Judge:
    """Asks an engine whether claims hold.

    Args:
        engine: The engine.
        config: Its configuration.
        record: Called with each call of the engine.
        now: Simulated seconds since the epoch.
        time: Simulated seconds since the start.
        turn: The last turn.
    """

    def __init__(
        self,
        engine: LLMEngine,
        config: LLMEngineConfig,
        record: Callable[[EngineCall], None] = lambda call: None,
        now: float = 0.0,
        time: float = 0.0,
        turn: int = 0,
    ) -> None:
        self._engine = engine
        self._provider = config.provider
        self._record = record
        self._now = now
        self._time = time
        self._turn = turn
        self._messages = NewMessages()

    def ask(self, claim: str, evidence: str) -> tuple[bool | None, str]:
        """Return whether a claim holds, and why; `None` if two answers could not be read.

        Raises:
            EngineError: If the engine fails.
        """
        messages: list[dict[str, Any]] = list(prompt.question(claim, evidence))
        answer = self._call(messages)
        try:
            return prompt.read(answer)
        except prompt.UnreadableAnswer as problem:
            messages = prompt.asked_again(messages, answer, str(problem))
        try:
            return prompt.read(self._call(messages))
        except prompt.UnreadableAnswer as problem:
            return None, f"its answer could not be read, twice: {problem}"

    def _call(self, messages: list[dict[str, Any]]) -> str:
        engine = self._engine
        is_live = not getattr(engine, "offline", False)
        answer: str | None = None
        error: str | None = None
        facts = Facts()
        try:
            with telemetry.model_call(
                "judge", engine.model_name, self._provider, self._now, telemetry.NO_SPAN, is_live=is_live
            ) as span:
                answer, metadata = engine(messages)
                facts = Facts.of(metadata)
                is_replayed = bool(getattr(engine, "is_replayed", False))
                span.answered(facts.to_metadata(), messages, answer, is_replayed=is_replayed, simulated_seconds=0.0)
        except (EngineError, ScenarioTimeoutError) as raised:
            error = f"{type(raised).__name__}: {to_short_text(raised)}"
            raise
        except Exception as raised:
            error = f"{type(raised).__name__}: {to_short_text(raised)}"
            raise EngineError(error) from raised
        finally:
            request = [Message.of(message) for message in messages]
            self._record(
                EngineCall(
                    time=self._time,
                    turn=self._turn,
                    role="judge",
                    model=engine.model_name,
                    fingerprint=fingerprint(request),
                    response=answer,
                    latency=0.0,
                    prompt_tokens=facts.prompt_tokens,
                    completion_tokens=facts.completion_tokens,
                    cost=facts.cost,
                    error=error,
                    live=is_live,
                    finish_reason=facts.finish_reason,
                    **self._messages.of(request),
                )
            )
        return answer


def judge_of_run(
    config: ScenarioRunnerConfig,
    env: StateAwareEnvironmentWrapper,
    build: Callable[[], LLMEngine] | None,
    *,
    is_reference: bool,
) -> Judging:
    """Return the judge that a scenario has while it validates a run.

    Args:
        config: The configuration of the run.
        env: Its environment, at the end of the run.
        build: Makes the engine of the judge; `None` for no judge.
        is_reference: Whether the reference is played, so that without a judge every claim holds.

    Raises:
        EngineConfigurationError: If the calibration file is not that of this judge, or `judge_only` has none.
    """
    is_alone = config.judge_only
    if build is None:
        return Judging(env, is_alone=is_alone, is_reference=is_reference)
    engine_config = config.engines["judge"]
    path = config.judge.calibration
    if path is None and is_alone:
        raise EngineConfigurationError(_ONLY_CALIBRATED, "set judge.calibration in the suite")
    if path is not None and (problem := problem_with(Path(path), engine_config.model_name)) is not None:
        raise EngineConfigurationError(f"judge.calibration: {path}: {problem}")
    now = env.time_manager.time()

    def ask(claim: str, evidence: str) -> tuple[bool | None, str]:
        try:
            env.limits.check()
            return judge.ask(claim, evidence)
        except (EngineError, ScenarioTimeoutError) as error:
            judging.error = error
            raise

    judge = Judge(
        build(),
        engine_config,
        env.trace_entries.put,
        now,
        round(now - env.start_time, 6),
        env.turn or 0,
    )
    judging = Judging(env, ask, decides=path is not None, is_alone=is_alone)
    return judging


def unasked(config: ScenarioRunnerConfig, env: StateAwareEnvironmentWrapper) -> Judging:
    """Return the judging of a run that real time has cut short: the judge is not asked."""
    return Judging(env, is_alone=config.judge_only, why_not_asked=_TIME_OVER)
