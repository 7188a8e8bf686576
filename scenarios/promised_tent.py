"""The user promises a tent in a chat, but a friend has it at home."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulReminderApp
from pytest_pare.apps.messaging import ConversationList, ConversationOpened
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, between, mentions, verdict

TENT = mentions("tent")


@register_scenario("promised_tent")
class PromisedTent(PAREScenario):
    """The user promises Mei the tent, which Tom has. The agent offers to ask him for it and to remind of it.

    The user answers Mei on the phone, so the agent need not answer her.
    """

    tags = ("app:messaging", "app:reminder", "skill:lookup", "skill:coordination", "level:hard")
    equivalent_mutants: ClassVar = {
        "argument:add_reminder.due_datetime.hour-later": "any time before the trip leaves time to fetch the tent"
    }
    start_time = datetime(2025, 8, 26, 18, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.mei, self.tom = self.draw.person("Mei Tanaka"), self.draw.person("Tom Fischer")
        self.eve, self.day = self.draw.days("2025-08-29", "2025-08-30", days=2)
        self.at = self.draw.time("09:00", minutes=60, earliest="08:15")
        self.region = self.draw.choice("Brittany", "Tuscany", "Norway", "Crete")
        self.user_goal = (
            f"You would love to go to the lake with {self.mei.first_name}, and you tell {self.mei.objective} yourself "
            "that you bring your tent."
        )
        self.messaging, self.reminders = StatefulMessagingApp(name="Messages"), StatefulReminderApp(name="Reminders")
        self.mei_chat, self.tom_chat = self.mei.first_name.lower(), self.tom.first_name.lower()
        self.mei_id = self.messaging.add_chat(self.mei_chat, self.mei.name)
        self.tom_id = self.messaging.add_chat(self.tom_chat, self.tom.name)
        july = datetime(2025, 7, 13, 21, 40, tzinfo=UTC).timestamp()
        self.messaging.add_message(
            self.tom_chat, self.tom_id, f"Back from {self.region}, the tent was great! It dries here now.", july
        )
        self.messaging.add_message(
            self.tom_chat,
            self.messaging.current_user_id,
            "Keep it until I need it, you have more room.",
            july + 120,
        )
        self.add_apps(self.messaging, self.reminders)

    def build_events_flow(self) -> None:
        chats = ConversationList().bind_to_app(self.messaging)
        chat = ConversationOpened(self.mei_chat).bind_to_app(self.messaging)
        tom, eve, day, at = self.tom, self.eve.weekday, self.day.weekday, self.at.text.partition(" ")[0]
        with self.flow() as flow:
            asked = flow.at(
                15,
                self.messaging.create_and_add_message(
                    self.mei_chat,
                    self.mei_id,
                    f"To the lake on {day}, for the night? I'd fetch you at {at}. All that we lack is a tent.",
                ),
            )
            flow.after(asked, 10, self.system.open_app(app_name="Messages"))
            flow.then(3, chats.open_conversation(conversation_id=self.mei_chat))
            flow.then(20, chat.send_message(content="Yes! I have one for three, I'll bring it."))
            flow.then(2, self.messaging.read_conversation(self.mei_chat))
            flow.then(1, self.messaging.search(query="tent"))
            flow.then(1, self.messaging.read_conversation(self.tom_chat))
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"{tom.first_name} still has your tent, since July. Shall I ask {tom.objective} whether you can have "
                f"it back by {eve}, and remind you on {eve} at 18:00 to fetch it?",
            )
            flow.accept(14, "Oh, right! Yes, please.")
            flow.then(
                2,
                self.messaging.send_message(
                    user_id=self.tom_id,
                    content=f"Hi {tom.first_name}, can I fetch the tent on {eve} evening? I need it on {day}.",
                ),
            )
            flow.then(
                1,
                self.reminders.add_reminder(
                    title="Fetch the tent",
                    due_datetime=self.eve.at("18:00"),
                    description=f"At {tom.name}'s. {self.mei.first_name} comes on {day} at {at}.",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        # With an hour to fetch it.
        in_time = between("2025-08-26 18:31", self.day.at(self.at.plus(-60)))
        due = [one.due_datetime for one in self.reminders.reminders.values() if TENT(one.title)]
        return verdict(
            env,
            Accepted(mentions(self.tom.first_name, "tent")),
            Writes(
                Write("StatefulMessagingApp", "send_message", {"user_id": self.tom_id, "content": TENT}),
                Write("StatefulReminderApp", "add_reminder", {"title": TENT, "due_datetime": in_time}),
            ),
            State(
                f"{self.tom.first_name} is asked for the tent",
                any(map(TENT, own_messages(self.messaging, self.tom_chat))),
            ),
            State("one reminder of the tent is left, in time", [in_time(one) for one in due] == [True]),
        )
