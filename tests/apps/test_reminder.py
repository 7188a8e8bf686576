"""The reminder app: the tools of the agent and the user, and their errors."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.reminder import Reminder
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps.reminder import EditReminder, ReminderDetail, ReminderDraft, ReminderList, StatefulReminderApp
from pytest_pare.apps.reminder.repetition import place_in_series, repeated
from pytest_pare.are.world import DEFAULT_START_TIME, World
from tests.apps.phone import Phone, interface, kinds_of, mark_of, parameters_of, phone

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTRACT = interface("reminder")
SCREENS = {screen.__name__: screen for screen in (ReminderList, ReminderDetail, EditReminder)}
# Neither a draft nor its screen is content of the app.
USER_MARKS = {
    ("ReminderList", "create_new"): "READ",
    ("ReminderDetail", "edit"): "READ",
    ("EditReminder", "set_title"): "READ",
    ("EditReminder", "set_description"): "READ",
    ("EditReminder", "set_due_datetime"): "READ",
    ("EditReminder", "set_repetition"): "READ",
}
NOW = datetime.fromtimestamp(DEFAULT_START_TIME, tz=UTC)
UNTIL = NOW + timedelta(weeks=12)


def make() -> StatefulReminderApp:
    app = StatefulReminderApp(name="Reminders")
    app.add_reminder("Later", "2025-01-06 12:00:00", "Far off")
    app.add_reminder("Past", "2025-01-06 08:00:00", "Gone by")
    app.add_reminder("Soon", "2025-01-06 09:00:01", "Near")
    return app


@pytest.fixture
def reminders() -> Iterator[Phone]:
    with phone(make) as it:
        yield it


def id_of(it: Phone, title: str) -> str:
    return next(str(reminder.reminder_id) for reminder in it.app.reminders.values() if reminder.title == title)


def add(it: Phone, title: str = "Pills", due: str = "2025-01-07 08:00:00", *repetition: Any) -> str:
    reminder_id: str = it.app.add_reminder(title, due, "Two", *repetition)
    return reminder_id


def dues(it: Phone, reminder_id: str) -> list[str]:
    return [
        reminder.due_datetime.isoformat(" ")[:16]
        for i, reminder in it.app.reminders.items()
        if i.startswith(reminder_id)
    ]


class TestContract:
    @pytest.mark.parametrize("name", CONTRACT["methods"])
    def test_method(self, name: str) -> None:
        agreed, method = CONTRACT["methods"][name], getattr(StatefulReminderApp, name)
        assert sorted(kinds_of(method)) == sorted(agreed["kinds"])
        assert mark_of(method) == agreed["operation"]
        assert parameters_of(method) == agreed["params"]

    @pytest.mark.parametrize("screen", CONTRACT["screens"])
    def test_screen(self, screen: str) -> None:
        agreed = CONTRACT["screens"][screen]
        offered = {n for n in dir(SCREENS[screen]) if kinds_of(getattr(SCREENS[screen], n))}
        assert offered == set(agreed)
        for name, tool in agreed.items():
            method = getattr(SCREENS[screen], name)
            assert kinds_of(method) == ["user_tool"]
            assert mark_of(method) == USER_MARKS.get((screen, name), tool["operation"])
            assert parameters_of(method) == tool["params"]

    def test_every_tool_is_described(self, reminders: Phone) -> None:
        tools = list(reminders.app.get_tools())
        for screen in (ReminderList(), ReminderDetail("x"), EditReminder()):
            screen.bind_to_app(reminders.app)
            tools += screen.get_available_actions()
        for tool in tools:
            assert tool.function_description
            assert all(argument.description for argument in tool.args), tool.name
            # ARE's own tools that return nothing say nothing about it.
            assert tool.return_description or tool.name == "Reminders__delete_all_reminders", tool.name

    def test_graph(self) -> None:
        assert StatefulReminderApp.get_state_graph() == {
            "EditReminder": ["ReminderDetail", "ReminderList"],
            "ReminderDetail": ["EditReminder", "ReminderList"],
            "ReminderList": ["EditReminder", "ReminderDetail"],
        }
        diagram = StatefulReminderApp.get_state_diagram()
        assert "ReminderDetail --> ReminderList: delete" in diagram
        assert "EditReminder --> Previous: cancel" in diagram


class TestConstructor:
    def test_defaults(self) -> None:
        app = StatefulReminderApp()
        assert (app.name, app.reminders, app.max_reminder_repetitions) == ("StatefulReminderApp", {}, 100)

    def test_arguments_count(self) -> None:
        reminder = Reminder("r", "Title", NOW, "Text")
        app = StatefulReminderApp(
            "Reminders", reminders={"r": reminder}, max_future_datetime=NOW, max_reminder_repetitions=2
        )
        assert (app.name, app.reminders, app.max_reminder_repetitions) == ("Reminders", {"r": reminder}, 2)
        assert app.max_future_datetime == NOW

    def test_repetitions_end_twelve_weeks_of_simulated_time_from_now(self, reminders: Phone) -> None:
        assert reminders.app.max_future_datetime == UNTIL
        reminders.world.clock.advance(60)
        assert reminders.app.max_future_datetime == UNTIL + timedelta(minutes=1)

    def test_the_clock_that_counts_is_the_one_of_the_phone(self) -> None:
        app = StatefulReminderApp("Reminders")
        world = World("later", start_time=DEFAULT_START_TIME + 86400)
        with world.active():
            it = Phone(world, app)
            assert it.app.max_future_datetime == UNTIL + timedelta(days=1)

    def test_an_end_without_a_zone_is_in_utc(self) -> None:
        with phone(lambda: StatefulReminderApp("R", max_future_datetime=datetime(2025, 1, 9, 8))) as it:
            reminder_id = add(it, "Pills", "2025-01-07 08:00:00", "day")
            assert dues(it, reminder_id) == ["2025-01-07 08:00", "2025-01-08 08:00"]


class TestScreens:
    def test_walk(self, reminders: Phone) -> None:
        past = id_of(reminders, "Past")
        reminders.walk(
            {
                "ReminderList": [("open_reminder", {"reminder_id": past}), ("delete", {})],
                "ReminderDetail": [
                    ("create_new", {}),
                    ("set_title", {"title": "Milk"}),
                    ("set_due_datetime", {"due_datetime": "2025-01-07 08:00:00"}),
                    ("save", {}),
                    ("edit", {}),
                    ("cancel", {}),
                ],
                "EditReminder": [("create_new", {}), ("cancel", {}), ("create_new", {})],
            }
        )

    def test_what_each_screen_offers(self, reminders: Phone) -> None:
        assert reminders.own_tools() == {
            *("list_all_reminders", "list_upcoming_reminders", "list_due_reminders"),
            *("open_reminder", "create_new"),
        }
        reminders.do("open_reminder", reminder_id=id_of(reminders, "Past"))
        assert reminders.own_tools() == {"edit", "delete", "go_back"}
        reminders.do("edit")
        assert reminders.own_tools() == {
            *("set_title", "set_description", "set_due_datetime", "set_repetition"),
            *("save", "cancel", "go_back"),
        }

    def test_lists_tell_ids(self, reminders: Phone) -> None:
        later, past, soon = (id_of(reminders, title) for title in ("Later", "Past", "Soon"))
        listed = reminders.do("list_all_reminders")
        assert listed == "\n\n".join(f"Reminder ID: {i}\n{reminders.app.reminders[i]}" for i in (later, past, soon))
        assert reminders.do("list_upcoming_reminders").index(soon) < reminders.do("list_upcoming_reminders").index(
            later
        )
        assert past not in reminders.do("list_upcoming_reminders")
        assert reminders.do("list_due_reminders").startswith(f"Reminder ID: {past}\nReminder: Past")
        assert soon not in reminders.do("list_due_reminders")
        assert reminders.screen == "ReminderList"

    def test_empty_lists_say_so(self) -> None:
        with phone(lambda: StatefulReminderApp("Reminders")) as it:
            for tool in ("list_all_reminders", "list_upcoming_reminders", "list_due_reminders"):
                assert it.do(tool) == "No reminders."

    def test_lists_are_lists_where_they_are_called(self, reminders: Phone) -> None:
        shown = reminders.app.current_state
        assert [r.title for r in shown.list_all_reminders()] == ["Later", "Past", "Soon"]
        assert [r.title for r in shown.list_upcoming_reminders()] == ["Soon", "Later"]
        assert [r.title for r in shown.list_due_reminders()] == ["Past"]

    def test_reminders_fall_due_by_the_simulated_clock(self, reminders: Phone) -> None:
        reminders.world.clock.advance(0.5)
        assert "Soon" not in reminders.do("list_due_reminders")
        reminders.world.clock.advance(0.5)
        assert "Soon" in reminders.do("list_due_reminders")
        assert "Soon" not in reminders.do("list_upcoming_reminders")

    def test_a_time_without_a_zone_is_in_utc(self, reminders: Phone) -> None:
        reminders.app.reminders["x"] = Reminder("x", "Naive", NOW.replace(tzinfo=None), "")
        assert [r.title for r in reminders.app.get_due_reminders()] == ["Past", "Naive"]
        reminders.app.reminders["x"].due_datetime += timedelta(seconds=2)
        assert [r.title for r in reminders.app.upcoming_reminders()] == ["Soon", "Naive", "Later"]

    def test_open(self, reminders: Phone) -> None:
        past = id_of(reminders, "Past")
        assert reminders.do("open_reminder", reminder_id=past).title == "Past"
        assert (reminders.screen, reminders.app.current_state.reminder_id) == ("ReminderDetail", past)

    def test_open_refuses(self, reminders: Phone) -> None:
        for reminder_id in ("nothing", ""):
            reminders.refuse(KeyError, "open_reminder", "not found", reminder_id=reminder_id)
        reminders.refuse(TypeError, "open_reminder", "reminder_id", reminder_id=5)
        assert reminders.app.navigation_stack == []

    def test_write_a_new_one(self, reminders: Phone) -> None:
        assert reminders.do("create_new") == ReminderDraft("", "", "", None, None)
        before = copy.deepcopy(reminders.app.get_state())
        reminders.do("set_title", title="Pills")
        reminders.do("set_description", description="Two")
        reminders.do("set_due_datetime", due_datetime="2025-03-30 08:00:00")
        draft = reminders.do("set_repetition", unit="minute")
        assert draft == ReminderDraft("Pills", "Two", "2025-03-30 08:00:00", "minute", 1)
        assert reminders.do("set_repetition", unit="hour", value=12).repetition_value == 12
        assert reminders.app.get_state() == before
        reminder_id = reminders.do("save")
        assert (reminders.screen, reminders.app.current_state.reminder_id) == ("ReminderDetail", reminder_id)
        assert dues(reminders, reminder_id) == ["2025-03-30 08:00", "2025-03-30 20:00", "2025-03-31 08:00"]

    def test_who_comes_back_and_saves_again_has_still_one(self, reminders: Phone) -> None:
        reminders.do("create_new")
        reminders.do("set_title", title="Pills")
        reminders.do("set_due_datetime", due_datetime="2025-01-07 08:00:00")
        reminder_id = reminders.do("save")
        reminders.do("go_back")
        reminders.do("set_title", title="More pills")
        assert reminders.do("save") == reminder_id
        assert len(reminders.app.reminders) == 4
        assert reminders.app.reminders[reminder_id].title == "More pills"

    def test_a_draft_survives_what_fails(self, reminders: Phone) -> None:
        reminders.do("create_new")
        reminders.refuse(ValueError, "save", "no title")
        reminders.do("set_title", title=" ")
        reminders.refuse(ValueError, "save", "no title")
        reminders.do("set_title", title="Pills")
        reminders.refuse(ValueError, "save", "no time")
        for due in ("07/01/2025", "", "2025-01-07", "2025-02-30 08:00:00"):
            reminders.refuse(ValueError, "set_due_datetime", due_datetime=due)
        reminders.refuse(ValueError, "set_repetition", "Invalid repetition", unit="year")
        reminders.refuse(ValueError, "set_repetition", "1 or more", unit="day", value=0)
        reminders.refuse(TypeError, "set_repetition", "value", unit="day", value="1")
        reminders.refuse(TypeError, "set_title", "title", title=None)
        assert reminders.draft == ReminderDraft("Pills")
        assert reminders.screen == "EditReminder"

    def test_cancel_a_new_one(self, reminders: Phone) -> None:
        reminders.do("create_new")
        reminders.do("set_title", title="Pills")
        reminders.do("cancel")
        assert (reminders.screen, reminders.app.navigation_stack) == ("ReminderList", [])
        assert len(reminders.app.reminders) == 3

    def test_edit(self, reminders: Phone) -> None:
        reminder_id = add(reminders, "Pills", "2025-01-07 08:00:00", "month", 2)
        reminders.do("open_reminder", reminder_id=reminder_id)
        assert reminders.do("edit") == reminder_id
        assert reminders.draft == ReminderDraft("Pills", "Two", "2025-01-07 08:00:00", "month", 2)
        reminders.do("set_due_datetime", due_datetime="2025-01-08 08:00:00")
        assert reminders.do("save") == reminder_id
        assert reminders.screen == "ReminderDetail"
        assert dues(reminders, reminder_id) == ["2025-01-08 08:00", "2025-03-08 08:00"]
        reminders.do("go_back")
        reminders.do("set_repetition", unit=None)
        reminders.do("save")
        assert dues(reminders, reminder_id) == ["2025-01-08 08:00"]
        assert reminders.app.reminders[reminder_id].repetition_unit is None

    def test_cancel_an_edit(self, reminders: Phone) -> None:
        past = id_of(reminders, "Past")
        reminders.do("open_reminder", reminder_id=past)
        reminders.do("edit")
        reminders.do("set_title", title="Other")
        reminders.do("cancel")
        # The way back from the reminder does not lead into the editor.
        assert (reminders.screen, reminders.app.current_state.reminder_id) == ("ReminderDetail", past)
        assert len(reminders.app.navigation_stack) == 1
        assert reminders.app.reminders[past].title == "Past"

    def test_delete(self, reminders: Phone) -> None:
        reminder_id = add(reminders, "Pills", "2025-01-07 08:00:00", "day")
        assert len(reminders.app.reminders) == 3 + 84
        reminders.do("open_reminder", reminder_id=reminder_id)
        reminders.do("edit")
        reminders.do("save")
        assert reminders.do("delete") == reminder_id
        assert len(reminders.app.reminders) == 3
        assert (reminders.screen, reminders.app.navigation_stack) == ("ReminderList", [])

    def test_a_reminder_that_the_agent_deletes(self, reminders: Phone) -> None:
        past = id_of(reminders, "Past")
        reminders.do("open_reminder", reminder_id=past)
        reminders.agent("delete_reminder", reminder_id=past)
        reminders.refuse(KeyError, "edit", "not found")
        reminders.refuse(ValueError, "delete", "not found")
        reminders.do("go_back")
        assert reminders.screen == "ReminderList"

    def test_a_reminder_that_the_agent_deletes_while_it_is_written(self, reminders: Phone) -> None:
        past = id_of(reminders, "Past")
        reminders.do("open_reminder", reminder_id=past)
        reminders.do("edit")
        reminders.agent("delete_reminder", reminder_id=past)
        reminders.refuse(ValueError, "save", "not found")
        reminders.do("cancel")
        assert (reminders.screen, reminders.app.navigation_stack) == ("ReminderList", [])

    def test_the_way_back_passes_over_the_editor_of_what_is_gone(self, reminders: Phone) -> None:
        past = id_of(reminders, "Past")
        reminders.do("open_reminder", reminder_id=past)
        reminders.do("edit")
        reminders.do("save")
        reminders.agent("delete_all_reminders")
        reminders.do("go_back")
        assert (reminders.screen, reminders.app.navigation_stack) == ("ReminderList", [])

    def test_a_new_one_is_there_to_go_back_to(self, reminders: Phone) -> None:
        reminders.do("create_new")
        reminders.app.set_current_state(ReminderDetail(id_of(reminders, "Past")))
        reminders.do("go_back")
        assert reminders.screen == "EditReminder"

    def test_a_screen_of_what_does_not_exist_is_not_shown(self, reminders: Phone) -> None:
        with pytest.raises(KeyError, match="not found"):
            reminders.app.set_current_state(EditReminder("nothing"))
        assert (reminders.screen, reminders.app.navigation_stack) == ("ReminderList", [])

    def test_a_tool_of_another_screen_is_not_there(self, reminders: Phone) -> None:
        with pytest.raises(KeyError, match="save"):
            reminders.do("save")


class TestAgent:
    def test_add(self, reminders: Phone) -> None:
        reminder_id = reminders.agent(
            "add_reminder", title="Pills", due_datetime="2025-01-07 08:00:00", description="Two"
        )
        assert reminders.app.reminders[reminder_id] == Reminder(
            reminder_id, "Pills", datetime(2025, 1, 7, 8, tzinfo=UTC), "Two", None, 1
        )
        assert len(reminder_id) == 32

    @pytest.mark.parametrize(
        ("unit", "value", "second"),
        [
            ("second", 30, "2025-01-31 08:00:30"),
            ("minute", 2, "2025-01-31 08:02:00"),
            ("hour", 3, "2025-01-31 11:00:00"),
            ("day", 1, "2025-02-01 08:00:00"),
            ("week", 2, "2025-02-14 08:00:00"),
            ("month", 1, "2025-02-28 08:00:00"),
        ],
    )
    def test_repetitions(self, reminders: Phone, unit: str, value: int, second: str) -> None:
        reminder_id = reminders.agent(
            "add_reminder",
            title="Pills",
            due_datetime="2025-01-31 08:00:00",
            description="Two",
            repetition_unit=unit,
            repetition_value=value,
        )
        repetition = reminders.app.reminders[f"{reminder_id}_rep_1"]
        assert repetition.due_datetime == datetime.strptime(second, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        assert (repetition.title, repetition.description) == ("Pills", "Two")
        assert (repetition.repetition_unit, repetition.repetition_value) == (unit, value)

    def test_ids_of_repetitions_count_up(self, reminders: Phone) -> None:
        reminder_id = add(reminders, "Pills", "2025-01-31 08:00:00", "month")
        assert list(reminders.app.reminders)[3:] == [reminder_id, f"{reminder_id}_rep_1", f"{reminder_id}_rep_2"]
        # Where a month has no 31st it is the last day, and the 31st again the month after.
        assert dues(reminders, reminder_id) == ["2025-01-31 08:00", "2025-02-28 08:00", "2025-03-31 08:00"]
        seconds = add(reminders, "Pills", "2025-01-31 08:00:00", "second")
        assert [i.removeprefix(seconds) for i in list(reminders.app.reminders)[6:]] == [
            "",
            *(f"_rep_{number}" for number in range(1, 101)),
        ]

    def test_repetitions_are_limited(self) -> None:
        with phone(lambda: StatefulReminderApp("R", max_reminder_repetitions=2)) as it:
            assert len(dues(it, add(it, "Pills", "2025-01-07 08:00:00", "day"))) == 3
            # The last moment itself is too late.
            assert len(dues(it, add(it, "Pills", "2025-03-30 09:00:00", "day"))) == 1

    @pytest.mark.parametrize(
        ("changed", "error", "match"),
        [
            ({"due_datetime": "07/01/2025"}, ValueError, "does not match format"),
            ({"due_datetime": ""}, ValueError, "does not match format"),
            ({"repetition_unit": "year"}, ValueError, "Invalid repetition interval"),
            # The type of ARE's error.
            ({"repetition_unit": "year"}, AssertionError, "Invalid repetition interval"),
            ({"repetition_unit": "day", "repetition_value": 0}, ValueError, "1 or more"),
            ({"repetition_unit": "day", "repetition_value": -1}, ValueError, "1 or more"),
            ({"repetition_unit": "day", "repetition_value": None}, ValueError, "1 or more"),
            ({"title": None}, TypeError, "title"),
        ],
    )
    def test_add_and_update_refuse(
        self, reminders: Phone, changed: dict[str, Any], error: type[Exception], match: str
    ) -> None:
        arguments = {
            "title": "Pills",
            "due_datetime": "2025-01-07 08:00:00",
            "description": "Two",
            "repetition_unit": None,
            "repetition_value": 1,
        } | changed
        reminders.agent_refused(error, "add_reminder", match, **arguments)
        reminder_id = add(reminders, "Pills", "2025-01-07 08:00:00", "day")
        reminders.agent_refused(error, "update_reminder", match, reminder_id=reminder_id, **arguments)

    def test_an_interval_beyond_all_years(self, reminders: Phone) -> None:
        for unit in ("second", "day", "month"):
            assert len(dues(reminders, add(reminders, "Never", "2025-01-07 08:00:00", unit, 10**15))) == 1

    def test_delete_takes_all_repetitions_along(self, reminders: Phone) -> None:
        before = copy.deepcopy(reminders.app.get_state())
        reminder_id = add(reminders, "Pills", "2025-01-07 08:00:00", "day")
        assert reminders.agent("delete_reminder", reminder_id=reminder_id) is None
        assert reminders.app.get_state() == before
        for gone in (reminder_id, f"{reminder_id}_rep_1", ""):
            reminders.agent_refused(ValueError, "delete_reminder", "not found", reminder_id=gone)

    def test_one_repetition_can_be_deleted(self, reminders: Phone) -> None:
        reminder_id = add(reminders, "Pills", "2025-01-07 08:00:00", "week", 4)
        reminders.agent("delete_reminder", reminder_id=f"{reminder_id}_rep_1")
        assert dues(reminders, reminder_id) == ["2025-01-07 08:00", "2025-03-04 08:00"]

    def test_delete_all(self, reminders: Phone) -> None:
        reminders.agent("delete_all_reminders")
        assert reminders.app.reminders == {}

    def test_update(self, reminders: Phone) -> None:
        # This is the agent's doing.
        reminder_id = add(reminders, "Pills", "2025-01-07 08:00:00", "day")
        arguments: dict[str, Any] = {
            "reminder_id": reminder_id,
            "title": "Drops",
            "description": "Three",
            "due_datetime": "2025-03-01 08:00:00",
            "repetition_unit": "week",
            "repetition_value": 2,
        }
        assert reminders.agent("update_reminder", **arguments) == reminder_id
        assert dues(reminders, reminder_id) == ["2025-03-01 08:00", "2025-03-15 08:00", "2025-03-29 08:00"]
        assert {r.title for i, r in reminders.app.reminders.items() if i.startswith(reminder_id)} == {"Drops"}
        arguments |= {"repetition_unit": None, "repetition_value": None}
        reminders.agent("update_reminder", **arguments)
        assert reminders.app.reminders[reminder_id] == Reminder(
            reminder_id, "Drops", datetime(2025, 3, 1, 8, tzinfo=UTC), "Three", None, None
        )
        assert len(reminders.app.reminders) == 4
        for unknown in ("nothing", ""):
            reminders.agent_refused(ValueError, "update_reminder", "not found", **arguments | {"reminder_id": unknown})

    def test_what_is_put_off_is_announced_again(self, reminders: Phone) -> None:
        past = id_of(reminders, "Past")
        reminders.app.reminders[past].time_notified = 1.0
        arguments: dict[str, Any] = {
            "reminder_id": past,
            "title": "Past",
            "description": "New",
            "due_datetime": "2025-01-06 08:00:00",
            "repetition_unit": None,
            "repetition_value": None,
        }
        reminders.agent("update_reminder", **arguments)
        assert reminders.app.reminders[past].already_notified
        reminders.agent("update_reminder", **arguments | {"due_datetime": "2025-01-06 10:00:00"})
        assert not reminders.app.reminders[past].already_notified

    def test_one_repetition_can_be_changed_but_not_how_it_repeats(self, reminders: Phone) -> None:
        reminder_id = add(reminders, "Pills", "2025-01-07 08:00:00", "week", 4)
        arguments: dict[str, Any] = {
            "reminder_id": f"{reminder_id}_rep_1",
            "title": "Drops",
            "description": "Three",
            "due_datetime": "2025-02-05 08:00:00",
            "repetition_unit": "week",
            "repetition_value": 4,
        }
        assert reminders.agent("update_reminder", **arguments) == f"{reminder_id}_rep_1"
        assert dues(reminders, reminder_id) == ["2025-01-07 08:00", "2025-02-05 08:00", "2025-03-04 08:00"]
        series = [reminders.app.reminders[i].title for i in reminders.app.reminders if i.startswith(reminder_id)]
        assert series == ["Pills", "Drops", "Pills"]
        reminders.agent_refused(
            ValueError, "update_reminder", f"changed at reminder {reminder_id}", **arguments | {"repetition_value": 1}
        )
        reminders.agent("update_reminder", **arguments | {"repetition_unit": None})
        assert reminders.app.reminders[f"{reminder_id}_rep_1"].repetition_unit is None

    def test_a_repetition_of_nothing_is_a_reminder_like_others(self) -> None:
        orphan = Reminder("x_rep_1", "Pills", NOW, "Two", "week", 6)
        with phone(lambda: StatefulReminderApp("R", reminders={"x_rep_1": orphan})) as it:
            assert it.app.add_reminder_repetition("x_rep_1") == "x_rep_1_rep_1"
            assert dues(it, "x_rep_1") == ["2025-01-06 09:00", "2025-02-17 09:00"]
            it.agent("delete_reminder", reminder_id="x_rep_1")
            assert it.app.reminders == {}

    def test_lists_for_the_agent_tell_ids(self, reminders: Phone) -> None:
        assert all(reminder_id in reminders.agent("get_all_reminders") for reminder_id in reminders.app.reminders)
        assert reminders.agent("get_due_reminders").startswith(f"Reminder ID: {id_of(reminders, 'Past')}")
        assert [r.title for r in reminders.app.get_all_reminders()] == ["Later", "Past", "Soon"]

    def test_reads_leave_everything_as_it_is(self, reminders: Phone) -> None:
        reads = {
            tool.name.removeprefix("Reminders__") for tool in reminders.app.get_tools() if not tool.write_operation
        }
        assert reads == {"get_all_reminders", "get_due_reminders"}
        before = copy.deepcopy(reminders.app.get_state())
        for tool in sorted(reads):
            reminders.agent(tool)
            assert reminders.app.get_state() == before


class TestWithoutEvents:
    def test_get_by_id(self, reminders: Phone) -> None:
        before = len(reminders.log())
        assert reminders.app.get_reminder_with_id(id_of(reminders, "Past")).title == "Past"
        with pytest.raises(KeyError, match="not found"):
            reminders.app.get_reminder_with_id("nothing")
        assert len(reminders.log()) == before

    def test_add_a_repetition(self, reminders: Phone) -> None:
        reminder_id = add(reminders, "Pills", "2025-03-01 08:00:00", "week", 2)
        last = f"{reminder_id}_rep_2"
        assert reminders.app.add_reminder_repetition(last) is None
        reminders.world.clock.advance(7 * 86400 * 2)
        assert reminders.app.add_reminder_repetition(last) == f"{reminder_id}_rep_3"
        assert dues(reminders, f"{reminder_id}_rep_3") == ["2025-04-12 08:00"]
        with pytest.raises(AssertionError, match="No repetition"):
            reminders.app.add_reminder_repetition(id_of(reminders, "Past"))
        with pytest.raises(KeyError, match="not found"):
            reminders.app.add_reminder_repetition("nothing")

    def test_current_time(self, reminders: Phone) -> None:
        assert reminders.app.get_current_time() == {
            "current_timestamp": DEFAULT_START_TIME,
            "current_datetime": "2025-01-06 09:00:00",
        }

    @given(
        first=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
        value=st.integers(1, 30),
        times=st.integers(1, 100),
    )
    def test_months(self, first: datetime, value: int, times: int) -> None:
        due = repeated(first, "month", value, times)
        assert due is not None
        assert (due.year * 12 + due.month) - (first.year * 12 + first.month) == value * times
        assert due.time() == first.time()
        assert due.day == first.day or (due + timedelta(days=1)).day == 1

    @pytest.mark.parametrize(
        ("reminder_id", "place"),
        [
            ("a", ("a", 0)),
            ("a_rep_3", ("a", 3)),
            ("a_rep_1_rep_2", ("a_rep_1", 2)),
            ("a_rep_", ("a_rep_", 0)),
            ("_rep_x", ("_rep_x", 0)),
        ],
    )
    def test_place_in_series(self, reminder_id: str, place: tuple[str, int]) -> None:
        assert place_in_series(reminder_id) == place


class TestWorld:
    def test_state_is_json_and_comes_back(self, reminders: Phone) -> None:
        add(reminders, "Pills", "2025-03-01 08:00:00", "week", 2)
        reminders.app.get_due_reminders()[0].time_notified = 5.0
        state = json.loads(json.dumps(reminders.app.get_state()))
        assert state["reminders"][id_of(reminders, "Past")] == {
            "reminder_id": id_of(reminders, "Past"),
            "title": "Past",
            "due_datetime": "2025-01-06T08:00:00+00:00",
            "description": "Gone by",
            "repetition_unit": None,
            "repetition_value": 1,
            "time_notified": 5.0,
        }
        other = StatefulReminderApp("Other", max_future_datetime=NOW, max_reminder_repetitions=1)
        other.load_state(state)
        assert other.reminders == reminders.app.reminders
        assert other.get_state() == reminders.app.get_state()
        reminders.app.max_future_datetime = NOW
        other.load_state(json.loads(json.dumps(reminders.app.get_state())))
        assert other.max_future_datetime == NOW

    def test_reset(self, reminders: Phone) -> None:
        reminders.do("create_new")
        reminders.app.reset()
        assert reminders.app.reminders == {}
        assert reminders.screen == "ReminderList"
        assert reminders.app.reset_to_root() == "Reminders shows its first screen, ReminderList."

    def test_ids_come_from_the_seed(self) -> None:
        def play(seed: str) -> str:
            with phone(make, seed=seed) as it:
                it.do("create_new")
                it.do("set_title", title="Pills")
                it.do("set_due_datetime", due_datetime="2025-01-07 08:00:00")
                it.do("save")
                it.agent("add_reminder", title="C", due_datetime="2025-01-07 08:00:00", description="")
                return json.dumps([it.app.get_state(), [event.event_id for event in it.log()]])

        assert play("a") == play("a")
        assert play("a") != play("b")
