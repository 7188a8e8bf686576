"""A daily reminder falls due just after the task was done, and is needed again tomorrow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulNotesApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("tablet_for_the_dog")
class TabletForTheDog(PAREScenario):
    """A flatmate has given the dog its tablet before the daily reminder falls due. Nothing is left to do today.

    A second tablet would harm the dog, and without the series of reminders it would get none tomorrow.
    """

    tags = ("app:reminder", "app:note", "app:messaging", "skill:silence", "level:hard")
    start_time = datetime(2025, 1, 22, 15, 30, tzinfo=UTC).timestamp()
    user_goal = "Your dog gets one tablet a day until its ear is well. The reminder of it should stay."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.flatmate = self.draw.person("Aino Lehtonen")
        self.dog = self.draw.choice("Muru", "Nalle", "Halla")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.reminders = StatefulReminderApp(
            name="Reminders", max_future_datetime=datetime(2025, 1, 23, 17, 0, tzinfo=UTC)
        )
        self.notes = StatefulNotesApp(name="Notes")
        self.messaging.add_users([self.flatmate.name])
        self.flatmate_id = self.messaging.name_to_id[self.flatmate.name]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="flat",
                title=self.flatmate.name,
                participant_ids=[self.messaging.current_user_id, self.flatmate_id],
            )
        )
        self.reminders.add_reminder(
            title=f"{self.dog}'s tablet",
            due_datetime="2025-01-22 16:00:00",
            description="One a day, see the note. Ask who is at home.",
            repetition_unit="day",
            repetition_value=1,
        )
        self.notes.create_note_with_time(
            folder="Personal",
            title=f"{self.dog}: the vet's orders",
            content="One tablet a day, until the check-up on 3 February. Never two on one day! Whoever gives it writes "
            "to the other, then it is done for that day.",
            created_at="2025-01-20 17:00:00",
        )
        self.add_apps(self.reminders, self.notes, self.messaging)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            given = flow.at(
                1740,
                self.messaging.create_and_add_message(
                    conversation_id="flat",
                    sender_id=self.flatmate_id,
                    content=f"{self.dog} has just had today's tablet, in a meatball. Suspected nothing.",
                ),
            )
            # The reminder falls due a minute after the message.
            due = flow.after(given, 62, self.reminders.get_due_reminders())
            read = flow.after(due, 1, self.messaging.read_conversation(conversation_id="flat"))
            flow.after(read, 1, self.notes.search_notes(query="tablet"))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
