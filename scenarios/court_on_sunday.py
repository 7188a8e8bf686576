"""Friends worry about a basketball court; the user has a reminder, and can only book it at eight."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("court_on_sunday")
class CourtOnSunday(PAREScenario):
    """A friend asks in the group not to forget the court. The user has answered already, and has a reminder for it."""

    tags = ("app:messaging", "app:reminder", "skill:silence", "level:easy")
    start_time = datetime(2025, 7, 3, 17, 30, tzinfo=UTC).timestamp()
    user_goal = "You book the court tonight on your laptop, when the club opens the bookings. You need no help."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.captain = self.draw.person("Moussa Diop", pronoun="he")
        self.friend = self.draw.person("Awa Ndiaye", pronoun="she")
        self.opens = self.draw.time("20:00", minutes=60)
        self.court = self.draw.choice("court 2", "court 1", "court 4")
        self.messaging, self.reminders = StatefulMessagingApp(name="Messages"), StatefulReminderApp(name="Reminders")
        self.messaging.add_users([self.captain.name, self.friend.name])
        self.captain_id, self.friend_id = (
            self.messaging.name_to_id[person.name] for person in (self.captain, self.friend)
        )
        me = self.messaging.current_user_id
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="sunday-game",
                title="Sunday game",
                participant_ids=[me, self.captain_id, self.friend_id],
            )
        )
        self.messaging.add_message(
            "sunday-game",
            me,
            f"I'll book {self.court} tonight at {self.opens.text}, as soon as the club lets us. I've set myself a "
            "reminder.",
            datetime(2025, 7, 3, 12, 15, tzinfo=UTC).timestamp(),
        )
        self.reminders.add_reminder(
            title=f"Book {self.court} for Sunday",
            due_datetime=f"2025-07-03 {self.opens}:00",
            description="On the club's site, from the laptop. Before that nobody can book.",
        )
        self.add_apps(self.messaging, self.reminders)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            asked = flow.at(
                30,
                self.messaging.create_and_add_message(
                    conversation_id="sunday-game",
                    sender_id=self.captain_id,
                    content=f"Who sees to {self.court}?? Last time we ended up on the beach. Don't let it slip!",
                ),
            )
            calmed = flow.world_after(
                asked,
                4,
                self.messaging.create_and_add_message(
                    conversation_id="sunday-game",
                    sender_id=self.friend_id,
                    content="Scroll up, it's being done tonight :)",
                ),
            )
            read = flow.after(calmed, 2, self.messaging.read_conversation(conversation_id="sunday-game"))
            flow.after(read, 1, self.reminders.get_all_reminders())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
