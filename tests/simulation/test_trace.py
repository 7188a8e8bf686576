"""The trace: values that are plain, lines that are read as they were written, text that a person can read."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from are.simulation.apps.email_client import Email, EmailFolder, EmailFolderName
from are.simulation.types import Event
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.base.serialization import to_builtins
from pytest_pare.simulation.queues import TraceEntries
from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent
from pytest_pare.simulation.trace_details import AppChange, Notified
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
        (2**4096 - 1, 2**4096 - 1),
        (2**4096, "<int of 4097 bits>"),
        ([-(10**5000)], ["<int of 16610 bits>"]),
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
        operation="write",
        screen_before="System",
        screen_after="System",
    )


def test_an_event_that_failed_tells_why() -> None:
    run = play(lambda s: [s.calendar.delete_calendar_event("nope")], script_errors="warn")
    (event,) = run.trace.events
    assert (event.result, event.error) == (None, "Calendar Event with id nope does not exist.")


# -- what is counted in it


def told(kinds: str, **changes: Any) -> Trace:
    """A word for each event: who, function, and perhaps the agent's mode or that it failed."""
    entries = []
    for number, word in enumerate(kinds.split()):
        kind, function, *more = word.split(".")
        mode = next((one for one in more if one != "failed"), None)
        error = "no" if "failed" in more else None
        app_class = "StatefulEmailApp" if function in ("read", "write") else "PAREAgentUserInterface"
        operation = "read" if function == "read" else "write"
        entries.append(
            TraceEvent(
                number, kind, f"{number}", "app", app_class, function, {}, None, error, operation=operation, mode=mode
            )
        )
    return Trace("a", 0.0, tuple(dataclasses.replace(entry, **changes) for entry in entries))


def when(events: list[TraceEvent]) -> list[float]:
    return [event.time for event in events]


@pytest.mark.parametrize(
    ("events", "accepted", "rejected"),
    [
        ("USER.accept_proposal", [], []),
        ("AGENT.send_message_to_user USER.accept_proposal", [1], []),
        ("AGENT.send_message_to_user USER.reject_proposal USER.accept_proposal", [], [1]),
        ("AGENT.send_message_to_user AGENT.send_message_to_user USER.accept_proposal USER.accept_proposal", [2], []),
        ("AGENT.send_message_to_user.observe USER.accept_proposal.awaiting_confirmation", [1], []),
        ("AGENT.send_message_to_user.failed USER.accept_proposal", [], []),
        ("AGENT.send_message_to_user USER.accept_proposal.failed USER.reject_proposal", [], [2]),
        ("AGENT.send_message_to_user.execute USER.accept_proposal.observe", [], []),
        ("AGENT.ask_user.execute USER.accept_proposal.execute", [], []),
        ("USER.send_message_to_user USER.accept_proposal", [], []),
        ("AGENT.send_message_to_user AGENT.accept_proposal", [], []),
    ],
)
def test_an_answer_counts_if_it_goes_to_a_proposal(events: str, accepted: list[float], rejected: list[float]) -> None:
    trace = told(events)
    assert (when(trace.acceptances()), when(trace.rejections())) == (accepted, rejected)


def test_an_answer_to_a_proposal_that_has_expired_does_not_count() -> None:
    trace = told("AGENT.send_message_to_user.observe USER.accept_proposal.observe USER.reject_proposal.observe")
    assert trace.acceptances() == trace.rejections() == []
    assert when(trace.proposals()) == [0]


def test_a_message_of_an_execution_is_no_proposal() -> None:
    modes = ("observe", "awaiting_confirmation", "execute")
    trace = told(" ".join(f"AGENT.send_message_to_user.{mode}" for mode in modes))
    assert when(trace.proposals()) == [0, 1]


def test_a_write_needs_consent_but_for_messages_and_where_nobody_acts_of_their_own_accord() -> None:
    trace = told(
        "AGENT.write.observe AGENT.write.awaiting_confirmation AGENT.write.execute AGENT.write.observe.failed "
        "AGENT.read.observe USER.write.observe AGENT.write AGENT.send_message_to_user.observe"
    )
    assert when(trace.writes_without_consent()) == [0, 1, 3]


def test_actions_are_events_of_the_user_and_the_agent_with_the_apps() -> None:
    trace = told("AGENT.read.observe USER.write.observe ENV.write USER.accept_proposal.observe AGENT.write.execute")
    assert when(trace.actions()) == [0, 1, 4]
    assert when(trace.actions("USER")) == when(trace.actions(operation="write", mode="observe")) == [1]
    assert when(trace.actions(operation="write")) == [1, 4]
    assert told("AGENT.write.observe", event_id="").actions() == []


@pytest.mark.parametrize(
    ("events", "reads", "turns"),
    [
        ("AGENT.read.observe AGENT.send_message_to_user.observe USER.read.awaiting_confirmation", [0], [2]),
        # The second read is after the first proposal, whatever becomes of it; the third turn has the answer.
        (
            "AGENT.read.observe AGENT.write.observe AGENT.send_message_to_user.observe AGENT.read.awaiting_confirmation"
            " USER.read.awaiting_confirmation+USER.accept_proposal.awaiting_confirmation AGENT.read.execute",
            [0],
            [],
        ),
        # Several looks in a turn count once; a write is no look, and neither is a look at any other time.
        (
            "USER.read.observe AGENT.send_message_to_user.observe"
            " USER.read.awaiting_confirmation+USER.read.awaiting_confirmation+USER.write.awaiting_confirmation"
            " USER.write.awaiting_confirmation USER.read.awaiting_confirmation USER.read.execute",
            [],
            [2, 4],
        ),
        ("AGENT.read.observe AGENT.read.observe", [], []),
        ("", [], []),
    ],
)
def test_reads_before_the_first_proposal_and_the_turns_in_which_the_user_looks_on(
    events: str, reads: list[float], turns: list[int]
) -> None:
    parts = [told(turn.replace("+", " ")).entries for turn in events.split()]
    entries = [
        dataclasses.replace(entry, turn=number, time=number) for number, part in enumerate(parts) for entry in part
    ]
    trace = Trace("a", 0.0, tuple(entries))
    assert (when(trace.reads_before_proposal()), trace.turns_of_gathering()) == (reads, turns)


# -- lines of JSON


def test_the_trace_is_a_header_and_a_line_for_each_entry() -> None:
    run = play(lambda s: [s.user_says("né\n\u2028").delayed(2), s.calendar.delete_calendar_event("x").oracle()], seed=3)
    lines = dataclasses.replace(run.trace, states=(), reference=()).to_jsonl().split("\n")
    assert lines.pop() == ""
    header, *events = map(json.loads, lines)
    assert header == {
        "format": "pytest-pare/trace", "version": 3, "scenario_id": "stage", "start_time": run.trace.start_time,
        "entries": 2, "seed": 3, "run_number": None, "agent": None, "prompts": None, "turns": 0, "turns_saved": 0,
        "notified": 0, "states": 0,
    }  # fmt: skip
    assert events == [{"type": "event", **dataclasses.asdict(event)} for event in run.trace.events]
    assert [event["error"] is None for event in events] == [False, True]
    assert events[1]["args"]["content"] == "né\n\u2028"
    assert "né" in lines[2]


ODD = ["\ud800", "\udfff", "\u2028", "\x85", "\x00", "\r", "\n", "\\", '"', "\ufeff", "é", "\U0001f600", "\\ud800"]
NO_PAIRS = re.compile("(?![\ud800-\udbff][\udc00-\udfff])").match
TEXT = st.lists(st.sampled_from(ODD) | st.characters(), max_size=6).map("".join).filter(
    lambda text: all(NO_PAIRS(text, at) for at in range(len(text)))
) | st.sampled_from(["nan", "NaN", "-Infinity", "null", "None", "true", "1"])  # fmt: skip
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
MAYBE = st.none() | TEXT
COUNT = st.none() | st.integers(min_value=0)
EVENT = st.builds(
    TraceEvent, NUMBER, TEXT, TEXT, MAYBE, MAYBE, MAYBE, st.dictionaries(TEXT, VALUE, max_size=3), VALUE, MAYBE,
    operation=MAYBE, turn=COUNT, mode=MAYBE, screen_before=MAYBE, screen_after=MAYBE,
    fault=MAYBE,
)  # fmt: skip
CALL = st.builds(
    EngineCall, NUMBER, st.integers(), TEXT, TEXT, TEXT, MAYBE, NUMBER,
    prompt_tokens=COUNT, completion_tokens=COUNT, cost=st.none() | NUMBER, error=MAYBE, finish_reason=MAYBE,
    kept=st.integers(min_value=0),
    request=st.none() | st.lists(st.fixed_dictionaries({"role": TEXT, "content": TEXT}), max_size=1),
)  # fmt: skip
TOLD = st.builds(
    Notified, NUMBER, st.integers(min_value=0), TEXT, TEXT,
    st.lists(st.fixed_dictionaries({"time": NUMBER, "kind": TEXT, "text": TEXT}), max_size=1),
)  # fmt: skip
STATE = st.builds(AppChange, NUMBER, COUNT, st.integers(min_value=0), TEXT, TEXT, VALUE)
TRACE = st.builds(
    Trace, TEXT, NUMBER, st.lists(EVENT | CALL, max_size=4).map(tuple), seed=st.none() | st.integers(),
    run_number=COUNT, agent=MAYBE, prompts=MAYBE, turns=st.integers(), turns_saved=st.integers(),
    notified=st.lists(TOLD, max_size=2).map(tuple), states=st.lists(STATE, max_size=1).map(tuple),
    reference=st.lists(st.dictionaries(TEXT, MAYBE, max_size=1), max_size=1).map(tuple),
)  # fmt: skip


@given(TRACE)
def test_a_trace_is_read_as_it_was_written(trace: Trace) -> None:
    text = trace.to_jsonl()
    again = Trace.from_jsonl(text.encode("utf-8").decode("utf-8"))
    assert again == trace
    # 1, 1.0 and True are equal.
    assert repr(again) == repr(trace)
    assert len(text.split("\n")) == len(trace.entries) + len(trace.notified) + len(trace.states) + 2


def test_a_real_trace_is_read_as_it_was_written() -> None:
    trace = play(lambda s: [s.email.send_email_to_user_with_id("m1", "ann@b.c"), s.user_says("a").delayed(2)]).trace
    assert Trace.from_jsonl(trace.to_jsonl()) == trace
    assert len(trace.events) == 2


def test_two_halves_of_a_pair_come_back_as_their_character() -> None:
    trace = Trace("\ud83d\ude00 \ude00\ud83d", 0.0, ())
    assert Trace.from_jsonl(trace.to_jsonl()).scenario_id == "\U0001f600 \ude00\ud83d"


@given(TRACE, st.data())
def test_a_trace_that_was_cut_off_is_refused(trace: Trace, data: st.DataObject) -> None:
    text = trace.to_jsonl()
    cut = data.draw(st.integers(0, len(text) - 2))
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        Trace.from_jsonl(text[:cut])


def test_a_last_line_without_its_line_feed_is_whole() -> None:
    trace = told("AGENT.read USER.write")
    assert Trace.from_jsonl(trace.to_jsonl()[:-1]) == trace


WRITTEN = told("AGENT.read").to_jsonl().splitlines()
VERSION = "a trace of version {}; this version of pytest-pare reads the versions 2 and 3"
NOT_AS = "{} of the trace is not as this version writes it: "
FIRST, SECOND = NOT_AS.format("the first line"), NOT_AS.format("line 2")
OTHER = "line 2 of the trace is of the type {}, and must be one of event, call, notified, state"


@pytest.mark.parametrize(
    ("line", "old", "new", "message"),
    [
        (0, WRITTEN[0], "", "not a trace: the first line is no JSON object"),
        (0, WRITTEN[0], "<html>", "not a trace: the first line is no JSON object"),
        (0, WRITTEN[0], "[]", "not a trace: the first line is no JSON object"),
        (0, WRITTEN[0], "[" * 100_000, "not a trace: the first line is no JSON object"),
        (0, "pytest-pare/trace", "other", "not a trace: the first line must name the format 'pytest-pare/trace'"),
        (0, '"version":3', '"version":4', VERSION.format(4)),
        (0, '"version":3', '"version":1', VERSION.format(1)),
        (0, '"version":3', '"version":"3"', VERSION.format("'3'")),
        (0, '"version":3,', "", VERSION.format(None)),
        (0, '"seed":null', '"sead":null', FIRST + "unknown field 'sead', missing field 'seed'"),
        (0, '"entries":1', '"entries":3', "not a whole trace: there are 1 of 3 entries"),
        (0, '"entries":1,', "", FIRST + "missing field 'entries'"),
        (0, '"notified":0', '"notified":2', "not a whole trace: there are 0 of 2 notified"),
        (0, '"notified":0,', "", FIRST + "missing field 'notified'"),
        (0, '"states":0', '"states":null', "not a whole trace: there are 0 of None states"),
        (1, WRITTEN[1], "null", "line 2 of the trace is no JSON object"),
        (1, '"type":"event"', '"type":"even"', OTHER.format("'even'")),
        (1, '"type":"event"', '"type":[]', OTHER.format([])),
        (1, '"result":null,', "", SECOND + "missing field 'result'"),
        (1, '"kind"', '"__class__"', SECOND + "unknown field '__class__', missing field 'kind'"),
    ],
)  # fmt: skip
def test_what_is_no_trace_is_refused(line: int, old: str, new: str, message: str) -> None:
    lines = list(WRITTEN)
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Trace.from_jsonl("\n".join(lines))


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
    assert len(shown) < 10
    together = " ".join(line.strip() for line in shown)
    assert together.count("...") == 2
    assert ", content='short', recipients=['ann@b.c'," in together


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


# -- what engines took


def asked(role: str = "user", **facts: Any) -> EngineCall:
    return EngineCall(0.0, 0, role, "m", "f", "a", 1.0, **facts)


def used(*calls: EngineCall) -> dict[str, dict[str, Any]]:
    return Trace("a", 0.0, calls).usage()


def test_usage_adds_up_the_calls_of_each_role() -> None:
    live: dict[str, Any] = {"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.25, "live": True}
    assert used(asked(**live), asked("observe", **live), asked(**live)) == {
        "user": {
            "calls": 2, "live": True, "prompt_tokens": 20, "completion_tokens": 4, "cost": 0.5, "finish_reasons": {},
        },
        "observe": {
            "calls": 1, "live": True, "prompt_tokens": 10, "completion_tokens": 2, "cost": 0.25, "finish_reasons": {},
        },
    }  # fmt: skip
    assert used() == {}


def test_usage_counts_why_answers_of_models_ended() -> None:
    ends = ["stop", "length", None, "stop"]
    calls = [asked(live=True, finish_reason=end) for end in ends]
    assert used(*calls, asked(finish_reason="length"))["user"]["finish_reasons"] == {"length": 1, "stop": 2}


@pytest.mark.parametrize("missing", [',"finish_reason":null', ""])
def test_a_trace_of_version_2_is_read(missing: str) -> None:
    trace = Trace("a", 0.0, (asked(live=True), *told("AGENT.read").entries))
    text = trace.to_jsonl()
    for new, old in (
        ('"version":3', '"version":2'),
        (',"notified":0,"states":0', ""),
        (',"kept":0,"request":null', ""),
        (missing, ""),
    ):
        assert new in text
        text = text.replace(new, old)
    assert Trace.from_jsonl(text) == trace


@pytest.mark.parametrize("unknown", ["prompt_tokens", "completion_tokens", "cost"])
def test_what_one_call_does_not_tell_is_not_known_of_all(unknown: str) -> None:
    known: dict[str, Any] = {"prompt_tokens": 10, "completion_tokens": 2, "cost": 0.0, "live": True}
    usage = used(asked(**known), asked(**{**known, unknown: None}))["user"]
    assert [name for name, value in usage.items() if value is None] == [unknown]


def test_an_engine_on_this_machine_takes_nothing_and_hides_nothing() -> None:
    offline: dict[str, Any] = {
        "calls": 1,
        "live": False,
        "prompt_tokens": None,
        "completion_tokens": None,
        "cost": None,
    }
    offline["finish_reasons"] = {}
    assert used(asked()) == {"user": offline}
    told = asked(prompt_tokens=10, completion_tokens=2, cost=0.25, live=True)
    assert used(asked(), told) == {
        "user": {
            "calls": 2, "live": True, "prompt_tokens": 10, "completion_tokens": 2, "cost": 0.25, "finish_reasons": {},
        }
    }  # fmt: skip


def test_whether_a_call_is_live_and_what_it_cost_is_read_as_it_was_written() -> None:
    trace = Trace("a", 0.0, (asked(live=True, cost=0.25), asked()))
    assert Trace.from_jsonl(trace.to_jsonl()) == trace


def test_an_entry_shows_no_secret_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "pytest_pare.simulation.queues")
    # A hyphen is a place to break a line.
    token = f"pare_token_{'abcdefg-' * 12}"
    entries = TraceEntries()
    entries.put(TraceEvent(0.0, "AGENT", "", None, None, f"find_{token}", {}, None, f"there is no {token}"))
    entries.put(EngineCall(0.0, 0, "agent", "m", "f", f"It is {token}", 1.0))
    assert "abcdefg" not in caplog.text
    assert caplog.text.count("[redacted]") == 3
