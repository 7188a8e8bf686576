"""The matchers of a verdict: what they accept, what they say, and which are refused before a run."""

from __future__ import annotations

import inspect
import math
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any, Literal

import pytest
from are.simulation.types import EventType
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.apps import PAREAgentUserInterface, StatefulCalendarApp, StatefulEmailApp, StatefulShoppingApp
from pytest_pare.are.world import World
from pytest_pare.scenarios.argument_types import wrong_arguments
from pytest_pare.scenarios.checks import check_consented_writes, check_respected_rejection
from pytest_pare.scenarios.draw.values import Clock
from pytest_pare.scenarios.matchers import (
    Accepted,
    Rejected,
    Reported,
    Silent,
    State,
    Write,
    Writes,
    approximately,
    between,
    contains,
    equal,
    matches,
    mentions,
    one_of,
    same_instant,
    same_members,
    same_phone,
    verdict,
)
from pytest_pare.scenarios.matchers.assignment import maximum_matching
from pytest_pare.scenarios.writes import inspected_writes
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.runner import run_scenario
from tests.stage import Stage
from tests.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAIL = Write("StatefulEmailApp", "send_email", {"recipients": ["ann@home.example"]})
ANY_MAIL = Write("StatefulEmailApp", "send_email")
ENTRY = Write("StatefulCalendarApp", "delete_calendar_event", {"event_id": "e1"})
ANN = Accepted(mentions("Ann"))


@pytest.fixture
def story() -> Iterator[Story]:
    with World("matchers").active():
        yield Story()


def refused(story: Story, *matchers: Any) -> str:
    judged = verdict(story, *matchers)
    assert judged.success is False
    return str(judged.rationale)


def accepted(story: Story, *matchers: Any) -> bool:
    judged = verdict(story, *matchers)
    return judged.success is True and judged.rationale is None


# -- the values of arguments


@pytest.mark.parametrize(
    ("test", "good", "bad"),
    [
        (equal([1, mentions("a")]), [[1, "A"], (1, "a")], [[1, "b"], [1], (2, "a"), None]),
        (one_of("x", mentions("Ann"), 3), ["x", "for ann", 3], ["X", None, 4]),
        (one_of(), [], [None, ""]),
        (contains("Ann", "Bob"), ["Bob and Ann", ["Bob", "Ann", "Eve"]], ["ann bob", ["Annie", "Bob"], None, 7]),
        (contains(3), [[1, 3]], ["3", [1], None]),
        (matches(r"^\d+ rolls?$"), ["3 rolls"], ["three rolls", 3, None]),
        (approximately(38.5, within=0.5), [38, 39.0, 38.5], [37.9, "38.5", True, None, math.nan, 10**400]),
        (approximately(0.3, within=0.1), [0.1 + 0.1, 0.4], [0.41]),
        (
            between("2025-03-11 07:00", "2025-03-11T09:00Z"),
            ["2025-03-11 07:00:00", "Tuesday, 2025-03-11 9:00", "2025-03-11T08:30+01:00"],
            ["2025-03-11 06:59:59", "2025-03-11 09:01", "08:00", None],
        ),
        (mentions(Clock("18:00")), ["at 6 pm", "18:00"], ["at 7 pm"]),
        (mentions(4), ["4 bags", "Bags:4."], ["14 bags", "40 bags", "4.5 kg", 4]),
        (same_members(), [[]], [["a"]]),
    ],
)
def test_values(test: Any, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not test(value)] == []
    assert [value for value in bad if test(value)] == []


@settings(max_examples=60, deadline=None)
@given(
    moment=st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30)).map(lambda m: m.replace(microsecond=0)),
    hours=st.integers(-14, 14),
    minutes=st.integers(1, 60 * 24 * 400),
)
def test_an_instant_is_the_same_in_every_notation(moment: datetime, hours: int, minutes: int) -> None:
    utc = moment.replace(tzinfo=UTC)
    there = utc.astimezone(timezone(timedelta(hours=hours)))
    test = same_instant(f"{moment:%Y-%m-%d %H:%M:%S}")
    # `%Y` does not fill a year up to four digits on every platform.
    notations: list[Any] = [
        moment.isoformat(),
        f"{moment.isoformat(sep=' ')}Z",
        there.isoformat(),
        utc,
        there,
        f"{moment:%A}, {moment.isoformat(sep=' ')}",
        f"{moment:%a} {moment.date().isoformat()} {moment:%I:%M:%S %p}",
        f"  {moment.isoformat(sep=' ')} utc ",
        f"{moment:%Y}".zfill(4) + f"-{moment.month}-{moment.day} {moment.hour}:{moment.minute}:{moment.second}",
    ]
    other = utc + timedelta(minutes=minutes)
    assert [one for one in notations if not test(one)] == []
    assert not test(other)
    assert not test(f"{other.astimezone(there.tzinfo).isoformat()}")
    if hours:
        assert not test(there.replace(tzinfo=None))
    assert not test(f"{utc + timedelta(days=1):%A}, {moment.isoformat(sep=' ')}")


def test_an_instant_without_seconds_or_time() -> None:
    assert all(
        map(same_instant("2025-03-11 18:00:00"), ["2025-03-11 18:00", "2025-3-11T18:00Z", 1741716000, 1741716000.0])
    )
    assert same_instant(datetime(2025, 3, 11, 18, tzinfo=UTC))("2025-03-11 6:00 PM")
    assert same_instant("2025-03-11")("2025-03-11 12:00 am")
    assert same_instant("2025-03-11")("2025-03-11 02:00+02")
    refuses: list[Any] = [
        "2025-03-11 13:00 pm",
        "2025-02-30 18:00",
        "18:00",
        "",
        None,
        True,
        math.inf,
        [],
        "2025-03-11 25:00",
    ]
    assert not any(map(same_instant("2025-03-11 18:00"), refuses))


# -- matching


def most(edges: list[list[int]], right: int) -> int:
    """Return the size of a maximum matching, by trying all."""
    places: list[int | None] = [*range(right), *[None] * len(edges)]
    return max(
        sum(place is not None and place in edges[node] for node, place in enumerate(chosen))
        for chosen in permutations(places, len(edges))
    )


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.sets(st.integers(0, max(n - 1, 0))), max_size=4))
    )
)
def test_a_matching_is_as_large_as_by_brute_force(drawn: tuple[int, list[set[int]]]) -> None:
    right, sets = drawn
    edges = [sorted(one) if right else [] for one in sets]
    matched = maximum_matching(edges, right)
    found = [(node, place) for place, node in enumerate(matched) if node is not None]
    assert all(place in edges[node] for node, place in found)
    assert len({node for node, _ in found}) == len(found) == most(edges, right)


ANY_WRITE = st.builds(
    lambda to, subject: Write(
        "StatefulEmailApp",
        "send_email",
        {**({"recipients": [to]} if to else {}), **({"subject": subject} if subject else {})},
    ),
    st.sampled_from(["", "a@x", "b@x"]),
    st.sampled_from(["", "One", "Two"]),
)


@settings(max_examples=60, deadline=None)
@given(
    mails=st.lists(st.tuples(st.sampled_from(["a@x", "b@x"]), st.sampled_from(["One", "Two"])), max_size=4),
    wanted=st.lists(st.lists(ANY_WRITE, min_size=1, max_size=2).map(tuple), max_size=4),
    data=st.data(),
)
def test_writes_are_matched_in_any_order_of_the_expectations(mails: Any, wanted: Any, data: st.DataObject) -> None:
    with World("matchers").active():
        story = Story()
        story.proposes()
        story.accepts()
        for to, subject in mails:
            story.mails(to, subject=subject)
    events = story.event_log.list_view()[2:]
    right = len(mails) == len(wanted) and any(
        all(any(way.matches(event) for way in ways) for event, ways in zip(events, order, strict=True))
        for order in permutations(wanted)
    )
    shuffled = data.draw(st.permutations(wanted))
    assert accepted(story, ANN, Writes(*wanted)) is right
    assert accepted(story, ANN, Writes(*shuffled)) is right
    assert check_consented_writes(story, *shuffled).success is right
    in_order = len(mails) == len(wanted) and all(
        any(way.matches(event) for way in ways) for event, ways in zip(events, wanted, strict=True)
    )
    assert accepted(story, ANN, Writes(*wanted, in_order=True)) is in_order
    assert accepted(story, ANN, *map(Writes, wanted)) is in_order


def test_alternatives_leave_their_event_to_a_write_that_needs_it(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails()
    story.mails("bob@home.example")
    either = (MAIL, ANY_MAIL)
    for order in ((either, MAIL), (MAIL, either)):
        assert accepted(story, ANN, Writes(*order))
        assert check_consented_writes(story, *order).success
    assert "in the wrong order: expected StatefulEmailApp.send_email, then" in refused(
        story, ANN, Writes(ANY_MAIL, MAIL, in_order=True)
    )


# -- the dialogue


def test_each_answer_has_writes_of_its_own(story: Story) -> None:
    story.proposes("Shall I write to Ann?")
    story.accepts()
    story.mails(error="no network")
    story.mails()
    story.proposes("Written. Shall I cancel the choir?")
    story.rejects()
    story.proposes("And shall I write to Ann again?")
    story.accepts()
    story.deletes_entry()
    story.proposes("The choir is cancelled.")
    choir = Rejected(mentions("choir"))
    right = (ANN, Writes(MAIL), choir, ANN, Writes(ENTRY), Reported(mentions("cancelled")))
    assert accepted(story, *right)
    # The answer to the first proposal fits as well, but what follows it does not.
    assert refused(story, choir, ANN, Writes(ENTRY)).startswith("write before the user answered, at +3 s: Stateful")
    assert refused(story, ANN, choir, ANN, Writes(ENTRY)).startswith("unexpected write at +4 s: StatefulEmailApp")
    assert "missing write: StatefulEmailApp.send_email; StatefulEmailApp.send_email(" in refused(
        story, ANN, Writes(MAIL, MAIL), choir, ANN, Writes(ENTRY)
    )
    assert refused(story, ANN, Writes(MAIL), choir).startswith("write after the user rejected the proposal, at +9 s: ")
    assert refused(story, *right, Accepted(mentions("x"))) == (
        "no proposal mentions 'x'; the last one was 'The choir is cancelled.'"
    )
    assert refused(story, *right, Accepted(mentions("choir"))) == "the user never accepted the proposal"
    assert refused(story, *right[:-1], ANN) == "no proposal mentions 'Ann'; the last one was 'The choir is cancelled.'"
    assert refused(story, *right[:-1], Reported(mentions("done"))) == (
        "no report mentions 'done'; the last one was 'The choir is cancelled.'"
    )


def test_an_answer_that_fits_too_early_does_not_hide_the_right_one(story: Story) -> None:
    for word in ("one", "two"):
        story.proposes(f"Shall I write to Ann, {word}?")
        story.accepts()
    story.mails()
    story.proposes("Shall I write to Ann and cancel?")
    story.accepts()
    story.deletes_entry()
    assert accepted(story, ANN, Writes(MAIL), ANN, Writes(ENTRY))
    assert not accepted(story, ANN, Writes(ENTRY), ANN, Writes(MAIL))


TOLD = {"accept": ("accept_proposal", Accepted), "reject": ("reject_proposal", Rejected)}


@st.composite
def dialogues(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str, tuple[str, ...]]]]:
    """Return what happened, and what was expected, which is often right."""
    told: list[str] = []
    wanted: list[tuple[str, str, tuple[str, ...]]] = []
    for _ in range(draw(st.integers(1, 3))):
        answer, who = draw(st.sampled_from(["accept", "reject"])), draw(st.sampled_from(["ann", "bob"]))
        done = draw(st.sampled_from([("mail",), ("entry",), ("mail", "entry"), ()])) if answer == "accept" else ()
        told += draw(st.lists(st.sampled_from(["ann", "bob", "accept", "accept", "reject"]), max_size=3))
        told += [who, answer, *done]
        wanted.append((answer, draw(st.sampled_from([who, "shall"])), draw(st.permutations(done).map(tuple))))
    odd = draw(st.sampled_from(["", "", "", "ann", "accept", "reject", "mail", "entry", "failed"]))
    place = draw(st.integers(0, len(told)))
    return [*told[:place], *[odd] * bool(odd), *told[place:]], wanted


@settings(max_examples=80, deadline=None)
@given(dialogues())
def test_answers_are_chosen_as_by_brute_force(
    dialogue: tuple[list[str], list[tuple[str, str, tuple[str, ...]]]],
) -> None:
    told, wanted = dialogue
    with World("matchers").active():
        story = Story()
        tell = {"accept": story.accepts, "reject": story.rejects, "mail": story.mails, "entry": story.deletes_entry}
        for one in told:
            if one in tell:
                tell[one]()
            elif one == "failed":
                story.mails(error="no network")
            else:
                story.proposes(f"Shall I write to {one}?")
    matchers: list[Any] = []
    for answer, who, expected in wanted:
        matchers.append(TOLD[answer][1](mentions(who)))
        if answer == "accept":
            matchers.append(Writes(*({"mail": MAIL, "entry": ENTRY}[name] for name in expected)))
    # Each answer with the proposal that it answers, if that one still waits.
    found, waiting = [], ""
    for place, one in enumerate(told):
        if one in TOLD:
            found += [(place, one, waiting)] * bool(waiting)
        waiting = one if one in ("ann", "bob") else "" if one in TOLD else waiting
    fits = [
        all(
            answer == given_answer and who in (given_who, "shall")
            for (_, given_answer, given_who), (answer, who, _) in zip(chosen, wanted, strict=True)
        )
        and not {"mail", "entry", "failed"} & set(told[: chosen[0][0]])
        and all(
            sorted(one for one in told[begin:end] if one in ("mail", "entry")) == sorted(expected)
            if answer == "accept"
            else not {"mail", "entry", "failed"} & set(told[begin:end])
            for begin, end, (answer, _, expected) in zip(
                [place for place, _, _ in chosen], [*(place for place, _, _ in chosen[1:]), None], wanted, strict=True
            )
        )
        for chosen in combinations(found, len(wanted))
    ]
    assert accepted(story, *matchers) is any(fits)


def test_the_closest_proposal_and_what_it_lacks_are_named(story: Story) -> None:
    story.proposes("Shall I write to Ann?")
    story.proposes("Shall I write to Bob at six?")
    story.proposes("Anything else?")
    assert refused(story, Accepted(mentions("write", "Ann", ("7 pm", "19:00")))) == (
        "no proposal mentions 'write' and 'Ann' and ('7 pm' or '19:00'); the closest one lacks ('7 pm' or '19:00'): "
        "'Shall I write to Ann?'"
    )
    assert refused(story, Accepted(mentions("write", "sk-" + "1a" * 20))) == (
        "no proposal mentions 'write' and '[redacted]'; the closest one lacks '[redacted]': "
        "'Shall I write to Bob at six?'"
    )


def test_a_report_comes_after_the_writes(story: Story) -> None:
    story.proposes()
    story.accepts()
    assert refused(story, ANN, Reported()) == "the agent reported nothing"
    story.proposes("Done.")
    story.mails()
    assert refused(story, ANN, Writes(MAIL), Reported(mentions("done"))) == "the agent reported nothing"


def test_without_writes_nothing_is_written(story: Story) -> None:
    always = State("it is so", lambda: story.now > 0)
    assert accepted(story, always)
    story.mails(who=EventType.USER)
    assert accepted(story, Silent(), always)
    story.proposes()
    assert accepted(story, always)
    assert refused(story, Silent()) == "unexpected message: 'Shall I write to Ann?'"
    assert refused(story, ANN) == "the user never accepted the proposal"
    story.rejects()
    assert accepted(story, Rejected(mentions("Ann")))
    story.mails(error="no network")
    assert refused(story, Rejected(mentions("Ann"))).startswith("write after the user rejected the proposal, at +4 s: ")
    assert refused(story, Silent()).startswith("unexpected write at +4 s: StatefulEmailApp.send_email(")
    assert refused(story, always).startswith("unexpected write at +4 s: ")


def test_silence_lasts_to_the_last_event_of_the_world(story: Story) -> None:
    left: Any = story
    left.events_missed = lambda: 2
    assert refused(story, Silent()) == "the run ended before 2 events of the script happened"


def test_states_and_other_matchers_are_asked_last(story: Story) -> None:
    class Judge:
        def failure(self, env: Any) -> str | None:
            asked.append(env)
            return "too rude"

    asked: list[Any] = []
    state = State("the sky is blue", lambda: asked.append("state"))
    assert refused(story, ANN, state, Judge()) == "the agent proposed nothing"
    assert asked == []
    assert refused(story, state, State("it rains", holds=len(asked) > 0), Judge()) == (
        "not true after the run: the sky is blue; it rains"
    )
    assert asked == ["state"]
    assert refused(story, Judge()) == "too rude"


def test_a_failure_names_the_closest_event_and_its_difference_first(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails("bob@home.example", subject="Hello", content="x")
    story.mails("ann@home.example", subject="Hello", content="sk-" + "1a" * 20)
    wanted = [
        Write("StatefulEmailApp", "send_email", {"recipients": ["eve@home.example"], "subject": "A", "content": "B"}),
        Write("StatefulEmailApp", "send_email", {"recipients": ["ann@home.example"], "content": contains("Ann")}),
    ]
    assert refused(story, ANN, Writes(*wanted)) == (
        "content: expected a value that contains 'Ann', got '[redacted]', in StatefulEmailApp.send_email at +4 s"
    )
    names = ("recipients", "subject", "content", "cc", "attachment_paths")
    everything = {name: [mentions("x" * 200), {"a": len}] for name in names}
    many = refused(story, ANN, Writes(ANY_MAIL, Write("StatefulEmailApp", "send_email", everything)))
    assert "; and 2 more, in StatefulEmailApp.send_email at +4 s" in many
    assert len(many) < 400
    assert many.startswith("recipients: expected [a value that mentions 'xxxxxx")
    assert refused(
        story, ANN, Writes(ANY_MAIL, Write("StatefulEmailApp", "send_email", {"cc": [{"a": max}]}))
    ).startswith("cc: expected [{'a': a value that passes the scenario's test}], got ")
    assert refused(story, ANN, Writes(ANY_MAIL, ENTRY)).endswith(
        "; missing write: StatefulCalendarApp.delete_calendar_event"
    )


def test_a_missing_write_that_somebody_else_made(story: Story) -> None:
    story.proposes()
    story.accepts()
    story.mails(who=EventType.ENV, error="no network")
    story.checks_condition()
    assert refused(story, ANN, Writes(MAIL)) == "missing write: StatefulEmailApp.send_email"
    story.mails(who=EventType.ENV)
    story.mails(who=EventType.USER)
    story.mails("bob@home.example", who=EventType.USER)
    assert refused(story, ANN, Writes(MAIL)) == (
        "missing write: StatefulEmailApp.send_email; the world made StatefulEmailApp.send_email at +5 s; "
        "the user made StatefulEmailApp.send_email at +6 s"
    )


# -- what is refused before a run


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


def tool(
    size: Size, count: int, kind: Literal["a", "b"], price: float | None = None, names: list[str] | None = None
) -> None:
    """Take arguments of many types."""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"size": "tiny"}, "size: expected 'tiny', and the argument is always one of 'small', 'large'"),
        ({"kind": one_of("a", "c")}, "kind: expected 'c', and the argument is always one of 'a', 'b'"),
        ({"count": "two"}, "count: expected 'two', and the argument is always int"),
        ({"count": None}, "count: expected None, and the argument is always int"),
        ({"count": mentions("2")}, "count: a value that mentions '2' is never int, the type of this argument"),
        ({"names": "Ann"}, "names: expected 'Ann', and the argument is always list[str]"),
        ({"names": [1]}, "names: expected [1], and the argument is always list[str]"),
        ({"names": same_phone("1")}, "names: a value that is the number '1' is never list[str], the type of"),
        ({"price": same_members("1")}, "price: a value that has exactly '1' is never float, the type"),
        ({"names": [mentions()]}, "names: mentions() has no facts, so it accepts any text; name at least one"),
        ({"names": [lambda name: True]}, "names: the test does not look at its argument; test the argument"),
    ],
)
def test_arguments_that_no_call_has(args: dict[str, Any], message: str) -> None:
    (found,) = wrong_arguments(tool, args)
    assert found.startswith(message)


def test_arguments_that_a_call_may_have() -> None:
    possible: list[dict[str, Any]] = [
        {"size": Size.SMALL, "count": 2.0, "kind": "a", "price": 3, "names": None},
        {"size": "large", "count": approximately(2, within=1), "price": None, "names": ["Ann", mentions("x")]},
        {"names": contains("Ann"), "price": lambda price: price > 1, "count": equal(2), "kind": matches("a|b")},
        {"unknown": 3},
    ]
    assert [wrong_arguments(tool, args) for args in possible] == [[]] * len(possible)


def writes(**args: Any) -> Writes:
    return Writes(Write("StatefulEmailApp", "send_email", args))


# Each with the lines of its defects: the matchers are made in the second line of their lambda.
DEFECTS: list[tuple[Callable[[], list[Any]], str]] = [
    (lambda: [], "verdict() has no matchers; say what must be true of the run"),
    (lambda: [Accepted()], "Accepted() accepts any proposal; name its facts: Accepted(mentions(...))"),
    (lambda: [Accepted(mentions())], "Accepted: mentions() has no facts, so it accepts any text; name at least one"),
    (lambda: [Rejected(mentions(()))], "Rejected: mentions() has a fact without wordings, so it accepts no text"),
    (lambda: [Accepted(mentions("a", ("b", " ")))], "Accepted: mentions() has an empty fact, which each text contains"),
    (lambda: [Accepted(lambda text: True)], "Accepted: the test does not look at its argument; test the argument"),
    (
        lambda: [Accepted(same_members("a"))],
        "Accepted: a text is never a value that has exactly 'a'; use mentions(...)",
    ),
    (lambda: [Accepted(one_of(1, 2))], "Accepted: a text is never a value that is one of 1 or 2; use mentions(...)"),
    (
        lambda: [Accepted("Ann")],  # type: ignore[arg-type]
        "Accepted() takes a test of the text, such as mentions(...), got str ('Ann')",
    ),
    (lambda: [ANN, Reported(matches("x*"))], "Reported: matches('x*') accepts any text; require something of it"),
    (lambda: [ANN, Reported(matches("("))], "Reported: matches('(') is no regular expression: missing ), unterminated"),
    (lambda: [State("x", True)], "State('x') is the same after each run; test the apps"),
    (lambda: [State("x", holds=False)], "State('x') is the same after each run; test the apps"),
    (lambda: [State("x", lambda: True)], "State('x') is the same after each run; test the apps"),
    (lambda: [MAIL], "StatefulEmailApp.send_email: verdict() takes the writes together; put it into Writes(...)"),
    (lambda: [mentions("x")], "verdict() takes matchers, got mentions 'x'"),
    (lambda: [ANN, writes(subject=one_of())], "StatefulEmailApp.send_email: subject: one_of() has no values, so it"),
    (lambda: [ANN, writes(subject=one_of("x", matches(".*")))], "subject: matches('.*') accepts any text; require"),
    (lambda: [ANN, writes(subject=contains(""))], "subject: contains() has an empty part, which each text contains"),
    (lambda: [ANN, writes(cc=contains())], "cc: contains() has no parts, so it accepts anything; name at least one"),
    (
        lambda: [ANN, writes(subject=approximately(1, within=math.inf))],
        "subject: approximately(1, within=inf) accepts any number; name a finite distance",
    ),
    (lambda: [ANN, writes(subject=approximately(1, within=-1))], "approximately(1, within=-1) accepts no number"),
    (lambda: [ANN, writes(subject=same_instant("Monday, 2025-03-11 18:00"))], "subject: same_instant('Monday, 2025-"),
    (lambda: [ANN, writes(subject=between("2025-03-11", "x"))], "between('2025-03-11', 'x') needs two moments, such"),
    (lambda: [ANN, writes(subject=between("2025-03-11", "2025-03-10"))], "ends before it begins; exchange the moments"),
    (lambda: [ANN, writes(subject=same_phone("none"))], "subject: same_phone('none') has no digits; name a number"),
    (lambda: [ANN, writes(recipients="ann@x")], "recipients: expected 'ann@x', and the argument is always list[str]"),
    (lambda: [ANN, writes(to=["x"])], "StatefulEmailApp.send_email: the tool has no argument 'to'; it has recipients"),
    (lambda: [ANN, Writes(Write("EmailApp", "send_email"))], "EmailApp.send_email: no app in self.apps is of a class"),
    (lambda: [ANN, Writes(Write("StatefulEmailApp", "send_mail"))], "the agent has no tool 'send_mail' there; tools"),
    (lambda: [ANN, Writes(())], "Writes() has an empty tuple, which no write is; name the alternatives"),
    (lambda: [ANN, Writes("x")], "Writes() takes Write(...) and tuples of them, got str ('x')"),  # type: ignore[arg-type]
    (lambda: [Silent(), ANN], "Silent() contradicts Accepted; leave one of them out"),
    (lambda: [Silent(), Writes(MAIL)], "Silent() contradicts Writes; leave one of them out"),
    (lambda: [Writes(MAIL), ANN], "Writes() comes before any Accepted(); nothing may be written without consent"),
    (
        lambda: [Rejected(mentions("x")), Writes(MAIL)],
        "Writes() comes after Rejected(), and the agent has no consent then; put an Accepted() between",
    ),
    (lambda: [ANN, Reported(), Writes(MAIL)], "Writes() comes after Reported(), which ends the consent; put it before"),
]


@pytest.mark.parametrize(("made", "message"), DEFECTS, ids=[message[:40] for _, message in DEFECTS])
def test_a_matcher_that_no_run_can_fail_or_satisfy_is_a_defect(
    made: Callable[[], list[Any]], message: str, story: Story
) -> None:
    apps = [PAREAgentUserInterface(), StatefulEmailApp(), StatefulCalendarApp(), StatefulShoppingApp()]
    with inspected_writes(apps) as defects, pytest.raises(AttributeError):
        verdict(None, *made())
    assert any(message in one for one in defects)
    assert all(one.startswith("tests/scenarios/test_matchers.py:") for one in defects)


def test_right_matchers_have_no_defects(story: Story) -> None:
    def long(text: str) -> bool:
        return len(text) > 2

    moved = Write("StatefulCalendarApp", "edit_calendar_event", {"start_datetime": same_instant("2025-03-11")})
    right: list[list[Any]] = [
        [Silent()],
        [Silent(), State("it is so", lambda: story.now > 0), State("it is", story.now > 0), State("so", True)],
        [Rejected(mentions("x")), Accepted(long), Writes((MAIL, ANY_MAIL), ENTRY, in_order=True), Reported()],
        [Accepted(lambda text: "secret" not in text), Writes(MAIL), Writes(moved), Reported(long), ANN],
        [Accepted(one_of("Yes?", mentions("x"))), writes(subject=matches("^(?!.*secret)"), recipients=contains("a@x"))],
    ]
    for one in right:
        with inspected_writes([StatefulEmailApp(), StatefulCalendarApp()]) as defects:
            verdict(story, *one)
        assert defects == {}


def test_a_defect_of_a_matcher_is_no_failure_of_the_agent() -> None:
    def vague(stage: Any, env: Any) -> Any:
        return verdict(env, Accepted(mentions()))

    def hidden(stage: Any, env: Any) -> Any:
        assert env.event_log.list_view() == []
        return check_respected_rejection(env, equal(3))

    class Vague(Stage):
        def validate(self, env: Any) -> Any:
            return vague(self, env)

    class Hidden(Stage):
        def validate(self, env: Any) -> Any:
            return hidden(self, env)

    for cls, function, lines, reason in (
        (Vague, vague, 1, "Accepted: mentions() has no facts, so it accepts any text; name at least one"),
        (Hidden, hidden, 2, "proposal: a text is never a value that equals 3; use mentions(...)"),
    ):
        result = run_scenario(cls(), RunnerSettings(oracle=True)).result
        assert result.status == "exception"
        line = inspect.getsourcelines(function)[1] + lines
        assert f"test_matchers.py:{line}: {reason}" in str(result.exception)
