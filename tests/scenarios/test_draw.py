"""Draws: the written value without variation, and another consistent one with it, in any world."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.types import EventRegisterer
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_pare.scenarios.argument_tests import mentions
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.draw import Clock, Day, Draw, Money, Person
from pytest_pare.scenarios.draw.cultures import CULTURES, cities, first_names, gender_of
from pytest_pare.scenarios.draw.written import words_of
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2025, 2, 8, 11, 0, tzinfo=UTC).timestamp()
WORDS = frozenset({"elena", "rossi", "russo", "carter", "tanaka", "hiroshi", "priya", "marco", "0171"})


@dataclass(frozen=True)
class World:
    """One value of each kind, and their log."""

    elena: Person
    russo: Person
    ben: Person
    new_phone: str
    phone: str
    day: Day
    monday: Day
    past: Day
    days: tuple[Day, ...]
    times: tuple[Clock, ...]
    price: Money
    rents: tuple[Money, ...]
    yen: Money
    count: int
    home: str
    office: str
    colour: str
    values: dict[str, str]


def drawn(seed: int = 0, run: int | None = 1, *, variation: bool = True) -> World:
    draw = Draw("new_number", seed, run, START, variation=variation, words=lambda: WORDS)
    elena = draw.person("Elena Rossi", phone="+39 333 555 0117", email="erossi@rossi-cello.example")
    return World(
        elena=elena,
        russo=draw.person("Elena Russo", same="first_name", as_=elena),
        ben=draw.person("Ben Carter", email="b.carter@clinic.example", city="Leeds"),
        new_phone=draw.phone("+39 333 555 0171", like=elena),
        phone=draw.phone("+1 617 555 0143"),
        day=draw.day("2025-02-11"),
        monday=draw.day("2025-02-17", days=21, weekday=True),
        past=draw.day("2025-02-03"),
        days=draw.days("2025-03-07", "2025-03-08", "2025-03-12"),
        times=draw.times("18:00", "19:30", minutes=60, earliest="17:30"),
        price=draw.money(38.5, "CHF"),
        rents=draw.amounts(1620, 1650, currency="EUR", low=1300, high=1900),
        yen=draw.money(1250, "JPY"),
        count=draw.number(3, 2, 6),
        home=draw.place("Alder Lane 14, 8004 Zurich", like=elena),
        office=draw.place("12 Park Row, Leeds LS1 5HD"),
        colour=draw.choice("wine red", "bottle green", "navy"),
        values=draw.values,
    )


seeds, runs = st.integers(0, 10**6), st.integers(1, 50)


@settings(max_examples=25)
@given(seeds, runs)
def test_without_variation_values_are_as_written(seed: int, run: int) -> None:
    world = drawn(seed, run, variation=False)
    assert world == drawn(variation=False)
    assert (world.elena.name, world.elena.phone) == ("Elena Rossi", "+39 333 555 0117")
    assert (world.elena.pronoun, world.elena.possessive, world.elena.slug) == ("she", "her", "elena-rossi")
    assert (world.ben.email, world.ben.city, world.ben.country) == (
        "b.carter@clinic.example",
        "Leeds",
        "United Kingdom",
    )
    assert (world.new_phone, world.day, world.colour) == ("+39 333 555 0171", "2025-02-11", "wine red")
    assert world.days == ("2025-03-07", "2025-03-08", "2025-03-12")
    assert world.price == Money(38.5, "CHF")
    assert (world.count, world.home) == (3, "Alder Lane 14, 8004 Zurich")
    # What is not written follows from the name: a person of Italy.
    assert world.russo.phone.startswith("+39 333 555 0")
    assert world.russo.email == "elena.russo@posta.example"


@settings(max_examples=25)
@given(seeds, runs)
def test_the_parts_of_a_drawn_world_fit_together(seed: int, run: int) -> None:
    world, written = drawn(seed, run), drawn(variation=False)
    for person in (world.elena, world.russo, world.ben):
        assert_fits(person)
    assert world.elena.first_name == world.russo.first_name
    names = [world.elena.first_name, world.elena.last_name, world.russo.last_name, world.ben.first_name]
    names.append(world.ben.last_name)
    assert not {word for name in names for word in words_of(name)} & (WORDS | {"ben"})
    assert len(set(names)) == 5
    # The written mail address: initial and last name, at a domain of her own; and at that of a clinic.
    plain = re.sub(r"\W", "", world.elena.email.partition("@")[0])
    assert plain == world.elena.slug[0] + re.sub(r"\W", "", world.elena.slug.partition("-")[2]) or "-" in plain
    assert "rossi" not in world.elena.email
    assert world.ben.email.endswith("@clinic.example")
    assert re.sub(r"\d", "#", world.new_phone) == re.sub(r"\d", "#", world.elena.phone)
    assert world.new_phone.split()[0] == world.elena.phone.split()[0]
    assert re.fullmatch(r"\+1 617 555 01\d\d", world.phone)
    numbers = [world.elena.phone, world.russo.phone, world.ben.phone, world.new_phone, world.phone]
    assert len({number.replace(" ", "")[-2:] for number in [*numbers, "+39 333 555 0117", "+39 333 555 0171"]}) == 7

    start = date(2025, 2, 8)
    assert world.past.date < start < min(world.day.date, world.monday.date)
    assert world.monday.weekday == "Monday"
    assert [day.date.weekday() // 5 for day in world.days] == [0, 1, 0]
    for later, shifted in ((world.days, written.days), (world.times, written.times), (world.rents, written.rents)):
        assert_same_distances(later, shifted)
    assert world.times[0] >= "17:30"
    assert all(time.minutes % 15 == 0 for time in world.times)
    assert abs(world.times[0].minutes - written.times[0].minutes) <= 60
    assert 26.9 < world.price.amount < 50.1
    assert len(f"{world.price.amount:g}".partition(".")[2]) == 1
    assert 1300 <= world.rents[0].amount < world.rents[1].amount <= 1900
    assert world.rents[0].amount % 10 == 0 == world.yen.amount % 10
    assert 2 <= world.count <= 6
    assert world.elena.city in world.home
    assert "Leeds" in world.office


@settings(max_examples=25)
@given(seeds, runs)
def test_each_drawn_value_differs_from_the_written_one(seed: int, run: int) -> None:
    world, written = vars(drawn(seed, run)), vars(drawn(variation=False))
    assert [name for name, value in written.items() if world[name] == value] == []


@settings(max_examples=25)
@given(seeds, runs)
def test_a_seed_and_a_run_make_a_world(seed: int, run: int) -> None:
    world = drawn(seed, run)
    assert world == drawn(seed, run)
    for other in (drawn(seed, run + 1), drawn(seed + 1, run)):
        assert sum(value != vars(other)[name] for name, value in vars(world).items()) > 8


def test_a_single_run_has_the_world_of_run_1() -> None:
    assert drawn(run=None) == drawn(run=1) != drawn(run=2)


def test_runs_spread_over_countries() -> None:
    draws = (Draw("s", 0, run, START, variation=True, words=frozenset) for run in range(1, 161))
    countries = Counter(draw.person("Elena Rossi").country for draw in draws)
    assert len(countries) == len(CULTURES)
    assert max(countries.values()) < 30


def test_a_number_of_eight_digits_needs_no_list_of_all() -> None:
    draw = Draw("s", 0, 1, START, variation=True, words=frozenset)
    assert draw.number(48_213_377, 10_000_000, 99_999_999) != 48_213_377
    assert draw.money(1_234_567.89, "EUR").amount != 1_234_567.89
    assert {Draw("s", 0, n, START, variation=True, words=frozenset).number(2, 1, 3) for n in range(20)} == {1, 3}


def test_a_draw_depends_on_no_other_one() -> None:
    def price(before: Callable[[Draw], Any]) -> Money:
        draw = Draw("s", 0, 1, START, variation=True, words=frozenset)
        before(draw)
        return draw.money(38.5, "CHF")

    alone = price(lambda draw: None)
    assert price(lambda draw: [draw.number(3, 1, 9), draw.day("2025-02-11"), draw.person("Elena Rossi")]) == alone


def assert_fits(person: Person) -> None:
    culture = next(one for one in CULTURES if one.country == person.country)
    assert person.first_name in first_names(culture, person.pronoun)
    assert person.last_name in culture.last_names
    assert person.name == f"{person.first_name} {person.last_name}" == str(person)
    assert person.city in cities(culture).values()
    assert re.fullmatch(re.escape(culture.phone).replace(r"\#", r"\d"), person.phone), (culture.phone, person.phone)
    assert person.email.isascii()


def assert_same_distances(values: tuple[Any, ...], written: tuple[Any, ...]) -> None:
    def number(value: Any) -> float:
        if isinstance(value, Day):
            return value.date.toordinal()
        return value.minutes if isinstance(value, Clock) else value.amount

    shifts = {round(number(new) - number(old), 6) for new, old in zip(values, written, strict=True)}
    assert len(shifts) == 1
    assert shifts != {0}


# -- values


def test_days_and_times_in_all_notations() -> None:
    day, time = Day("2025-02-11"), Clock("18:00")
    assert (day.weekday, day.text, day.plus(18), day.at("19:00")) == (
        "Tuesday", "Tuesday, 11 February", "2025-03-01", "2025-02-11 19:00:00",
    )  # fmt: skip
    assert type(day.plus(1)) is Day
    assert Day("2025-02-22").wordings[5:] == ("22nd February", "22nd of February", "February 22nd")
    assert (time.text, time.plus(-330).text, time.plus(30), Clock("00:15").text) == (
        "6 pm", "12:30 pm", "18:30", "12:15 am",
    )  # fmt: skip
    assert Clock("12:00").wordings[-1] == "noon"
    assert mentions(Clock("08:30").wordings)("See you at 8:30!")
    assert not mentions(Clock("08:30").wordings)("See you at 18:30!")
    with pytest.raises(ValueError, match="got 1470 minutes after midnight"):
        time.plus(390)
    # Apps and traces get plain texts.
    assert json.loads(json.dumps([day, time])) == ["2025-02-11", "18:00"]
    for text in ("Shall I book 18:00?", "At 6 PM?", "at 6:00 p.m."):
        assert mentions(time)(text)
    assert not mentions(time)("At 5 pm?")
    assert mentions(day)("on February 11th")
    # No part of another number.
    assert mentions(Day("2025-02-01"))("From Feb 1, 2025 on.")
    assert not mentions(Day("2025-02-01"))("11 February, or February 11")
    assert not mentions(("never", Clock("08:00")))("At 18:00, or 18:00 am.")
    assert mentions(Clock("18:00"))("2025-02-11 18:00:00")
    assert mentions(Money(40, "EUR"))("It is €40.")
    assert not any(map(mentions(Money(40, "EUR").wordings), ("€140", "€1,40", "€40.50", "€4000", "€40,000")))


def test_amounts_of_money() -> None:
    price = Money(38.5, "CHF")
    assert [str(price), str(price * 2), str(3 * price), str(price + Money(1.5, "CHF"))] == [
        "CHF 38.50", "CHF 77", "CHF 115.50", "CHF 40",
    ]  # fmt: skip
    assert str(price - Money(0.25, "CHF")) == "CHF 38.25"
    assert price < Money(40, "CHF")
    assert max(price, Money(40.0, "CHF")).amount == 40
    assert Money(1250, "EUR").wordings == ("1250", "1250.00", "1,250")
    assert Money(1250.5, "EUR").wordings == ("1250.50", "1250.5", "1,250.50")
    assert str(Money(1250, "JPY")) == "JPY 1250"
    with pytest.raises(ValueError, match=r"CHF 38\.50 and EUR 1 have two currencies"):
        price + Money(1, "EUR")


def test_no_name_of_the_table_is_ambiguous() -> None:
    names = [name.casefold() for one in CULTURES for name in (*one.women, *one.men, *one.last_names)]
    assert [(one, other) for one, other in combinations(names, 2) if one in other or other in one] == []
    assert all(len(name) > 3 for name in names)
    for culture in CULTURES:
        assert {gender_of(name) for name in culture.women} == {"she"}
        assert {gender_of(name) for name in culture.men} == {"he"}
        assert min(len(culture.women), len(culture.men), len(culture.last_names)) >= 12


# -- defects, which are found with and without variation


@pytest.mark.parametrize("variation", [False, True])
@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda draw: draw.person("Elena"), "draw.person('Elena'): a person needs a first and a last name"),
        (lambda draw: draw.person("Xyz Rossi"), "'Xyz' is not in the table of first names; add pronoun="),
        (lambda draw: draw.person("Ana Rossi", same="last_name"), "same and as_ belong together"),
        (lambda draw: draw.person("Ana Russo", same="last_name", as_=draw.person("Elena Rossi")),
         "draw.person('Ana Russo'): last_name must be that of 'Elena Rossi' as written"),
        (lambda draw: draw.phone("+39 333", like=drawn().elena), "was not drawn by this scenario; pass what"),
        (lambda draw: draw.phone("112"), "draw.phone('112'): a phone number must be a text with at least 5 digits"),
        (lambda draw: draw.day("11 February"), "draw.day('11 February'): a day must be an ISO date"),
        (lambda draw: draw.day("2025-02-09", days=6, weekday=True),
         "draw.day('2025-02-09'): no other day fits within days=6 with weekday=True; allow more"),
        (lambda draw: draw.time("6 pm"), "draw.time('6 pm'): a time must be 00:00 to 23:59"),
        (lambda draw: draw.times("00:00", "23:50"), "no other time fits within minutes=90, 00:00 to 23:59"),
        (lambda draw: draw.money(0, "CHF"), "draw.money(0, 'CHF'): an amount must be a number above 0"),
        (lambda draw: draw.money(5, "CHF", low=5, high=5), "no other amount fits between low and high"),
        (lambda draw: draw.number(3, 3, 3), "draw.number(3, 3, 3): no other number is possible; give a wider range"),
        (lambda draw: draw.number(7, 1, 6), "the written number must be from 1 to 6"),
        (lambda draw: draw.choice(object(), "red"), "draw.choice(): object has no fixed text; choose among texts"),
        (lambda draw: draw.choice("red"), "draw.choice('red'): no other value is possible; give at least two"),
    ],
)  # fmt: skip
def test_a_draw_that_cannot_vary_is_a_defect(declare: Callable[[Draw], Any], message: str, variation: bool) -> None:
    with pytest.raises(ScenarioDefect, match=rf"^s: .*test_draw\.py:\d+: .*{re.escape(message)}"):
        declare(Draw("s", 0, 1, START, variation=variation, words=frozenset))


# -- in scenarios


class Tea(Stage):
    """Tea with a friend, on a drawn day."""

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps()
        self.friend = self.draw.person("Elena Rossi")
        self.day = self.draw.day("2025-01-14")
        self.calendar.add_calendar_event(
            title=f"Tea with {self.friend}",
            start_datetime=self.day.at("15:00"),
            end_datetime=self.day.at("16:00"),
        )

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            self.events = [self.user_says(f"{self.friend} comes on {self.day.text}")]


def played(*, variation: bool = False, run_number: int | None = None) -> Run:
    config = MultiScenarioRunnerConfig(oracle=True, variation=variation)
    return run_scenario(Tea(run_number=run_number), config)


def test_a_scenario_is_redrawn_by_run_with_ids_of_its_own() -> None:
    runs = [played(variation=True, run_number=number) for number in (None, 1, 2, 1)]
    assert all(run.success for run in runs)
    first, second, third, again = (run.trace.draws for run in runs)
    assert first == second == again != third
    assert list(first) == ["person Elena Rossi", "day 2025-01-14"]
    assert runs[1].trace.to_jsonl() == runs[3].trace.to_jsonl()
    ids = [run.env is not None and run.env.apps["Calendar"].events.keys() for run in runs]
    assert ids[0] == ids[1] != ids[2]
    header = json.loads(runs[1].trace.to_jsonl().partition("\n")[0])
    assert header["draws"] == first
    assert type(runs[1].trace).from_jsonl(runs[1].trace.to_jsonl()) == runs[1].trace


def test_without_variation_traces_do_not_mention_draws() -> None:
    run = played()
    assert run.trace.draws == {}
    assert "draws" not in run.trace.to_jsonl()
    assert "Elena Rossi comes on Tuesday, 14 January" in run.trace.to_jsonl()
    assert type(run.trace).from_jsonl(run.trace.to_jsonl()) == run.trace


def test_no_drawn_name_occurs_in_the_code_of_the_scenario() -> None:
    class Family(Stage):
        """Hiroshi, Keiko and their neighbours."""

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            super().init_and_populate_apps()
            self.names = [self.draw.person("Elena Rossi", pronoun="she").first_name for _ in range(40)]
            self.greeting = [f"{name} greets Chiara, {FRIENDS}" for name in self.names]

    scenario = Family()
    scenario.variation = True
    scenario.initialize()
    women = {name for culture in CULTURES for name in culture.women}
    assert len(set(scenario.names)) == 40
    assert set(scenario.names) <= women - {"Chiara", "Keiko", "Manon", "Elena"}


FRIENDS = ("Manon",)


def test_variation_cannot_come_after_the_world() -> None:
    scenario = Stage()
    scenario.initialize()
    config = type("Config", (), {"variation": True})()
    with pytest.raises(ScenarioDefect, match="was initialized without the variation of the configuration"):
        scenario.configure_variation(config)
