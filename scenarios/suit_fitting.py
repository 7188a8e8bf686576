"""A tailor wants to see the user in the new suit, at an hour at which the user works."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import (
    Accepted,
    Rejected,
    State,
    Write,
    Writes,
    mentions,
    same_instant,
    verdict,
)


@register_scenario("suit_fitting")
class SuitFitting(PAREScenario):
    """A tailor in Kumasi offers a morning. The user rejects it and names an evening, which the agent proposes anew."""

    tags = ("app:messaging", "app:reminder", "skill:rejection", "skill:amendment", "skill:arithmetic", "level:medium")
    start_time = datetime(2025, 7, 14, 12, 15, tzinfo=UTC).timestamp()
    user_goal = "You work in an office until five on weekdays and get to your tailor only in the evening."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.tailor = self.draw.person("Kwabena Osei", phone="+233 24 555 0163")
        self.day = self.draw.day("2025-07-17", days=6)
        self.morning = self.draw.time("10:00", minutes=60)
        self.evening = self.draw.time("18:15", minutes=45)
        self.due = self.evening.plus(-40)
        self.user_goal = (
            f"{self.user_goal} On the day of the fitting, {self.evening} suits you, with a reminder forty minutes "
            "before."
        )
        self.messaging = StatefulMessagingApp(name="Messages")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.messaging.add_contacts([(self.tailor.name, self.tailor.phone)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="tailor",
                title=self.tailor.name,
                participant_ids=[self.messaging.current_user_id, self.tailor.phone],
            )
        )
        self.reminders.add_reminder(
            title="Pay the tailor",
            due_datetime="2025-07-31 09:00:00",
            description=f"Second half, to {self.tailor.name}",
        )
        self.add_apps(self.messaging, self.reminders)

    def build_events_flow(self) -> None:
        day, evening = self.day, self.evening
        with self.flow() as flow:
            wrote = flow.at(
                15,
                self.messaging.create_and_add_message(
                    conversation_id="tailor",
                    sender_id=self.tailor.phone,
                    content=f"Good day! Your suit is ready to try on. {day.text}, {self.morning.text}? I am in the "
                    "shop until eight in the evening all week, so tell me.",
                ),
            )
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="tailor"))
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"{self.tailor.name} can fit your suit on {day.text} at {self.morning}. Shall I tell "
                f"{self.tailor.objective} yes, and remind you?",
            )
            flow.reject(
                30,
                f"I'm at the office then. Offer {self.tailor.objective} {evening.text} that day, and remind me forty "
                "minutes before.",
            )
            flow.propose(
                3,
                f"I would ask {self.tailor.first_name} for {evening} on {day.text}, and remind you at {self.due}. Is "
                "that right?",
            )
            flow.accept(6, "Exactly.")
            flow.then(
                2,
                self.messaging.send_message(
                    user_id=self.tailor.phone, content=f"Thank you! Can I come on {day.text} at {evening}?"
                ),
            )
            flow.then(
                1,
                self.reminders.add_reminder(
                    title="Go to the fitting",
                    due_datetime=day.at(self.due),
                    description=f"Suit, {self.tailor.name}, at {evening}",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        fitting, due = mentions(("fitting", "suit", "tailor", self.tailor.name)), same_instant(self.day.at(self.due))
        day = (self.day, self.day.weekday)
        return verdict(
            env,
            Rejected(mentions((self.tailor.first_name, "tailor"), self.morning)),
            Accepted(mentions(self.evening)),
            Writes(
                Write(
                    "StatefulMessagingApp",
                    "send_message",
                    {"user_id": self.tailor.phone, "content": mentions(self.evening, (*day, "that day", "same day"))},
                ),
                Write(
                    "StatefulReminderApp",
                    "add_reminder",
                    {"title": fitting, "due_datetime": due, "repetition_unit": None},
                ),
            ),
            State("the tailor has an answer", lambda: bool(own_messages(self.messaging, "tailor"))),
            State(
                "a reminder falls due in time",
                lambda: any(due(reminder.due_datetime) for reminder in self.reminders.reminders.values()),
            ),
        )
