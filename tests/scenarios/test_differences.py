"""What the matchers and checks of a failed run expected and got, with the event: the metric `differences`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import EventType

from pytest_pare.are.world import World
from pytest_pare.results.validation_result import result_from_record, result_to_record
from pytest_pare.scenarios.checks import check_consented_writes, check_respected_rejection
from pytest_pare.scenarios.differences import noted_differences
from pytest_pare.scenarios.matchers import Accepted, Rejected, Reported, Silent, State, Write, Writes, mentions, verdict
from tests.stage import play
from tests.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable

MAIL = Write("StatefulEmailApp", "send_email", {"recipients": ["ann@home.example"]})
ENTRY = Write("StatefulCalendarApp", "delete_calendar_event", {"event_id": "e1"})
ANN = Accepted(mentions("Ann"))
SENT = "StatefulEmailApp.send_email("
TO_ANN = f"{SENT}recipients=['ann@home.example'])"


def found(*matchers: Any, check: Callable[..., Any] = verdict, **story: Any) -> list[tuple[Any, ...]]:
    """Return expected, got, and seconds after the start, of each difference of a story.

    Args:
        *matchers: Arguments of the verdict.
        check: The verdict, or a check.
        **story: Method of the story to its arguments, in order; a name may end in digits.
    """
    with World("differences").active(), noted_differences() as noted:
        told = Story()
        for name, arguments in story.items():
            getattr(told, name.rstrip("0123456789"))(**arguments)
        verdict = check(told, *matchers)
        log = {event.event_id: event for event in told.event_log.list_view()}
    assert verdict.success is False
    (differences,) = noted.values()
    for one in differences:
        event = log.get(one["event_id"])
        assert one["time"] == (None if event is None else event.event_time - told.start_time)
    return [(one["expected"], one["got"], one["time"]) for one in differences]


def test_writes() -> None:
    consented: dict[str, Any] = {"proposes": {}, "accepts": {}}
    to_bob = ("recipients: ['ann@home.example']", "recipients: ['bob@home.example']", 3)
    for more in ({}, {"check": check_consented_writes}):
        writes = (Writes(MAIL),) if not more else (MAIL,)
        first = (ANN,) if not more else ()
        assert found(*first, *writes, **more, **consented, mails={"to": "bob@home.example"}) == [to_bob]
        assert found(*first, *writes, **more, **consented) == [(TO_ANN, None, None)]
    retried = found(ANN, Writes((MAIL, ENTRY)), **consented, mails={"error": "no network"}, reads={})
    assert retried == [(f"{TO_ANN} or StatefulCalendarApp.delete_calendar_event(event_id='e1')", None, 3)]
    by_world = found(ANN, Writes(MAIL), **consented, reads={}, mails={"who": EventType.ENV})
    assert by_world == [(TO_ANN, None, 4)]
    ((expected, got, time),) = found(ANN, Writes(MAIL), **consented, deletes_entry={})
    assert (expected, got, time) == (TO_ANN, "StatefulCalendarApp.delete_calendar_event(event_id='e1')", 3)
    ((expected, got, time),) = found(ANN, Writes(MAIL, ENTRY, in_order=True), **consented, deletes_entry={}, mails={})
    assert expected == f"{MAIL}, then {ENTRY}"
    assert got == f"{ENTRY}, {MAIL}"
    assert time == 3
    wrong = {"to": "b", "subject": "x", "content": "y" * 900}
    three = Write("StatefulEmailApp", "send_email", {**MAIL.args, "subject": "s", "content": mentions("Ann")})
    differences = found(ANN, Writes(three), **consented, mails=wrong)
    assert [expected for expected, _, _ in differences] == [
        to_bob[0],
        "subject: 's'",
        "content: a value that mentions 'Ann'",
    ]
    assert differences[2][1] == f"content: '{'y' * 498}…"


def test_the_dialogue() -> None:
    assert found(ANN, mails={}, proposes={}, accepts={}) == [
        ("no write before the user accepted", f"{SENT}recipients=['ann@home.example'], subject='', content='')", 1)
    ]
    ((expected, _, time),) = found(check=check_respected_rejection, proposes={}, rejects={}, mails={})
    assert (expected, time) == ("no write after the user rejected the proposal", 3)
    assert found(ANN, reads={}) == [("a proposal that mentions 'Ann'", None, None)]
    assert found(Accepted(), reads={}) == [("a proposal", None, None)]
    assert found(Accepted(lambda text: False), reads={}) == [("a proposal that passes the scenario's test", None, None)]
    said: dict[str, Any] = {"proposes": {"content": "Mail to Ann?"}, "proposes2": {"content": "Hi"}}
    assert found(Accepted(mentions("Ann", "tea")), **said) == [
        ("a proposal that mentions 'Ann' and 'tea'", "'Mail to Ann?'", 1)
    ]
    assert found(Accepted(mentions("tea")), **said) == [("a proposal that mentions 'tea'", "'Hi'", 2)]
    assert found(ANN, **said) == [("the user accepted the proposal", None, 1)]
    assert found(Rejected(), **said) == [("the user rejected the proposal", None, 2)]
    agreed: dict[str, Any] = {"proposes": {}, "accepts": {}, "mails": {}}
    report = Reported(mentions("done"))
    assert found(ANN, Writes(MAIL), report, **agreed) == [("a report that mentions 'done'", None, None)]
    assert found(ANN, Writes(MAIL), report, **agreed, proposes2={"content": "Hm"}) == [
        ("a report that mentions 'done'", "'Hm'", 4)
    ]


def test_silence_and_state() -> None:
    assert found(Silent(), proposes={"content": "Hi"}) == [(None, "'Hi'", 1)]
    assert found(Silent(), deletes_entry={}) == [(None, "StatefulCalendarApp.delete_calendar_event(event_id='e1')", 1)]
    untrue = (State("one", False), State("two", lambda: True), State("three", lambda: 0))
    assert found(Silent(), *untrue, reads={}) == [("one", None, None), ("three", None, None)]


def nothing(scenario: Any, env: Any) -> ScenarioValidationResult:
    del scenario
    return verdict(env, ANN)


def state_of(sentence: str, env: Any) -> ScenarioValidationResult:
    return verdict(env, State(sentence, lambda: env is None))


WANTED = {"expected": "a proposal that mentions 'Ann'", "got": None, "event_id": None, "time": None}


@pytest.mark.parametrize(
    ("validate", "expected"),
    [
        (nothing, ["a proposal that mentions 'Ann'"]),
        # Built by hand from two checks; what another check found has no part in it.
        (
            lambda _, env: ScenarioValidationResult(
                success=state_of("left out", env).success or False,
                rationale=f"both: {state_of('one', env).rationale} / {state_of('two', env).rationale}",
            ),
            ["one", "two"],
        ),
        (lambda _, env: ScenarioValidationResult(success=state_of("one", env).success is False), []),
        (lambda _, env: ScenarioValidationResult(success=False, rationale="by hand"), []),
        (lambda _, env: ScenarioValidationResult(success=False), []),
    ],
)
def test_differences_travel_to_the_result_and_its_record(validate: Any, expected: list[str]) -> None:
    result = play(verdict=validate).result
    assert [one["expected"] for one in result.differences] == expected
    record = json.loads(json.dumps(result_to_record(result)))
    assert ("differences" in record) is bool(expected)
    assert result_from_record(record).differences == result.differences


def test_the_event_of_a_difference_is_in_the_trace() -> None:
    run = play(
        lambda stage: [stage.email.send_email(recipients=["b@x"]).oracle()],
        verdict=lambda _, env: verdict(env, Silent()),
    )
    (difference,) = run.result.differences
    (event,) = (one for one in run.trace.events if one.function == "send_email")
    assert (difference["event_id"], difference["time"]) == (event.event_id, event.time)
