"""The reference run of a scenario: what an audit changes, and what its validator accepts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from are.simulation.types import Action, EventType

from pytest_pare.audit.script import Script
from pytest_pare.audit.steps import ACCEPT, Role, steps_of
from pytest_pare.base.serialization import to_short_text
from pytest_pare.results.validation_result import exception_type_name
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.declarations import declarations
from pytest_pare.scenarios.errors import ScenarioDefect, SimulatedTimeOver
from pytest_pare.scenarios.event_log import is_attempt
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.limits import Limits
from pytest_pare.simulation.runner import run_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.types import CompletedEvent

    from pytest_pare.audit.steps import Step
    from pytest_pare.scenarios.matchers.verdict import Stage
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.scenarios.writes import Write


class AuditImpossible(ScenarioDefect):
    """The reference run of a scenario does not succeed, so that a change of it proves nothing."""


@dataclass(frozen=True)
class Reference:
    """A reference run.

    Attributes:
        make: Makes a fresh instance of the scenario.
        scenario: An initialized instance that is not played.
        played_scenario: The instance that was played.
        env: The environment after its run.
        steps: The reference steps that happened, in the order of the run.
        max_scenario_duration: How many simulated seconds the conditions of a run may wait.
    """

    make: Callable[[], PAREScenario]
    scenario: PAREScenario
    played_scenario: PAREScenario
    env: StateAwareEnvironmentWrapper
    steps: tuple[Step, ...]
    max_scenario_duration: int

    @cached_property
    def log(self) -> list[CompletedEvent]:
        """The event log of the run."""
        return list(self.env.event_log.list_view())

    @cached_property
    def signature(self) -> list[Any]:
        """What happened in the run, without ids and times."""
        return signature_of(self.log)

    def of(self, *roles: Role) -> list[Step]:
        """Return the steps with one of the roles."""
        return [step for step in self.steps if step.role in roles]

    @cached_property
    def writes(self) -> list[Step]:
        """The agent's writes that did not fail: a scenario may let a tool fail."""
        return [step for step in self.of(Role.WRITE) if not self.event(step).failed()]

    @cached_property
    def failed(self) -> set[tuple[str, str]]:
        """The tools whose calls failed, by app and name."""
        return {(step.app, step.tool) for step in self.steps if self.event(step).failed()}

    @property
    def answers(self) -> list[Step]:
        """The user's answers to proposals."""
        return self.of(Role.ANSWER)

    @cached_property
    def proposals(self) -> list[Step]:
        """The messages that ask: those that the user answers, and those before any acceptance."""
        found, is_accepted = [], False
        talk = self.of(Role.MESSAGE, Role.ANSWER)
        for step, following in zip_longest(talk, talk[1:]):
            if step.role is Role.ANSWER:
                is_accepted = is_accepted or step.tool == ACCEPT
            elif not is_accepted or (following is not None and following.role is Role.ANSWER):
                found.append(step)
        return found

    @property
    def reports(self) -> list[Step]:
        """The other messages."""
        return [step for step in self.of(Role.MESSAGE) if step not in self.proposals]

    @cached_property
    def rejected(self) -> list[Step]:
        """The proposals before the last one, if the validator does not ask for them: a run without them is right."""
        asked = [stage for stage in self.stages if stage.answer is not None]
        return self.proposals[:-1] if self.writes and len(asked) < 2 else []

    def script(self) -> Script:
        """Return the script of a fresh instance."""
        return Script(initialized(self.make))

    def played(self, *, without: Iterable[Step] = ()) -> PAREScenario:
        """Return another instance after its reference run, without some steps."""
        script = self.script()
        for step in without:
            script.leave_out(script.event(step))
        self.play(script)
        return script.scenario

    def play(self, script: Script) -> StateAwareEnvironmentWrapper:
        """Play a script in oracle mode, and return the environment after it."""
        limits = Limits(self.max_scenario_duration)
        env = StateAwareEnvironmentWrapper(clock=script.scenario.world.clock, limits=limits, oracle_mode=True)
        # A condition may wait for a step that was left out: the run ends there.
        with suppress(SimulatedTimeOver):
            env.run(script.scenario)
        return env

    @cached_property
    def unwritten(self) -> PAREScenario:
        """Another instance after a run without the agent's writes, to be looked at only."""
        return self.played(without=self.writes)

    def apps_for(self, step: Step) -> list[Any]:
        """Return apps with values for a step: those of `unwritten`, the step's own first."""
        return sorted(self.unwritten.apps or [], key=lambda app: app.name != step.app)

    def args(self, step: Step) -> dict[str, Any]:
        """Return the arguments with which a step happened, without placeholders."""
        return dict(self.event(step).get_args())

    def event(self, step: Step) -> CompletedEvent:
        """Return the event of a step in the log."""
        return next(event for event in self.log if event.event_id == step.event_id)

    # -- what the validator declares

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages of the dialogue that the validator declares; none if it uses no matchers."""
        with declarations() as stages, self.env.off_the_record(), suppress(Exception):
            self.played_scenario.validate(self.env)
        return stages

    def expected(self, write: Step) -> Write | None:
        """Return the expected write that a write of the run matches, if the validator declares one."""
        event = self.event(write)
        ways = (way for stage in self.stages for group in stage.groups for ways in group for way in ways)
        return next((way for way in ways if way.matches(event)), None)

    def group(self, write: Step) -> tuple[int, int] | None:
        """Return the position of a write in the declared order: the numbers of its stage and of its group there."""
        event = self.event(write)
        for number, stage in enumerate(self.stages):
            for place, group in enumerate(stage.groups):
                if any(way.matches(event) for ways in group for way in ways):
                    return number, place
        return None

    def test_of(self, step: Step, name: str) -> Any:
        """Return what the validator declares to expect of an argument of a step: a value, a test, or `None`."""
        if step.role is Role.WRITE:
            expected = self.expected(step)
            return None if expected is None else expected.args.get(name)
        if name != "content":
            return None
        text = self.args(step).get(name)
        if step in self.reports:
            tests = [one.report for stage in self.stages for one in stage.reports]
        else:
            tests = [stage.answer.proposal for stage in self.stages if stage.answer is not None]
        return next((test for test in tests if test is not None and test(text)), None)


def initialized(make: Callable[[], PAREScenario]) -> PAREScenario:
    """Return a fresh and initialized instance of a scenario."""
    scenario = make()
    scenario.initialize()
    return scenario


def reference_of(
    make: Callable[[], PAREScenario], max_scenario_duration: int, script_errors: Literal["fail", "warn"]
) -> Reference:
    """Play the reference run of a scenario.

    Args:
        make: Makes a fresh instance of the scenario.
        max_scenario_duration: How many simulated seconds the conditions of a run may wait.
        script_errors: Whether a defect of the script makes the run an exception, as for `run_scenario`.

    Raises:
        AuditImpossible: If the run does not succeed.
    """
    played = make()
    oracle = MultiScenarioRunnerConfig(oracle=True, max_scenario_duration=max_scenario_duration)
    run = run_scenario(played, oracle, script_errors, details="none")
    if not run.success or run.env is None:
        error, said = run.result.exception, run.result.rationale or "validate() gives no reason"
        why = said if error is None else f"{exception_type_name(error)}: {to_short_text(error)}"
        raise AuditImpossible(f"the reference run does not succeed: {why}")
    scenario = initialized(make)
    steps = {step.event_id: step for step in steps_of(scenario.events)}
    happened = [steps[event.event_id] for event in run.env.event_log.list_view() if event.event_id in steps]
    return Reference(make, scenario, played, run.env, tuple(happened), max_scenario_duration)


def signature_of(log: Iterable[CompletedEvent]) -> list[Any]:
    """Return what happened in a run, without ids, times, checks of conditions, and the agent's failed writes."""
    return [
        (event.event_type.value, event.action.class_name, event.action.function_name, event.get_args(), event.failed())
        for event in log
        if event.event_type is not EventType.CONDITION
        and isinstance(event.action, Action)
        and not (is_attempt(event) and event.failed())
    ]
