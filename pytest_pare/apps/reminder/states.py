"""The screens of the reminder app."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from are.simulation.apps.calendar import DATETIME_FORMAT
from are.simulation.apps.reminder import Reminder

from pytest_pare.apps.reminder.repetition import check_repetition, parse_due, show_reminders
from pytest_pare.apps.screens import READ, WRITE, AppState
from pytest_pare.apps.tool_decorators import screen_tool


@dataclass
class ReminderDraft:
    """The content of a reminder that is being written.

    Attributes:
        title: Title.
        description: Description.
        due_datetime: When it is due, YYYY-MM-DD HH:MM:SS.
        repetition_unit: Unit of the interval at which it repeats, if it does.
        repetition_value: How many of these units the interval has.
    """

    title: str = ""
    description: str = ""
    due_datetime: str = ""
    repetition_unit: str | None = None
    repetition_value: int | None = None


class ReminderList(AppState):
    """The list of reminders."""

    @screen_tool(READ, show_reminders)
    def list_all_reminders(self) -> list[Reminder]:
        """List all reminders.

        :returns: The reminders.
        """
        reminders: list[Reminder] = self.app.get_all_reminders()
        return reminders

    @screen_tool(READ, show_reminders)
    def list_upcoming_reminders(self) -> list[Reminder]:
        """List the reminders that are not due yet.

        :returns: The reminders, the next one first.
        """
        reminders: list[Reminder] = self.app.upcoming_reminders()
        return reminders

    @screen_tool(READ, show_reminders)
    def list_due_reminders(self) -> list[Reminder]:
        """List the reminders that are due.

        :returns: The reminders.
        """
        reminders: list[Reminder] = self.app.get_due_reminders()
        return reminders

    @screen_tool()
    def open_reminder(self, reminder_id: str) -> Reminder:
        """Open a reminder.

        :param reminder_id: Id of the reminder.
        :returns: The reminder.
        """
        return self.app.get_reminder_with_id(reminder_id)

    @screen_tool()
    def create_new(self) -> ReminderDraft:
        """Begin a new reminder.

        :returns: The empty draft.
        """
        return ReminderDraft()


class ReminderDetail(AppState):
    """One reminder.

    Args:
        reminder_id: Id of the reminder.
    """

    def __init__(self, reminder_id: str) -> None:
        self.reminder_id = reminder_id

    def is_valid(self) -> bool:
        """Tell whether the reminder still exists."""
        return self.reminder_id in self.app.reminders

    @screen_tool()
    def edit(self) -> str:
        """Begin to change this reminder.

        :returns: Id of the reminder.
        """
        reminder: Reminder = self.app.get_reminder_with_id(self.reminder_id)
        return str(reminder.reminder_id)

    @screen_tool(WRITE)
    def delete(self) -> str:
        """Delete this reminder, and its repetitions if it has any.

        :returns: Id of the reminder that was deleted.
        """
        self.app.delete_reminder(self.reminder_id)
        return self.reminder_id


class EditReminder(AppState):
    """A reminder that is being written.

    Args:
        reminder_id: Id of the reminder that is changed; `None` for a new one.

    Attributes:
        draft: What is written so far.
    """

    def __init__(self, reminder_id: str | None = None) -> None:
        self.reminder_id = reminder_id
        self.draft = ReminderDraft()

    def on_enter(self) -> None:
        """Begin with the content of the reminder."""
        if self.reminder_id is None:
            return
        reminder: Reminder = self.app.get_reminder_with_id(self.reminder_id)
        self.draft = ReminderDraft(
            reminder.title,
            reminder.description,
            reminder.due_datetime.strftime(DATETIME_FORMAT),
            reminder.repetition_unit,
            reminder.repetition_value,
        )

    def is_valid(self) -> bool:
        """Tell whether the reminder is new or still exists."""
        return self.reminder_id is None or self.reminder_id in self.app.reminders

    @screen_tool()
    def set_title(self, title: str) -> ReminderDraft:
        """Set the title of the reminder.

        :param title: The title.
        :returns: The draft.
        """
        return self._changed(title=title)

    @screen_tool()
    def set_description(self, description: str) -> ReminderDraft:
        """Set the description of the reminder.

        :param description: The description.
        :returns: The draft.
        """
        return self._changed(description=description)

    @screen_tool()
    def set_due_datetime(self, due_datetime: str) -> ReminderDraft:
        """Set when the reminder is due.

        :param due_datetime: The time, YYYY-MM-DD HH:MM:SS.
        :returns: The draft.
        """
        parse_due(due_datetime)
        return self._changed(due_datetime=due_datetime)

    @screen_tool()
    def set_repetition(self, unit: str | None, value: int | None = None) -> ReminderDraft:
        """Set how the reminder repeats.

        :param unit: Unit of the interval: second, minute, hour, day, week or month; null for no repetition.
        :param value: How many of these units the interval has. Defaults to 1.
        :returns: The draft.
        """
        if not unit:
            return self._changed(repetition_unit=None, repetition_value=None)
        value = 1 if value is None else value
        check_repetition(unit, value)
        return self._changed(repetition_unit=unit, repetition_value=value)

    @screen_tool(WRITE)
    def save(self) -> str:
        """Save the reminder and show it.

        :returns: Id of the reminder.
        """
        draft = self.draft
        if not draft.title.strip():
            raise ValueError("The reminder has no title; set one with set_title")
        if not draft.due_datetime:
            raise ValueError("The reminder has no time; set one with set_due_datetime")
        repetition = (draft.repetition_unit, draft.repetition_value)
        if self.reminder_id is None:
            # From now on the draft changes this reminder; saving again must not add a second one.
            self.reminder_id = self.app.add_reminder(draft.title, draft.due_datetime, draft.description, *repetition)
        else:
            self.app.update_reminder(self.reminder_id, draft.title, draft.description, draft.due_datetime, *repetition)
        return str(self.reminder_id)

    @screen_tool()
    def cancel(self) -> str:
        """Leave the reminder as it was.

        :returns: A confirmation.
        """
        return "Nothing is changed."

    def _changed(self, **changes: Any) -> ReminderDraft:
        self.draft = replace(self.draft, **changes)
        return self.draft
