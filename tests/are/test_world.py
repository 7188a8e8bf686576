"""Simulated time, ids and random numbers, inside of a world; ARE as it is, outside of one."""

from __future__ import annotations

import importlib
import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import are.simulation
import pytest
from are.simulation.apps.agent_user_interface import AUIMessage, Sender
from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.app import App
from are.simulation.apps.cab import Ride
from are.simulation.apps.calendar import CalendarEvent
from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import Email
from are.simulation.apps.messaging_v2 import ConversationV2, MessageV2
from are.simulation.apps.shopping import Item, Order, Product
from are.simulation.environment import Environment
from are.simulation.time_manager import TimeManager
from are.simulation.types import ConditionCheckAction, Event
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.are import world
from pytest_pare.are.generators import stable_seed
from pytest_pare.are.world import DEFAULT_START_TIME, SimulatedClock, World

ARE = Path(next(iter(are.simulation.__path__)))
START = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC).timestamp()

TIMES = st.floats(min_value=0, max_value=4e9)
SECONDS = st.floats(min_value=0, max_value=1e7)


# -- the clock


def test_the_clock_starts_on_a_monday_morning() -> None:
    assert datetime.fromtimestamp(DEFAULT_START_TIME, tz=UTC) == datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
    assert SimulatedClock().time() == DEFAULT_START_TIME


def test_the_clock_stands_still_while_real_time_passes() -> None:
    clock = SimulatedClock(START)
    time.sleep(0.01)
    assert (clock.time(), clock.time_passed(), clock.real_time_passed()) == (START, 0, 0)


def test_the_clock_is_a_time_manager_to_are() -> None:
    assert isinstance(SimulatedClock(), TimeManager)


@given(
    start=TIMES,
    steps=st.lists(
        st.tuples(st.sampled_from(["advance", "add_offset", "advance_to", "pause", "resume"]), SECONDS | TIMES)
    ),
)
def test_the_clock_never_runs_backwards(start: float, steps: list[tuple[str, float]]) -> None:
    clock = SimulatedClock(start)
    for step, value in steps:
        before = clock.time()
        getattr(clock, step)(*([] if step in ("pause", "resume") else [value]))
        assert clock.time() >= before
        assert clock.time_passed() == clock.real_time_passed() == clock.time() - start
        if step in ("pause", "resume"):
            assert clock.time() == before
            assert clock.is_paused == (step == "pause")


@given(start=TIMES, target=TIMES, on_the_way=st.lists(SECONDS, max_size=5))
def test_advance_to_is_exact(start: float, target: float, on_the_way: list[float]) -> None:
    clock = SimulatedClock(start)
    for seconds in on_the_way:
        clock.advance(seconds)
    before = clock.time()
    clock.advance_to(target)
    assert clock.time() == max(before, target)


@pytest.mark.parametrize("move", [SimulatedClock.advance, SimulatedClock.add_offset])
@pytest.mark.parametrize("seconds", [-1, -1e-9, float("nan"), float("-inf")])
def test_a_step_backwards_is_refused(move: Callable[[SimulatedClock, float], None], seconds: float) -> None:
    clock = SimulatedClock(START)
    with pytest.raises(ValueError, match="backwards"):
        move(clock, seconds)
    assert clock.time() == START


def test_an_offset_is_the_sum_of_all_jumps() -> None:
    clock = SimulatedClock(START)
    clock.set_offset(5)
    clock.add_offset(3)
    assert clock.time_passed() == 8
    clock.set_offset(8)
    assert clock.time_passed() == 8
    clock.set_offset(20)
    assert clock.time_passed() == 20
    with pytest.raises(ValueError, match="backwards"):
        clock.set_offset(19)


def test_reset_goes_back_to_the_start_or_to_another_one() -> None:
    clock = SimulatedClock(START)
    clock.set_offset(10)
    clock.pause()
    clock.reset()
    assert (clock.time(), clock.is_paused) == (START, False)
    clock.set_offset(1)  # and the offsets are counted anew
    clock.reset(START + 100)
    assert (clock.time(), clock.time_passed()) == (START + 100, 0)


# -- where ARE reads the clock and draws ids


def _sources() -> dict[str, str]:
    paths = [*(ARE / "apps").rglob("*.py"), ARE / "types.py", ARE / "agents" / "agent_log.py", ARE / "time_manager.py"]
    return {
        ".".join(path.relative_to(ARE).with_suffix("").parts): path.read_text(encoding="utf-8")
        for path in paths
        if "tests" not in path.parts
    }


def test_the_tables_name_every_module_that_draws_ids() -> None:
    assert {name for name, text in _sources().items() if re.search(r"\buuid[14]?\(", text)} == set(world._UUID_MODULES)


def test_the_tables_name_every_module_that_reads_the_clock() -> None:
    found = {name for name, text in _sources().items() if re.search(r"\btime\.(time|time_ns)\(", text)}
    assert found == set(world._TIME_MODULES)


def test_ids_and_time_are_drawn_through_names_that_can_be_replaced() -> None:
    for name, text in _sources().items():
        assert not re.search(r"from (uuid|time) import|import (uuid|time) as", text), name


def test_seeds_come_from_hash_in_one_place() -> None:
    assert {name for name, text in _sources().items() if re.search(r"(?<![\w.])hash\(", text)} == {"apps.app"}


def test_the_other_names_of_the_modules_are_untouched() -> None:
    for name in world._UUID_MODULES:
        assert importlib.import_module(f"are.simulation.{name}").uuid.UUID is uuid.UUID
    for name in world._TIME_MODULES:
        assert importlib.import_module(f"are.simulation.{name}").time.monotonic is time.monotonic


# -- in a world

MADE: dict[str, Callable[[], str]] = {
    "an id of a contact": lambda: Contact(first_name="A", last_name="B").contact_id,
    "an id of an email": lambda: Email().email_id,
    "an id of an empty email id": lambda: Email(email_id="").email_id,
    "an id of a message": lambda: MessageV2(sender_id="a").message_id,
    "an id of a conversation": lambda: ConversationV2(participant_ids=["a"]).conversation_id,
    "an id of a calendar event": lambda: CalendarEvent().event_id,
    "an id of a product": lambda: Product(name="a").product_id,
    "an id of an item": lambda: Item(price=1).item_id,
    "an id of an order": lambda: Order("shipped", datetime(2025, 1, 1, tzinfo=UTC), 1).order_id,
    "an id of a ride": lambda: Ride(service_type="a").ride_id,
    "an id of an apartment": lambda: Apartment("", "", "", 1, 1, 1, "", 1).apartment_id,
    "an id of an event": lambda: Event().event_id,
    "an id of an action": lambda: ConditionCheckAction(function=len).action_id,
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_ids_are_the_same_at_equal_seeds_and_new_each_time(make: Callable[[], str]) -> None:
    with World("a").active():
        first = [make(), make()]
    with World("a").active():
        second = [make(), make()]
    with World("b").active():
        other = [make(), make()]
    assert first == second
    assert len({*first, *other}) == 4
    # Outside, they are drawn by chance as ever.
    assert make() not in first


def test_times_are_those_of_the_clock() -> None:
    simulated = World("a", START)
    with simulated.active():
        simulated.clock.advance(60)
        assert Email().timestamp == START + 60
        assert MessageV2(sender_id="a").timestamp == START + 60
        assert ConversationV2(participant_ids=["a"]).last_updated == START + 60
        assert AUIMessage(sender=Sender.USER, content="").timestamp == START + 60
        assert (CalendarEvent().start_datetime, CalendarEvent().end_datetime) == (START + 60, START + 3660)
        assert App().time_manager is simulated.clock
        assert Environment().time_manager.time() == 0  # ARE's own, reset to its own default


def test_ids_have_the_form_of_a_version_4_uuid() -> None:
    ids = [World("a").uuid4() for _ in range(2)] + [uuid.UUID(Contact("A", "B").contact_id)]
    assert {i.version for i in ids} == {4}
    assert ids[0] == ids[1]
    same = uuid.UUID(int=random.Random("ids/a").getrandbits(128), version=4)
    assert (ids[0], str(ids[0]), ids[0].is_safe) == (same, str(same), same.is_safe)


def test_apps_are_seeded_by_seed_name_and_phase() -> None:
    simulated = World("a")
    with simulated.active():
        seeds = [App("Calendar").seed, App("Calendar").seed, App("Contacts").seed]
        app = App("Calendar")
        app.set_seed(1)
        seeds.append(app.seed)
        simulated.phase = "play"
        seeds.append(App("Calendar").seed)
    assert seeds[0] == seeds[1]
    assert len(set(seeds)) == 4
    assert seeds[0] == stable_seed("populate/0_Calendar")


def test_a_seed_is_the_same_in_every_process() -> None:
    assert (stable_seed("a"), stable_seed("")) == (3398926610, 3820012610)


def test_worlds_can_be_nested_and_end_with_their_block() -> None:
    outer, inner = World("outer", START), World("inner", START + 1)

    def break_off() -> None:
        with inner.active():
            assert App().time_manager is inner.clock
            raise KeyError

    with outer.active() as entered:
        assert entered is outer
        with pytest.raises(KeyError):
            break_off()
        assert App().time_manager is outer.clock
    assert type(App().time_manager) is TimeManager


def test_each_thread_has_its_own_world() -> None:
    seen: dict[str, list[str]] = {}
    together = threading.Barrier(3)

    def live(seed: str) -> None:
        with World(seed).active():
            together.wait(10)
            seen[threading.current_thread().name] = [Email().email_id for _ in range(20)]

    threads = [threading.Thread(target=live, args=[seed], name=f"{seed}{n}") for n, seed in enumerate("aab")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen["a0"] == seen["a1"]
    assert not {*seen["a0"]} & {*seen["b2"]}
    with World("a").active():
        assert [Email().email_id for _ in range(20)] == seen["a0"]


@given(st.lists(st.sampled_from(["ann", "bob", "cem", "dot"]), min_size=1, max_size=8))
def test_participants_keep_their_order(ids: list[str]) -> None:
    with World("chat").active():
        conversation = ConversationV2(participant_ids=list(ids))
    assert conversation.participant_ids == sorted(set(ids), key=ids.index)
    assert conversation.title == ", ".join(ids)


# -- outside of a world


def test_are_is_as_it_was_outside_of_a_world() -> None:
    app = App("Calendar")
    assert app.seed == hash("0_Calendar") % 2**32
    assert type(app.time_manager) is TimeManager
    assert abs(app.time_manager.time() - time.time()) < 5
    assert abs(Email().timestamp - time.time()) < 5
    assert Email().email_id != Email().email_id
    people = [f"person {n}" for n in range(20)]
    assert ConversationV2(participant_ids=list(people)).participant_ids == list(set(people))
