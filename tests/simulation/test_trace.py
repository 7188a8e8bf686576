"""The trace: values that are plain, lines that parse, text that a person can read."""

from __future__ import annotations

import dataclasses
import enum
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from are.simulation.apps.email_client import Email, EmailFolder, EmailFolderName
from are.simulation.types import Event
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.simulation.trace import Trace, TraceEvent, to_builtins
from tests.stage import play


class Colour(enum.Enum):
    RED = "red"
    PAIR = (1, "a")


class Level(enum.IntEnum):
    HIGH = 3


class Word(enum.StrEnum):
    HELLO = "hello"


@dataclass
class Point:
    x: int
    colour: Colour = Colour.RED
    more: list[Any] = field(default_factory=list)


@dataclass
class Unfinished:
    x: int = field(init=False)


class WithState:
    def get_state(self) -> dict[str, Any]:
        return {"points": {1}, "level": Level.HIGH}


class BrokenState:
    def get_state(self) -> dict[str, Any]:
        raise RuntimeError("not now")


class Opaque:
    """Its `repr` holds an address."""


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        ("é", "é"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (b"\x00\xff", "AP8="),
        (Colour.RED, "red"),
        (Colour.PAIR, [1, "a"]),
        (Level.HIGH, 3),
        (Word.HELLO, "hello"),
        ((1, (2, [3])), [1, [2, [3]]]),
        ({"b", "a"}, ["a", "b"]),
        (frozenset({3, 1}), [1, 3]),
        ({1, "1", None}, ["1", 1, None]),
        ({1: "a", Colour.RED: "b", None: "c", (1, 2): "d"}, {"1": "a", "red": "b", "None": "c", "[1, 2]": "d"}),
        (Point(1, more=[Point(2), b"x"]), {"x": 1, "colour": "red", "more": [
            {"x": 2, "colour": "red", "more": []}, "eA=="]}),
        (Point, "<type>"),
        (WithState(), {"points": [1], "level": 3}),
        (Opaque(), "<Opaque>"),
        (len, "<builtin_function_or_method>"),
        ([Opaque(), {"a": Opaque()}], ["<Opaque>", {"a": "<Opaque>"}]),
        (EmailFolder(EmailFolderName.INBOX), {"folder_name": "INBOX", "emails": []}),
    ],
)  # fmt: skip
def test_values_become_builtins(value: Any, plain: Any) -> None:
    found = to_builtins(value)
    assert found == plain
    assert type(found) is type(plain)
    assert json.loads(json.dumps(found, allow_nan=False)) == plain


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.sampled_from(Colour),
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(st.text() | st.integers(), inner),
        st.frozensets(st.integers() | st.text()),
        st.builds(Point, st.integers(), st.sampled_from(Colour), st.lists(inner)),
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_any_value_can_be_written_as_json_and_stays_as_it_is(value: Any) -> None:
    plain = to_builtins(value)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert to_builtins(plain) == plain


# -- events


def call(function: Any, **arguments: Any) -> TraceEvent:
    run = play(lambda s: [Event.from_function(function, **arguments)], script_errors="warn")
    (event,) = run.trace.events
    return event


@pytest.mark.parametrize("value", [BrokenState(), Unfinished()], ids=["state", "field"])
def test_a_value_that_cannot_be_read_is_told_by_its_type(value: Any) -> None:
    event = call(lambda given: [value], given=value)
    assert (event.args, event.result) == ({"given": f"<{type(value).__name__}>"}, "<list>")


def test_a_value_that_holds_itself_is_told_by_its_type() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert call(lambda: loop).result == "<list>"


def test_a_value_is_told_as_it_was_when_it_was_returned() -> None:
    def script(s: Any) -> list[Any]:
        made = s.calendar.add_calendar_event(title="before", attendees=["Ann"]).with_id("made")
        read = s.calendar.get_calendar_event(event_id="{{made}}").oracle().depends_on(made, delay_seconds=1)
        edit = s.calendar.edit_calendar_event(event_id="{{made}}", title="after").oracle()
        return [made, read, edit.depends_on(read, delay_seconds=1)]

    run = play(script)
    assert [e.result["title"] for e in run.trace.events if e.function == "get_calendar_event"] == ["before"]


def test_an_event_tells_when_who_and_what() -> None:
    run = play(lambda s: [s.email.send_email_to_user_with_id("m1", "ann@b.c", "Hi").with_id("e1").delayed(1 / 3)])
    (event,) = run.trace.events
    assert event == TraceEvent(
        time=0.333333,
        kind="ENV",
        event_id="e1",
        app="Emails",
        app_class="StatefulEmailApp",
        function="send_email_to_user_with_id",
        args={"email_id": "m1", "sender": "ann@b.c", "subject": "Hi", "content": "", "attachment_paths": None},
        result="m1",
        error=None,
    )


def test_an_event_that_failed_tells_why() -> None:
    run = play(lambda s: [s.calendar.delete_calendar_event("nope")], script_errors="warn")
    (event,) = run.trace.events
    assert (event.result, event.error) == (None, "Calendar Event with id nope does not exist.")


# -- lines of JSON


def test_the_trace_is_a_header_and_a_line_for_each_event() -> None:
    run = play(lambda s: [s.user_says("né\n\u2028").delayed(2), s.calendar.delete_calendar_event("x").oracle()])
    lines = run.trace.to_jsonl().split("\n")
    assert lines.pop() == ""
    header, *events = map(json.loads, lines)
    assert header == {"scenario_id": "stage", "start_time": run.trace.start_time}
    assert events == [dataclasses.asdict(event) for event in run.trace.events]
    assert [event["error"] is None for event in events] == [False, True]
    assert events[1]["args"]["content"] == "né\n\u2028"
    assert "né" in lines[2]


@given(st.lists(PLAIN, max_size=3), st.text())
def test_whatever_happened_each_line_parses(values: list[Any], error: str) -> None:
    event = TraceEvent(0.0, "ENV", "e", None, None, "f", {"values": to_builtins(values)}, to_builtins(values), error)
    lines = Trace("a", 0.0, (event, event)).to_jsonl().split("\n")
    assert [json.loads(line)["args"] for line in lines[1:3]] == [event.args] * 2
    assert len(lines) == 4


# -- text


def lines(width: int = 80, **changes: Any) -> list[str]:
    event = TraceEvent(12.5, "AGENT", "e", "Emails", "StatefulEmailApp", "send_email", {"subject": "Hi"}, None, None)
    return dataclasses.replace(event, **changes).to_lines(width)


def test_an_event_reads_well() -> None:
    assert lines() == ["+12.5    agent  Emails.send_email(subject='Hi')"]
    assert lines(time=0.0, kind="USER", args={}) == ["+0       user   Emails.send_email()"]
    assert lines(app=None, kind="CONDITION", function="arrived") == ["+12.5    condition arrived"]


def test_arguments_that_say_nothing_are_left_out() -> None:
    assert lines(args={"a": None, "b": "", "c": 0, "d": False, "e": []}) == [
        "+12.5    agent  Emails.send_email(c=0, d=False, e=[])"
    ]


@pytest.mark.parametrize(
    ("time", "text"),
    [(32 * 86400.0, "+2764800 "), (100000.5, "+100000.5 "), (0.000001, "+1e-06 "), (1e9, "+1000000000 ")],
)
def test_a_late_event_is_told_to_the_second(time: float, text: str) -> None:
    assert lines(time=time)[0].startswith(text)


def test_a_long_event_is_cut_and_wrapped() -> None:
    text = "word " * 500
    shown = lines(width=60, args={"subject": text, "content": "short", "recipients": ["ann@b.c"] * 100})
    assert max(map(len, shown)) <= 60
    assert len(shown) < 8
    assert "..." in shown[1] + shown[2]
    assert "content='short'" in "".join(shown)


def test_an_error_is_told_below() -> None:
    assert lines(error="no such\n  folder") == [
        "+12.5    agent  Emails.send_email(subject='Hi')",
        "                raised: no such   folder",
    ]
    assert max(map(len, lines(width=50, error="x y " * 100))) <= 50


@given(st.builds(Email, subject=st.text(), content=st.text()), st.integers(40, 120), st.text())
def test_any_event_fits_into_its_width_but_for_words_that_cannot_be_broken(mail: Email, width: int, error: str) -> None:
    for line in lines(width=width, args={"mail": to_builtins(mail)}, error=error):
        assert len(line) <= width
        assert "\n" not in line
