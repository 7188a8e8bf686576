"""Placeholders in the arguments of events: where they may stand, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCabApp, StatefulEmailApp
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.engine_config import LLMEngineConfig
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.placeholders import placeholders, resolve, results_of
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage, play, said, told

ENGINES: dict[str, Any] = {
    f"{role}_engine_config": LLMEngineConfig(model_name="oracle", provider="oracle")
    for role in ("user", "observe", "execute")
}


class Past:
    """An event that has happened."""

    def __init__(self, event_id: str, value: Any, exception: str | None = None) -> None:
        self.event_id = event_id
        self.metadata = self
        self.return_value = value
        self.exception = exception


class Thing:
    """What an event may have returned."""

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)

    def method(self) -> str:
        return "never called"


THING = Thing(name="Ines", _secret="x", mails=[Thing(id="m1"), {"id": "m2"}], none=None)
PAST = [
    Past("note", "n1"),
    Past("note", "a later event of the same id"),
    Past("thing", THING),
    Past("by.key", {"a": {"b": 3}, "c": "d"}),
    Past("by", {"other": 4}),
    Past("none", None),
    Past("bad", None, "it failed"),
]


class Call:
    """An action with one argument."""

    def __init__(self, value: Any) -> None:
        self.args = {"self": self, "value": value}
        self.resolved_args: dict[str, Any] = {}


IDS = ("late", "bad")


def resolved(value: Any) -> Any:
    call: Any = Call(value)
    assert resolve(call, lambda: results_of(PAST), IDS) == []
    assert call.resolved_args["self"] is call
    return call.resolved_args["value"]


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("{{note}}", "n1"),
        (" {{ note }} ", "n1"),
        ("About {{note}}!", "About n1!"),
        ("{{note}}{{thing.name}}", "n1Ines"),
        ("{{thing}}", THING),
        ("{{thing.name}}", "Ines"),
        ("{{thing.none}}", None),
        ("{{thing.mails.0.id}} and {{thing.mails.1.id}}", "m1 and m2"),
        ("{{none}}", None),
        ("{{by.other}}", 4),
        ("No. {{by.other}}", "No. 4"),
        (["{{note}}", 5], ["n1", 5]),
        (("{{note}}",), ("n1",)),
        ({"{{note}}": {"to": ["{{thing.name}}", "x {{note}}"]}}, {"n1": {"to": ["Ines", "x n1"]}}),
        (7, 7),
        (None, None),
    ],
)
def test_a_placeholder_may_stand_anywhere(value: Any, meant: Any) -> None:
    assert resolved(value) == meant


def test_an_id_may_hold_dots_where_no_shorter_one_is_there() -> None:
    call: Any = Call("{{ENV-Emails.send_email-1.c}}")
    resolve(call, lambda: results_of([Past("ENV-Emails.send_email-1", {"c": "d"})]), ())
    assert call.resolved_args["value"] == "d"


@pytest.mark.parametrize(
    "value", ["{{nothing}}", "{{}}", "{{late}}", "see {{late}}, {{note}}", ["{{note}}", "{{bad}}"], {"a": "{{bad.x}}"}]
)
def test_an_argument_that_names_what_has_not_happened_is_left_and_told(value: Any) -> None:
    call: Any = Call(value)
    (unknown,) = resolve(call, lambda: results_of(PAST), IDS)
    assert "argument value: {{" in unknown
    assert "}} names no event that has happened; set the event's id with with_id()" in unknown
    assert call.resolved_args["value"] == value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            "{{thing.age}}",
            "{{thing.age}}: no 'age' in the result, of type Thing with name, mails, none",
        ),
        ("{{thing.method}}", "no 'method'"),
        ("{{thing._secret}}", "no '_secret'"),
        ("{{thing.mails.2}}", "no '2' in the result, a list of 2"),
        ("{{by.key}}", "no 'key' in the result, a dictionary with other"),
        ("{{note.x}}", "no 'x' in the result, of type str"),
        ("So {{none}}", "{{none}} is part of a text, but the result of none is None there"),
    ],
)
def test_what_was_not_returned_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(ScenarioDefect) as refused:
        resolved(value)
    assert str(refused.value).startswith("argument value: {{")
    assert reason in str(refused.value)


@pytest.mark.parametrize("text", ["use {{name}} here", "{{a}} and {{b}}", "{name}", "{ {note} }", "\\frac{{}} x"])
def test_a_text_that_only_looks_like_one_stays_as_it_is(text: str) -> None:
    assert resolved(text) == text


VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.characters(exclude_characters="{}")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner) | st.tuples(inner, inner),
)


@given(VALUES)
def test_what_has_no_placeholder_is_equal_to_what_it_was(value: Any) -> None:
    assert list(placeholders(value)) == []
    assert resolved(value) == value


# -- in a run


def test_values_of_all_kinds_reach_the_tools() -> None:
    def script(s: Any) -> list[Any]:
        made = s.calendar.add_calendar_event(title="x", attendees=["Ines"]).with_id("made")
        time_ = s.system.get_current_time().with_id("time")
        read = s.calendar.get_calendar_event(event_id="{{made}}").oracle().depends_on([made, time_]).with_id("read")
        named = s.calendar.add_calendar_event(
            title="{{time.current_weekday}}", tag="was {{read.title}}", attendees=["{{read.attendees.0}}", "Noor"]
        ).depends_on(read)
        return [made, time_, read, named]

    run = play(script)
    made, _, read, named = run.trace.events
    assert run.result.status == "success"
    assert read.args["event_id"] == made.result
    assert {name: named.args[name] for name in ("title", "tag", "attendees")} == {
        "title": "Monday",
        "tag": "was x",
        "attendees": ["Ines", "Noor"],
    }


@pytest.mark.parametrize("value", ["{{made.key}}", " {{later}} "])
def test_what_cannot_be_known_before_is_a_defect_when_it_happens(value: str) -> None:
    def script(s: Any) -> list[Any]:
        made = s.calendar.add_calendar_event().with_id("made")
        later = s.calendar.add_calendar_event().with_id("later").delayed(9)
        return [made, s.calendar.get_calendar_event(event_id=value).oracle().delayed(3), later]

    run = play(script)
    assert isinstance(run.result.exception, ScenarioDefect)
    begin = f"+3 s: Calendar.get_calendar_event: ScenarioDefect: argument event_id: {value.strip()}"
    assert str(run.result.exception).startswith(begin)


def test_an_id_that_no_event_has_is_known_before_anything_happens() -> None:
    def script(s: Any) -> list[Any]:
        made = s.calendar.add_calendar_event().with_id("made")
        return [made, s.calendar.get_calendar_event(event_id="{{mad}}").oracle().depends_on(made)]

    run = play(script)
    assert run.trace.events == ()
    assert told(run) == (
        "stage: FILE:LINE: Calendar.get_calendar_event: {{mad}} names no event of the script; did you mean 'made'?"
    )


def test_in_a_text_it_is_left_with_a_warning() -> None:
    run = play(lambda s: [s.user_says("use {{name}}")])
    assert said(run) == [(0, "use {{name}}")]
    assert run.result.status == "success"
    (warning,) = run.warnings
    assert warning.endswith("{{name}} names no event of the script, and is left as it is in the text")


class Ride(Stage):
    """A ride is ordered, and two mails tell of it."""

    subject = "{{ride.ride_id}}"

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.cab, self.email = StatefulCabApp(name="Cab"), StatefulEmailApp(name="Emails")
        self.line = PAREAgentUserInterface()
        self.apps = [self.line, HomeScreenSystemApp(name="System"), self.cab, self.email]

    def scripted(self) -> list[Any]:
        ask = self.line.send_message_to_user("A ride?").oracle().delayed(5)
        yes = self.line.accept_proposal("Yes").oracle().depends_on(ask, 1)
        ride = self.cab.order_ride("Harbour", "Station", "Default").oracle().with_id("ride").depends_on(yes, 1)
        mail = self.email.send_email(recipients=["ines@crew.example"], subject="a").oracle().with_id("note")
        last = self.email.send_email(recipients=["ines@crew.example"], subject=self.subject).oracle()
        return [ask, yes, ride, mail.depends_on(ride, 1), last.depends_on(mail, 1)]


def ride(subject: str, *, oracle: bool) -> Run:
    cls = type("Ride", (Ride,), {"subject": subject})
    return run_scenario(cls(script=lambda s: s.scripted()), MultiScenarioRunnerConfig(oracle=oracle, **ENGINES))


@pytest.mark.parametrize("oracle", [True, False])
@pytest.mark.parametrize("subject", ["{{ride.ride_id}}", "About {{note}}"])
def test_the_environment_and_the_agents_put_in_the_same(subject: str, oracle: bool) -> None:
    run = ride(subject, oracle=oracle)
    assert run.result.status == "success", run.result
    ordered, note, last = [one for one in run.trace.events if one.function in ("order_ride", "send_email")]
    meant = ordered.result["ride_id"] if "ride" in subject else f"About {note.result}"
    assert last.args["subject"] == meant


def test_the_agents_refuse_what_was_not_returned() -> None:
    run = ride("{{ride.driver}}", oracle=False)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert "argument subject: {{ride.driver}}: no 'driver' in the result" in str(run.result.exception)
