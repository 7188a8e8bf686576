"""The apartment app: the agent's tools, what happens to the listing, the screens, and the ways between them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from are.simulation.apps.apartment_listing import Apartment
from are.simulation.types import Event, EventType

from pytest_pare.apps import StatefulApartmentApp
from pytest_pare.apps.apartment import ApartmentDetail, ApartmentFavorites, ApartmentHome, ApartmentSearch
from pytest_pare.are.world import DEFAULT_START_TIME
from pytest_pare.simulation.notification_templates import ANNOUNCEMENTS
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

CONTRACT = interface("apartment")
SCREENS = [ApartmentHome, ApartmentSearch, ApartmentFavorites, ApartmentDetail]


def attic() -> Apartment:
    return Apartment(
        name="Sunny attic",
        location="Riverside, Leeds",
        zip_code="LS1",
        price=900.0,
        bedrooms=1,
        bathrooms=1,
        property_type="Apartment",
        square_footage=450,
        furnished_status="Furnished",
        floor_level="Penthouse",
        pet_policy="Cats allowed",
        lease_term="1 year",
        apartment_id="attic",
        amenities=["Balcony", "Gym"],
    )


def loft() -> Apartment:
    return Apartment(
        "Loft", "Harbour", "B2", 1500.0, 3, 2, "Condo", 1200, apartment_id="loft", amenities=None, saved=True
    )


def listing() -> StatefulApartmentApp:
    return StatefulApartmentApp(name="Apartment", apartments={"attic": attic(), "loft": loft()})


@pytest.fixture
def seeker() -> Iterator[Phone]:
    with phone(listing) as held:
        yield held


# -- the documented interface


def test_interface_methods() -> None:
    for name, agreed in CONTRACT["methods"].items():
        method = getattr(StatefulApartmentApp, name)
        assert parameters_of(method) == agreed["params"], name
        assert sorted(kinds_of(method)) == sorted(agreed["kinds"]), name
        assert mark_of(method) == agreed["operation"], name


def test_interface_screens() -> None:
    assert [screen.__name__ for screen in SCREENS] == list(CONTRACT["screens"])
    for screen in SCREENS:
        tools = {name: tool for name, tool in vars(screen).items() if kinds_of(tool) == ["user_tool"]}
        assert {
            name: {"operation": mark_of(tool), "params": parameters_of(tool)} for name, tool in tools.items()
        } == CONTRACT["screens"][screen.__name__]


def test_what_is_given_to_the_constructor_is_kept() -> None:
    assert set(CONTRACT["constructor"]) == {"name", "apartments", "saved_apartments"}
    assert listing().saved_apartments == ["loft"]
    both = StatefulApartmentApp(apartments={"attic": attic(), "loft": loft()}, saved_apartments=["attic"])
    assert both.saved_apartments == ["attic", "loft"]
    assert both.apartments["attic"].saved
    assert both.name == "StatefulApartmentApp"


def test_state_is_saved_loaded_and_reset(seeker: Phone, tmp_path: Path) -> None:
    state = copy.deepcopy(seeker.app.get_state())
    other = StatefulApartmentApp(name="Other")
    other.load_state(copy.deepcopy(state))
    assert other.get_state() == state
    other.reset()
    assert other.get_state() == {"apartments": {}, "saved_apartments": []}
    file = tmp_path / "apartments.json"
    file.write_text(json.dumps(state["apartments"]))
    other.load_apartments_from_file(str(file))
    assert list(other.apartments) == ["attic", "loft"]


# -- the agent's tools

AGENT_CALLS: list[tuple[str, dict[str, Any]]] = [
    ("get_apartment_details", {"apartment_id": "attic"}),
    ("list_all_apartments", {}),
    ("list_saved_apartments", {}),
    ("remove_saved_apartment", {"apartment_id": "loft"}),
    ("save_apartment", {"apartment_id": "attic"}),
    ("search_apartments", {"name": "attic"}),
]


@pytest.mark.parametrize(("tool", "arguments"), AGENT_CALLS)
def test_marks_of_the_agents_tools_are_true(seeker: Phone, tool: str, arguments: dict[str, Any]) -> None:
    before = copy.deepcopy(seeker.app.get_state())
    seeker.agent(tool, **arguments)
    assert (seeker.app.get_state() != before) == (mark_of(getattr(StatefulApartmentApp, tool)) == "WRITE")


def test_no_tool_of_the_agents_is_left_out(seeker: Phone) -> None:
    assert sorted(f"Apartment__{tool}" for tool, _ in AGENT_CALLS) == sorted(t.name for t in seeker.app.get_tools())


def test_what_the_agents_tools_return(seeker: Phone) -> None:
    assert list(seeker.agent("list_all_apartments")) == ["attic", "loft"]
    assert seeker.agent("get_apartment_details", apartment_id="attic") == attic()
    assert list(seeker.agent("list_saved_apartments")) == ["loft"]
    assert seeker.agent("save_apartment", apartment_id="attic") == "Successfully saved apartment"
    seeker.agent("save_apartment", apartment_id="attic")
    assert seeker.app.saved_apartments == ["loft", "attic"]
    assert seeker.app.apartments["attic"].saved
    removed = seeker.agent("remove_saved_apartment", apartment_id="loft")
    assert removed == "Successfully removed apartment from favorites"
    assert seeker.app.saved_apartments == ["attic"]
    assert not seeker.app.apartments["loft"].saved
    assert list(seeker.agent("search_apartments", saved_only=True)) == ["attic"]


REFUSED_TO_THE_AGENT: list[tuple[type[Exception], str, str, dict[str, Any]]] = [
    (ValueError, "Apartment does not exist", "get_apartment_details", {"apartment_id": "gone"}),
    (ValueError, "Apartment does not exist", "get_apartment_details", {"apartment_id": ""}),
    (ValueError, "Apartment does not exist", "save_apartment", {"apartment_id": "gone"}),
    (ValueError, "Apartment not in saved list", "remove_saved_apartment", {"apartment_id": "attic"}),
    (ValueError, "Apartment not in saved list", "remove_saved_apartment", {"apartment_id": "gone"}),
    (TypeError, "apartment_id", "save_apartment", {"apartment_id": 3}),
    (TypeError, "max_price", "search_apartments", {"max_price": "1000"}),
]


@pytest.mark.parametrize(("error", "match", "tool", "arguments"), REFUSED_TO_THE_AGENT)
def test_what_is_refused_to_the_agent(
    seeker: Phone, error: type[Exception], match: str, tool: str, arguments: dict[str, Any]
) -> None:
    seeker.agent_refused(error, tool, match, **arguments)


# -- what happens to the listing

NEW = {
    "name": "Cellar",
    "location": "Old town",
    "zip_code": "Z9",
    "price": 300.0,
    "number_of_bedrooms": 1,
    "number_of_bathrooms": 1,
    "square_footage": 200,
    "pet_policy": "No pets",
    "amenities": ["Bicycles", "Bar"],
}
HAPPENINGS: dict[str, tuple[dict[str, Any], str, str]] = {
    "add_new_apartment": (
        NEW,
        "New apartment: Cellar, 300.0",
        ": Cellar, Old town Z9, 300.0, 1 bedrooms, 1 bathrooms, 200 square feet, No pets, Bicycles, Bar",
    ),
    "update_apartment": (
        {"apartment_id": "loft", "new_price": 1400.0},
        "An apartment has changed",
        "Apartment loft has changed, new price 1400.0",
    ),
    "delete_apartment": ({"apartment_id": "loft"}, "no longer offered", "Apartment loft is no longer offered"),
}


@pytest.mark.parametrize("function", HAPPENINGS)
def test_what_happens_is_one_event_and_is_announced(seeker: Phone, function: str) -> None:
    arguments, for_user, for_agent = HAPPENINGS[function]
    before, state = len(seeker.log()), copy.deepcopy(seeker.app.get_state())
    # An event that is created by hand lacks the omitted arguments.
    event = Event.from_function(getattr(seeker.app, function), EventType.ENV, **arguments)
    seeker.env.process_event(event.at_absolute_time(DEFAULT_START_TIME))
    assert described(seeker.log()[before:]) == [("ENV", function, False)]
    assert seeker.app.get_state() != state
    system = seeker.env.notification_system
    assert for_user in system.take(FOR_USER)[-1].message
    assert system.take(FOR_AGENT)[-1].message.endswith(for_agent)


def test_all_that_is_announced_happens_above() -> None:
    assert set(HAPPENINGS) == {function for app, function in ANNOUNCEMENTS if app == "StatefulApartmentApp"}


@pytest.mark.parametrize("function", HAPPENINGS)
def test_a_direct_call_is_an_event_of_the_world(seeker: Phone, function: str) -> None:
    before = len(seeker.log())
    getattr(seeker.app, function)(**HAPPENINGS[function][0])
    assert described(seeker.log()[before:]) == [(CONTRACT["methods"][function]["event"], function, False)]


def test_an_apartment_is_added_as_described(seeker: Phone) -> None:
    apartment_id = seeker.app.add_new_apartment(**NEW)
    apartment = seeker.app.apartments[apartment_id]
    assert (apartment.apartment_id, apartment.name, apartment.bedrooms) == (apartment_id, "Cellar", 1)
    assert not apartment.saved


def test_a_saved_apartment_that_is_deleted_is_saved_no_longer(seeker: Phone) -> None:
    seeker.app.delete_apartment("attic")
    assert seeker.app.saved_apartments == ["loft"]
    seeker.app.delete_apartment("loft")
    assert seeker.agent("list_saved_apartments") == {}
    assert seeker.agent("search_apartments", saved_only=True) == {}
    seeker.agent_refused(ValueError, "remove_saved_apartment", "not in saved list", apartment_id="loft")


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda app: app.update_apartment("gone", 1.0)),
        (ValueError, lambda app: app.delete_apartment("gone")),
        (ValueError, lambda app: app.delete_apartment("")),
        (TypeError, lambda app: app.update_apartment("loft", "1400")),
        (TypeError, lambda app: app.delete_apartment(None)),
        (TypeError, lambda app: app.add_new_apartment(**{**NEW, "price": "cheap"})),
    ],
)
def test_what_cannot_happen(seeker: Phone, error: type[Exception], call: Callable[[Any], object]) -> None:
    before = seeker.everything()
    with pytest.raises(error):
        call(seeker.app)
    assert seeker.everything() == before


# -- the user's screens

WAYS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "ApartmentHome": [],
    "ApartmentSearch": [("open_search", {})],
    "ApartmentFavorites": [("open_favorites", {})],
    "ApartmentDetail": [("view_apartment", {"apartment_id": "attic"})],
}


def go(seeker: Phone, screen: str) -> None:
    for tool, arguments in WAYS[screen]:
        seeker.do(tool, **arguments)
    assert seeker.screen == screen


def test_every_screen_is_reached_and_left(seeker: Phone) -> None:
    seeker.walk(WAYS)


@pytest.mark.parametrize("screen", WAYS)
def test_a_screen_shows_its_own_tools_alone(seeker: Phone, screen: str) -> None:
    go(seeker, screen)
    assert seeker.own_tools() == set(CONTRACT["screens"][screen]) | ({"go_back"} if WAYS[screen] else set())


STEPS: list[tuple[str, str, dict[str, Any], str]] = [
    ("ApartmentHome", "list_apartments", {}, "ApartmentHome"),
    ("ApartmentHome", "view_apartment", {"apartment_id": "loft"}, "ApartmentDetail"),
    ("ApartmentHome", "open_search", {}, "ApartmentSearch"),
    ("ApartmentHome", "open_favorites", {}, "ApartmentFavorites"),
    ("ApartmentSearch", "search", {"name": "loft"}, "ApartmentSearch"),
    ("ApartmentSearch", "view_apartment", {"apartment_id": "attic"}, "ApartmentDetail"),
    ("ApartmentSearch", "go_back", {}, "ApartmentHome"),
    ("ApartmentFavorites", "view_apartment", {"apartment_id": "loft"}, "ApartmentDetail"),
    ("ApartmentFavorites", "go_back", {}, "ApartmentHome"),
    ("ApartmentDetail", "save", {}, "ApartmentDetail"),
    ("ApartmentDetail", "go_back", {}, "ApartmentHome"),
]


@pytest.mark.parametrize(("screen", "tool", "arguments", "after"), STEPS)
def test_each_step(seeker: Phone, screen: str, tool: str, arguments: dict[str, Any], after: str) -> None:
    go(seeker, screen)
    before = copy.deepcopy(seeker.app.get_state())
    shown = seeker.app.current_state
    mark = mark_of(getattr(type(shown) if tool != "go_back" else StatefulApartmentApp, tool))
    seeker.do(tool, **arguments)
    assert seeker.screen == after
    assert (seeker.app.current_state is shown) == (screen == after)
    assert (seeker.app.get_state() != before) == (mark == "WRITE")


def test_no_step_is_left_out() -> None:
    # Only a saved apartment can be removed, which has its own test.
    steps = {(screen, tool) for screen, tool, _, _ in STEPS if tool != "go_back"} | {("ApartmentDetail", "unsave")}
    declared = {
        (screen.__name__, tool) for screen, actions in StatefulApartmentApp.transitions.items() for tool in actions
    }
    shown = {(s.__name__, name) for s in SCREENS for name, tool in vars(s).items() if kinds_of(tool) == ["user_tool"]}
    assert steps == shown >= declared


def test_an_apartment_is_saved_and_taken_out_again(seeker: Phone) -> None:
    assert list(seeker.do("list_apartments")) == ["attic", "loft"]
    seeker.do("open_search")
    seeker.do("view_apartment", apartment_id="attic")
    assert seeker.do("save") is None
    assert seeker.do("save") is None
    seeker.do("go_back")
    seeker.do("go_back")
    assert list(seeker.do("open_favorites")) == ["loft", "attic"]
    assert seeker.do("view_apartment", apartment_id="attic").name == "Sunny attic"
    state = copy.deepcopy(seeker.app.get_state())
    assert seeker.do("unsave") is None
    assert seeker.app.get_state() != state
    assert seeker.app.saved_apartments == ["loft"]
    seeker.do("go_back")
    seeker.refuse(ValueError, "view_apartment", "Apartment not in saved list", apartment_id="attic")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["attic", "loft"]),
        ({"name": "LOFT"}, ["loft"]),
        ({"location": "leeds"}, ["attic"]),
        ({"zip_code": "B2"}, ["loft"]),
        # Models write prices as integers as well.
        ({"min_price": 1000}, ["loft"]),
        ({"max_price": 1000.0}, ["attic"]),
        ({"number_of_bedrooms": 3}, ["loft"]),
        ({"number_of_bathrooms": 1}, ["attic"]),
        ({"property_type": "condo"}, ["loft"]),
        ({"square_footage": 1000}, ["loft"]),
        ({"furnished_status": "unfurnished"}, ["loft"]),
        ({"floor_level": "Penthouse"}, ["attic"]),
        ({"pet_policy": "no pets"}, ["loft"]),
        ({"lease_term": "6 months"}, ["loft"]),
        ({"amenities": ["gym", "balcony"]}, ["attic"]),
        ({"name": "castle"}, []),
    ],
)
def test_each_filter_of_the_search(seeker: Phone, filters: dict[str, Any], found: list[str]) -> None:
    seeker.do("open_search")
    assert list(seeker.do("search", **filters)) == found


REFUSED_TO_THE_USER: list[tuple[str, type[Exception], str, str, dict[str, Any]]] = [
    ("ApartmentHome", ValueError, "Apartment does not exist", "view_apartment", {"apartment_id": "gone"}),
    ("ApartmentHome", ValueError, "Apartment does not exist", "view_apartment", {"apartment_id": ""}),
    ("ApartmentHome", TypeError, "apartment_id", "view_apartment", {"apartment_id": 1}),
    ("ApartmentSearch", ValueError, "Apartment does not exist", "view_apartment", {"apartment_id": "gone"}),
    ("ApartmentSearch", TypeError, "min_price", "search", {"min_price": "1000"}),
    ("ApartmentSearch", TypeError, "amenities", "search", {"amenities": "gym"}),
    ("ApartmentFavorites", ValueError, "Apartment does not exist", "view_apartment", {"apartment_id": "gone"}),
    ("ApartmentFavorites", ValueError, "Apartment not in saved list", "view_apartment", {"apartment_id": "attic"}),
    ("ApartmentDetail", ValueError, "Apartment not in saved list", "unsave", {}),
]


@pytest.mark.parametrize(("screen", "error", "match", "tool", "arguments"), REFUSED_TO_THE_USER)
def test_what_is_refused_to_the_user(
    seeker: Phone, screen: str, error: type[Exception], match: str, tool: str, arguments: dict[str, Any]
) -> None:
    go(seeker, screen)
    seeker.refuse(error, tool, match, **arguments)


def test_an_apartment_that_is_gone_is_neither_saved_nor_taken_out(seeker: Phone) -> None:
    seeker.do("view_apartment", apartment_id="loft")
    seeker.app.delete_apartment("loft")
    seeker.refuse(ValueError, "save", "Apartment does not exist")
    seeker.refuse(ValueError, "unsave", "Apartment not in saved list")
    seeker.do("go_back")
    assert seeker.screen == "ApartmentHome"


# -- reproducibility


def a_day_of_seeking(seed: str) -> tuple[Any, ...]:
    with phone(lambda: StatefulApartmentApp(name="Apartment"), seed=seed) as held:
        apartment_id = held.app.add_new_apartment(**NEW)
        held.do("view_apartment", apartment_id=apartment_id)
        held.do("save")
        return copy.deepcopy(held.app.get_state()), [event.event_id for event in held.log()]


def test_equal_seeds_give_equal_ids() -> None:
    assert a_day_of_seeking("a") == a_day_of_seeking("a")
    assert a_day_of_seeking("a") != a_day_of_seeking("b")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"number_of_bedrooms": 0}, ["studio"]),
        ({"number_of_bathrooms": 0}, ["shed"]),
        ({"max_price": 0}, ["shed"]),
        ({"max_price": 0.0}, ["shed"]),
        ({"min_price": 0, "square_footage": 0}, ["attic", "loft", "studio", "shed"]),
        ({"number_of_bedrooms": 0, "number_of_bathrooms": 0}, []),
        ({"number_of_bedrooms": None, "max_price": None}, ["attic", "loft", "studio", "shed"]),
    ],
)
def test_a_filter_of_zero_filters(seeker: Phone, filters: dict[str, Any], found: list[str]) -> None:
    studio = Apartment("Studio", "Harbour", "B2", 500.0, 0, 1, "Condo", 200, apartment_id="studio")
    shed = Apartment("Shed", "Harbour", "B2", 0.0, 1, 0, "Shed", 80, apartment_id="shed")
    seeker.app.apartments |= {"studio": studio, "shed": shed}
    assert list(seeker.agent("search_apartments", **filters)) == found
    seeker.do("open_search")
    assert list(seeker.do("search", **filters)) == found
