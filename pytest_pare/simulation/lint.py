"""The linter for scenarios, `--pare-strict`: what a run does not need, and a library worth trusting does."""

from __future__ import annotations

import copy
import json
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.types import disable_events

from pytest_pare.apps.system import HomeScreenSystemApp
from pytest_pare.are.world import drawing_apart
from pytest_pare.base.serialization import to_builtins
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.scenarios.dates_in_text import wrong_weekdays
from pytest_pare.scenarios.events import event_name
from pytest_pare.scenarios.source_location import place_of
from pytest_pare.scenarios.tags import tags_of
from pytest_pare.simulation.script_graph import ScriptGraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.apps.app import App
    from are.simulation.types import AbstractEvent

    from pytest_pare.scenarios.scenario import PAREScenario

_APP = "app:"


def lint(scenario: PAREScenario) -> list[str]:
    """Return the findings about an initialized scenario, a sentence each, with the place in its author's code.

    They are: no docstring, no tags, a tag of an app that is not on the phone, an app that nothing uses, an event after
    the end of the scenario's duration, and a date in a text whose weekday is wrong.
    """
    graph = ScriptGraph(scenario._script, oracle=True)
    findings = [*_about_class(scenario), *_app_tags(scenario), *_unused_apps(scenario, graph)]
    return list(dict.fromkeys([*findings, *_late_events(scenario, graph), *_wrong_dates(scenario, graph)]))


def _about_class(scenario: PAREScenario) -> Iterator[str]:
    cls = type(scenario)
    where = place_of(cls.build_events_flow)
    # A dataclass without a docstring has its signature there.
    doc = cls.__doc__ or ""
    if not doc.strip() or doc.startswith(f"{cls.__name__}("):
        yield f"{where}: {cls.__name__} has no docstring; say in a sentence what happens and what is right"
    if not tags_of(cls):
        yield f'{where}: {cls.__name__} has no tags; give it some, such as tags = ("app:email", "level:easy")'


# -- apps


def _app_tags(scenario: PAREScenario) -> Iterator[str]:
    known = sorted({name for app in _content_apps(scenario) for name in _names(app)})
    for tag in tags_of(type(scenario)):
        if tag.startswith(_APP) and (name := tag.removeprefix(_APP)) not in known:
            where = place_of(type(scenario).init_and_populate_apps)
            meant = did_you_mean(name, known)
            yield f"{where}: the tag {tag} names no app on the phone; there are {', '.join(known) or 'none'}{meant}"


def _unused_apps(scenario: PAREScenario, graph: ScriptGraph) -> Iterator[str]:
    calls = [graph.call(event) for event in graph.listed]
    called = {id(call.action.app) for call in calls if call is not None}
    where = place_of(type(scenario).init_and_populate_apps)
    for app in _content_apps(scenario):
        if id(app) not in called and _is_empty(app, scenario):
            yield (
                f"{where}: the app {app.name} ({type(app).__name__}) is empty, and no event uses it; give it content, "
                "or leave it out"
            )


def _content_apps(scenario: PAREScenario) -> list[App]:
    return [app for app in scenario.apps or [] if not isinstance(app, AgentUserInterface | HomeScreenSystemApp)]


def _names(app: App) -> set[str]:
    """Return the words that may name an app in a tag: that of its class, and its name on the phone."""
    of_class = type(app).__name__.removeprefix("Stateful").removesuffix("App").lower()
    return {of_class, of_class.removesuffix("s"), app.name.lower().replace(" ", "_")}


def _is_empty(app: App, scenario: PAREScenario) -> bool:
    """Return whether an app holds no more than a new one. An app that cannot be made by its name counts as filled."""
    content = json.loads(scenario._initial_apps[app.name]["serialized_state"])
    with ExitStack() as stack:
        stack.enter_context(scenario.world.active())
        stack.enter_context(disable_events())
        stack.enter_context(drawing_apart("lint", app))
        with suppress(Exception):
            new: Any = type(app)(name=app.name)
            return _size(content) <= _size(to_builtins(new.get_state()))
    return False


def _size(value: Any) -> int:
    """Return the number of values in nested dicts and lists that say something."""
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return int(value not in (None, "", False))


# -- times and texts


def _late_events(scenario: PAREScenario, graph: ScriptGraph) -> Iterator[str]:
    if scenario.duration is None:
        return
    for event in graph.listed:
        seconds = _earliest(event, graph, float(scenario.start_time or 0), {})
        if seconds is not None and seconds > scenario.duration:
            yield (
                f"{graph.place(event)}{event_name(event)} is due after {seconds:g} s, and the scenario ends after its "
                f"duration of {scenario.duration:g} s; set a longer duration, or an earlier time"
            )


def _earliest(event: AbstractEvent, graph: ScriptGraph, start: float, known: dict[int, float | None]) -> float | None:
    """Return the earliest time of an event, in seconds from the start; `None` if it depends on itself."""
    if id(event) in known:
        return known[id(event)]
    known[id(event)] = None
    before = [_earliest(one, graph, start, known) for one in graph.needs(event)]
    times = [time for time in before if time is not None]
    if len(times) < len(before):
        return None
    delay = float(event.event_relative_time or 0)
    known[id(event)] = max(times, default=0.0) + delay if event.event_time is None else event.event_time - start
    return known[id(event)]


def _wrong_dates(scenario: PAREScenario, graph: ScriptGraph) -> Iterator[str]:
    today = datetime.fromtimestamp(float(scenario.start_time or 0), tz=UTC).date()
    where = f"{place_of(type(scenario).init_and_populate_apps)}: "
    texts = [
        (f"{where}{app.name}: ", text)
        for app in scenario.apps or []
        for text in _texts(json.loads(scenario._initial_apps[app.name]["serialized_state"]))
    ]
    for event in graph.listed:
        call = graph.call(event)
        arguments = {} if call is None else {name: copy.copy(one) for name, one in call.action.args.items()}
        arguments.pop("self", None)
        texts += [(f"{graph.place(event)}{event_name(event)}: ", text) for text in _texts(to_builtins(arguments))]
    texts += [(where, str(goal)) for goal in (scenario.user_goal, scenario.additional_system_prompt) if goal]
    for place, text in texts:
        for wrong in wrong_weekdays(text, today):
            right = f"{wrong.date} is a {wrong.weekday}" if wrong.date != "no date" else "there is no such date"
            yield f"{place}{wrong.text!r}: {right}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
