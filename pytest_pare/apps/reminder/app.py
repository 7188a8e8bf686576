"""Reminders."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from are.simulation.apps.reminder import Reminder, ReminderApp
from are.simulation.tool_utils import OperationType, app_tool
from are.simulation.types import event_registered
from are.simulation.utils import type_check, uuid_hex

from pytest_pare.apps.core import StatefulApp
from pytest_pare.apps.navigation import POP, RESET, push
from pytest_pare.apps.reminder.repetition import (
    REPETITION,
    InvalidRepetitionError,
    check_repetition,
    due_at,
    parse_due,
    place_in_series,
    repeated,
    show_reminders,
)
from pytest_pare.apps.reminder.states import EditReminder, ReminderDetail, ReminderList
from pytest_pare.are.state_copies import to_dict

_HORIZON = timedelta(weeks=12)


class StatefulReminderApp(StatefulApp, ReminderApp):
    """Reminders that fall due by the simulated clock.

    A repeated reminder is a series. Its first reminder has a new id; the repetitions are `<id>_rep_1`, `<id>_rep_2` ...

    Args:
        name: The app's name.
        **kwargs: The other fields of ARE's `ReminderApp`.
    """

    root = ReminderList
    transitions: ClassVar = {
        ReminderList: {
            "open_reminder": push(ReminderDetail, lambda _, args, __: ReminderDetail(args["reminder_id"])),
            "create_new": push(EditReminder),
        },
        ReminderDetail: {
            "edit": push(EditReminder, lambda detail, _, __: EditReminder(detail.reminder_id)),
            "delete": RESET,
        },
        EditReminder: {
            "save": push(ReminderDetail, lambda _, __, reminder_id: ReminderDetail(reminder_id)),
            "cancel": POP,
        },
    }

    _last_repetition: datetime | None = None

    @property
    def max_future_datetime(self) -> datetime:
        """The end of all repetitions: the constructor's argument, or twelve weeks of simulated time from now."""
        if self._last_repetition is not None:
            return self._last_repetition
        return datetime.fromtimestamp(self.time_manager.time(), tz=UTC) + _HORIZON

    @max_future_datetime.setter
    def max_future_datetime(self, value: datetime | None) -> None:
        if value is not None and value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        self._last_repetition = value

    def get_state(self) -> dict[str, Any]:
        """Return the content of the app, ready for JSON. ARE returns nothing."""
        last = self._last_repetition
        return {
            "reminders": {
                reminder_id: to_dict(reminder) | {"due_datetime": reminder.due_datetime.isoformat()}
                for reminder_id, reminder in self.reminders.items()
            },
            "max_future_datetime": None if last is None else last.isoformat(),
            "max_reminder_repetitions": self.max_reminder_repetitions,
        }

    def load_state(self, state_dict: dict[str, Any]) -> None:
        """Replace the content by a state from `get_state`."""
        last = state_dict["max_future_datetime"]
        self._last_repetition = None if last is None else datetime.fromisoformat(last)
        self.max_reminder_repetitions = state_dict["max_reminder_repetitions"]
        self.reminders = {
            reminder_id: Reminder(**state | {"due_datetime": datetime.fromisoformat(state["due_datetime"])})
            for reminder_id, state in state_dict["reminders"].items()
        }

    def reset(self) -> None:
        """Delete all reminders."""
        self.rng = random.Random(self.seed)  # noqa: S311 - reproducible on purpose
        self.reminders.clear()
        self.load_root_state()

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def add_reminder(
        self,
        title: str,
        due_datetime: str,
        description: str,
        repetition_unit: str | None = None,
        repetition_value: int | None = 1,
    ) -> str:
        """Add a new reminder, and repetitions if the reminder is repeated.

        :param title: Title of the reminder.
        :param due_datetime: When it is due, in YYYY-MM-DD HH:MM:SS format.
        :param description: Description to display for the reminder.
        :param repetition_unit: Unit of the interval at which it repeats: second, minute, hour, day, week, month.
            Defaults to None, for no repetition.
        :param repetition_value: How many of these units the interval has. Defaults to 1.
        :returns: Id of the reminder. Its repetitions have this id followed by _rep_1, _rep_2 and so on.
        """
        # ARE adds a part of the series if one repetition is invalid.
        due = parse_due(due_datetime)
        check_repetition(repetition_unit, repetition_value)
        reminder_id: str = uuid_hex(self.rng)
        self._put_series(Reminder(reminder_id, title, due, description, repetition_unit, repetition_value))
        return reminder_id

    def add_reminder_repetition(self, reminder_id: str) -> str | None:
        """Add the next repetition of a reminder, or of a repetition. No event.

        Returns:
            The id of the repetition, or `None` if it would be due after the end of all repetitions.

        Raises:
            KeyError: If there is no such reminder.
            InvalidRepetitionError: If it does not repeat.
        """
        reminder = self.get_reminder_with_id(reminder_id)
        if not reminder.repetition_unit:
            raise InvalidRepetitionError(f"No repetition for this reminder: {reminder}")
        check_repetition(reminder.repetition_unit, reminder.repetition_value)
        series, number = self._place(reminder_id)
        # Counted from the first reminder: after the 30th of a short month, the 31st comes again.
        due = repeated(
            self.reminders[series].due_datetime, reminder.repetition_unit, reminder.repetition_value, number + 1
        )
        if due is None or due >= self.max_future_datetime:
            return None
        next_id = f"{series}{REPETITION}{number + 1}"
        self.reminders[next_id] = replace(reminder, reminder_id=next_id, due_datetime=due, time_notified=None)
        return next_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def update_reminder(
        self,
        reminder_id: str,
        title: str,
        description: str,
        due_datetime: str,
        repetition_unit: str | None,
        repetition_value: int | None,
    ) -> str:
        """Change a reminder; its repetitions are made anew.

        A repetition can be changed by itself, but not how it repeats: that is changed at the first of its series.

        :param reminder_id: Id of the reminder.
        :param title: The new title.
        :param description: The new description.
        :param due_datetime: When it is due now, in YYYY-MM-DD HH:MM:SS format.
        :param repetition_unit: Unit of the interval at which it repeats: second, minute, hour, day, week, month; null
            for no repetition.
        :param repetition_value: How many of these units the interval has; null for no repetition.
        :returns: Id of the reminder.
        """
        old = self.reminders.get(reminder_id)
        if old is None:
            raise ValueError(f"Reminder {reminder_id} not found.")
        due = parse_due(due_datetime)
        check_repetition(repetition_unit, repetition_value)
        new = replace(
            old,
            title=title,
            description=description,
            due_datetime=due,
            repetition_unit=repetition_unit,
            repetition_value=repetition_value,
            # A reminder with a new time is announced again.
            time_notified=old.time_notified if due_at(old) == due.timestamp() else None,
        )
        series, number = self._place(reminder_id)
        if number == 0:
            self._remove_repetitions(reminder_id)
            self._put_series(new)
            return reminder_id
        repetition = (old.repetition_unit, old.repetition_value)
        if repetition_unit and (repetition_unit, repetition_value) != repetition:
            raise InvalidRepetitionError(f"This is a repetition; how it repeats is changed at reminder {series}")
        self.reminders[reminder_id] = new
        return reminder_id

    @type_check
    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def delete_reminder(self, reminder_id: str) -> None:
        """Delete a reminder, and its repetitions if there are any. A repetition can be deleted by itself.

        :param reminder_id: The id of the reminder to delete.
        :returns: Nothing.
        """
        if reminder_id not in self.reminders:
            raise ValueError(f"Reminder {reminder_id} not found.")
        self._remove_repetitions(reminder_id)
        del self.reminders[reminder_id]

    @app_tool(llm_formatter=show_reminders)
    @event_registered(operation_type=OperationType.READ)
    def get_due_reminders(self) -> list[Reminder]:
        """Get all the due reminders.

        :returns: The reminders that are due.
        """
        now = self.time_manager.time()
        return [reminder for reminder in self.reminders.values() if due_at(reminder) <= now]

    @app_tool(llm_formatter=show_reminders)
    @event_registered(operation_type=OperationType.READ)
    def get_all_reminders(self) -> list[Reminder]:
        """Get all the reminders.

        :returns: The reminders.
        """
        return list(self.reminders.values())

    # -- no tools

    def get_reminder_with_id(self, reminder_id: str) -> Reminder:
        """Return a reminder. No event.

        Raises:
            KeyError: If there is no such reminder.
        """
        if reminder_id not in self.reminders:
            raise KeyError(f"Reminder {reminder_id} not found.")
        return self.reminders[reminder_id]

    def upcoming_reminders(self) -> list[Reminder]:
        """Return the reminders that are not due yet, the next one first. No event."""
        now = self.time_manager.time()
        return sorted((r for r in self.reminders.values() if due_at(r) > now), key=due_at)

    def _place(self, reminder_id: str) -> tuple[str, int]:
        series, number = place_in_series(reminder_id)
        return (series, number) if series in self.reminders else (reminder_id, 0)

    def _put_series(self, first: Reminder) -> None:
        self.reminders[first.reminder_id] = first
        last: str | None = first.reminder_id if first.repetition_unit else None
        for _ in range(self.max_reminder_repetitions):
            if last is None:
                break
            last = self.add_reminder_repetition(last)

    def _remove_repetitions(self, reminder_id: str) -> None:
        for repetition_id in [i for i in self.reminders if i.startswith(f"{reminder_id}{REPETITION}")]:
            del self.reminders[repetition_id]
