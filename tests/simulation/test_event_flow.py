"""When the events of a scenario happen: dependencies, delays, ties, the end."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from are.simulation.types import Event, EventType, OracleEvent, StopEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.scenarios.errors import ScenarioDefect
from tests.stage import play, said, told

DAY = 24 * 3600


def test_events_happen_at_their_times() -> None:
    run = play(lambda s: [s.user_says("b").delayed(5), s.agent_says("a").delayed(2.5), s.user_says("now")])
    assert said(run) == [(0, "now"), (2.5, "a"), (5, "b")]
    assert run.result.status == "success"


def test_equal_times_keep_the_authors_order() -> None:
    """ARE orders them by their random ids."""
    names = [f"{number}" for number in range(30)]
    run = play(lambda s: [(s.user_says if int(n) % 2 else s.agent_says)(n).delayed(3) for n in names])
    assert said(run) == [(3, name) for name in names]


def test_the_authors_order_is_that_of_the_list() -> None:
    def script(s: Any) -> list[Any]:
        first, second = s.user_says("made first"), s.user_says("made second")
        return [second, first]

    assert [text for _, text in said(play(script))] == ["made second", "made first"]


def test_a_dependent_event_waits_for_its_delay() -> None:
    def script(s: Any) -> list[Any]:
        a = s.user_says("a").delayed(4)
        b = s.agent_says("b").depends_on(a, delay_seconds=3)
        c = s.user_says("c").depends_on(b)
        return [c, b, a]

    assert said(play(script)) == [(4, "a"), (7, "b"), (7, "c")]


@pytest.mark.parametrize("order", ["abc", "acb", "bac", "bca", "cab", "cba"])
@pytest.mark.parametrize(("a_at", "b_at"), [(1, 1), (1, 9), (9, 1), (0, 0)])
def test_an_event_with_two_dependencies_waits_for_both(order: str, a_at: int, b_at: int) -> None:
    """ARE takes a dependency whose time is known for one that has happened."""

    def script(s: Any) -> list[Any]:
        events = {"a": s.user_says("a").delayed(a_at), "b": s.user_says("b").delayed(b_at)}
        events["c"] = s.agent_says("c").depends_on([events["a"], events["b"]], delay_seconds=2)
        return [events[name] for name in order]

    happened = said(play(script))
    assert happened[-1] == (max(a_at, b_at) + 2, "c")
    assert sorted(happened[:2]) == sorted([(a_at, "a"), (b_at, "b")])


def test_a_diamond_meets_once_at_its_end() -> None:
    def script(s: Any) -> list[Any]:
        top = s.user_says("top").delayed(1)
        left = s.agent_says("left").depends_on(top, delay_seconds=2)
        right = s.agent_says("right").depends_on(top, delay_seconds=5)
        bottom = s.agent_says("bottom").depends_on([left, right], delay_seconds=1)
        return [bottom, right, left, top]

    assert said(play(script)) == [(1, "top"), (3, "left"), (6, "right"), (7, "bottom")]


def test_followed_by_is_the_other_way_round() -> None:
    def script(s: Any) -> list[Any]:
        a, b, c = s.user_says("a"), s.agent_says("b"), s.agent_says("c")
        a.followed_by([b, c], delay_seconds=[4, 2])
        return [a, b, c]

    assert said(play(script)) == [(0, "a"), (2, "c"), (4, "b")]


def test_an_oracle_event_may_be_made_after_its_dependencies() -> None:
    """In ARE, and in an agent's run too, the plain event would happen instead, as the world's."""

    def script(s: Any) -> list[Any]:
        asked = s.user_says("asked").delayed(1)
        plain = s.calendar.get_all_tags().depends_on(asked, delay_seconds=3)
        return [asked, plain.oracle(), s.agent_says("after").depends_on(plain, delay_seconds=1)]

    run = play(script)
    assert [(e.time, e.kind, e.function) for e in run.trace.events] == [
        (1, "USER", "send_message_to_agent"),
        (4, "AGENT", "get_all_tags"),
        (5, "AGENT", "send_message_to_user"),
    ]


def test_a_dependency_that_is_not_in_the_list_happens_all_the_same_if_something_leads_to_it() -> None:
    def script(s: Any) -> list[Any]:
        a = s.user_says("a").delayed(1)
        b = s.user_says("b").depends_on(a, delay_seconds=1)
        return [a, s.agent_says("c").depends_on(b, delay_seconds=1)]

    assert said(play(script)) == [(1, "a"), (2, "b"), (3, "c")]


def test_an_absolute_time_is_kept_and_one_that_has_gone_by_means_at_once() -> None:
    start = datetime(2025, 3, 11, 10, 0, tzinfo=UTC).timestamp()

    def script(s: Any) -> list[Any]:
        late = s.user_says("late").at_absolute_time(start - 100)
        return [
            s.user_says("set").at_absolute_time(start + 60),
            late,
            s.user_says("after it").depends_on(late, delay_seconds=5),
        ]

    assert said(play(script, start_time=start)) == [(0, "late"), (5, "after it"), (60, "set")]


def test_time_that_an_event_takes_makes_the_next_ones_late() -> None:
    def script(s: Any) -> list[Any]:
        wait = s.system.wait_for_notification(timeout=10).oracle().delayed(2)
        after = s.agent_says("after").depends_on(wait, delay_seconds=1)
        # What the agent says itself is no news to it, and does not end its wait.
        return [wait, s.agent_says("meanwhile").delayed(5), after, s.user_says("later").delayed(20)]

    run = play(script)
    assert said(run) == [(5, "meanwhile"), (12, "after"), (20, "later")]
    assert [e.time for e in run.trace.events] == [2, 5, 12, 20]


def test_a_message_to_the_agent_ends_its_wait() -> None:
    def script(s: Any) -> list[Any]:
        wait = s.system.wait_for_notification(timeout=10).oracle().delayed(2)
        after = s.agent_says("after").depends_on(wait, delay_seconds=1)
        return [wait, s.user_says("news").delayed(5), after]

    assert said(play(script)) == [(5, "news"), (5, "after")]


def test_each_wait_of_a_script_lasts_until_its_own_timeout() -> None:
    """Nobody takes the notification that ended the first one out of the queue."""

    def script(s: Any) -> list[Any]:
        waits = [s.system.wait_for_notification(timeout=10).oracle() for _ in range(3)]
        for before, after in pairwise(waits):
            after.depends_on(before, delay_seconds=11)
        return [*waits, s.user_says("end").delayed(32)]

    run = play(script)
    assert [e.time for e in run.trace.events] == [0, 11, 22, 32]
    assert run.result.status == "success"


@pytest.mark.parametrize("days", [32, 3650])
def test_the_jump_to_a_distant_event_is_immediate_and_counts_against_no_limit(days: int) -> None:
    run = play(
        lambda s: [s.user_says("at last").delayed(days * DAY)],
        limits={"max_scenario_duration": 1, "timeout_seconds": 5},
    )
    assert said(run) == [(days * DAY, "at last")]
    assert run.result.status == "success"
    assert run.result.duration is not None
    assert run.result.duration < 2


@pytest.mark.parametrize("start_time", [0, 0.1, 1 / 3, 1234567.891, 1.7e9 + 0.123456])
def test_a_start_at_any_time_loses_no_event_to_rounding(start_time: float) -> None:
    run = play(lambda s: [s.user_says(str(n)).delayed(n * 0.1) for n in range(40)], start_time=start_time)
    assert [text for _, text in said(run)] == [str(n) for n in range(40)]


# -- random flows, against a simple computation


@st.composite
def flows(draw: st.DrawFn) -> list[tuple[float, list[int], bool]]:
    """Delay, dependencies and kind of some events; the list is in the author's order, and refers to itself freely."""
    count = draw(st.integers(1, 12))
    rank = draw(st.permutations(range(count)))  # dependencies lead to lower ranks: no circle
    return [
        (
            draw(st.sampled_from([0, 0, 1, 2, 2.5, 7])),
            sorted({j for j in draw(st.lists(st.integers(0, count - 1), max_size=4)) if rank[j] < rank[i]}),
            draw(st.booleans()),
        )
        for i in range(count)
    ]


def expected(flow: list[tuple[float, list[int], bool]]) -> list[tuple[float, int]]:
    times: dict[int, float] = {}
    while len(times) < len(flow):
        for i, (delay, dependencies, _) in enumerate(flow):
            if i not in times and all(j in times for j in dependencies):
                times[i] = delay + max((times[j] for j in dependencies), default=0)
    order: list[int] = []
    while len(order) < len(flow):
        # Of what may happen now, the earliest, and of these the author's first.
        ready = [i for i in range(len(flow)) if i not in order and all(j in order for j in flow[i][1])]
        order.append(min(ready, key=lambda i: (times[i], i)))
    return [(times[i], i) for i in order]


@settings(max_examples=100)
@given(flows(), st.randoms(use_true_random=False))
def test_any_flow_happens_in_the_order_that_its_dependencies_and_the_author_give(
    flow: list[tuple[float, list[int], bool]], random: Any
) -> None:
    def script(s: Any) -> list[Any]:
        events = [(s.agent_says if is_oracle else s.user_says)(str(i)) for i, (_, _, is_oracle) in enumerate(flow)]
        # In which order the author wires them up must not matter.
        for i in random.sample(range(len(flow)), len(flow)):
            delay, dependencies, _ = flow[i]
            events[i].depends_on([events[j] for j in dependencies], delay_seconds=delay)
        return events

    run = play(script)
    assert run.result.exception is None
    assert [(time, int(text)) for time, text in said(run)] == expected(flow)
    assert [e.kind for e in run.trace.events] == ["AGENT" if flow[i][2] else "USER" for _, i in expected(flow)]


# -- the end


def test_a_stop_event_ends_the_run() -> None:
    def script(s: Any) -> list[Any]:
        stop = StopEvent().delayed(5)
        return [s.user_says("a").delayed(4), stop, s.user_says("same time").delayed(5), s.user_says("b").delayed(6)]

    run = play(script)
    assert said(run) == [(4, "a")]
    assert run.result.status == "success"


def test_a_stop_event_may_depend_on_others() -> None:
    def script(s: Any) -> list[Any]:
        a = s.user_says("a").delayed(4)
        return [a, StopEvent().depends_on(a, delay_seconds=1), s.user_says("b").delayed(6)]

    assert said(play(script)) == [(4, "a")]


@pytest.mark.parametrize(("duration", "last"), [(None, 30), (30, 30), (29.9, 20), (0, 0), (0.0, 0)])
def test_the_duration_of_the_scenario_ends_the_run(duration: float | None, last: float) -> None:
    run = play(lambda s: [s.user_says("x").delayed(10 * n) for n in range(4)], duration=duration)
    assert said(run)[-1][0] == last
    # What the author wrote and nobody saw is a defect, not a success.
    assert run.result.status == ("success" if last == 30 else "exception")


def test_an_event_whose_dependency_is_not_in_the_script_is_a_defect() -> None:
    def script(s: Any) -> list[Any]:
        forgotten = s.user_says("a").delayed(1)
        return [s.user_says("b").depends_on(forgotten), s.user_says("c").delayed(2)]

    run = play(script)
    assert said(run) == []
    call = "PAREAgentUserInterface.send_message_to_agent"
    assert told(run) == (
        f"stage: FILE:LINE: {call} is not in self.events, so it never happens, nor does what waits for it: "
        f"{call} (FILE:LINE); add it to self.events"
    )


@pytest.mark.parametrize("end", [lambda s: StopEvent().delayed(2), lambda s: s.user_says("x").delayed(1)])
def test_an_oracle_event_that_the_end_cuts_off_is_a_defect(end: Any) -> None:
    run = play(lambda s: [end(s), s.agent_says("too late").delayed(9)], duration=5)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert (
        str(run.result.exception) == "1 event of the script never happened: PAREAgentUserInterface.send_message_to_user"
    )


def test_a_scenario_without_events_ends_at_once() -> None:
    run = play()
    assert (run.trace.events, run.result.status) == ((), "success")


# -- what the author may get wrong


def test_two_events_of_one_id_are_a_defect() -> None:
    run = play(lambda s: [s.user_says("a").with_id("x"), s.user_says("b").with_id("x")])
    assert isinstance(run.result.exception, ScenarioDefect)
    assert told(run) == (
        "two events have the id 'x'; only the first would happen; give each an id of its own (FILE:LINE and FILE:LINE)"
    )


def test_an_oracle_event_that_waits_for_nothing_in_the_list_is_a_defect() -> None:
    def script(s: Any) -> list[Any]:
        return [s.agent_says("never").depends_on(s.user_says("forgotten")), s.agent_says("at once")]

    assert told(play(script)) == (
        "stage: FILE:LINE: PAREAgentUserInterface.send_message_to_agent is not in self.events, so it never happens, "
        "nor does what waits for it: PAREAgentUserInterface.send_message_to_user (FILE:LINE); add it to self.events"
    )


def test_oracle_events_that_are_left_are_all_named() -> None:
    def script(s: Any) -> list[Any]:
        missing = s.user_says("forgotten")
        free = OracleEvent(make_event=lambda env: None, event_id="made-by-hand").depends_on(missing)
        return [s.calendar.get_all_tags().oracle().depends_on(missing), free]

    assert told(play(script)) == (
        "stage: FILE:LINE: PAREAgentUserInterface.send_message_to_agent is not in self.events, so it never happens, "
        "nor does what waits for it: Calendar.get_all_tags (FILE:LINE), made-by-hand (FILE:LINE); add it to self.events"
    )


# -- kinds of events


def test_an_oracle_event_can_be_made_when_its_time_has_come() -> None:
    def script(s: Any) -> list[Any]:
        def late(env: Any) -> Event:
            return s.calendar.add_calendar_event(title=f"at {env.time_manager.time_passed():g}")

        return [OracleEvent(make_event=late).delayed(7)]

    run = play(script)
    (event,) = run.trace.events
    assert (event.kind, event.args["title"], event.result is not None) == ("AGENT", "at 7", True)


def test_an_oracle_event_that_cannot_be_made_is_a_defect() -> None:
    run = play(lambda s: [OracleEvent(make_event=lambda env: 1 / 0, event_id="bad").delayed(7)])
    assert str(run.result.exception) == (
        "+7 s: oracle event bad: ZeroDivisionError: division by zero; 1 event of the script never happened: bad"
    )


def test_an_event_can_call_any_function() -> None:
    called = []

    def note(word: str) -> str:
        called.append(word)
        return word.upper()

    run = play(lambda s: [Event.from_function(note, EventType.ENV, word="hello").delayed(1)])
    (event,) = run.trace.events
    assert called == ["hello"]
    assert (event.kind, event.app, event.app_class, event.function) == ("ENV", None, None, "note")
    assert (event.args, event.result) == ({"word": "hello"}, "HELLO")


@pytest.mark.parametrize("is_oracle", [True, False])
@pytest.mark.parametrize(
    ("function", "arguments"),
    [("accept_proposal", {}), ("reject_proposal", {}), ("send_message_to_agent", {"content": "hi"})],
)
def test_what_only_a_user_can_do_is_the_users_in_every_mode(
    is_oracle: bool, function: str, arguments: dict[str, str]
) -> None:
    """PARE logs it as the agent's when it is an oracle event, and as the world's when it is not."""

    def script(s: Any) -> list[Any]:
        event = getattr(s.agent_ui, function)(**arguments)
        return [event.oracle() if is_oracle else event]

    run = play(script)
    assert [(e.kind, e.function) for e in run.trace.events] == [("USER", function)]
    assert run.result.status == "success"


@pytest.mark.parametrize(("is_oracle", "kind"), [(True, "AGENT"), (False, "ENV")])
def test_other_events_are_the_agents_or_the_worlds(is_oracle: bool, kind: str) -> None:
    def script(s: Any) -> list[Any]:
        event = s.calendar.get_all_tags()
        return [event.oracle() if is_oracle else event]

    assert [e.kind for e in play(script).trace.events] == [kind]


def test_what_an_event_calls_inside_makes_no_events_of_its_own() -> None:
    """A reply adds an email to a folder, and `read_today_calendar_events` asks for a range, by tools both."""

    def script(s: Any) -> list[Any]:
        return [s.calendar.read_today_calendar_events().oracle(), s.messaging.send_message("nobody").delayed(1)]

    run = play(script, script_errors="warn")
    assert [e.function for e in run.trace.events] == ["read_today_calendar_events", "send_message"]
