"""How much simulated time the answer of an engine takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_pare.engines.errors import EngineError

if TYPE_CHECKING:
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.turns import TurnGateway


class AnswerTime:
    """The time of answers in one run.

    `simulated_generation_time_mode` decides how long an answer takes: with `fixed` it takes `generation_seconds`, with
    `measured` the real time of the call, with `recorded` the time that the engine reports. A time that the engine
    reports takes precedence in `measured`, so that a replayed answer takes the time in the cassette in both. An offline
    engine takes the fixed time in each mode, or a longer one that it reports: the oracle engine answers at the
    reference step's time.

    Args:
        env: The environment of the run.
        gateway: Ends the run when its limits are reached.
        config: The configuration of the run.
    """

    def __init__(self, env: StateAwareEnvironmentWrapper, gateway: TurnGateway, config: ScenarioRunnerConfig) -> None:
        self._env = env
        self._gateway = gateway
        self._fixed = config.generation_seconds
        self._mode = config.simulated_generation_time_mode

    def seconds(self, reported: float | None, measured: float, model: str, *, is_offline: bool) -> float:
        """Return the simulated seconds of an answer.

        Args:
            reported: The seconds that the engine reports; `None` if it reports none.
            measured: The real seconds of the call.
            model: The model's name.
            is_offline: Whether the engine answers on this machine.

        Raises:
            EngineError: If the time must be reported, and is not.
        """
        if is_offline:
            return max(self._fixed, reported or 0.0)
        if self._mode == "measured":
            # The engine's own figure, if there is one, leaves out time in a queue and in failed requests.
            return measured if reported is None else reported
        if self._mode == "recorded":
            if reported is None:
                raise EngineError(
                    f"simulated_generation_time_mode is 'recorded', and the engine {model} has no recording; "
                    "use 'fixed' or 'measured'"
                )
            return reported
        return self._fixed

    def let_pass(self, seconds: float, *, is_offline: bool) -> None:
        """Let the time of an answer pass.

        Raises:
            RunEnded: If a limit of the run is reached.
        """
        # Waiting for the time of a reference step does not count, like a jump to a scheduled event.
        counted = min(seconds, self._fixed) if is_offline else seconds
        try:
            self._env.pass_time(seconds, "the agents have not come to an end", counted=counted)
        except Exception as over:  # noqa: BLE001 - the caller would treat the exception as a wrong answer, and go on
            self._gateway.end(over)
