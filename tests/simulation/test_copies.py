"""A scenario, its apps, the log and the next run share nothing that changes."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from are.simulation.apps import SandboxLocalFileSystem
from are.simulation.apps.contacts import Contact
from are.simulation.apps.messaging_v2 import ConversationV2, MessageV2
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.tool_utils import OperationType, app_tool, env_tool
from are.simulation.types import EventRegisterer, EventType, event_registered
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import (
    StatefulApartmentApp,
    StatefulApp,
    StatefulCabApp,
    StatefulEmailApp,
    StatefulMessagingApp,
    StatefulShoppingApp,
)
from pytest_pare.apps.core import AppState
from pytest_pare.apps.navigation import push
from pytest_pare.apps.tool_decorators import screen_tool
from pytest_pare.are.copies import detached, fresh_containers
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import Run, run_scenario
from tests.apps.phone import phone
from tests.stage import Stage

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn

HOUR = {"start_datetime": "2025-01-10 08:00:00", "end_datetime": "2025-01-10 09:00:00"}


def play_twice(make: Any, agent: Any = None, **config: Any) -> tuple[Run, Run]:
    """Return two runs of new instances, which are equal in every byte of their traces."""
    settings = RunnerSettings(oracle=agent is None, **config)
    first, second = (run_scenario(make(), settings, agent=agent) for _ in range(2))
    assert first.success, first.result
    assert second.success, second.result
    assert first.trace.to_jsonl() == second.trace.to_jsonl()
    return first, second


# -- arguments of calls


def test_a_list_of_two_events_is_nobody_elses() -> None:
    crew = ["Ines"]

    def script(s: Any) -> list[Any]:
        own = s.calendar.add_calendar_event(title="Paint", attendees=crew, **HOUR).oracle()
        theirs = s.calendar.add_calendar_event_by_attendee(who_add="Tariq", title="Sail", attendees=crew, **HOUR)
        return [own.delayed(5), theirs.delayed(10)]

    def verdict(s: Any, env: Any) -> ScenarioValidationResult:
        paint, sail = s.calendar.events.values()
        logged = [event.get_args()["attendees"] for event in env.event_log.list_view()]
        said = (paint.attendees, sail.attendees, logged, crew)
        right = said == (["Ines"], ["Ines", "Tariq"], [["Ines"]] * 2, ["Ines"])
        return ScenarioValidationResult(success=right, rationale=str(said))

    play_twice(lambda: Stage(script=script, verdict=verdict))


class Drawer(AppState):
    @screen_tool(OperationType.WRITE)
    def put(self, things: dict[str, Any]) -> dict[str, Any]:
        """Put things in.

        :param things: The things.
        :returns: All things.
        """
        kept: dict[str, Any] = self.app.take(things, "user")
        return kept


class Hoard(StatefulApp):
    """Keeps what it is given, writes to it at once and later, and returns what it keeps."""

    root = Drawer
    transitions: ClassVar[dict[Any, Any]] = {}

    def __init__(self, name: str | None = None) -> None:
        self.kept: dict[str, Any] = {}
        super().__init__(name)

    def get_state(self) -> dict[str, Any]:
        return {"kept": self.kept}

    def take(self, things: Any, who: str) -> dict[str, Any]:
        for before in self.kept.values():
            spoil(before)
        self.kept[who] = things
        spoil(things)
        return self.kept

    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def put_by_agent(self, things: dict[str, Any]) -> dict[str, Any]:
        """Put things in.

        :param things: The things.
        :returns: All things.
        """
        return self.take(things, "agent")

    @env_tool()
    @event_registered(operation_type=OperationType.WRITE, event_type=EventType.ENV)
    def put_by_world(self, things: dict[str, Any]) -> dict[str, Any]:
        """Put things in.

        :param things: The things.
        :returns: All things.
        """
        return self.take(things, "world")


def spoil(value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            spoil(item)
        value.append("spoilt")
    elif isinstance(value, dict):
        for item in value.values():
            spoil(item)
        value["spoilt"] = True


class Hoarding(Stage):
    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps()
        self.hoard = Hoard(name="Hoard")
        self.apps.append(self.hoard)


nested = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), nested, max_size=4), st.booleans())
def test_what_apps_write_to_is_theirs_alone(things: dict[str, Any], oracle: bool) -> None:
    """World, user and agent hand over one and the same dictionary, in the script and by calls."""
    before = copy.deepcopy(things)

    def script(s: Any) -> list[Any]:
        steps = [s.hoard.put_by_world(things=things), s.hoard.put_by_agent(things=things).oracle()]
        steps += [s.system.open_app(app_name="Hoard").oracle(), s.hoard.current_state.put(things=things).oracle()]
        steps += [s.hoard.put_by_world(things=things)]
        return [step.delayed(10 * n + 5) for n, step in enumerate(steps)]

    def agent(turn: Turn) -> None:
        if turn.number < 3:
            turn.call("Hoard__put_by_agent", {"things": things})

    def verdict(s: Any, env: Any) -> ScenarioValidationResult:
        events = [event for event in env.event_log.list_view() if "put" in str(event.function_name())]
        logged = [event.get_args()["things"] for event in events]
        results = [event.metadata.return_value for event in events]
        noted = [entry for entry in env.trace_entries if "put" in str(getattr(entry, "function", ""))]
        right = (
            logged == [before] * len(logged)
            and len(logged) >= 4
            and results == [entry.result for entry in noted]
            and [entry.args["things"] for entry in noted] == logged
        )
        return ScenarioValidationResult(success=right, rationale=f"{logged} {results}")

    first, _ = play_twice(lambda: Hoarding(script=script, verdict=verdict), None if oracle else agent)
    assert things == before
    assert {event.kind for event in first.trace.events if "put" in str(event.function)} >= {"ENV", "AGENT"}


def test_a_screen_shows_the_object_that_the_app_holds() -> None:
    class Open(AppState):
        def __init__(self, shown: Any) -> None:
            self.shown = shown

    class Showing(Hoard):
        transitions: ClassVar[dict[Any, Any]] = {Drawer: {"put": push(Open, lambda _, __, result: Open(result))}}

    with phone(lambda: Showing(name="Hoard")) as it:
        it.do("put", things={"a": ["b"]})
        assert it.app.current_state.shown is it.app.kept


def test_a_call_returns_the_result_itself_and_the_log_has_copies() -> None:
    with phone(lambda: Hoard(name="Hoard")) as it:
        for act, tool in ((it.do, "put"), (it.agent, "put_by_agent")):
            given = {"a": ["b"]}
            assert act(tool, things=given) is it.app.kept
            event = it.log()[-1]
            assert event.get_args()["things"] == {"a": ["b"]}
            assert given != {"a": ["b"]}
            assert event.metadata.return_value == it.app.kept
            assert event.metadata.return_value is not it.app.kept


@pytest.mark.parametrize("oracle", [False, True])
def test_what_an_author_changes_later_changes_no_log(oracle: bool) -> None:
    things: dict[str, Any] = {"a": []}

    def script(s: Any) -> list[Any]:
        event = s.hoard.put_by_agent(things=things)
        return [(event.oracle() if oracle else event).delayed(5)]

    def verdict(s: Any, env: Any) -> ScenarioValidationResult:
        spoil(things)
        logged = [event.get_args()["things"] for event in env.event_log.list_view()]
        return ScenarioValidationResult(success=logged == [{"a": []}], rationale=str(logged))

    run = run_scenario(Hoarding(script=script, verdict=verdict), RunnerSettings(oracle=True))
    assert run.success, run.result.rationale


# -- what a scenario fills its apps with


class Filled(Stage):
    """Fills its apps with what its module holds."""

    SAVED: ClassVar[list[str]] = []
    NAMES: ClassVar[dict[str, str]] = {"ada": "Ada"}
    RIDES: ClassVar[list[Any]] = []
    CREW: ClassVar[list[str]] = ["Ines"]
    PRODUCTS: ClassVar[dict[str, Product]] = {
        "lamp": Product(name="Lamp", product_id="lamp", variants={"brass": Item(price=40.0, item_id="brass")})
    }
    BOB: ClassVar[Contact] = Contact(contact_id="bob", first_name="Bob", last_name="Day", phone="1")
    TALK: ClassVar[list[MessageV2]] = [MessageV2("ada", "first", 1736150000.0, "Where to?")]

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps()
        self.flats = StatefulApartmentApp(name="Flats", saved_apartments=self.SAVED)
        self.shop = StatefulShoppingApp(name="Shop", products=self.PRODUCTS)
        self.cab = StatefulCabApp(name="Cab", ride_history=self.RIDES)
        self.chat = StatefulMessagingApp(name="Chat", id_to_name=self.NAMES)
        self.messaging.add_conversation(ConversationV2(self.CREW, self.TALK, "Trip", "trip"))
        self.contacts.add_contact(self.BOB)
        self.calendar.add_calendar_event("Paint", attendees=self.CREW, **HOUR)
        self.calendar.add_calendar_event_by_attendee("Tariq", "Sail", attendees=self.CREW, **HOUR)
        self.flat = self.flats.add_new_apartment("Tower", "Centre", "C3", 800.0, 2, 1, 66, amenities=self.CREW)
        self.flats.save_apartment(self.flat)
        self.cab.order_ride("Home", "Station", "Default")
        self.apps += [self.flats, self.shop, self.cab, self.chat]


def fill(s: Any) -> list[Any]:
    events = [
        s.shop.add_item_to_product(product_id="lamp", price=30.0, options={}),
        s.shop.update_item(item_id="brass", new_price=35.0),
        s.contacts.edit_contact(contact_id="bob", updates={"phone": "2"}),
        s.messaging.add_message(conversation_id="trip", sender_id="Ines", content="To the lake."),
        s.contacts.get_contacts(),
        s.shop.list_all_products(),
        s.messaging.read_conversation(conversation_id="trip"),
        s.flats.list_saved_apartments(),
        s.calendar.read_today_calendar_events(),
    ]
    return [event.delayed(n + 1) for n, event in enumerate(events)]


def held(cls: Any) -> Any:
    return copy.deepcopy({name: value for name, value in vars(cls).items() if name.isupper()})


def test_what_a_class_holds_and_fills_apps_with_is_never_changed() -> None:
    before = held(Filled)
    play_twice(lambda: Filled(script=fill))
    assert held(Filled) == before


class Referring(Stage):
    """Keeps what it has filled its apps with, to look at it in the end."""

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps()
        self.bob = Contact(contact_id="bob", first_name="Bob", last_name="Day", phone="1")
        self.everyone = {"bob": [self.bob]}
        self.contacts.add_contact(self.bob)

    def validate(self, env: Any) -> ScenarioValidationResult:
        stored = self.contacts.contacts["bob"]
        right = stored is self.bob is self.everyone["bob"][0] and self.bob.phone == "2"
        return ScenarioValidationResult(success=right, rationale=self.bob.phone)


def test_what_a_scenario_refers_to_is_what_its_apps_hold() -> None:
    play_twice(lambda: Referring(script=lambda s: [s.contacts.edit_contact(contact_id="bob", updates={"phone": "2"})]))


class Indexed(Hoard):
    """Holds one object in two places."""

    def __init__(self, name: str | None = None, *, lock: Any = None) -> None:
        super().__init__(name)
        self.kept = {"a": ["x"]}
        self.last = self.kept["a"]
        self._lock = lock

    def get_state(self) -> dict[str, Any]:
        return {"kept": self.kept, "last": self.last}


@pytest.mark.parametrize("lock", [None, threading.Lock()], ids=["copied", "left as it is"])
def test_what_an_app_holds_twice_stays_one_thing(lock: Any) -> None:
    class Twice(Stage):
        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            super().init_and_populate_apps()
            self.made = Indexed(name="Hoard", lock=lock)
            self.before = self.made.last
            self.apps.append(self.made)

    stage: Any = Twice()
    stage.initialize()
    assert stage.made.last is stage.made.kept["a"] is stage.before
    assert stage.made._lock is lock


def test_file_systems_stay_where_they_are() -> None:
    class Filing(Stage):
        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            super().init_and_populate_apps()
            # One of them is no app of the scenario's.
            self.files, self.others = SandboxLocalFileSystem(name="Files"), SandboxLocalFileSystem(name="Others")
            self.mails = StatefulEmailApp(name="Mails", internal_fs=self.others)
            self.apps += [self.files, self.mails]
            self.unused, self.lock = SandboxLocalFileSystem(name="Unused"), threading.Lock()
            self.before = [id(self.files), id(self.others), id(self.unused), id(self.lock)]

    stage: Any = Filing()
    stage.initialize()
    after = [stage.files, stage.mails.internal_fs, stage.unused, stage.lock]
    assert [id(one) for one in after] == stage.before


def test_in_a_script_arguments_count_as_they_are_when_their_event_happens() -> None:
    said: dict[str, Any] = {"a": []}

    def script(s: Any) -> list[Any]:
        event = s.hoard.put_by_world(things=said)
        assert event.action.args["things"] is said
        return [event.delayed(5)]

    run = run_scenario(Hoarding(script=script), RunnerSettings(oracle=True))
    assert [event.args for event in run.trace.events] == [{"things": {"a": []}}]


# -- copies


class Stubborn:
    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        raise TypeError("no copies")


def test_what_cannot_be_copied_is_shared_and_the_rest_is_not() -> None:
    one, kept = Stubborn(), object()
    shared: list[Any] = []
    assert detached(one) is one
    assert detached([kept], [kept])[0] is kept
    result = detached([shared, shared])
    assert result[0] is result[1] is not shared
    events = []

    def script(s: Any) -> list[Any]:
        events.append(s.hoard.put_by_world(things={"a": one, "b": shared}))
        return [events[0].delayed(1)]

    run = run_scenario(Hoarding(script=script), RunnerSettings(oracle=True))
    assert run.success
    assert [event.error for event in run.trace.events] == [None]


@given(nested)
def test_fresh_containers_are_equal_and_new(value: Any) -> None:
    before = copy.deepcopy(value)
    fresh = fresh_containers(value)
    assert fresh == value
    spoil(fresh)
    assert value == before


def test_fresh_containers_keep_what_is_in_them() -> None:
    thing = object()
    fresh = fresh_containers({"a": (thing, {1, 2}), "b": thing})
    assert fresh == {"a": (thing, {1, 2}), "b": thing}


def test_outside_of_a_world_calls_note_what_they_are_given() -> None:
    app = Hoard(name="Hoard")
    noted: list[Any] = []
    app.register_to_env("env", noted.append)
    things: dict[str, Any] = {}
    with EventRegisterer.capture_mode():
        captured = app.put_by_agent(things=things)
    assert captured.action.args["things"] is things
    app.put_by_agent(things=things)
    assert noted[0].get_args()["things"] is things
