"""Forks a run: plays it again up to a step, and lets it go on from there with one change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from pytest_pare.agents.loading import load_agent
from pytest_pare.base.serialization import to_short_text
from pytest_pare.engines.cassette import Cassette
from pytest_pare.engines.errors import EngineError
from pytest_pare.engines.model_resolution import name_of as model_name
from pytest_pare.inference.intervals import Interval, rate_interval
from pytest_pare.simulation.past import Past, PastError
from pytest_pare.simulation.runner import run_scenario
from pytest_pare.simulation.trace import EngineCall
from pytest_pare.simulation.trace_steps import steps_of
from pytest_pare.timeline.diff import TraceDiff, compare_traces
from pytest_pare.what_if.changes import NO_CHANGE, Planned, Wish, planned
from pytest_pare.what_if.errors import ForkError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.engines.cassette import Call
    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.run import Run
    from pytest_pare.simulation.trace import Trace


@dataclass(frozen=True)
class Origin:
    """A run that can be forked, with all that it takes to play it again.

    Attributes:
        name: The name of the run.
        trace: Its trace.
        make: Makes a new instance of its scenario.
        config: Its configuration.
        agent: Its agent, if it was given as an object; `None` for that of the configuration.
        script_errors: As `run_scenario` takes it.
        strict: As `run_scenario` takes it.
        is_live: Whether models may be called.
        cassette: The file of its recorded calls; `None` without one.
    """

    name: str
    trace: Trace
    make: Callable[[], PAREScenario]
    config: ScenarioRunnerConfig
    agent: ProactiveAgent | None = None
    script_errors: Literal["fail", "warn"] = "fail"
    strict: bool = False
    is_live: bool = False
    cassette: Path | None = None


@dataclass(frozen=True)
class Fork:
    """What would have happened.

    Attributes:
        of: The name of the run that was forked.
        step: The step.
        change: The change, as plain data; empty without one.
        before: The trace of the run that was forked.
        runs: The runs that went on from the step: one, or as many as were asked for.
    """

    of: str
    step: int
    change: dict[str, Any]
    before: Trace = field(repr=False)
    runs: tuple[Run, ...] = field(repr=False)

    @property
    def run(self) -> Run:
        """The first of the runs."""
        return self.runs[0]

    @property
    def result(self) -> PAREScenarioValidationResult:
        """The result of the first run."""
        return self.run.result

    @property
    def trace(self) -> Trace:
        """The trace of the first run."""
        return self.run.trace

    @property
    def success(self) -> bool:
        """Whether the first run has succeeded."""
        return self.run.success

    @property
    def diff(self) -> TraceDiff:
        """The comparison of the run that was forked with the first run: the first step that differs, and its cause."""
        return compare_traces(self.before, self.trace, names=(self.of, "its fork"))

    @property
    def successes(self) -> int:
        """The number of runs that have succeeded."""
        return sum(run.success for run in self.runs)

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the success rate. Forks are independent from their step on, so it is Wilson's."""
        interval = rate_interval([int(run.success) for run in self.runs], [1] * len(self.runs))
        assert interval is not None
        return interval

    @property
    def all_equal(self) -> bool:
        """Whether all runs are the same, because nothing is drawn after the step."""
        first = self.trace.entries
        return all(run.trace.entries == first for run in self.runs)


def fork(origin: Origin, at: int, wish: Wish = NO_CHANGE, times: int = 1) -> Fork:
    """Play a run again up to a step, and let it go on from there.

    Args:
        origin: The run.
        at: The number of the step.
        wish: What is different from there on; nothing by default.
        times: The number of forks. Each but the first has other draws from the step on.

    Raises:
        ForkError: If the step or the change is wrong, a model would be called without permission, or the run cannot be
            played again up to the step.
    """
    if times < 1:
        raise ForkError(f"times must be 1 or more, got {times}")
    if origin.config.oracle:
        raise ForkError(f"{origin.name} was played in the mode oracle, without agents, and has nothing to fork")
    plan = planned(origin.trace, origin.config, at, wish)
    if origin.trace.forked_from:
        raise ForkError(
            f"{origin.name} is a fork itself; fork {origin.trace.forked_from.get('run')}, where it comes from"
        )
    recorded = _recorded(origin, plan)
    _require_permission(origin, plan, recorded)
    runs = tuple(_play(origin, plan, recorded, seed) for seed in range(times))
    return Fork(origin.name, plan.step, plan.described, origin.trace, runs)


def _play(origin: Origin, plan: Planned, recorded: dict[str, list[Call]], seed: int) -> Run:
    trace = origin.trace
    past = Past(
        trace.entries,
        plan.place,
        plan.turn,
        {step.place: step.number for step in steps_of(trace)},
        replace(plan.change, seed=seed, agent=_other_agent(plan)),
        turn_seconds=trace.turn_seconds,
        recorded=recorded,
        is_live=origin.is_live,
    )
    config = origin.config.model_copy(update={"export": False})
    run = run_scenario(
        origin.make(),
        config,
        origin.script_errors,
        agent=origin.agent,
        strict=origin.strict,
        past=past,
    )
    _require_past(past, run, origin)
    change = plan.described | ({"seed": seed} if seed else {})
    forked_from = {"run": origin.name, "step": plan.step, "change": change}
    agent = trace.agent if plan.change.agent is None else plan.described["agent"]
    return replace(run, trace=replace(run.trace, agent=agent, forked_from=forked_from))


def _other_agent(plan: Planned) -> ProactiveAgent | None:
    """Return the agent of a change; one that is named is a new one in each fork."""
    return plan.change.agent if plan.agent_name is None else load_agent(plan.agent_name)


def _require_past(past: Past, run: Run, origin: Origin) -> None:
    error = run.result.exception
    if not run.trace.entries and error is not None and origin.trace.entries:
        # The run has not even begun, for a reason that says more than the step.
        raise ForkError(f"{origin.name} cannot be played again: {to_short_text(error)}")
    try:
        if past.problem is None:
            past.finish()
    except PastError:
        pass
    if past.problem is not None:
        raise ForkError(f"{origin.name}: {past.problem}")


def _roles(origin: Origin, plan: Planned) -> list[str]:
    """Return the roles whose engines may be asked after the step."""
    is_built_in = origin.agent is None and origin.config.is_built_in and plan.change.agent is None
    roles = ["user", *(("observe", "execute") if is_built_in else ()), "agent", "judge"]
    return [role for role in roles if role in origin.config.engines]


def _recorded(origin: Origin, plan: Planned) -> dict[str, list[Call]]:
    """Return the recorded calls behind the step, by role."""
    if origin.cassette is None:
        return {}
    try:
        cassette = Cassette.read(origin.cassette)
    except EngineError as error:
        raise ForkError(str(error)) from None
    if cassette is None:
        return {}
    found: dict[str, list[Call]] = {}
    at = plan.place + (plan.change.answer is not None)
    for role in origin.config.engines:
        before = [one for one in origin.trace.entries[:at] if isinstance(one, EngineCall) and one.role == role]
        found[role] = _behind(cassette.of(role), [one.fingerprint for one in before])
    if plan.change.engine is not None:
        step = origin.trace.entries[plan.place]
        assert isinstance(step, EngineCall)
        found.pop(step.role, None)
    return found


def _behind(calls: Sequence[Call], before: list[str]) -> list[Call]:
    """Return the calls without those before the step; the calls of an agent may be in another order."""
    left = list(before)
    rest = []
    for call in calls:
        if call.fingerprint in left:
            left.remove(call.fingerprint)
        else:
            rest.append(call)
    return rest


def _require_permission(origin: Origin, plan: Planned, recorded: dict[str, list[Call]]) -> None:
    if origin.is_live:
        return
    engines = origin.config.engines
    roles = [role for role in _roles(origin, plan) if role not in recorded]
    called = [(role, engines[role]) for role in roles if engines[role].is_live]
    if plan.change.engine is not None:
        step = origin.trace.entries[plan.place]
        called = [(role, engine) for role, engine in called if role != getattr(step, "role", None)]
        called += [("new", plan.change.engine)] if plan.change.engine.is_live else []
    for role, engine in called[:1]:
        raise ForkError(
            f"from the step on, the {role} engine calls a model, {model_name(engine)}, which may cost money: add "
            "--live, or set live: true in the suite"
        )
