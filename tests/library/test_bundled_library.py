"""The bundled library: every reference run succeeds, and every validator rejects wrong runs.

The wrong runs are real: `Rehearsal` rearranges the script of a fresh instance and plays it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from are.simulation.tool_utils import OperationType
from are.simulation.types import (
    AbstractEvent,
    CompletedEvent,
    ConditionCheckEvent,
    Event,
    EventRegisterer,
    EventType,
    OracleEvent,
)

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
from pytest_pare.scenarios.checks import agent_writes
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.events import is_users_own
from pytest_pare.scenarios.library import bundled_library_dir, ids_in_source, library_modules
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.scenarios.scenario import PAREScenario
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
from pytest_pare.simulation.runner import Run, run_scenario

LIBRARY = bundled_library_dir()
FAILURES = load_library(registry, LIBRARY)
CLASSES: dict[str, Any] = {
    scenario_id: registry.registered()[scenario_id] for scenario_id in sorted(registry.ids_below(LIBRARY))
}
CONTENT_APPS = (
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
INTERFACE = "PAREAgentUserInterface"
ANSWERS = ("accept_proposal", "reject_proposal")
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
# What an app itself refuses to do a second time: the contact exists, the cart is empty, the ride or reminder is gone.
ONLY_ONCE = ("add_new_contact", "checkout", "delete_reminder", "order_ride", "user_cancel_ride")


def played_anew(scenario_id: str) -> Run:
    return run_scenario(CLASSES[scenario_id](), MultiScenarioRunnerConfig(oracle=True))


reference_run = functools.cache(played_anew)


def digest_of_all_traces() -> str:
    traces = "".join(played_anew(scenario_id).trace.to_jsonl() for scenario_id in CLASSES)
    return hashlib.sha256(traces.encode()).hexdigest()


class Rehearsal:
    """A fresh instance of a scenario whose script can be rearranged, step by step, before it is played.

    Attributes:
        scenario: The instance, initialized.
        answers: The steps in which the user answers proposals.
        answer: The last of them.
        users_steps: What else the user does, on the screens.
        writes: The agent's reference writes, in order.
        env: The environment, once it was played.
    """

    def __init__(self, scenario_id: str) -> None:
        self.scenario: PAREScenario = CLASSES[scenario_id]()
        self.scenario.initialize()
        steps = [event for event in self.events if isinstance(event, OracleEvent)]
        self.answers = [step for step in steps if called(step).action.function_name in ANSWERS]
        self.answer = self.answers[-1]
        self.users_steps = [step for step in steps if step not in self.answers and is_users_own(called(step))]
        self.writes = [
            step
            for step in steps
            if called(step).action.operation_type == OperationType.WRITE
            and called(step).action.class_name != INTERFACE
            and step not in self.users_steps
        ]
        self.env: StateAwareEnvironmentWrapper | None = None

    @property
    def events(self) -> list[AbstractEvent]:
        events: list[AbstractEvent] = self.scenario.events
        return events

    def app(self, app_class: type) -> Any:
        return next(app for app in self.scenario.apps or [] if type(app) is app_class)

    def leave_out(self, step: AbstractEvent) -> None:
        """Take `step` out; what depended on it depends on what it depended on, after the same delays."""
        self.events[:] = without(step, self.events)
        for dependency in step.dependencies:
            dependency.successors[:] = without(step, dependency.successors)
        for successor in step.successors:
            successor.dependencies[:] = without(step, successor.dependencies)
            successor.depends_on(list(step.dependencies), delay_seconds=successor.event_relative_time)
        step.dependencies.clear()
        step.successors.clear()

    def insert_before_answer(self, step: AbstractEvent, seconds_earlier: float) -> None:
        """Let `step` happen so many simulated seconds before the answer; with 0, right before it in the same second."""
        self.events.insert(self.events.index(self.answer), step)
        step.depends_on(list(self.answer.dependencies), self.answer.event_relative_time - seconds_earlier)

    def append(self, step: AbstractEvent) -> None:
        """Let `step` happen when everything else is done."""
        last_ones = [event for event in self.events if not event.successors]
        self.events.append(step.depends_on(last_ones, delay_seconds=1))

    def step(self, tool: Callable[..., Any], **args: Any) -> OracleEvent:
        """Return a new step of the agent's."""
        with self.scenario.world.active(), EventRegisterer.capture_mode():
            return tool(**args).oracle()

    def turn_round(self, answer: OracleEvent) -> str:
        """Let the user say the opposite, and return which that is."""
        action = called(answer).action
        opposite = "accept_proposal" if action.function_name == "reject_proposal" else "reject_proposal"
        called(answer).action = called(self.step(getattr(action.app, opposite))).action
        return opposite

    def copy_of(self, step: OracleEvent) -> OracleEvent:
        """Return a new step that makes the same call as `step`."""
        action = called(step).action
        args = {name: value for name, value in action.args.items() if name != "self"}
        return self.step(getattr(action.app, action.function_name), **args)

    def play(self) -> Any:
        """Play the script and return the verdict of the scenario's own validator."""
        with self.scenario.world.active():
            self.env = StateAwareEnvironmentWrapper(clock=self.scenario.world.clock, oracle_mode=True)
            self.env.run(self.scenario)
            return self.scenario.validate(self.env)

    @property
    def log(self) -> list[CompletedEvent]:
        assert self.env is not None
        log: list[CompletedEvent] = self.env.event_log.list_view()
        return log

    def position(self, step: AbstractEvent) -> int:
        """Return where in the log `step` is."""
        return [event.event_id for event in self.log].index(step.event_id)

    def happened(self, step: AbstractEvent) -> bool:
        return step.event_id in [event.event_id for event in self.log]


def called(step: OracleEvent) -> Event:
    """Return the event that an oracle step stands for."""
    return step.make_event(None)


def replace_function(event: Event | ConditionCheckEvent, function: Callable[..., Any]) -> None:
    """Put `function` behind what `event` calls, under the old name."""
    event.action.function = functools.wraps(event.action.function)(function)


def without(step: AbstractEvent, events: list[AbstractEvent]) -> list[AbstractEvent]:
    return [event for event in events if event is not step]


def fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("the network is down")


def assert_refused(verdict: Any) -> None:
    assert verdict.success is False
    assert verdict.exception is None
    assert verdict.rationale


def wrong_write(rehearsal: Rehearsal, app_class: type, *, in_the_end: bool) -> OracleEvent:
    """Return a call of one of the app's tools that would succeed and that no scenario asks for."""
    app = rehearsal.app(app_class)
    tool, args = WRONG_CALLS[app_class](app, rehearsal, in_the_end)
    return rehearsal.step(getattr(app, tool), **args)


def wrong_ride(app: Any, rehearsal: Rehearsal, in_the_end: bool) -> tuple[str, dict[str, Any]]:
    # There is one ride at a time: one that is ordered can only be cancelled, and without one it can only be ordered.
    changes = in_the_end and any(called(write).action.app is app for write in rehearsal.writes)
    if (app.on_going_ride is not None) != changes:
        return "user_cancel_ride", {}
    return "order_ride", {"start_location": "Zoo", "end_location": "Circus", "service_type": "Van"}


def wrong_message(app: Any, *_: Any) -> tuple[str, dict[str, Any]]:
    conversation = next(iter(app.conversations.values()))
    other = next(person for person in conversation.participant_ids if person != app.current_user_id)
    return "send_message", {"user_id": other, "content": "Alder Lane 14, 8004 Zurich"}


def wrong_contact(app: Any, *_: Any) -> tuple[str, dict[str, Any]]:
    owner = next(card for card in app.contacts.values() if card.is_user)
    return "edit_contact", {"contact_id": owner.contact_id, "updates": {"job": "Clown"}}


def wrong_flat(app: Any, rehearsal: Rehearsal, _: bool) -> tuple[str, dict[str, Any]]:
    wanted = [called(write).action.args.get("apartment_id") for write in rehearsal.writes]
    return "save_apartment", {"apartment_id": next(flat for flat in app.apartments if flat not in wanted)}


def wrong_purchase(app: Any, *_: Any) -> tuple[str, dict[str, Any]]:
    items = [item for product in app.products.values() for item in product.variants.values() if item.available]
    return "add_to_cart", {"item_id": items[0].item_id, "quantity": 7}


# By app: gives the name of a tool and arguments for it.
WRONG_CALLS: dict[type, Callable[[Any, Rehearsal, bool], tuple[str, dict[str, Any]]]] = {
    StatefulApartmentApp: wrong_flat,
    StatefulCabApp: wrong_ride,
    StatefulCalendarApp: lambda *_: (
        "add_calendar_event",
        {"title": "Picnic", "start_datetime": "2025-12-24 18:00:00", "end_datetime": "2025-12-24 19:00:00"},
    ),
    StatefulContactsApp: wrong_contact,
    StatefulEmailApp: lambda *_: (
        "send_email",
        {"recipients": ["someone@else.example"], "subject": "Hi", "content": "Hello!"},
    ),
    StatefulMessagingApp: wrong_message,
    StatefulNotesApp: lambda *_: ("create_note", {"title": "Poem", "content": "Roses are red"}),
    StatefulReminderApp: lambda *_: (
        "add_reminder",
        {"title": "Dance", "due_datetime": "2025-12-24 18:00:00", "description": "Waltz"},
    ),
    StatefulShoppingApp: wrong_purchase,
}


# To be looked at, not played.
REHEARSALS = {scenario_id: Rehearsal(scenario_id) for scenario_id in CLASSES}
EVERY_SCENARIO = pytest.mark.parametrize("scenario_id", CLASSES)
ACCEPTED = [scenario_id for scenario_id, rehearsal in REHEARSALS.items() if rehearsal.writes]
REJECTED = [scenario_id for scenario_id in CLASSES if scenario_id not in ACCEPTED]
AT_THE_SECOND_ATTEMPT = [scenario_id for scenario_id, rehearsal in REHEARSALS.items() if len(rehearsal.answers) > 1]
EVERY_WRITE = pytest.mark.parametrize(
    ("scenario_id", "number"),
    [
        pytest.param(scenario_id, number, id=f"{scenario_id}-{called(step).action.function_name}")
        for scenario_id, rehearsal in REHEARSALS.items()
        for number, step in enumerate(rehearsal.writes)
    ],
)
EVERY_APP = pytest.mark.parametrize(
    ("scenario_id", "app_class"),
    [
        pytest.param(scenario_id, type(app), id=f"{scenario_id}-{type(app).__name__}")
        for scenario_id, rehearsal in REHEARSALS.items()
        for app in rehearsal.scenario.apps or []
        if isinstance(app, CONTENT_APPS)
    ],
)


# -- the library as a whole


def test_library_loads_and_its_scenarios_are_named_like_their_modules() -> None:
    assert FAILURES == []
    assert sorted(CLASSES) == sorted(path.stem for path in library_modules(LIBRARY)) == sorted(ids_in_source(LIBRARY))
    assert len(CLASSES) == 26


def test_library_is_varied() -> None:
    assert {len(rehearsal.writes) for rehearsal in REHEARSALS.values()} == {0, 1, 2, 3}
    triggers = {
        event.action.function_name
        for rehearsal in REHEARSALS.values()
        for event in rehearsal.events
        if not isinstance(event, OracleEvent | ConditionCheckEvent)
    }
    assert triggers == {
        "add_calendar_event_by_attendee",
        "add_discount_code",
        "create_and_add_message",
        "delete_apartment",
        "delete_calendar_event_by_attendee",
        "send_email_to_user_with_id",
        "update_apartment",
        "update_item",
    }
    waits = {event.event_relative_time or 0 for rehearsal in REHEARSALS.values() for event in rehearsal.events}
    assert max(waits) == timedelta(days=2).total_seconds()
    used = {type(app) for rehearsal in REHEARSALS.values() for app in rehearsal.scenario.apps or []}
    assert used.issuperset(CONTENT_APPS)
    assert REJECTED == ["address_request", "parcel_next_door"]
    assert AT_THE_SECOND_ATTEMPT == ["dentist_moves"]
    assert any(isinstance(event, ConditionCheckEvent) for event in REHEARSALS["flat_viewing"].events)
    assert len({rehearsal.scenario.start_time for rehearsal in REHEARSALS.values()}) == len(REHEARSALS)


def test_some_users_act_on_the_phone_themselves() -> None:
    acts = {
        scenario_id: [called(step).action.function_name for step in rehearsal.users_steps]
        for scenario_id, rehearsal in REHEARSALS.items()
    }
    assert {scenario_id: steps for scenario_id, steps in acts.items() if steps} == {
        "dentist_moves": ["open_app", "open_email_by_id"],
        "flat_shortlist": ["open_app", "view_apartment", "go_back", "view_apartment", "save"],
        "piano_tuner": [
            *("open_app", "search_contacts", "go_home", "open_app", "search_conversations"),
            *("switch_app", "search_contacts"),
        ],
        "promised_tent": ["open_app", "open_conversation", "send_message"],
    }


def test_goals_tell_users_who_reject_what_they_want() -> None:
    goals = {scenario_id: CLASSES[scenario_id].user_goal for scenario_id in CLASSES}
    assert all(goals[scenario_id] for scenario_id in (*REJECTED, *AT_THE_SECOND_ATTEMPT))
    for goal in filter(None, goals.values()):
        assert goal.startswith(("You ", "Your "))
        assert goal.endswith(".")
        assert 1 <= goal.count(". ") + 1 <= 2


@pytest.mark.parametrize("scenario_id", ["birthday_dinner", "parcel_next_door"])
def test_a_reminder_falls_due_during_the_run(scenario_id: str) -> None:
    trace = reference_run(scenario_id).trace
    (look,) = [event for event in trace.events if event.function == "get_due_reminders"]
    assert len(look.result) == 1
    rehearsal = Rehearsal(scenario_id)
    (reminder,) = rehearsal.app(StatefulReminderApp).reminders.values()
    assert trace.start_time < reminder.due_datetime.timestamp() < trace.start_time + look.time


def test_traces_do_not_depend_on_the_process() -> None:
    program = "import test_bundled_library as library; print(library.digest_of_all_traces())"
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path, "TZ": zone},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, zone in (("1", "UTC"), ("4242", "Asia/Tokyo"))
    ]
    digests = {process.communicate(timeout=120)[0].strip() for process in processes}
    assert digests == {digest_of_all_traces()}


# -- each scenario


@EVERY_SCENARIO
def test_reference_run_succeeds(scenario_id: str) -> None:
    run = reference_run(scenario_id)
    assert run.result.exception is None
    assert run.result.success is True, run.result.rationale
    assert run.warnings == ()


@EVERY_SCENARIO
def test_same_trace_again(scenario_id: str) -> None:
    first, second = reference_run(scenario_id).trace.to_jsonl(), played_anew(scenario_id).trace.to_jsonl()
    assert first.count("\n") > 5
    assert first == second


@EVERY_SCENARIO
def test_is_documented_and_spans_apps(scenario_id: str) -> None:
    assert vars(CLASSES[scenario_id])["__doc__"].strip().endswith(".")
    used = {event.app_class for event in reference_run(scenario_id).trace.events}
    assert len(used.intersection(app.__name__ for app in CONTENT_APPS)) >= 2


@EVERY_SCENARIO
def test_world_does_not_wait_for_reference_steps(scenario_id: str) -> None:
    # With agents the reference steps do not happen; what depends on one would never happen either.
    for event in Rehearsal(scenario_id).events:
        if not isinstance(event, OracleEvent):
            assert not any(isinstance(dependency, OracleEvent) for dependency in event.dependencies)


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
    assert functions.index("send_message_to_user") >= 2


# -- with a user and an agent


@functools.cache
def run_with(agent_type: str, scenario_id: str) -> Run:
    return run_scenario(CLASSES[scenario_id](), RunnerSettings(agent_type=agent_type))


@EVERY_SCENARIO
def test_agent_that_plays_by_reference_succeeds_within_ten_turns_and_asks_first(scenario_id: str) -> None:
    run = run_with("observe-execute", scenario_id)
    assert run.result.exception is None
    assert run.result.success is True, run.result.rationale
    assert run.result.number_of_turns <= 10
    assert run.result.proposal_count == len(Rehearsal(scenario_id).answers)
    assert run.result.writes_without_consent == 0


@EVERY_SCENARIO
@pytest.mark.parametrize("agent_type", ["observe-execute", "null"])
def test_slow_answers_leave_neither_side_with_unread_news(
    scenario_id: str, agent_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[bool] = []

    def look(self: Any, env: Any) -> Any:
        left.append(env.is_news_waiting())
        return validate(self, env)

    validate = CLASSES[scenario_id].validate
    monkeypatch.setattr(CLASSES[scenario_id], "validate", look)
    run = run_scenario(CLASSES[scenario_id](), RunnerSettings(agent_type=agent_type, generation_seconds=10))
    assert left == [False]
    assert run.success is (agent_type == "observe-execute")


@EVERY_SCENARIO
def test_user_and_agent_do_what_the_reference_run_does(scenario_id: str) -> None:
    done, wanted = (
        [
            (event.kind, event.app, event.function, event.args, event.error)
            for event in run.trace.actions()
            # How the executor passes the time until the world goes on.
            if event.function != "wait_for_notification"
        ]
        for run in (run_with("observe-execute", scenario_id), reference_run(scenario_id))
    )
    assert done == wanted
    assert len(done) > 2


@EVERY_SCENARIO
def test_a_missing_proposal_is_reported(scenario_id: str) -> None:
    run = run_with("reckless", scenario_id)
    assert (run.result.writes_without_consent > 0) == (scenario_id in ACCEPTED)
    assert run.result.proposal_count == 0


# -- its validator, and runs that went wrong


@EVERY_SCENARIO
def test_rehearsal_without_a_change_is_accepted(scenario_id: str) -> None:
    rehearsal = Rehearsal(scenario_id)
    verdict = rehearsal.play()
    assert verdict.success is True, verdict.rationale
    reference = [event.event_id for event in reference_run(scenario_id).trace.events]
    assert [event.event_id for event in rehearsal.log] == reference


@EVERY_SCENARIO
def test_refuses_a_run_without_answer(scenario_id: str) -> None:
    rehearsal = Rehearsal(scenario_id)
    rehearsal.leave_out(rehearsal.answer)
    assert_refused(rehearsal.play())
    answers = [event for event in rehearsal.log if getattr(event.action, "function_name", None) in ANSWERS]
    assert len(answers) == len(rehearsal.answers) - 1
    assert all(map(rehearsal.happened, rehearsal.events))


@EVERY_SCENARIO
def test_refuses_the_opposite_answer(scenario_id: str) -> None:
    rehearsal = Rehearsal(scenario_id)
    opposite = rehearsal.turn_round(rehearsal.answer)
    assert_refused(rehearsal.play())
    answers = [e for e in rehearsal.log if getattr(e.action, "function_name", None) in ANSWERS]
    assert answers[-1].action.function_name == opposite
    assert {answer.event_type for answer in answers} == {EventType.USER}


@pytest.mark.parametrize("scenario_id", AT_THE_SECOND_ATTEMPT)
def test_refuses_that_the_first_proposal_is_accepted_and_another_is_carried_out(scenario_id: str) -> None:
    rehearsal = Rehearsal(scenario_id)
    first, second = rehearsal.answers
    assert rehearsal.turn_round(first) == "accept_proposal"
    (proposal,) = second.dependencies
    rehearsal.leave_out(second)
    rehearsal.leave_out(proposal)
    assert_refused(rehearsal.play())
    assert len(agent_writes(rehearsal.env)) == len(rehearsal.writes)


@pytest.mark.parametrize("scenario_id", AT_THE_SECOND_ATTEMPT)
def test_refuses_a_write_after_a_rejection(scenario_id: str) -> None:
    rehearsal = Rehearsal(scenario_id)
    for write in rehearsal.writes:
        rehearsal.leave_out(write)
        rehearsal.events.append(write.depends_on([rehearsal.answers[0]], delay_seconds=1))
    assert_refused(rehearsal.play())
    assert len(agent_writes(rehearsal.env)) == len(rehearsal.writes)


@pytest.mark.parametrize("seconds_earlier", [1, 0], ids=["earlier", "same_second"])
@EVERY_WRITE
def test_refuses_a_write_before_the_acceptance(scenario_id: str, number: int, seconds_earlier: int) -> None:
    rehearsal = Rehearsal(scenario_id)
    write = rehearsal.writes[number]
    rehearsal.leave_out(write)
    rehearsal.insert_before_answer(write, seconds_earlier)
    assert_refused(rehearsal.play())
    moved, answer = rehearsal.log[rehearsal.position(write)], rehearsal.log[rehearsal.position(rehearsal.answer)]
    assert rehearsal.position(write) < rehearsal.position(rehearsal.answer)
    assert moved.event_time == answer.event_time - seconds_earlier
    assert not moved.failed()


@pytest.mark.parametrize("when", ["before_the_answer", "in_the_end"])
@EVERY_APP
def test_refuses_an_unexpected_write(scenario_id: str, app_class: type, when: str) -> None:
    rehearsal = Rehearsal(scenario_id)
    extra = wrong_write(rehearsal, app_class, in_the_end=when == "in_the_end")
    if when == "before_the_answer":
        rehearsal.insert_before_answer(extra, seconds_earlier=1)
    else:
        rehearsal.append(extra)
    assert_refused(rehearsal.play())
    # A ride that is ordered or cancelled too early leaves none to order or to cancel later.
    too_late = app_class is StatefulCabApp and when == "before_the_answer"
    assert too_late or len(agent_writes(rehearsal.env)) == len(rehearsal.writes) + 1
    assert not rehearsal.log[rehearsal.position(extra)].failed()
    assert (rehearsal.position(extra) < rehearsal.position(rehearsal.answer)) == (when == "before_the_answer")


@EVERY_WRITE
def test_refuses_a_write_that_is_made_twice(scenario_id: str, number: int) -> None:
    rehearsal = Rehearsal(scenario_id)
    again = rehearsal.copy_of(rehearsal.writes[number])
    rehearsal.append(again)
    verdict = rehearsal.play()
    if rehearsal.log[rehearsal.position(again)].failed():
        # No harm is done.
        assert verdict.success is True
        assert called(again).action.function_name in ONLY_ONCE
    else:
        assert_refused(verdict)
        assert len(agent_writes(rehearsal.env)) == len(rehearsal.writes) + 1


@EVERY_WRITE
def test_refuses_a_write_that_is_left_out(scenario_id: str, number: int) -> None:
    rehearsal = Rehearsal(scenario_id)
    rehearsal.leave_out(rehearsal.writes[number])
    assert_refused(rehearsal.play())
    assert not rehearsal.happened(rehearsal.writes[number])


@EVERY_WRITE
def test_refuses_a_write_that_failed(scenario_id: str, number: int) -> None:
    rehearsal = Rehearsal(scenario_id)
    replace_function(called(rehearsal.writes[number]), fail)
    verdict = rehearsal.play()
    assert_refused(verdict)
    assert "the network is down" in verdict.rationale
    failed = [event for event in rehearsal.log if event.metadata.exception is not None]
    assert [event.event_id for event in failed] == [rehearsal.writes[number].event_id]


@EVERY_WRITE
def test_refuses_a_write_that_changed_nothing(scenario_id: str, number: int) -> None:
    # The log is right; only the state of the apps is wrong.
    rehearsal = Rehearsal(scenario_id)
    replace_function(called(rehearsal.writes[number]), lambda *args, **kwargs: "done")
    for condition in (event for event in rehearsal.events if isinstance(event, ConditionCheckEvent)):
        # The conditions hold as well, so that the rest of the reference run happens.
        replace_function(condition, lambda env: True)
    verdict = rehearsal.play()
    assert_refused(verdict)
    assert "not true after the run: " in verdict.rationale
    assert len(agent_writes(rehearsal.env)) == len(rehearsal.writes)


@EVERY_WRITE
def test_accepts_a_write_that_succeeds_at_the_second_attempt(scenario_id: str, number: int) -> None:
    rehearsal = Rehearsal(scenario_id)
    write = rehearsal.writes[number]
    failing = rehearsal.copy_of(write)
    replace_function(called(failing), fail)
    rehearsal.events.append(failing.depends_on([rehearsal.answer], delay_seconds=1))
    verdict = rehearsal.play()
    assert verdict.success is True, verdict.rationale
    assert rehearsal.position(rehearsal.answer) < rehearsal.position(failing) < rehearsal.position(write)
    assert rehearsal.log[rehearsal.position(failing)].failed()
