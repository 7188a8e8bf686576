"""The cab app: the agent's tools, what happens to a ride, the screens, and the ways between them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from are.simulation.apps.cab import Ride
from are.simulation.types import Event, EventType
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import StatefulCabApp
from pytest_pare.apps.cab import CabHome, CabQuotationDetail, CabRideDetail, CabServiceOptions
from pytest_pare.are.world import DEFAULT_START_TIME, World
from pytest_pare.simulation.notification_templates import ANNOUNCEMENTS
from pytest_pare.simulation.notifications import FOR_AGENT, FOR_USER
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

CONTRACT = interface("cab")
SCREENS = [CabHome, CabServiceOptions, CabQuotationDetail, CabRideDetail]
TRIP = {"start_location": "Home", "end_location": "Station"}
IN_TWO_DAYS = "2025-01-08 07:30:00"
IN_TWO_DAYS_TIMESTAMP = 1736321400.0
LEFT_BY_A_READ = {"get_quotation", "list_rides"}
"""These two read, and leave a trace by nature: the history of quotations."""


def cabs() -> StatefulCabApp:
    return StatefulCabApp(name="Cab", ride_history=[Ride(ride_id="old", status="COMPLETED", price=9.0)])


@pytest.fixture
def rider() -> Iterator[Phone]:
    with phone(cabs) as held:
        yield held


def order(rider: Phone) -> Ride:
    """The agent orders a ride, so that one is on-going; nothing else of the phone is touched."""
    return rider.agent("order_ride", **TRIP, service_type="Default")


def held(app: Any) -> Any:
    return copy.deepcopy((app.get_state(), app.on_going_ride))


# -- the documented interface


def test_interface_methods() -> None:
    for name, agreed in CONTRACT["methods"].items():
        method = getattr(StatefulCabApp, name)
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
    ride, quoted = Ride(ride_id="now", status="BOOKED"), Ride(ride_id="quoted")
    services = {"Tuk-tuk": {"nb_seats": 2, "price_per_km": 0.5, "base_delay_min": 1, "max_distance_km": 30}}
    with phone(
        lambda: StatefulCabApp(
            name="Cab",
            quotation_history=[quoted],
            on_going_ride=ride,
            ride_history=[Ride(ride_id="old")],
            MESSAGE_CANCEL="No cab today.",
            d_service_config=services,
        )
    ) as rider:
        app = rider.app
        assert set(CONTRACT["constructor"]) == {"name", *rider.app.get_state(), "on_going_ride", "MESSAGE_CANCEL"}
        assert app.quotation_history == [quoted]
        # ARE ends and cancels the on-going ride only if it is the last of the history.
        assert [r.ride_id for r in app.ride_history] == ["old", "now"]
        rider.do("list_rides", **TRIP)
        assert rider.do("list_service_types") == ["Tuk-tuk"]
        assert app.cancel_ride() == "No cab today."
    assert len(StatefulCabApp(on_going_ride=ride, ride_history=[ride]).ride_history) == 1
    assert StatefulCabApp().name == "StatefulCabApp"


def test_state_is_saved_loaded_and_reset(rider: Phone) -> None:
    order(rider)
    state = copy.deepcopy(rider.app.get_state())
    other = StatefulCabApp(name="Other")
    other.load_state(copy.deepcopy(state))
    assert other.get_state() == state
    rider.app.reset()
    assert rider.app.get_state()["ride_history"] == []
    assert rider.app.on_going_ride is None


def test_what_is_in_the_future_is_deleted(rider: Phone) -> None:
    rider.app.ride_history.clear()
    rider.app.add_new_ride("Default", "A", "B", 5.0, time_stamp=10.0)
    rider.app.add_new_ride("Default", "A", "B", 6.0, time_stamp=30.0)
    rider.app.delete_future_data(20.0)
    assert [ride.price for ride in rider.app.ride_history] == [5.0]
    assert [ride.price for ride in rider.app.quotation_history] == [5.0]


# -- the agent's tools

AGENT_CALLS: list[tuple[str, dict[str, Any], bool]] = [
    ("get_current_ride_status", {}, True),
    ("get_quotation", {**TRIP, "service_type": "Van"}, False),
    ("get_ride", {"idx": 0}, False),
    ("get_ride_history", {}, False),
    ("get_ride_history_length", {}, False),
    ("list_rides", TRIP, False),
    ("order_ride", {**TRIP, "service_type": "Premium", "ride_time": IN_TWO_DAYS}, False),
    ("user_cancel_ride", {}, True),
]


@pytest.mark.parametrize(("tool", "arguments", "on_going"), AGENT_CALLS)
def test_marks_of_the_agents_tools_are_true(rider: Phone, tool: str, arguments: dict[str, Any], on_going: bool) -> None:
    if on_going:
        order(rider)
        rider.world.clock.advance(300)
    before, quotations = held(rider.app), len(rider.app.quotation_history)
    rider.agent(tool, **arguments)
    if tool in LEFT_BY_A_READ:
        assert len(rider.app.quotation_history) > quotations
        del rider.app.quotation_history[quotations:]
    assert (held(rider.app) != before) == (mark_of(getattr(StatefulCabApp, tool)) == "WRITE")


def test_no_tool_of_the_agents_is_left_out(rider: Phone) -> None:
    assert sorted(f"Cab__{tool}" for tool, *_ in AGENT_CALLS) == sorted(t.name for t in rider.app.get_tools())


def test_what_the_agents_tools_return(rider: Phone) -> None:
    rides = rider.agent("list_rides", **TRIP, ride_time=IN_TWO_DAYS)
    assert [ride.service_type for ride in rides] == ["Default", "Premium", "Van"]
    assert {ride.time_stamp for ride in rides} == {IN_TWO_DAYS_TIMESTAMP}
    assert len({ride.distance_km for ride in rides}) == 1
    quotation = rider.agent("get_quotation", **TRIP, service_type="Van")
    assert (quotation.status, quotation.time_stamp) == (None, DEFAULT_START_TIME)
    ride = order(rider)
    assert ride.status == "BOOKED"
    assert rider.app.on_going_ride is ride
    assert rider.agent("get_ride", idx=1) is ride
    assert rider.agent("get_ride_history_length") == 2
    history = rider.agent("get_ride_history", offset=1, limit=5)
    assert history == {"rides": {1: ride}, "range": (1, 2), "total": 2}
    assert "cancelled" in rider.agent("user_cancel_ride")
    assert (rider.app.on_going_ride, ride.status) == (None, "CANCELLED")


def test_looking_at_a_ride_changes_nothing_however_often(rider: Phone) -> None:
    ride = order(rider)
    rider.world.clock.advance(600)
    before = copy.deepcopy(ride)
    first, second = rider.agent("get_current_ride_status"), rider.agent("get_current_ride_status")
    assert first == second
    # The minutes that have passed count no longer.
    assert first.delay == max(0, before.delay - 10)
    assert [entry["delay"] for entry in first.delay_history] == [before.delay, first.delay]
    assert ride == before


def test_the_wait_for_a_cab_shrinks_to_nothing() -> None:
    with phone(cabs) as rider:
        ride = order(rider)
        waits = []
        for _ in range(8):
            rider.world.clock.advance(120)
            waits.append(rider.agent("get_current_ride_status").delay)
    assert waits == [max(0, ride.delay - minutes) for minutes in range(2, 18, 2)]
    assert waits[-1] == 0


def test_the_wait_for_a_ride_of_another_day_does_not_shrink_yet(rider: Phone) -> None:
    ride = rider.agent("order_ride", **TRIP, service_type="Default", ride_time=IN_TWO_DAYS)
    rider.world.clock.advance(3600)
    assert rider.agent("get_current_ride_status").delay == ride.delay


# -- prices

TWO_WEEKS = ("2025-01-20 10:00:00", "2024-12-20 10:00:00", None)


def facts(ride: Ride) -> tuple[Any, ...]:
    return (ride.price, ride.distance_km, ride.duration, ride.delay)


def test_a_question_that_is_asked_again_has_the_same_answer(rider: Phone) -> None:
    first = copy.deepcopy(rider.agent("get_quotation", **TRIP, service_type="Van"))
    for _ in range(5):
        assert rider.agent("get_quotation", **TRIP, service_type="Van") == first
    assert [ride for ride in rider.agent("list_rides", **TRIP) if ride.service_type == "Van"] == [first]
    assert len(rider.app.quotation_history) == 3


@given(
    start=st.text(max_size=20),
    end=st.text(max_size=20),
    service=st.sampled_from(["Default", "Premium", "Van"]),
    times=st.lists(
        st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2999, 1, 1)),
        max_size=4,
    ),
    waits=st.lists(st.floats(0, 1e7), min_size=1, max_size=4),
)
def test_a_price_is_positive_and_the_one_that_was_quoted_first(
    start: str, end: str, service: str, times: list[datetime], waits: list[float]
) -> None:
    with World("prices").active() as world:
        app = StatefulCabApp(name="Cab")
        app.register_time_manager(world.clock)
        first = facts(app.get_quotation(start, end, service))
        assert first[0] == first[1] * app.d_service_config[service]["price_per_km"]
        assert min(first) > 0
        for wait in waits:
            world.clock.advance(wait)
            for time in [None, *(f"{time:%Y-%m-%d %H:%M:%S}" for time in times)]:
                assert facts(app.get_quotation(start, end, service, time)) == first
        assert facts(app.order_ride(start, end, service)) == first


@pytest.mark.parametrize("ride_time", TWO_WEEKS)
@pytest.mark.parametrize("asked_by", ["get_quotation", "list_rides", "screen"])
def test_a_ride_costs_what_was_quoted_whoever_asked_and_orders(
    rider: Phone, asked_by: str, ride_time: str | None
) -> None:
    if asked_by == "get_quotation":
        quoted = rider.agent("get_quotation", **TRIP, service_type="Van", ride_time=ride_time)
    elif asked_by == "list_rides":
        quoted = rider.agent("list_rides", **TRIP, ride_time=ride_time)[2]
    else:
        rider.do("list_rides", **TRIP, ride_time=ride_time)
        quoted = rider.do("get_quotation", service_type="Van")
    quoted = copy.deepcopy(quoted)
    rider.world.clock.advance(1800)
    ride = rider.agent("order_ride", **TRIP, service_type="Van", ride_time=ride_time)
    assert facts(ride) == facts(quoted)
    # What was quoted for a named time is the ride itself; a ride for now is one of another time.
    assert (ride.ride_id == quoted.ride_id) == (ride_time is not None)


@pytest.mark.parametrize("ride_time", ["2025-01-08 7:30:00", "2025-1-8 07:30:00"])
def test_a_ride_time_may_have_fewer_digits(rider: Phone, ride_time: str) -> None:
    assert rider.agent("get_quotation", **TRIP, service_type="Van", ride_time=ride_time).time_stamp == (
        IN_TWO_DAYS_TIMESTAMP
    )


@pytest.mark.parametrize("ride_time", ["tomorrow", "2025-01-08", "2025-02-30 07:30:00", ""])
def test_a_ride_time_of_another_format_is_refused(rider: Phone, ride_time: str) -> None:
    with pytest.raises(ValueError, match="Please use YYYY-MM-DD HH:MM:SS"):
        rider.agent("get_quotation", **TRIP, service_type="Van", ride_time=ride_time)


def test_the_agents_order_uses_up_the_quotation_that_the_user_sees(rider: Phone) -> None:
    rider.do("list_rides", **TRIP)
    rider.do("get_quotation", service_type="Default")
    rider.agent("order_ride", **TRIP, service_type="Default")
    assert not rider.app.current_state.is_valid()
    quoted = rider.agent("get_quotation", **TRIP, service_type="Default")
    assert (quoted.status, facts(quoted)) == (None, facts(rider.app.on_going_ride))
    assert quoted.ride_id != rider.app.on_going_ride.ride_id


def test_a_ride_that_was_says_what_the_route_costs(rider: Phone) -> None:
    rider.app.add_new_ride("Van", "Home", "Station", 31.5, distance_km=12.0)
    assert rider.agent("get_quotation", **TRIP, service_type="Van", ride_time=IN_TWO_DAYS).price == 31.5
    other = rider.agent("get_quotation", **TRIP, service_type="Premium")
    assert (other.price, other.distance_km) == (24.0, 12.0)
    # Impossible prices and distances are ignored.
    rider.app.add_new_ride("Van", "Home", "Quay", -3.0, distance_km=0.0)
    quoted = rider.agent("get_quotation", start_location="Home", end_location="Quay", service_type="Van")
    assert 5 <= quoted.distance_km <= 20
    assert quoted.price == quoted.distance_km * 1.5


def test_a_ride_without_an_estimate_can_be_looked_at() -> None:
    ride = Ride(ride_id="now", status="BOOKED", price=9.0)
    with phone(lambda: StatefulCabApp(name="Cab", on_going_ride=ride)) as rider:
        assert rider.agent("get_current_ride_status").ride_id == "now"


NOT_A_TIME = "Please use YYYY-MM-DD HH:MM:SS"
REFUSED_TO_THE_AGENT: list[tuple[type[Exception], str, str, dict[str, Any]]] = [
    (ValueError, "Invalid service type", "get_quotation", {**TRIP, "service_type": "Limousine"}),
    (ValueError, "Invalid service type", "get_quotation", {**TRIP, "service_type": ""}),
    (ValueError, NOT_A_TIME, "get_quotation", {**TRIP, "service_type": "Van", "ride_time": "08.01.2025 07:30"}),
    (ValueError, NOT_A_TIME, "list_rides", {**TRIP, "ride_time": "2025-01-08T07:30:00"}),
    (ValueError, NOT_A_TIME, "order_ride", {**TRIP, "service_type": "Van", "ride_time": ""}),
    (ValueError, "Invalid service type", "order_ride", {**TRIP, "service_type": "van"}),
    (TypeError, "start_location", "order_ride", {**TRIP, "service_type": "Van", "start_location": None}),
    (ValueError, "No ride ordered", "get_current_ride_status", {}),
    (ValueError, "You have no on-going ride", "user_cancel_ride", {}),
    (IndexError, "Ride does not exist", "get_ride", {"idx": 1}),
    (IndexError, "Ride does not exist", "get_ride", {"idx": -1}),
    (TypeError, "offset", "get_ride_history", {"offset": "0"}),
]


@pytest.mark.parametrize(("error", "match", "tool", "arguments"), REFUSED_TO_THE_AGENT)
def test_what_is_refused_to_the_agent(
    rider: Phone, error: type[Exception], match: str, tool: str, arguments: dict[str, Any]
) -> None:
    rider.agent_refused(error, tool, match, **arguments)


def test_two_rides_at_a_time_are_refused(rider: Phone) -> None:
    order(rider)
    quotations = list(rider.app.quotation_history)
    rider.agent_refused(ValueError, "order_ride", "You have an on-going ride", **TRIP, service_type="Van")
    assert rider.app.quotation_history == quotations


def test_a_distance_that_no_cab_drives_is_refused(rider: Phone) -> None:
    rider.app.add_new_ride("Default", **TRIP, price=5.0, distance_km=26.0)
    for tool, service in (("get_quotation", {"service_type": "Van"}), ("list_rides", {})):
        rider.agent_refused(ValueError, tool, "Distance exceeds maximum allowed", **TRIP, **service)


def test_rides_of_which_one_is_refused_leave_no_quotation(rider: Phone) -> None:
    rider.app.d_service_config["Van"]["max_distance_km"] = 1
    rider.agent_refused(ValueError, "list_rides", "Distance exceeds", **TRIP)
    assert rider.app.quotation_history == []


# -- what happens to a ride

HAPPENINGS: dict[str, tuple[dict[str, Any], str, str]] = {
    "cancel_ride": ({}, "The driver cancelled the ride", "The driver cancelled the ride"),
    "update_ride_status": (
        {"status": "DELAYED", "message": "There is much traffic today."},
        "now DELAYED: There is much traffi...",
        "now DELAYED: There is much traffic today.",
    ),
    "end_ride": ({}, "The ride has ended", "The ride has ended"),
}


@pytest.mark.parametrize("function", HAPPENINGS)
def test_what_happens_is_one_event_and_is_announced(rider: Phone, function: str) -> None:
    arguments, for_user, for_agent = HAPPENINGS[function]
    order(rider)
    before, state = len(rider.log()), held(rider.app)
    # An event that is created by hand lacks the omitted arguments.
    event = Event.from_function(getattr(rider.app, function), EventType.ENV, **arguments)
    rider.env.process_event(event.at_absolute_time(DEFAULT_START_TIME))
    assert described(rider.log()[before:]) == [("ENV", function, False)]
    assert held(rider.app) != state
    system = rider.env.notification_system
    assert system.take(FOR_USER)[-1].message.endswith(for_user)
    assert system.take(FOR_AGENT)[-1].message.endswith(for_agent)


def test_all_that_is_announced_happens_above() -> None:
    assert set(HAPPENINGS) == {function for app, function in ANNOUNCEMENTS if app == "StatefulCabApp"}


@pytest.mark.parametrize("function", HAPPENINGS)
def test_a_direct_call_is_an_event_of_the_world(rider: Phone, function: str) -> None:
    order(rider)
    before = len(rider.log())
    getattr(rider.app, function)(**HAPPENINGS[function][0])
    assert described(rider.log()[before:]) == [(CONTRACT["methods"][function]["event"], function, False)]


def test_who_cancels_is_told(rider: Phone) -> None:
    order(rider)
    assert rider.app.cancel_ride("user", "My car is fine again.") == "My car is fine again."
    assert rider.env.notification_system.take(FOR_AGENT)[-1].message == (
        "Cab: The user cancelled the ride: My car is fine again."
    )


def test_what_a_ride_is_told_to_be(rider: Phone) -> None:
    ride = order(rider)
    assert rider.app.update_ride_status("ARRIVED_AT_PICKUP") == "Ride status has been updated to ARRIVED_AT_PICKUP."
    assert ride.status == "ARRIVED_AT_PICKUP"
    assert rider.app.end_ride() == "Ride has been completed."
    assert ride.status == "COMPLETED"


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("no on-going ride", lambda app: app.cancel_ride()),
        ("no on-going ride", lambda app: app.end_ride()),
        ("no on-going ride", lambda app: app.update_ride_status("DELAYED")),
        ("who_cancel", lambda app: app.cancel_ride("cat")),
        ("status must be", lambda app: app.update_ride_status("LATE")),
    ],
)
def test_what_cannot_happen(rider: Phone, match: str, call: Callable[[Any], object]) -> None:
    before = rider.everything()
    with pytest.raises(ValueError, match=match):
        call(rider.app)
    assert rider.everything() == before


def test_rides_that_were_are_added(rider: Phone) -> None:
    before = len(rider.log())
    ride_id = rider.app.add_new_ride("Van", "A", "B", 7.5, 12.0, 100.0, 8.0)
    assert described(rider.log()[before:]) == [("AGENT", "add_new_ride", False)]
    ride = rider.app.ride_history[-1]
    assert (ride.ride_id, ride.status, ride.price, ride.distance_km) == (ride_id, "BOOKED", 7.5, 8.0)
    assert rider.app.quotation_history == [ride]
    with pytest.raises(TypeError, match="price"):
        rider.app.add_new_ride("Van", "A", "B", "cheap")
    assert rider.app.ride_history[-1] is ride


def test_a_ride_that_was_does_not_displace_the_one_that_is(rider: Phone) -> None:
    ride = order(rider)
    rider.app.add_new_ride("Van", "A", "B", 7.5)
    assert [r.service_type for r in rider.app.ride_history] == [None, "Van", "Default"]
    rider.app.end_ride()
    assert ride.status == "COMPLETED"


# -- the user's screens

LIST = ("list_rides", {**TRIP, "ride_time": IN_TWO_DAYS})
WAYS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "CabHome": [],
    "CabServiceOptions": [LIST],
    "CabQuotationDetail": [LIST, ("get_quotation", {"service_type": "Premium"})],
    "CabRideDetail": [LIST, ("get_quotation", {"service_type": "Premium"}), ("order_ride", {})],
}


def go(rider: Phone, screen: str) -> None:
    for tool, arguments in WAYS[screen]:
        rider.do(tool, **arguments)
    assert rider.screen == screen


def test_every_screen_is_reached_and_left(rider: Phone) -> None:
    rider.walk(WAYS)


@pytest.mark.parametrize("screen", WAYS)
def test_a_screen_shows_its_own_tools_alone(rider: Phone, screen: str) -> None:
    go(rider, screen)
    assert rider.own_tools() == set(CONTRACT["screens"][screen]) | ({"go_back"} if WAYS[screen] else set())


STEPS: list[tuple[str, str, dict[str, Any], str]] = [
    ("CabHome", "list_rides", TRIP, "CabServiceOptions"),
    ("CabHome", "open_current_ride", {}, "CabRideDetail"),
    ("CabHome", "get_ride_history", {}, "CabHome"),
    ("CabServiceOptions", "list_service_types", {}, "CabServiceOptions"),
    ("CabServiceOptions", "get_quotation", {"service_type": "Van"}, "CabQuotationDetail"),
    ("CabServiceOptions", "go_back", {}, "CabHome"),
    ("CabQuotationDetail", "show_quotation", {}, "CabQuotationDetail"),
    ("CabQuotationDetail", "order_ride", {}, "CabRideDetail"),
    ("CabQuotationDetail", "go_back", {}, "CabServiceOptions"),
    ("CabRideDetail", "cancel_ride", {}, "CabHome"),
    # The quotation is used up: the way back passes over it.
    ("CabRideDetail", "go_back", {}, "CabServiceOptions"),
]


@pytest.mark.parametrize(("screen", "tool", "arguments", "after"), STEPS)
def test_each_step(rider: Phone, screen: str, tool: str, arguments: dict[str, Any], after: str) -> None:
    if tool == "open_current_ride":
        order(rider)
    go(rider, screen)
    before, quotations = held(rider.app), len(rider.app.quotation_history)
    shown = rider.app.current_state
    mark = mark_of(getattr(type(shown) if tool != "go_back" else StatefulCabApp, tool))
    rider.do(tool, **arguments)
    assert rider.screen == after
    assert (rider.app.current_state is shown) == (screen == after)
    del rider.app.quotation_history[quotations:]
    assert (held(rider.app) != before) == (mark == "WRITE")


def test_no_step_is_left_out() -> None:
    steps = {(screen, tool) for screen, tool, _, _ in STEPS if tool != "go_back"}
    declared = {(screen.__name__, tool) for screen, actions in StatefulCabApp.transitions.items() for tool in actions}
    shown = {(s.__name__, name) for s in SCREENS for name, tool in vars(s).items() if kinds_of(tool) == ["user_tool"]}
    assert steps == shown >= declared


def test_the_ride_is_ordered_as_quoted(rider: Phone) -> None:
    go(rider, "CabServiceOptions")
    quoted = copy.deepcopy(rider.do("get_quotation", service_type="Premium"))
    assert (quoted.start_location, quoted.end_location, quoted.service_type) == ("Home", "Station", "Premium")
    assert rider.do("show_quotation") == quoted
    rider.world.clock.advance(60)
    ride = rider.do("order_ride")
    assert ride.status == "BOOKED"
    assert ride.time_stamp == IN_TWO_DAYS_TIMESTAMP
    assert (ride.ride_id, ride.price, ride.delay) == (quoted.ride_id, quoted.price, quoted.delay)
    assert rider.app.on_going_ride is ride
    assert rider.app.ride_history[-1] is ride


def test_a_ride_without_a_time_is_for_now(rider: Phone) -> None:
    rider.world.clock.advance(90)
    rides = rider.do("list_rides", **TRIP)
    assert {ride.time_stamp for ride in rides} == {DEFAULT_START_TIME + 90}
    assert rider.do("get_quotation", service_type="Default").time_stamp == DEFAULT_START_TIME + 90
    assert rider.do("order_ride").time_stamp == DEFAULT_START_TIME + 90


def test_a_ride_is_listed_also_where_an_event_carries_no_time(rider: Phone) -> None:
    event = Event.from_function(rider.app.current_state.list_rides, **TRIP)
    event.action.app = rider.app
    rider.env.process_event(event.at_absolute_time(DEFAULT_START_TIME))
    assert described(rider.log()[-1:]) == [("USER", "list_rides", False)]
    assert rider.screen == "CabServiceOptions"
    assert rider.app.current_state.ride_time is None


def test_a_ride_is_opened_again_and_cancelled(rider: Phone) -> None:
    ride = order(rider)
    assert rider.do("open_current_ride").ride_id == ride.ride_id
    assert "cancelled" in rider.do("cancel_ride")
    assert (ride.status, rider.app.on_going_ride) == ("CANCELLED", None)
    assert (rider.screen, rider.app.navigation_stack) == ("CabHome", [])
    assert rider.do("get_ride_history", limit=1)["total"] == 2


REFUSED_TO_THE_USER: list[tuple[str, type[Exception], str, str, dict[str, Any]]] = [
    ("CabHome", ValueError, NOT_A_TIME, "list_rides", {**TRIP, "ride_time": "tomorrow"}),
    ("CabHome", ValueError, NOT_A_TIME, "list_rides", {**TRIP, "ride_time": ""}),
    ("CabHome", ValueError, NOT_A_TIME, "list_rides", {**TRIP, "ride_time": "2025-02-30 07:30:00"}),
    ("CabHome", TypeError, "end_location", "list_rides", {**TRIP, "end_location": 4}),
    ("CabHome", ValueError, "No ride ordered", "open_current_ride", {}),
    ("CabHome", TypeError, "limit", "get_ride_history", {"limit": None}),
    ("CabServiceOptions", ValueError, "Invalid service type", "get_quotation", {"service_type": "Limousine"}),
    ("CabServiceOptions", ValueError, "Invalid service type", "get_quotation", {"service_type": ""}),
    ("CabServiceOptions", TypeError, "service_type", "get_quotation", {"service_type": None}),
]


@pytest.mark.parametrize(("screen", "error", "match", "tool", "arguments"), REFUSED_TO_THE_USER)
def test_what_is_refused_to_the_user(
    rider: Phone, screen: str, error: type[Exception], match: str, tool: str, arguments: dict[str, Any]
) -> None:
    go(rider, screen)
    rider.refuse(error, tool, match, **arguments)


def test_a_second_ride_is_refused_to_the_user(rider: Phone) -> None:
    go(rider, "CabQuotationDetail")
    ride = order(rider)
    rider.refuse(ValueError, "order_ride", "You have an on-going ride")
    assert rider.app.on_going_ride is ride


def test_a_ride_that_is_over_is_not_cancelled(rider: Phone) -> None:
    go(rider, "CabRideDetail")
    rider.app.end_ride()
    rider.refuse(ValueError, "cancel_ride", "You have no on-going ride")
    ride = order(rider)
    rider.refuse(ValueError, "cancel_ride", "This ride is over; another one is on-going")
    assert ride.status == "BOOKED"


def test_a_ride_that_was_ordered_is_not_ordered_again(rider: Phone) -> None:
    go(rider, "CabRideDetail")
    rider.app.end_ride()
    rider.do("go_back")
    assert rider.screen == "CabServiceOptions"
    rider.do("get_quotation", service_type="Premium")
    rider.do("order_ride")
    assert len({ride.ride_id for ride in rider.app.ride_history}) == 3


# -- reproducibility


def a_day_in_cabs(seed: str) -> tuple[Any, ...]:
    with phone(lambda: StatefulCabApp(name="Cab"), seed=seed) as rider:
        rider.app.add_new_ride("Van", "A", "B", 7.5)
        go(rider, "CabRideDetail")
        rider.world.clock.advance(60)
        seen = rider.agent("get_current_ride_status")
        return copy.deepcopy(rider.app.get_state()), seen, [event.event_id for event in rider.log()]


def test_equal_seeds_give_equal_ids_and_fares() -> None:
    assert a_day_in_cabs("a") == a_day_in_cabs("a")
    assert a_day_in_cabs("a") != a_day_in_cabs("b")
