"""The preflight check of a scenario: defects that can be found before the first turn."""

from __future__ import annotations

import copy
import inspect
import re
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.scenarios.scenario import Scenario
from are.simulation.types import ConditionCheckEvent, OracleEvent, StopEvent, disable_events

from pytest_pare.apps.system import HomeScreenSystemApp
from pytest_pare.are.world import drawing_apart
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.scenarios import writes
from pytest_pare.scenarios.events import event_name, is_answer
from pytest_pare.scenarios.source_location import place_of
from pytest_pare.simulation.script_graph import ScriptGraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.types import AbstractEvent

    from pytest_pare.scenarios.scenario import PAREScenario


_VOCABULARY = ("pytest_pare.scenarios.checks", "pytest_pare.scenarios.matchers")

# The attribute of a class with the world in which its matchers had no defects.
_RIGHT = "_pytest_pare_right_matchers"
_IMPORTS_PARE = re.compile(r"^\s*(?:from|import)\s+pare\b", re.MULTILINE)


class Findings(NamedTuple):
    """The findings about a scenario, a sentence each, with the place in its author's code.

    Attributes:
        defects: Certain defects.
        suspicions: What may be a defect, or on purpose.
    """

    defects: list[str]
    suspicions: list[str]


def inspect_scenario(scenario: PAREScenario, *, oracle: bool) -> Findings:
    """Check the apps, the script and the expected writes of an initialized scenario.

    Args:
        scenario: The scenario.
        oracle: Whether the run is in oracle mode, in which the environment plays the reference steps.
    """
    graph = ScriptGraph(scenario._script, oracle=oracle)
    defects = list(_missing_apps(scenario, graph, oracle=oracle))
    suspicions: list[str] = []
    if scenario._script.made and not graph.listed:
        count = len(graph.left_out)
        defects.append(
            f"{_where(scenario, 'build_events_flow')}: {count} event{'s' * (count != 1)} made, and self.events is "
            "empty, so that nothing happens; set self.events to the list of them"
        )
    else:
        _inspect_events(graph, defects, suspicions)
    if not oracle:
        _inspect_world(graph, defects, suspicions)
    _inspect_placeholders(graph, defects, suspicions)
    if scenario._script.conflicts and not _is_written_for_pare(scenario):
        defects += scenario._script.conflicts
    defects += _wrong_matchers(scenario)
    return Findings(defects, suspicions)


def _where(scenario: PAREScenario, method: str) -> str:
    """Return the place of a scenario's method; the name of the class if it does not define the method."""
    function = getattr(type(scenario), method)
    return type(scenario).__qualname__ if function is getattr(Scenario, method) else place_of(function)


def _is_written_for_pare(scenario: PAREScenario) -> bool:
    """Return whether the scenario's module imports `pare`. In PARE, the last delay of an event counts."""
    try:
        source = inspect.getsource(sys.modules[type(scenario).__module__])
    except (KeyError, OSError, TypeError):
        return False
    return _IMPORTS_PARE.search(source) is not None


# -- apps


def _missing_apps(scenario: PAREScenario, graph: ScriptGraph, *, oracle: bool) -> Iterator[str]:
    apps = scenario.apps or []
    # In oracle mode, a scenario without proposals needs no channel between the agent and the user.
    needed = [HomeScreenSystemApp, *([] if oracle else [AgentUserInterface])]
    for cls in needed:
        if not any(isinstance(app, cls) for app in apps):
            name = "PAREAgentUserInterface" if cls is AgentUserInterface else cls.__name__
            where = _where(scenario, "init_and_populate_apps")
            yield f"{where}: the scenario has no {name}; add one to self.apps"
    present = {id(app) for app in apps}
    for event in graph.listed:
        call = graph.call(event)
        app = None if call is None else call.action.app
        if app is not None and id(app) not in present:
            present.add(id(app))
            named = [f"self.apps has {one.name}" for one in apps if one.name == app.name]
            problem = f"{named[0]} as another object" if named else "it is not in self.apps"
            yield (
                f"{graph.place(event)}{event_name(event)} calls {app.name} ({type(app).__name__}), and {problem}; add "
                "the app that the event calls"
            )


# -- the script


def _inspect_events(graph: ScriptGraph, defects: list[str], suspicions: list[str]) -> None:
    causes = _causes(graph, defects)
    for cause, waiting in causes:
        names = ", ".join(map(graph.name, waiting))
        defects.append(
            f"{graph.place(cause)}{event_name(cause)} is not in self.events, so it never happens, nor does what waits "
            f"for it: {names}; add it to self.events"
        )
    reported = {id(cause) for cause, _ in causes}
    for event in graph.left_out:
        if id(event) in reported:
            continue
        what = f"{graph.place(event)}{event_name(event)} is not in self.events"
        if _is_answer_missed(event, graph):
            defects.append(f"{what}, so the user never answers; add it to self.events")
        elif graph.can_happen(event):
            suspicions.append(f"{what}, and happens all the same, after what it depends on; add it to self.events")
        else:
            suspicions.append(f"{what}, so it never happens; add it to self.events, or do not make it")


def _causes(graph: ScriptGraph, defects: list[str]) -> list[tuple[AbstractEvent, list[AbstractEvent]]]:
    """Return the events missing in `self.events` that never happen, each with the events that wait for it.

    Events that depend on themselves are added to `defects`.
    """
    causes: dict[int, tuple[AbstractEvent, list[AbstractEvent]]] = {}
    for event in graph.listed:
        if graph.can_happen(event):
            continue
        needs = graph.all_needs(event)
        for cause in needs:
            if not graph.is_listed(cause) and not graph.can_happen(cause):
                causes.setdefault(id(cause), (cause, []))[1].append(event)
        if any(one is event for one in needs):
            defects.append(f"{graph.place(event)}{event_name(event)} depends on itself, and never happens")
    return list(causes.values())


def _is_answer_missed(event: AbstractEvent, graph: ScriptGraph) -> bool:
    """Return whether an event missing in `self.events` is the only answer of the user to a proposal."""
    call = graph.call(event)
    if call is None or not is_answer(call) or graph.can_happen(event):
        return False
    answers = [one for one in graph.listed if (other := graph.call(one)) is not None and is_answer(other)]
    answered = {id(before) for one in answers for before in graph.needs(one)}
    return answered.isdisjoint(map(id, graph.needs(event)))


def _inspect_world(graph: ScriptGraph, defects: list[str], suspicions: list[str]) -> None:
    """Check that no event of the world waits for a reference step: it would never happen in a run with agents."""
    for event in graph.listed:
        step = graph.step_before(event)
        if step is None or isinstance(event, OracleEvent | ConditionCheckEvent):
            continue
        # A run ends without a stop event, too.
        (suspicions if isinstance(event, StopEvent) else defects).append(
            f"{graph.place(event)}{event_name(event)} waits for the reference step {graph.name(step)}, and never "
            "happens in a run with agents; let it depend on an event of the world or on a condition, or make it a "
            "reference step by oracle()"
        )


def _inspect_placeholders(graph: ScriptGraph, defects: list[str], suspicions: list[str]) -> None:
    for event in graph.listed:
        for one in graph.placeholders(event):
            if not graph.is_id(one):
                problem = f"{graph.place(event)}{event_name(event)}: {{{{{one.path}}}}} names no event of the script"
                meant = did_you_mean(one.path.partition(".")[0], graph.ids)
                if one.is_whole:
                    defects.append(f"{problem}{meant or '; give the event that it means an id by with_id()'}")
                else:
                    suspicions.append(f"{problem}, and is left as it is in the text{meant}")


# -- the verdict


def _wrong_matchers(scenario: PAREScenario) -> list[str]:
    """Return the defects of the matchers and expected writes that `validate` makes before it reads the environment.

    Only a validator that can use `Write` or `verdict` is called. It gets a copy of the scenario, and an environment
    that ends the call at the first access. It is called once for the runs of a class in one world, unless it has
    defects.
    """
    cls: Any = type(scenario)
    apps = scenario.apps or []
    key = cls.validate, scenario.scenario_id, scenario.seed, [(app.name, type(app)) for app in apps]
    # Kept at the class, so that it lives as long.
    if not scenario.variation and vars(cls).get(_RIGHT) == key:
        return []
    if not any(map(_has_writes, cls.__mro__)):
        return []
    with ExitStack() as stack:
        stack.enter_context(scenario.world.active())
        stack.enter_context(disable_events())
        stack.enter_context(drawing_apart("preflight", *apps))
        defects = stack.enter_context(writes.inspected_writes(apps))
        try:
            copy.copy(scenario).validate(_NotPlayed())
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException:  # noqa: BLE001, S110 - the author's code may raise anything before the run
            pass
    if not defects and not scenario.variation:
        setattr(cls, _RIGHT, key)
    return list(defects)


def _has_writes(cls: type) -> bool:
    """Return whether the module of a class can use `Write` or `verdict`."""
    names = vars(sys.modules.get(cls.__module__, object))
    # A module that can use these has imported them, and many libraries use neither.
    checks, matchers = map(sys.modules.get, _VOCABULARY)
    with_writes = (checks, matchers, getattr(matchers, "verdict", None), writes, writes.Write)
    used = {id(one) for one in with_writes if one is not None}
    return not used.isdisjoint(map(id, names.values()))


class _Looked(BaseException):
    """`validate` has read the environment."""


class _NotPlayed:
    """An environment that raises at each access."""

    def __getattr__(self, name: str) -> Any:
        raise _Looked
