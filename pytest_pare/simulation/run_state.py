"""The state of a run, from its preparation to its result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pytest_pare.agents import prompts
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.app_states import AppStates
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.loop import Played
from pytest_pare.simulation.preflight import inspect_scenario
from pytest_pare.simulation.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_pare.agents.calibration import RecordedCall
    from pytest_pare.engines.recorder import Recorder
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.loop import Loop
    from pytest_pare.simulation.past import Past
    from pytest_pare.simulation.user_failures import UserFault

Details = Literal["all", "failed", "none"]


class RunState:
    """The state of a run, which is there however the run ends."""

    def __init__(
        self,
        scenario: PAREScenario,
        config: ScenarioRunnerConfig,
        script_errors: Literal["fail", "warn"],
        *,
        strict: bool = False,
        details: Details = "failed",
    ) -> None:
        self.scenario = scenario
        self.config = config
        self.script_errors = script_errors
        self.strict = strict
        # Which runs get the states of their apps, and the reference steps, in their traces.
        self.details = details
        self.states = AppStates(scenario)
        self.limits = Limits(config.max_scenario_duration, getattr(config, "timeout_seconds", None))
        # The agent's calls of a reference run in the world as written, for an agent that asks for them.
        self.recorded_calls: Callable[[], Sequence[RecordedCall]] = tuple
        self.env: StateAwareEnvironmentWrapper | None = None
        self.loop: Loop | None = None
        self.recorder: Recorder | None = None
        self.past: Past | None = None
        # Whether the conversation came to its end, so that no more engine calls follow.
        self.is_played = False
        self.agent_name: str | None = None
        self.agent_error: BaseException | None = None
        self.defects: list[str] = []
        # The failures of the simulated user.
        self.user_faults: list[UserFault] = []
        # Warnings of the preflight checks.
        self.suspicions: list[str] = []

    def inspect(self) -> None:
        """Check the scenario before it is played.

        Raises:
            ScenarioDefect: If it has defects, unless `script_errors` is `warn`.
        """
        defects, self.suspicions = inspect_scenario(self.scenario, oracle=self.config.oracle)
        if self.strict:
            # Only strict runs need this import.
            from pytest_pare.simulation.lint import lint

            defects = [*defects, *lint(self.scenario)]
        if defects and self.script_errors == "fail":
            # A line each: the text of one may have semicolons.
            raise ScenarioDefect(f"{self.scenario.scenario_id}: " + "\n  ".join(defects))
        self.suspicions = [*defects, *self.suspicions]

    def noise_warnings(self) -> list[str]:
        """Return warnings about noise that failed or could not come."""
        failed = [] if self.env is None else [f"noise failed: {failure}" for failure in self.env.noise_failures]
        none = getattr(self.scenario, "_no_noise", None)
        return failed if none is None else [f"{none}; it ran without", *failed]

    def trace(self) -> Trace:
        """Return the trace of the run up to now."""
        env, played = self.env, Played(0, 0) if self.loop is None else self.loop.played
        return Trace(
            scenario_id=self.scenario.scenario_id,
            start_time=0.0 if env is None else env.start_time,
            entries=() if env is None else tuple(env.trace_entries),
            seed=self.scenario.seed,
            run_number=self.scenario.run_number,
            agent=self.agent_name,
            prompts=None if self.agent_name is None else prompts.version(),
            turns=played.turns,
            turns_saved=played.turns_saved,
            draws=self._draws(),
            notified=() if env is None else tuple(env.notified),
            turn_seconds=() if self.loop is None else tuple(self.loop.turn_seconds),
        )

    def whole_trace(self, result: PAREScenarioValidationResult) -> Trace:
        """Return the trace of the run at its end, with its details.

        Args:
            result: The result of the run; one that is no success gets the reference steps as well.
        """
        trace, env = self.trace(), self.env
        is_failed = result.status != "success"
        if env is None or self.details == "none" or (self.details == "failed" and not is_failed):
            return trace
        self.states.look(env, is_last=True)
        trace = replace(trace, states=self.states.changes())
        if not is_failed:
            return trace
        # In oracle mode, only runs that fail need what this imports.
        from pytest_pare.simulation.reference_trace import reference_of

        return replace(trace, reference=reference_of(self.scenario, env))

    def look(self) -> None:
        """Keep the present states of the apps that have changed."""
        if self.env is not None and self.details != "none":
            self.states.look(self.env)

    def _draws(self) -> dict[str, str]:
        draw = getattr(self.scenario, "draw", None)
        return dict(draw.values) if draw is not None and draw.variation else {}

    def fill_in_end(self, result: PAREScenarioValidationResult) -> None:
        """Set the failures of the user, how the turns ended, and how many events of the script had not happened."""
        result.user_faults = self.user_faults
        env, ended_by = self.env, None if self.loop is None else self.loop.ended_by
        if env is None or ended_by is None:
            return
        result.ended_by = ended_by
        # A failed validation event has ended the run early, so that missing events are no news.
        result.script_events_missed = env.events_missed() if env.failure is None else 0
