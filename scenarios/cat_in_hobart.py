"""A neighbour's cat gets its tablet at a new time, which she mentions two days before she asks for help."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulReminderApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_instant, verdict

AGREES = mentions(("of course", "yes", "sure", "gladly", "happy to", "no problem", "look after", "will feed"))
MARNIE = "+61 3 5550 0116"


@register_scenario("cat_in_hobart")
class CatInHobart(PAREScenario):
    """A neighbour in Hobart asks for help with her cat. The time of its tablet is in her message of two days before.

    A message of last winter has another time, which no longer holds.
    """

    tags = (
        "app:messaging",
        "app:reminder",
        "skill:several_days",
        "skill:distractors",
        "level:hard",
    )
    start_time = datetime(2025, 1, 28, 19, 5, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.neighbour = self.draw.choice("Marnie Walsh", "Bronte Hargreaves", "Tegan Mulcahy")
        self.cat = self.draw.choice("Biscuit", "Pepper", "Mango")
        self.first = self.draw.day("2025-02-05", days=5)
        self.back = self.first.plus(self.draw.number(5, 3, 6))
        self.tablet = self.draw.time("18:45", minutes=45, latest="19:30")
        self.old = self.tablet.plus(-75)
        self.messaging = StatefulMessagingApp(name="Messages")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.messaging.add_contacts([(self.neighbour, MARNIE)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="neighbour",
                title=self.neighbour,
                participant_ids=[self.messaging.current_user_id, MARNIE],
            )
        )
        self.messaging.add_message(
            "neighbour",
            MARNIE,
            f"You are an angel! {self.cat} gets half a tin, and the tablet at {self.old}. Mr Ong has the key.",
            datetime(2024, 8, 11, 10, 0, tzinfo=UTC).timestamp(),
        )
        self.add_apps(self.messaging, self.reminders)

    def build_events_flow(self) -> None:
        first_name = self.neighbour.split()[0]
        with self.flow() as flow:
            told = flow.at(
                40,
                self.messaging.create_and_add_message(
                    conversation_id="neighbour",
                    sender_id=MARNIE,
                    content=f"Back from the vet, {self.cat} is fine. The tablet is at {self.tablet.text} from now on, "
                    "not earlier. Did you hear the possums last night?",
                ),
            )
            asked = flow.world_after(
                told,
                timedelta(days=2).total_seconds(),
                self.messaging.create_and_add_message(
                    conversation_id="neighbour",
                    sender_id=MARNIE,
                    content=f"I have to go to Perth, my sister is ill. Could you feed {self.cat} every evening, with "
                    f"the tablet? From {self.first.text} on; I'm back on {self.back.text}.",
                ),
            )
            flow.after(asked, 2, self.messaging.read_conversation(conversation_id="neighbour"))
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"{first_name} asks you to feed {self.cat} from {self.first.text} until {self.back.text}. Since the "
                f"vet, the tablet is at {self.tablet}, later than last time. Shall I say yes, and remind you on the "
                "first evening?",
            )
            flow.accept(25, "Of course, poor thing. Say yes, and remind me on the first evening.")
            flow.then(
                2,
                self.messaging.send_message(
                    user_id=MARNIE, content=f"Of course, I look after {self.cat}, tablet at {self.tablet}. Safe trip!"
                ),
            )
            flow.then(
                1,
                self.reminders.add_reminder(
                    title=f"Feed {self.cat}",
                    due_datetime=self.first.at(self.tablet),
                    description=f"With the tablet. Every evening until {self.back.text}",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        due = same_instant(self.first.at(self.tablet))
        return verdict(
            env,
            Accepted(mentions(self.cat, self.tablet, (self.first, self.first.weekday))),
            Writes(
                Write("StatefulMessagingApp", "send_message", {"user_id": MARNIE, "content": AGREES}),
                Write(
                    "StatefulReminderApp",
                    "add_reminder",
                    {
                        "title": mentions(self.cat),
                        "due_datetime": due,
                        "description": mentions((self.back, self.back.weekday, "tablet", self.cat)),
                        "repetition_unit": None,
                    },
                ),
            ),
            State("the neighbour has an answer", lambda: bool(own_messages(self.messaging, "neighbour"))),
            State(
                "a reminder falls due on the first evening",
                lambda: any(due(one.due_datetime) for one in self.reminders.reminders.values()),
            ),
        )
