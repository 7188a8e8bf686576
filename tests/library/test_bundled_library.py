"""The bundled library: what it must contain, and what must be true of each scenario."""

from __future__ import annotations

import functools
import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from are.simulation.types import ConditionCheckEvent, OracleEvent

from pytest_pare.apps import (
    StatefulApartmentApp,
    StatefulCabApp,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulEmailApp,
    StatefulMessagingApp,
    StatefulNotesApp,
    StatefulReminderApp,
    StatefulShoppingApp,
)
from pytest_pare.audit.steps import called
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.events import is_users_own
from pytest_pare.scenarios.library import (
    BUNDLED_SPLITS,
    bundled_library_dir,
    bundled_split,
    ids_in_source,
    library_modules,
)
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.scenarios.tags import tags_of
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.lint import lint
from pytest_pare.simulation.reference_run import is_silent
from pytest_pare.simulation.runner import Run, run_scenario

LIBRARY = bundled_library_dir()
FAILURES = load_library(registry, LIBRARY)
CLASSES: dict[str, Any] = {
    scenario_id: registry.registered()[scenario_id] for scenario_id in sorted(registry.ids_below(LIBRARY))
}
APPS = {
    StatefulApartmentApp: "apartment",
    StatefulCabApp: "cab",
    StatefulCalendarApp: "calendar",
    StatefulContactsApp: "contacts",
    StatefulEmailApp: "email",
    StatefulMessagingApp: "messaging",
    StatefulNotesApp: "note",
    StatefulReminderApp: "reminder",
    StatefulShoppingApp: "shopping",
}
# By skill: the fewest scenarios that must have it.
SKILLS = {
    "amendment": 3,
    "arithmetic": 3,
    "change_of_mind": 4,
    "coordination": 3,
    "disambiguation": 3,
    "distractors": 6,
    "lookup": 3,
    "recovery": 4,
    "rejection": 3,
    "several_days": 4,
    "silence": 10,
    "timing": 6,
}
# Arguments of the agent's tools that hold an id or an address, which it must have read somewhere.
IDENTIFIERS = (
    "apartment_id",
    "contact_id",
    "conversation_id",
    "discount_code",
    "email_id",
    "event_id",
    "item_id",
    "note_id",
    "product_id",
    "recipients",
    "reminder_id",
    "user_id",
)
ANSWERS = ("accept_proposal", "reject_proposal")
EVERY_SCENARIO = pytest.mark.parametrize("scenario_id", CLASSES)


@functools.cache
def reference_run(scenario_id: str) -> Run:
    return run_scenario(CLASSES[scenario_id](), MultiScenarioRunnerConfig(oracle=True))


@functools.cache
def run_with_agents(scenario_id: str) -> Run:
    return run_scenario(CLASSES[scenario_id](), RunnerSettings())


@functools.cache
def initialized(scenario_id: str) -> Any:
    scenario = CLASSES[scenario_id]()
    scenario.initialize()
    return scenario


def is_on_screen(step: OracleEvent) -> bool:
    """Return whether a step is the user's, on a screen of the phone."""
    call = called(step)
    return call is not None and call.action.function_name not in ANSWERS and is_users_own(call)


def tagged(prefix: str, scenario_id: str) -> set[str]:
    return {tag.removeprefix(prefix) for tag in tags_of(CLASSES[scenario_id]) if tag.startswith(prefix)}


def with_skill(*skills: str) -> set[str]:
    return {scenario_id for scenario_id in CLASSES if not tagged("skill:", scenario_id).isdisjoint(skills)}


def ids_of(split: str) -> list[str]:
    lines = bundled_split(split).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


# -- the library as a whole


def test_library_loads_and_its_scenarios_are_named_like_their_modules() -> None:
    assert FAILURES == []
    assert sorted(CLASSES) == sorted(path.stem for path in library_modules(LIBRARY)) == sorted(ids_in_source(LIBRARY))
    assert len(CLASSES) >= 60


def test_splits() -> None:
    splits = {name: ids_of(name) for name in BUNDLED_SPLITS}
    assert {path.stem for path in bundled_split("full").parent.iterdir()} == set(splits)
    assert splits["full"] == sorted(CLASSES), "list every scenario in scenarios/splits/full.txt"
    assert (len(splits["smoke"]), len(splits["core"])) == (8, 30)
    assert set(splits["smoke"]) < set(splits["core"]) < set(CLASSES)
    for ids in splits.values():
        assert ids == sorted(set(ids))
        assert {app for scenario_id in ids for app in tagged("app:", scenario_id)} == set(APPS.values())
    assert {skill for scenario_id in splits["core"] for skill in tagged("skill:", scenario_id)} == set(SKILLS)


def test_tags_name_the_apps_the_skills_and_the_level() -> None:
    for scenario_id, cls in CLASSES.items():
        used = {APPS[type(app)] for app in initialized(scenario_id).apps if type(app) in APPS}
        assert tagged("app:", scenario_id) == used, scenario_id
        assert len(used) >= 2, scenario_id
        assert len(tagged("level:", scenario_id) & {"easy", "medium", "hard"}) == 1, scenario_id
        tags = tags_of(cls)
        assert len(tags) == len(set(tags)) == len(used) + len(tagged("skill:", scenario_id)) + 1, scenario_id
    counts = Counter(skill for scenario_id in CLASSES for skill in tagged("skill:", scenario_id))
    assert counts.keys() == SKILLS.keys()
    assert [f"{counts[skill]} of {skill}" for skill, least in SKILLS.items() if counts[skill] < least] == []
    assert len(with_skill("rejection", "amendment")) >= 6
    silent = {scenario_id for scenario_id in CLASSES if is_silent(reference_run(scenario_id).trace)}
    assert silent == with_skill("silence")


def test_no_two_scenarios_have_the_same_apps_and_the_same_sequence_of_tools() -> None:
    seen: dict[tuple[Any, ...], str] = {}
    for scenario_id in CLASSES:
        tools = tuple(
            (event.kind, event.app_class, event.function) for event in reference_run(scenario_id).trace.events
        )
        key = (frozenset(tagged("app:", scenario_id)), tools)
        assert key not in seen, f"{scenario_id} is like {seen[key]}"
        seen[key] = scenario_id
    assert len({CLASSES[scenario_id]().start_time for scenario_id in CLASSES}) == len(CLASSES)


def test_triggers_are_varied() -> None:
    events = {scenario_id: initialized(scenario_id).events for scenario_id in CLASSES}
    triggers = {
        event.action.function_name
        for script in events.values()
        for event in script
        if not isinstance(event, OracleEvent | ConditionCheckEvent)
    }
    assert triggers >= {
        "add_calendar_event_by_attendee",
        "add_discount_code",
        "create_and_add_message",
        "delete_apartment",
        "delete_calendar_event_by_attendee",
        "send_email_to_user_with_id",
        "update_apartment",
        "update_item",
    }
    assert any(isinstance(event, ConditionCheckEvent) for script in events.values() for event in script)
    for scenario_id in with_skill("several_days"):
        times = [event.time for event in reference_run(scenario_id).trace.events]
        assert max(times) - min(times) >= timedelta(hours=12).total_seconds(), scenario_id
    acting = {
        scenario_id
        for scenario_id, script in events.items()
        for event in script
        if isinstance(event, OracleEvent) and is_on_screen(event)
    }
    assert acting >= {"dentist_moves", "flat_shortlist", "piano_tuner", "promised_tent"}


@pytest.mark.parametrize("scenario_id", ["birthday_dinner", "parcel_next_door"])
def test_a_reminder_falls_due_during_the_run(scenario_id: str) -> None:
    trace = reference_run(scenario_id).trace
    (look,) = [event for event in trace.events if event.function == "get_due_reminders"]
    assert len(look.result) == 1
    (reminder,) = initialized(scenario_id).reminders.reminders.values()
    assert trace.start_time < reminder.due_datetime.timestamp() < trace.start_time + look.time


# -- each scenario


@EVERY_SCENARIO
def test_reference_run_succeeds(scenario_id: str) -> None:
    assert vars(CLASSES[scenario_id])["__doc__"].strip().endswith(".")
    run = reference_run(scenario_id)
    assert run.result.exception is None
    assert run.result.success is True, run.result.rationale
    assert run.warnings == ()
    assert lint(initialized(scenario_id)) == []
    goal = initialized(scenario_id).user_goal
    if goal is not None:
        assert goal.startswith(("You ", "Your "))
        assert goal.endswith(".")


@EVERY_SCENARIO
def test_agent_reads_before_it_proposes_and_knows_the_ids_that_it_uses(scenario_id: str) -> None:
    known = ""
    functions = []
    for event in reference_run(scenario_id).trace.events:
        if event.kind == "ENV" and event.function == "create_and_add_message":
            # The notification of a message names the conversation.
            known += json.dumps(event.args["conversation_id"])
        elif event.kind == "AGENT":
            used = [event.args[name] for name in IDENTIFIERS if name in event.args]
            for identifier in [part for item in used for part in (item if isinstance(item, list) else [item])]:
                assert json.dumps(identifier) in known, f"{event}: where does {identifier} come from?"
            known += json.dumps(event.result)
            functions.append(event.function)
    if "send_message_to_user" in functions:
        assert functions.index("send_message_to_user") >= 2


@EVERY_SCENARIO
def test_agents_play_the_reference_steps_and_ask_first(scenario_id: str) -> None:
    run = run_with_agents(scenario_id)
    assert run.result.exception is None
    assert run.result.success is True, run.result.rationale
    assert run.result.number_of_turns <= 10
    assert run.result.writes_without_consent == 0
    done, wanted = (
        [
            (event.kind, event.app, event.function, event.args, event.error)
            for event in run.trace.actions()
            # How the executor passes the time until the world goes on.
            if event.function != "wait_for_notification"
        ]
        for run in (run, reference_run(scenario_id))
    )
    assert done == wanted
    assert len(done) >= 2


@EVERY_SCENARIO
def test_solution_fits_redrawn_worlds_and_slow_answers(scenario_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    news_waits: list[bool] = []

    def look(self: Any, env: Any) -> Any:
        news_waits.append(env.is_news_waiting())
        return validate(self, env)

    validate = CLASSES[scenario_id].validate
    monkeypatch.setattr(CLASSES[scenario_id], "validate", look)
    worlds = [
        run_scenario(CLASSES[scenario_id](run_number=number), config)
        for number, config in (
            (1, MultiScenarioRunnerConfig(oracle=True, variation=True)),
            (2, RunnerSettings(variation=True, generation_seconds=10)),
        )
    ]
    for run in worlds:
        assert run.result.exception is None
        assert run.success, run.result.rationale
    # Neither side has unread news in the end.
    assert news_waits[1] is False
    assert not reference_run(scenario_id).trace.draws
    first, second = (run.trace.draws for run in worlds)
    assert first.keys() == second.keys()
    assert (first != second) == bool(first)
    assert first or scenario_id in with_skill("silence"), "nothing is drawn"
