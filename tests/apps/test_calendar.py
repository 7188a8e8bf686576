"""The calendar: its backend, its screens, and its errors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.calendar import CalendarEvent
from are.simulation.apps.calendar_v2 import CalendarV2
from are.simulation.types import EventRegisterer
from are.simulation.utils.serialization import EnumEncoder

from pytest_pare.apps.calendar import AgendaView, EditDraft, EditEvent, EventDetail, StatefulCalendarApp
from pytest_pare.are.world import SimulatedClock
from tests.apps.phone import Phone, described, interface, kinds_of, mark_of, parameters_of, phone

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = interface("calendar")
SCREENS = {screen.__name__: screen for screen in (AgendaView, EventDetail, EditEvent)}

# A deviation from the contract: these tools change the content, but the contract marks them READ.
WRITES = {
    "edit_calendar_event",
    ("AgendaView", "add_calendar_event_by_attendee"),
    ("EventDetail", "delete"),
    ("EventDetail", "delete_by_attendee"),
    ("EditEvent", "save"),
}
DAY = {"start_datetime": "2025-01-06 00:00:00", "end_datetime": "2025-01-07 00:00:00"}


def full() -> StatefulCalendarApp:
    """A calendar on Monday, 6 January 2025, 9:00: three events today, one tomorrow."""
    app = StatefulCalendarApp(name="Calendar")
    for event in (
        {"event_id": "standup", "title": "Stand-up", "tag": "work", "attendees": ["Ada Byron", "Bob Stone"]},
        {"event_id": "lunch", "title": "Lunch", "location": "Trattoria", "attendees": ["Ada Byron"]},
        {"event_id": "review", "title": "Review", "tag": "work", "description": "Of the year"},
    ):
        app.set_calendar_event({"start_datetime": at(6, 10), "end_datetime": at(6, 11), **event})
    app.set_calendar_event(
        {"event_id": "trip", "title": "Trip", "tag": "fun", "start_datetime": at(7, 8), "end_datetime": at(7, 9)}
    )
    return app


def at(day: int, hour: int) -> float:
    return datetime(2025, 1, day, hour, tzinfo=UTC).timestamp()


@pytest.fixture
def calendar() -> Iterator[Phone]:
    with phone(full) as it:
        yield it


def names(events: list[CalendarEvent]) -> list[str]:
    return [event.event_id for event in events]


def shown(calendar: Phone) -> dict[str, Any]:
    """Return the events that the agenda on the screen shows."""
    assert calendar.screen == "AgendaView"
    return dict(vars(calendar.app.current_state), _app=None) | {"events": names(calendar.do("list_events")["events"])}


# -- the contract


@pytest.mark.parametrize("name", CONTRACT["methods"])
def test_method_is_as_agreed(name: str) -> None:
    agreed = CONTRACT["methods"][name]
    method = getattr(StatefulCalendarApp, name)
    assert kinds_of(method) == agreed["kinds"]
    assert mark_of(method) == ("WRITE" if name in WRITES else agreed["operation"])
    if agreed["kinds"]:
        assert parameters_of(method) == agreed["params"]


def test_every_registered_method_is_one_event_of_the_agreed_type(calendar: Phone) -> None:
    calls: dict[str, dict[str, Any]] = {
        "add_calendar_event": {"title": "New"},
        "add_calendar_event_by_attendee": {"who_add": "Ada Byron"},
        "set_calendar_event": {"event": CalendarEvent(event_id="set")},
        "edit_calendar_event": {"event_id": "lunch", "title": "Late lunch"},
        "delete_calendar_event": {"event_id": "review"},
        "delete_calendar_event_by_attendee": {"event_id": "standup", "who_delete": "Bob Stone"},
        "get_all_tags": {},
        "get_calendar_event": {"event_id": "lunch"},
        "get_calendar_events_by_tag": {"tag": "work"},
        "get_calendar_events_from_to": DAY,
        "read_today_calendar_events": {},
        "search_events": {"query": "lunch"},
        "go_back": {},
    }
    assert set(calls) == {name for name, agreed in CONTRACT["methods"].items() if agreed["event"]}
    for name, arguments in calls.items():
        before, state = len(calendar.log()), calendar.app.get_state()
        getattr(calendar.app, name)(**arguments)
        (event,) = calendar.log()[before:]
        mark = "WRITE" if name in WRITES else CONTRACT["methods"][name]["operation"]
        assert described([event]) == [(CONTRACT["methods"][name]["event"], name, False)]
        assert event.action.operation_type.name == mark
        assert (calendar.app.get_state() != state) == (mark == "WRITE"), name


@pytest.mark.parametrize(("screen", "tools"), CONTRACT["screens"].items())
def test_screen_has_the_tools_that_are_agreed(screen: str, tools: dict[str, Any]) -> None:
    cls = SCREENS[screen]
    assert {name for name in dir(cls) if getattr(getattr(cls, name), "_is_user_tool", False)} == set(tools)
    for name, agreed in tools.items():
        assert mark_of(getattr(cls, name)) == ("WRITE" if (screen, name) in WRITES else "READ")
        assert parameters_of(getattr(cls, name)) == agreed["params"]


def test_every_tool_is_described(calendar: Phone) -> None:
    for steps in PATHS.values():
        for tool, arguments in steps:
            calendar.do(tool, **arguments)
        for tool in calendar.app.get_user_tools():
            assert tool.function_description
            assert tool.return_description
            assert all(argument.description for argument in tool.args), tool.name
        calendar.app.load_root_state()


# -- the constructor


def test_events_that_are_given_are_kept() -> None:
    given = full().events
    app = StatefulCalendarApp("Mine", events=given)
    assert (app.name, app.events) == ("Mine", given)
    assert StatefulCalendarApp().name == "StatefulCalendarApp"


def test_state_survives_a_round_trip() -> None:
    app, copy = full(), StatefulCalendarApp(name="Copy")
    copy.load_state(json.loads(json.dumps(app.get_state(), cls=EnumEncoder)))
    assert copy.events == app.events
    app.reset()
    assert app.events == {}


def test_the_first_screen_is_the_current_day(calendar: Phone) -> None:
    assert shown(calendar) == {
        "_app": None,
        **DAY,
        "tag_filter": None,
        "attendee_filter": None,
        "events": ["standup", "lunch", "review"],
    }


def test_the_first_screen_follows_the_clock_that_the_app_is_given() -> None:
    app = full()
    app.register_time_manager(SimulatedClock(at(7, 23)))
    assert isinstance(app.current_state, AgendaView)
    assert app.current_state.start_datetime == "2025-01-07 00:00:00"
    app.set_current_state(EditEvent())
    app.register_time_manager(SimulatedClock(at(9, 1)))
    assert isinstance(app.current_state, EditEvent)


def test_a_calendar_that_is_first_opened_after_midnight_shows_the_new_day() -> None:
    with phone(StatefulCalendarApp, lambda: StatefulCalendarApp(name="Other")) as calendar:
        calendar.world.clock.advance(24 * 3600)
        calendar.tools()["System__go_home"]()
        calendar.tools()["System__open_app"](app_name="Other")
        other = calendar.env.active_app
        assert isinstance(other, StatefulCalendarApp)
        assert isinstance(other.current_state, AgendaView)
        assert other.current_state.start_datetime == "2025-01-07 00:00:00"
        # The one in the background comes back as it was left.
        calendar.tools()["System__go_home"]()
        calendar.tools()["System__open_app"](app_name="StatefulCalendarApp")
        assert calendar.app.current_state.start_datetime == "2025-01-06 00:00:00"


# -- the backend


def test_the_agents_reads_change_nothing(calendar: Phone) -> None:
    before = calendar.app.get_state()
    assert calendar.agent("get_calendar_event", event_id="lunch").title == "Lunch"
    today = calendar.agent("read_today_calendar_events")
    assert (names(today["events"]), today["range"], today["total"]) == (["standup", "lunch", "review"], (0, 3), 3)
    assert names(calendar.agent("get_calendar_events_from_to", **DAY, offset=1, limit=1)["events"]) == ["lunch"]
    assert names(calendar.agent("get_calendar_events_by_tag", tag="work")) == ["standup", "review"]
    assert names(calendar.agent("search_events", query="TRATTORIA")) == ["lunch"]
    assert calendar.agent("get_all_tags") == ["fun", "work"]
    assert calendar.app.get_state() == before


def test_the_agent_edits_what_is_given_and_nothing_else(calendar: Phone) -> None:
    event = calendar.app.events["standup"]
    message = calendar.agent(
        "edit_calendar_event", event_id="standup", title="Daily", end_datetime="2025-01-06 12:00:00"
    )
    assert message == "Calendar event standup successfully edited"
    # References to the event see the change.
    assert event == CalendarEvent(
        event_id="standup",
        title="Daily",
        start_datetime=at(6, 10),
        end_datetime=at(6, 12),
        tag="work",
        attendees=["Ada Byron", "Bob Stone"],
    )
    assert event.end_strftime == "Monday, 2025-01-06 12:00:00"
    calendar.agent("edit_calendar_event", event_id="standup", start_datetime="2025-01-06 09:00:00", title="")
    assert (event.start_datetime, event.title) == (at(6, 9), "Daily")
    calendar.agent("edit_calendar_event", event_id="standup", tag="x", description="d", location="l", attendees=["C"])
    assert (event.tag, event.description, event.location, event.attendees) == ("x", "d", "l", ["C"])


def test_the_agent_clears_fields(calendar: Phone) -> None:
    event = calendar.app.events["standup"]
    event.description, event.location = "d", "l"
    calendar.agent("edit_calendar_event", event_id="standup", tag="", description="", location="", attendees=[])
    assert (event.tag, event.description, event.location, event.attendees) == (None, None, None, [])
    assert event.title == "Stand-up"


@pytest.mark.parametrize(
    ("error", "tool", "arguments", "match"),
    [
        (IndexError, "edit_calendar_event", {"event_id": "gone", "title": "x"}, "gone does not exist"),
        (
            ValueError,
            "edit_calendar_event",
            {"title": "x", "start_datetime": "6 Jan"},
            "Please use YYYY-MM-DD HH:MM:SS",
        ),
        (ValueError, "edit_calendar_event", {"title": "x", "end_datetime": "2025-01-06"}, "Please use YYYY-MM-DD"),
        (ValueError, "edit_calendar_event", {"title": "x", "end_datetime": "2025-01-05 09:00:00"}, "cannot be after"),
        (TypeError, "edit_calendar_event", {"attendees": "Ada"}, "must be of type"),
        (ValueError, "get_calendar_event", {"event_id": "gone"}, "gone does not exist"),
        (ValueError, "get_calendar_event", {"event_id": ""}, "does not exist"),
        (ValueError, "delete_calendar_event", {"event_id": "gone"}, "gone does not exist"),
        (ValueError, "add_calendar_event", {"start_datetime": "tomorrow"}, "Invalid datetime format"),
        (
            ValueError,
            "add_calendar_event",
            {"start_datetime": "2025-01-06 12:00:00", "end_datetime": "2025-01-06 11:00:00"},
            "cannot be after",
        ),
        (ValueError, "get_calendar_events_from_to", {**DAY, "start_datetime": "x"}, "Invalid datetime format"),
        (ValueError, "get_calendar_events_from_to", {**DAY, "end_datetime": "2025-01-01 00:00:00"}, "cannot be after"),
        (ValueError, "get_calendar_events_by_tag", {"tag": ""}, "Tag cannot be empty"),
        (TypeError, "search_events", {"query": None}, "must be of type"),
    ],
)
def test_what_the_agent_gets_wrong_is_said_and_changes_nothing(
    calendar: Phone, error: type[Exception], tool: str, arguments: dict[str, Any], match: str
) -> None:
    if tool == "edit_calendar_event":
        arguments = {"event_id": "lunch", **arguments}
    calendar.agent_refused(error, tool, match, **arguments)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"event_id": "gone", "who_delete": "Ada Byron"}, "does not exist"),
        ({"event_id": "lunch", "who_delete": "Bob Stone"}, "not an attendee"),
    ],
)
def test_only_an_attendee_can_delete_an_event(calendar: Phone, arguments: dict[str, str], match: str) -> None:
    before, events = calendar.app.get_state(), len(calendar.log())
    with pytest.raises(ValueError, match=match):
        calendar.app.delete_calendar_event_by_attendee(**arguments)
    assert calendar.app.get_state() == before
    assert described(calendar.log()[events:]) == [("ENV", "delete_calendar_event_by_attendee", True)]


def test_events_can_be_planned(calendar: Phone) -> None:
    before = calendar.app.get_state()
    with EventRegisterer.capture_mode():
        event = calendar.app.edit_calendar_event(event_id="lunch", tag="")
    assert (event.function_name(), calendar.app.get_state()) == ("edit_calendar_event", before)


# -- the screens

PATHS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "AgendaView": [
        ("filter_by_tag", {"tag": "work"}),
        ("filter_by_attendee", {"attendee": "ada"}),
        ("set_day", {"date": "2025-01-07"}),
    ],
    "EventDetail": [("open_event_by_index", {"index": 1}), ("refresh", {}), ("list_attendees", {})],
    "EditEvent": [("open_event_by_id", {"event_id": "trip"}), ("edit_event", {}), ("set_title", {"title": "Journey"})],
}


def test_every_screen_is_reached_and_left(calendar: Phone) -> None:
    before = calendar.app.get_state()
    calendar.walk(PATHS)
    assert calendar.app.get_state() == before


@pytest.mark.parametrize("screen", PATHS)
def test_a_screen_offers_its_own_tools_only(calendar: Phone, screen: str) -> None:
    assert calendar.own_tools() == set(CONTRACT["screens"]["AgendaView"])
    for tool, arguments in PATHS[screen]:
        calendar.do(tool, **arguments)
    assert calendar.own_tools() == {*CONTRACT["screens"][screen], "go_back"}


def test_graph() -> None:
    assert StatefulCalendarApp.get_state_graph() == {
        "AgendaView": ["AgendaView", "EditEvent", "EventDetail"],
        "EditEvent": ["AgendaView", "EventDetail"],
        "EventDetail": ["AgendaView", "EditEvent"],
    }
    assert full().get_reachable_states(EventDetail("lunch")) == [EditEvent]


def test_the_list_of_the_day(calendar: Phone) -> None:
    page = calendar.do("list_events", offset=1, limit=1)
    assert (names(page["events"]), page["range"], page["total"]) == (["lunch"], (1, 2), 3)
    beyond = calendar.do("list_events", offset=7)
    assert (beyond["events"], beyond["total"]) == ([], 3)
    calendar.refuse(ValueError, "list_events", "non-negative", offset=-1)
    calendar.refuse(ValueError, "list_events", "non-negative", limit=-1)
    calendar.refuse(TypeError, "list_events", "must be of type", limit="all")


def test_the_list_shows_more_than_ten_events(calendar: Phone) -> None:
    for _ in range(12):
        calendar.app.add_calendar_event()
    assert len(calendar.do("list_events", limit=100)["events"]) == 15


def test_what_looks_stays_on_the_agenda(calendar: Phone) -> None:
    before, screens = calendar.app.get_state(), calendar.screens()
    assert names(calendar.do("search_events", query="trip")) == ["trip"]
    assert names(calendar.do("read_today_calendar_events")["events"]) == ["standup", "lunch", "review"]
    assert calendar.do("get_all_tags") == ["fun", "work"]
    assert names(calendar.do("get_calendar_events_by_tag", tag="fun")) == ["trip"]
    calendar.refuse(ValueError, "get_calendar_events_by_tag", "cannot be empty", tag="")
    calendar.refuse(TypeError, "search_events", "must be of type", query=3)
    assert (calendar.app.get_state(), calendar.screens()) == (before, screens)


def test_filters_add_up_and_stay_when_the_day_changes(calendar: Phone) -> None:
    assert names(calendar.do("filter_by_tag", tag="work")) == ["standup", "review"]
    assert shown(calendar)["events"] == ["standup", "review"]
    assert names(calendar.do("filter_by_attendee", attendee="BYRON")) == ["standup"]
    calendar.app.events["trip"].tag, calendar.app.events["trip"].attendees = "work", ["Ada Byron"]
    assert calendar.do("set_day", date="2025-01-07") == {
        "start_datetime": "2025-01-07 00:00:00",
        "end_datetime": "2025-01-08 00:00:00",
    }
    assert shown(calendar) == {
        "_app": None,
        "start_datetime": "2025-01-07 00:00:00",
        "end_datetime": "2025-01-08 00:00:00",
        "tag_filter": "work",
        "attendee_filter": "BYRON",
        "events": ["trip"],
    }
    for events in (["standup"], ["standup", "review"], ["standup", "lunch", "review"]):
        calendar.do("go_back")
        assert shown(calendar)["events"] == events


def test_an_event_is_opened_at_its_place_in_what_is_shown(calendar: Phone) -> None:
    calendar.do("filter_by_tag", tag="work")
    assert calendar.do("open_event_by_index", index=1).event_id == "review"
    assert (calendar.screen, calendar.app.current_state.event_id) == ("EventDetail", "review")
    calendar.do("go_back")
    calendar.refuse(ValueError, "open_event_by_index", "index 2 does not exist; 2 are shown", index=2)


@pytest.mark.parametrize("date", ["0001-01-01", "1999-12-31", "2024-02-29"])
def test_a_day_of_any_time_is_shown(calendar: Phone, date: str) -> None:
    calendar.do("set_day", date=date)
    assert calendar.app.current_state.start_datetime == f"{date} 00:00:00"
    assert calendar.do("list_events")["total"] == 0


@pytest.mark.parametrize(
    ("error", "tool", "arguments", "match"),
    [
        (ValueError, "open_event_by_id", {"event_id": "gone"}, "gone does not exist"),
        (ValueError, "open_event_by_id", {"event_id": ""}, "does not exist"),
        (TypeError, "open_event_by_id", {"event_id": 1}, "must be of type"),
        (ValueError, "open_event_by_index", {"index": 3}, "index 3 does not exist"),
        (ValueError, "open_event_by_index", {"index": -1}, "does not exist"),
        (TypeError, "open_event_by_index", {"index": "0"}, "must be of type"),
        (ValueError, "filter_by_tag", {"tag": ""}, "Tag cannot be empty"),
        (ValueError, "filter_by_attendee", {"attendee": " "}, "Attendee cannot be empty"),
        (ValueError, "set_day", {"date": ""}, "Please use YYYY-MM-DD$"),
        (ValueError, "set_day", {"date": "06/01/2025"}, "Please use YYYY-MM-DD$"),
        (ValueError, "set_day", {"date": "2025-02-30"}, "Please use YYYY-MM-DD$"),
        (TypeError, "set_day", {"date": 20250106}, "must be of type"),
        (ValueError, "add_calendar_event_by_attendee", {"who_add": ""}, "cannot be empty"),
        (ValueError, "add_calendar_event_by_attendee", {"who_add": "Ada", "end_datetime": "noon"}, "Invalid datetime"),
        (TypeError, "add_calendar_event_by_attendee", {"who_add": "Ada", "attendees": "Bob"}, "must be of type"),
    ],
)
def test_an_agenda_refuses(
    calendar: Phone, error: type[Exception], tool: str, arguments: dict[str, Any], match: str
) -> None:
    calendar.refuse(error, tool, match, **arguments)


def test_an_event_is_added_for_an_attendee(calendar: Phone) -> None:
    guests = ["Bob Stone"]
    event_id = calendar.do("add_calendar_event_by_attendee", who_add="Ada Byron", title="Tea", attendees=guests)
    event = calendar.app.events[event_id]
    assert (event.title, event.attendees) == ("Event created by Ada Byron: Tea", ["Bob Stone", "Ada Byron"])
    assert calendar.screen == "AgendaView"
    # The log has the arguments unchanged.
    assert guests == ["Bob Stone"]
    assert calendar.log()[-1].get_args()["attendees"] == ["Bob Stone"]


def test_one_event(calendar: Phone) -> None:
    assert calendar.do("open_event_by_id", event_id="standup").title == "Stand-up"
    assert calendar.do("refresh") is calendar.app.events["standup"]
    attendees = calendar.do("list_attendees")
    assert attendees == ["Ada Byron", "Bob Stone"]
    assert attendees is not calendar.app.events["standup"].attendees
    assert calendar.screen == "EventDetail"


@pytest.mark.parametrize(("tool", "arguments"), [("delete", {}), ("delete_by_attendee", {"who_delete": "Bob Stone"})])
def test_an_event_that_is_deleted_is_left(calendar: Phone, tool: str, arguments: dict[str, str]) -> None:
    calendar.do("open_event_by_id", event_id="standup")
    assert "standup successfully deleted" in calendar.do(tool, **arguments)
    assert (calendar.screen, "standup" in calendar.app.events) == ("AgendaView", False)
    assert "go_back" not in calendar.own_tools()


def test_an_event_is_not_deleted_for_a_stranger(calendar: Phone) -> None:
    calendar.do("open_event_by_id", event_id="lunch")
    calendar.refuse(ValueError, "delete_by_attendee", "Bob Stone is not an attendee", who_delete="Bob Stone")
    calendar.refuse(ValueError, "delete_by_attendee", "not an attendee", who_delete="")


def test_an_event_that_is_gone_refuses_everything_but_the_way_back(calendar: Phone) -> None:
    calendar.do("open_event_by_id", event_id="lunch")
    calendar.agent("delete_calendar_event", event_id="lunch")
    for tool in CONTRACT["screens"]["EventDetail"]:
        arguments = {"who_delete": "Ada Byron"} if tool == "delete_by_attendee" else {}
        calendar.refuse(ValueError, tool, "lunch does not exist", **arguments)
    calendar.do("go_back")
    assert calendar.screen == "AgendaView"


def test_an_event_that_goes_while_it_is_edited_is_passed_over_on_the_way_back(calendar: Phone) -> None:
    calendar.do("open_event_by_id", event_id="lunch")
    calendar.do("edit_event")
    calendar.agent("delete_calendar_event", event_id="lunch")
    calendar.refuse(IndexError, "save", "lunch does not exist")
    calendar.do("discard")
    assert calendar.screen == "AgendaView"


def test_a_screen_of_what_is_not_there_cannot_be_shown(calendar: Phone) -> None:
    before = calendar.screens()
    with pytest.raises(ValueError, match="gone"):
        calendar.app.set_current_state(EventDetail("gone"))
    assert calendar.screens() == before


def test_a_new_event_is_written_and_saved(calendar: Phone) -> None:
    calendar.do("start_create_event")
    assert calendar.draft == EditDraft()
    before = calendar.app.get_state()
    calendar.do("set_title", title="Dinner")
    calendar.do("set_time_range", start_datetime="2025-01-06 19:00:00", end_datetime="2025-01-06 21:00:00")
    calendar.do("set_tag", tag="fun")
    calendar.do("set_description", description="With Ada")
    calendar.do("set_location", location="Trattoria")
    calendar.do("set_attendees", attendees=["Ada Byron", "Ada Byron"])
    calendar.do("add_attendee", attendee="Bob Stone")
    calendar.do("add_attendee", attendee="Bob Stone")
    assert calendar.do("remove_attendee", attendee="Ada Byron") == {
        "title": "Dinner",
        "start_datetime": "2025-01-06 19:00:00",
        "end_datetime": "2025-01-06 21:00:00",
        "tag": "fun",
        "description": "With Ada",
        "location": "Trattoria",
        "attendees": ["Bob Stone"],
        "event_id": None,
    }
    assert calendar.app.get_state() == before
    event_id = calendar.do("save")
    assert calendar.app.events[event_id] == CalendarEvent(
        event_id=event_id,
        title="Dinner",
        start_datetime=at(6, 19),
        end_datetime=at(6, 21),
        tag="fun",
        description="With Ada",
        location="Trattoria",
        attendees=["Bob Stone"],
    )
    assert calendar.screen == "AgendaView"


def test_a_new_event_without_a_time_is_now(calendar: Phone) -> None:
    calendar.do("start_create_event")
    event = calendar.app.events[calendar.do("save")]
    assert (event.title, event.start_datetime, event.end_datetime) == ("Event", at(6, 9), at(6, 10))


@pytest.mark.parametrize("start", ["2025-01-08 14:30:00", "2025-01-05 09:00:00", "2025-01-06 08:30:00"])
def test_an_event_with_only_a_start_lasts_an_hour(calendar: Phone, start: str) -> None:
    def is_an_hour(event_id: str) -> bool:
        event = calendar.app.events[event_id]
        begins = datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp()
        return bool((event.start_datetime, event.end_datetime) == (begins, begins + 3600))

    assert is_an_hour(calendar.agent("add_calendar_event", start_datetime=start))
    assert is_an_hour(calendar.do("add_calendar_event_by_attendee", who_add="Ada Byron", start_datetime=start))
    attendees = ["Bob Stone"]
    added = calendar.app.add_calendar_event_by_attendee("Ada Byron", start_datetime=start, attendees=attendees)
    assert is_an_hour(added)
    assert (calendar.app.events[added].attendees, attendees) == (["Bob Stone", "Ada Byron"], ["Bob Stone"])
    # Without a start the event begins now, even with an end.
    ends = calendar.app.events[calendar.agent("add_calendar_event", end_datetime="2025-01-06 09:20:00")]
    assert (ends.start_datetime, ends.end_strftime) == (at(6, 9), "Monday, 2025-01-06 09:20:00")


def test_an_event_is_edited(calendar: Phone) -> None:
    calendar.do("open_event_by_id", event_id="standup")
    assert calendar.do("edit_event") == {
        "title": "Stand-up",
        "start_datetime": "2025-01-06 10:00:00",
        "end_datetime": "2025-01-06 11:00:00",
        "tag": "work",
        "description": None,
        "location": None,
        "attendees": ["Ada Byron", "Bob Stone"],
        "event_id": "standup",
    }
    calendar.do("add_attendee", attendee="Cleo Vane")
    calendar.do("set_title", title="Daily")
    calendar.do("set_time_range", start_datetime="2025-01-06 12:00:00", end_datetime="2025-01-06 13:00:00")
    assert calendar.app.events["standup"].attendees == ["Ada Byron", "Bob Stone"]
    assert calendar.do("save") == "standup"
    assert calendar.screen == "EventDetail"
    event = calendar.do("refresh")
    assert (event.title, event.start_datetime, event.end_datetime) == ("Daily", at(6, 12), at(6, 13))
    assert event.attendees == ["Ada Byron", "Bob Stone", "Cleo Vane"]


@pytest.mark.parametrize("nothing", [None, ""])
def test_an_edit_clears_fields(calendar: Phone, nothing: str | None) -> None:
    event = calendar.app.events["standup"]
    event.description, event.location = "d", "l"
    calendar.do("open_event_by_id", event_id="standup")
    calendar.do("edit_event")
    calendar.do("set_tag", tag=nothing)
    calendar.do("set_description", description=nothing)
    calendar.do("set_location", location=nothing)
    calendar.do("set_attendees", attendees=[])
    calendar.do("save")
    assert (event.tag, event.description, event.location, event.attendees) == (None, None, None, [])


def test_a_time_that_is_left_alone_stays_exact(calendar: Phone) -> None:
    event = calendar.app.events["lunch"]
    event.start_datetime += 0.25
    event.end_datetime += 0.75
    calendar.do("open_event_by_id", event_id="lunch")
    calendar.do("edit_event")
    calendar.do("save")
    assert (event.start_datetime, event.end_datetime) == (at(6, 10) + 0.25, at(6, 11) + 0.75)


def test_what_is_discarded_is_gone(calendar: Phone) -> None:
    before = calendar.app.get_state()
    calendar.do("open_event_by_id", event_id="lunch")
    calendar.do("edit_event")
    calendar.do("set_title", title="Never mind")
    calendar.do("discard")
    assert (calendar.screen, calendar.app.get_state()) == ("EventDetail", before)
    assert calendar.do("edit_event")["title"] == "Lunch"


@pytest.mark.parametrize(
    ("error", "tool", "arguments", "match"),
    [
        (ValueError, "set_title", {"title": ""}, "Title cannot be empty"),
        (TypeError, "set_title", {"title": None}, "must be of type"),
        (
            ValueError,
            "set_time_range",
            {"start_datetime": "2025-01-06 12:00:00", "end_datetime": "2025-01-06 11:00:00"},
            "cannot be after",
        ),
        (
            ValueError,
            "set_time_range",
            {"start_datetime": "2025-01-06", "end_datetime": "2025-01-06 11:00:00"},
            "Please use YYYY-MM-DD HH:MM:SS",
        ),
        (ValueError, "set_time_range", {"start_datetime": "", "end_datetime": ""}, "Please use YYYY-MM-DD HH:MM:SS"),
        (ValueError, "set_attendees", {"attendees": ["Ada", ""]}, "Attendee cannot be empty"),
        (TypeError, "set_attendees", {"attendees": "Ada"}, "must be of type"),
        (ValueError, "add_attendee", {"attendee": ""}, "Attendee cannot be empty"),
        (ValueError, "remove_attendee", {"attendee": "Cleo"}, "Cleo is not an attendee"),
        (TypeError, "set_tag", {"tag": 1}, "must be of type"),
        (TypeError, "set_location", {"location": 1}, "must be of type"),
        (TypeError, "set_description", {"description": 1}, "must be of type"),
    ],
)
def test_a_draft_refuses_and_survives(
    calendar: Phone, error: type[Exception], tool: str, arguments: dict[str, Any], match: str
) -> None:
    calendar.do("open_event_by_id", event_id="standup")
    calendar.do("edit_event")
    calendar.do("set_location", location="Room 1")
    calendar.refuse(error, tool, match, **arguments)
    assert calendar.draft.location == "Room 1"


@pytest.mark.parametrize("event_id", [None, "standup"])
def test_a_draft_that_cannot_be_saved_survives(calendar: Phone, event_id: str | None) -> None:
    late = EditDraft(start_datetime="2025-01-08 10:00:00", end_datetime="2025-01-08 09:00:00", event_id=event_id)
    calendar.app.set_current_state(EditEvent(late))
    calendar.refuse(ValueError, "save", "cannot be after")
    calendar.do("set_time_range", start_datetime="2025-01-08 08:00:00", end_datetime="2025-01-08 09:00:00")
    assert calendar.app.events[calendar.do("save")].start_datetime == at(8, 8)


# -- always


def test_the_same_seed_gives_the_same_ids() -> None:
    def story(seed: str) -> list[str]:
        with phone(full, seed=seed) as calendar:
            calendar.do("start_create_event")
            calendar.do("save")
            calendar.do("add_calendar_event_by_attendee", who_add="Ada")
            calendar.agent("add_calendar_event")
            return [*calendar.app.events, *(event.event_id for event in calendar.log())]

    assert story("a") == story("a")
    assert len(set(story("a"))) == len(story("a"))
    assert story("a") != story("b")


def test_the_backend_is_ares() -> None:
    assert isinstance(full(), CalendarV2)
