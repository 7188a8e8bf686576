"""Events of a scenario that come late, twice or in another order."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.types import ConditionCheckEvent, EventType
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.agents.calibration import null
from pytest_pare.scenarios.config import EnvEventsConfig, NoiseConfig
from pytest_pare.scenarios.library import bundled_library_dir, bundled_split
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.simulation.trace import TraceEvent

# It has no types.
stats: Any = import_module("scipy.stats")

LIBRARY = bundled_library_dir()
load_library(registry, LIBRARY)
BUNDLED: dict[str, Any] = {
    scenario_id: registry.registered()[scenario_id]
    for scenario_id in bundled_split("core").read_text(encoding="utf-8").split("\n")[1:-1]
}
KINDS = ("event_late", "event_twice", "event_out_of_order")


def faults(rate: float = 1.0, *kinds: str, **fields: Any) -> NoiseConfig:
    return NoiseConfig.model_validate({kind: {"rate": rate, **fields} for kind in kinds})


def play(script: Callable[[Any], list[Any]], noise: NoiseConfig, *, oracle: bool = True, **stage: Any) -> Run:
    config = RunnerSettings(oracle=oracle, noise=noise)
    return run_scenario(Stage(script=script, **stage), config, agent=None if oracle else null)


def mail(s: Any, name: str) -> Any:
    return s.email.send_email_to_user_with_id(email_id=name, sender=f"{name}@b.example", subject=name).with_id(name)


def arrived(run: Run) -> list[tuple[str, float, str | None]]:
    """Return what came, when, and with which fault."""
    events = [event for event in run.trace.events if event.kind == "ENV"]
    return [(event.event_id, round(event.time, 3), event.fault) for event in events]


def people(stage: Any) -> None:
    stage.messaging.add_users(["Ann", "Bob"])
    ids = [stage.messaging.name_to_id[name] for name in ("Ann", "Bob")]
    stage.chat = stage.messaging.create_group_conversation(ids, "All")
    stage.ann, stage.bob = ids


def says(s: Any, content: str) -> Any:
    return s.messaging.create_and_add_message(s.chat, s.ann, content).with_id(content)


# -- late


def test_an_event_comes_late_and_what_depends_on_it_with_it() -> None:
    def script(s: Any) -> list[Any]:
        first = mail(s, "first").delayed(10)
        return [first, mail(s, "second").depends_on(first, 5), s.agent_says("Seen.").depends_on(first, 7)]

    run = play(script, faults(1.0, "event_late", seconds=60))
    (_, first, late), (_, second, later) = arrived(run)
    assert late == later == "event_late"
    assert 10 < first < 70
    assert first + 5 < second < first + 65
    (seen,) = [event for event in run.trace.events if event.kind == "AGENT"]
    assert seen.time == pytest.approx(first + 7, abs=0.01)
    assert run.success


def test_an_event_with_a_time_of_its_own_comes_late_too() -> None:
    def script(s: Any) -> list[Any]:
        return [mail(s, "m").at_absolute_time(s.start_time + 100)]

    ((_, time, fault),) = arrived(play(script, faults(1.0, "event_late", seconds=10)))
    assert 100 < time < 110
    assert fault == "event_late"


def test_what_is_not_a_second_late_has_no_fault() -> None:
    def script(s: Any) -> list[Any]:
        return [mail(s, "m").delayed(10)]

    assert arrived(play(script, faults(1.0, "event_late", seconds=0))) == arrived(play(script, NoiseConfig()))


def test_delays_are_uniform() -> None:
    def script(s: Any) -> list[Any]:
        return [s.calendar.add_calendar_event(title=str(n)).delayed(0) for n in range(400)]

    delays = [time for _, time, _ in arrived(play(script, faults(1.0, "event_late", seconds=60)))]
    assert stats.kstest([delay / 60 for delay in delays], "uniform").pvalue > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_have_a_fault_as_the_rate_says(kind: str) -> None:
    def script(s: Any) -> list[Any]:
        return [says(s, str(n)).delayed(10 * n) for n in range(400)]

    events = arrived(play(script, faults(0.25, kind, **({"seconds": 5.0} if kind != KINDS[2] else {})), content=people))
    faulty = [event_id for event_id, _, fault in events if fault == kind]
    # Of pairs, each that is left over after a hit is drawn for: 0.25 of those, and two events each.
    expected, tries = (160, 200) if kind == KINDS[2] else (100, 400)
    assert abs(len(faulty) - expected) < 4 * (tries * 0.25 * 0.75) ** 0.5 * (2 if kind == KINDS[2] else 1)


def test_only_what_the_world_does_by_the_script_comes_late() -> None:
    def always(env: Any) -> bool:
        return True

    def script(s: Any) -> list[Any]:
        asked = ConditionCheckEvent.from_condition(always).delayed(5)
        answered = s.agent_ui.accept_proposal(content="Yes.").delayed(6)
        user = s.user_says("Hello").with_type(EventType.USER).delayed(7)
        return [asked, answered, user, s.agent_says("Hi").delayed(8), mail(s, "m").delayed(9)]

    run = play(script, faults(1.0, "event_late", seconds=60))
    times = {event.function: event.time for event in run.trace.events}
    assert [event.event_id for event in run.trace.events if event.fault] == ["m"]
    assert times["accept_proposal"] == 6
    assert times["send_message_to_agent"] == 7
    assert times["send_message_to_user"] == 8


def test_noise_is_never_late() -> None:
    config = RunnerSettings(
        oracle=True, env_events_config=EnvEventsConfig(), noise=faults(1.0, "event_late", "event_twice")
    )
    run = run_scenario(Stage(script=lambda s: [mail(s, "m").delayed(5)]), config)
    assert {event.fault for event in run.trace.events} == {"env_event", "event_late", "event_twice"}
    assert run.result.noise_events == 60
    quiet = run_scenario(Stage(), RunnerSettings(oracle=True, env_events_config=EnvEventsConfig()))
    assert sorted(e.time for e in run.trace.events if e.fault == "env_event") == [e.time for e in quiet.trace.events]


def test_what_something_else_needs_without_waiting_for_it_is_in_time() -> None:
    def script(s: Any) -> list[Any]:
        sent = {"sender": s.email.user_email, "recipients": ["a@b.example"], "folder_name": "SENT"}
        first = s.email.create_and_add_email(**sent).with_id("one").delayed(5)
        reply = s.email.reply_to_email_from_user(sender="a@b.example", email_id="{{one}}", content="x").delayed(9)
        waits = s.email.reply_to_email_from_user(sender="a@b.example", email_id="{{one}}", content="y")
        return [first, reply, waits.depends_on(first, 2)]

    run = play(script, faults(1.0, "event_late", seconds=600))
    (first, *others) = arrived(run)
    assert first == ("one", 5.0, None)
    assert [fault for _, _, fault in others] == ["event_late"] * 2
    assert run.success


def test_what_is_late_for_the_end_of_the_world_is_no_defect() -> None:
    def script(s: Any) -> list[Any]:
        first = mail(s, "m").delayed(10)
        return [first, mail(s, "n").depends_on(first, 1), s.agent_says("Hi").depends_on(first, 2)]

    run = play(script, faults(1.0, "event_late", seconds=100_000), duration=20)
    assert run.success
    assert arrived(run) == []


# -- twice


def test_a_mail_and_a_message_come_again_with_ids_of_their_own() -> None:
    def script(s: Any) -> list[Any]:
        known = mail(s, "known").delayed(10)
        other = s.email.create_and_add_email(sender="a@b.example", subject="drawn").with_id("drawn").delayed(20)
        return [known, other, says(s, "hello").delayed(30), s.calendar.add_calendar_event(title="once").delayed(40)]

    def check(s: Any, env: Any) -> Any:
        inbox = next(iter(s.email.folders.values())).emails
        assert sorted(one.subject for one in inbox) == ["drawn", "drawn", "known", "known"]
        assert len({one.email_id for one in inbox}) == 4
        chat = s.messaging.conversations[s.chat]
        assert [one.content for one in chat.messages] == ["hello", "hello"]
        assert len({one.message_id for one in chat.messages}) == 2
        assert all(one.email_id == "known" or len(one.email_id) == 32 for one in inbox)

    run = play(script, faults(1.0, "event_twice", seconds=5), content=people, verdict=check)
    assert run.result.status == "no_validation", run.result
    assert [(event_id, time) for event_id, time, fault in arrived(run) if fault == "event_twice"] == [
        ("known-again", 15.0),
        ("drawn-again", 25.0),
        ("hello-again", 35.0),
    ]
    assert [fault for event_id, _, fault in arrived(run) if "again" not in event_id] == [None] * 4


def test_the_ids_of_all_else_are_as_without_it() -> None:
    def script(s: Any) -> list[Any]:
        one = s.email.create_and_add_email(sender="a@b.example").delayed(10)
        two = s.email.create_and_add_email(sender="a@b.example").delayed(30)
        return [one, two, says(s, "a").delayed(40), says(s, "b").delayed(60), s.agent_says("Hi").delayed(70)]

    def facts(run: Run) -> list[Any]:
        return [(e.event_id, e.time, e.result) for e in run.trace.events if e.fault is None]

    quiet, loud = play(script, NoiseConfig(), content=people), play(script, faults(1.0, "event_twice"), content=people)
    assert facts(quiet) == facts(loud)
    assert len(loud.trace.events) == len(quiet.trace.events) + 4


def test_what_is_no_arrival_in_the_inbox_does_not_come_again() -> None:
    def script(s: Any) -> list[Any]:
        return [s.email.create_and_add_email(sender="a@b.example", folder_name="SENT").delayed(1)]

    assert len(arrived(play(script, faults(1.0, "event_twice")))) == 1


@pytest.mark.parametrize("oracle", [True, False])
def test_a_repetition_that_fails_is_no_defect_of_the_scenario(oracle: bool) -> None:
    class Full(list[Any]):
        """Takes one message."""

        def append(self, message: Any) -> None:
            if self:
                raise ValueError("not again")
            super().append(message)

    def content(stage: Any) -> None:
        people(stage)
        stage.messaging.conversations[stage.chat].messages = Full()

    run = play(lambda s: [says(s, "a").delayed(1)], faults(1.0, "event_twice"), oracle=oracle, content=content)
    assert run.success, run.result
    (first, again) = [event for event in run.trace.events if event.kind == "ENV"]
    assert (first.error, again.error) == (None, "not again")
    assert run.warnings == ("stage: noise failed: +6 s: Messages.create_and_add_message: ValueError: not again",)


# -- out of order


def test_two_that_follow_each_other_change_places() -> None:
    def script(s: Any) -> list[Any]:
        first = mail(s, "first").delayed(10)
        second = mail(s, "second").depends_on(first, 20)
        read = s.agent_says("first").depends_on(first, 3)
        both = s.agent_says("both").depends_on(second, 4)
        return [first, second, read, both]

    for oracle in (True, False):
        run = play(script, faults(1.0, "event_out_of_order"), oracle=oracle)
        assert arrived(run) == [("second", 10.0, "event_out_of_order"), ("first", 30.0, "event_out_of_order")]
        assert run.success
    run = play(script, faults(1.0, "event_out_of_order"))
    assert {e.args["content"]: e.time for e in run.trace.events if e.kind == "AGENT"} == {"first": 33.0, "both": 34.0}


def test_events_that_do_not_depend_on_each_other_change_places_by_time() -> None:
    def script(s: Any) -> list[Any]:
        late = mail(s, "late").delayed(50)
        return [late, mail(s, "early").delayed(10), says(s, "hello").delayed(20), mail(s, "last").delayed(60)]

    run = play(script, faults(1.0, "event_out_of_order"), content=people)
    assert arrived(run) == [
        ("late", 10.0, "event_out_of_order"),
        ("hello", 20.0, None),
        ("early", 50.0, "event_out_of_order"),
        ("last", 60.0, None),
    ]


def test_times_of_their_own_change_places() -> None:
    def script(s: Any) -> list[Any]:
        return [mail(s, "a").at_absolute_time(s.start_time + 5), mail(s, "b").delayed(8)]

    assert [event[:2] for event in arrived(play(script, faults(1.0, "event_out_of_order")))] == [("b", 5.0), ("a", 8.0)]


def test_events_after_the_same_condition_change_places() -> None:
    def soon(env: Any) -> bool:
        return bool(env.time_manager.time_passed() > 30)

    def script(s: Any) -> list[Any]:
        asked = ConditionCheckEvent.from_condition(soon, every_tick=1).delayed(1)
        return [asked, mail(s, "a").depends_on(asked, 1), mail(s, "b").depends_on(asked, 5), mail(s, "c").delayed(3)]

    run = play(script, faults(1.0, "event_out_of_order"))
    assert [(event_id, time) for event_id, time, _ in arrived(run)] == [("c", 3.0), ("b", 32.0), ("a", 36.0)]


def chain(s: Any) -> list[Any]:
    first = mail(s, "x").delayed(5)
    added = s.calendar.add_calendar_event(title="t").depends_on(first, 1)
    return [first, added, mail(s, "y").depends_on(added, 1)]


UNMOVED: dict[str, Callable[[Any], list[Any]]] = {
    "it holds what the first returns": lambda s: [
        s.email.create_and_add_email(sender="a@b.example").with_id("x").delayed(5),
        s.email.create_and_add_email(sender="a@b.example", content="{{x}}").delayed(9),
    ],
    "it holds the id of the first": lambda s: [
        mail(s, "x").delayed(5),
        s.email.create_and_add_email(sender="a@b.example", content="x").delayed(9),
    ],
    "they are in two apps": lambda s: [mail(s, "x").delayed(5), says(s, "y").delayed(9)],
    "the second waits for something that the first has caused": chain,
    "one of them is no arrival": lambda s: [
        mail(s, "x").delayed(5),
        s.email.create_and_add_email(sender="a@b.example", folder_name="SENT").delayed(9),
    ],
}


@pytest.mark.parametrize("script", UNMOVED.values(), ids=UNMOVED)
def test_what_hangs_together_stays_in_order(script: Callable[[Any], list[Any]]) -> None:
    quiet, loud = (
        play(script, NoiseConfig(), content=people),
        play(script, faults(1.0, "event_out_of_order"), content=people),
    )
    assert loud.trace == quiet.trace


def test_a_script_that_goes_round_in_circles_does_not_take_us_along() -> None:
    def script(s: Any) -> list[Any]:
        first, second = mail(s, "a"), mail(s, "b")
        return [first.depends_on(second), second.depends_on(first)]

    for config in (NoiseConfig(), faults(1.0, *KINDS)):
        assert str(play(script, config).result.exception).count("depends on itself, and never happens") == 2
    assert arrived(play(script, faults(1.0, *KINDS))) == []


@given(order=st.permutations(range(5)), seed=st.integers(0, 99), kinds=st.sets(st.sampled_from(KINDS), min_size=1))
def test_everything_comes_whatever_has_which_fault(order: list[int], seed: int, kinds: set[str]) -> None:
    def script(s: Any) -> list[Any]:
        events = [mail(s, f"m{n}") for n in range(5)]
        for n, event in enumerate(events):
            event.depends_on([events[k] for k in range(n) if (k * 7 + seed) % 3 == 0] or None, 1 + n)
        steps = [s.agent_says(f"s{n}").depends_on(event, 1) for n, event in enumerate(events)]
        return [events[n] for n in order] + steps

    run = play(script, faults(0.5, *sorted(kinds), seed=seed))
    assert run.success, run.result
    came: list[TraceEvent] = [event for event in run.trace.events if event.kind == "ENV"]
    assert sorted(e.event_id for e in came if e.fault != "event_twice") == [f"m{n}" for n in range(5)]
    assert sum(event.kind == "AGENT" for event in run.trace.events) == 5


# -- reproducibility


def test_draws_depend_on_nothing_but_what_they_are_said_to_depend_on() -> None:
    def hit(noise: NoiseConfig, **stage: Any) -> str:
        made = Stage(script=lambda s: [mail(s, f"m{n}").delayed(n) for n in range(20)], **stage)
        made.noise_config = noise
        made.initialize()
        return "".join("x" if f"m{n}" in made._faults else "." for n in range(20))

    half = faults(0.5, "event_late", seed=1)
    one = hit(half)
    assert one == hit(half) == hit(faults(0.5, "event_late", seed=1, seconds=1.0))
    others = [
        hit(faults(0.5, "event_late", seed=2)),
        hit(half, seed=1),
        hit(half, run_number=1),
        hit(half, scenario_id="another"),
    ]
    assert len({one, *others}) == 5
    # More of them at a higher rate, and the same ones among them.
    more = hit(faults(0.8, "event_late", seed=1))
    assert all(b == "x" for a, b in zip(one, more, strict=True) if a == "x")


@pytest.mark.parametrize("oracle", [True, False])
def test_a_rate_of_nothing_changes_nothing(oracle: bool) -> None:
    for scenario in list(BUNDLED.values())[::5]:
        nothing = faults(0.0, *KINDS, seed=5)
        runs = [
            run_scenario(scenario(), RunnerSettings(oracle=oracle, noise=noise)) for noise in (NoiseConfig(), nothing)
        ]
        assert runs[0].trace.to_jsonl() == runs[1].trace.to_jsonl()


# -- the bundled library


@pytest.mark.parametrize("oracle", [True, False])
@pytest.mark.parametrize("kinds", [*((kind,) for kind in KINDS), KINDS])
def test_every_bundled_scenario_can_be_solved_with_faults(kinds: tuple[str, ...], oracle: bool) -> None:
    seen = set()
    # Few scenarios have a pair of events to exchange. A third of them is enough for another fault alone.
    part = slice(None) if KINDS[2] in kinds else slice(KINDS.index(kinds[0]), None, 3)
    for scenario_id, scenario in [*BUNDLED.items()][part]:
        run = run_scenario(scenario(), RunnerSettings(oracle=oracle, noise=faults(1.0, *kinds)))
        assert run.success, (scenario_id, run.result)
        assert run.warnings == ()
        assert not any(event.error for event in run.trace.events if event.fault)
        seen |= {event.fault for event in run.trace.events}
    assert seen == {*kinds, None}
