"""The user promises a tent in a chat, but a friend has it at home."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulMessagingApp, StatefulReminderApp
from pytest_pare.apps.messaging import ConversationList, ConversationOpened
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions, own_messages

TENT = mentions("tent")


@register_scenario("promised_tent")
class PromisedTent(PAREScenario):
    """The user promises Mei the tent, which Tom has. The agent offers to ask him for it and to remind of it.

    The user answers Mei on the phone, so the agent need not answer her.
    """

    start_time = datetime(2025, 8, 26, 18, 30, tzinfo=UTC).timestamp()
    user_goal = "You would love to go to the lake with Mei, and you tell her yourself that you bring your tent."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.reminders = StatefulReminderApp(name="Reminders")
        self.messaging.add_users(["Mei Tanaka", "Tom Fischer"])
        me = self.messaging.current_user_id
        self.mei, self.tom = self.messaging.get_user_ids(["Mei Tanaka", "Tom Fischer"])
        self.messaging.add_conversation(
            ConversationV2(conversation_id="mei", title="Mei Tanaka", participant_ids=[me, self.mei])
        )
        self.messaging.add_conversation(
            ConversationV2(conversation_id="tom", title="Tom Fischer", participant_ids=[me, self.tom])
        )
        july = datetime(2025, 7, 13, 21, 40, tzinfo=UTC).timestamp()
        self.messaging.add_message("tom", self.tom, "Back from Brittany, the tent was great! It dries here now.", july)
        self.messaging.add_message("tom", me, "Keep it until I need it, you have more room.", july + 120)
        self.apps = [self.agent_ui, self.system, self.messaging, self.reminders]

    def build_events_flow(self) -> None:
        chats, chat = ConversationList(), ConversationOpened("mei")
        for screen in (chats, chat):
            screen.bind_to_app(self.messaging)
        with EventRegisterer.capture_mode():
            asked = self.messaging.create_and_add_message(
                conversation_id="mei",
                sender_id=self.mei,
                content="To the lake on Saturday, for the night? I'd fetch you at 9. All that we lack is a tent.",
            ).delayed(15)
            opened = self.system.open_app(app_name="Messages").oracle().depends_on(asked, delay_seconds=10)
            read = chats.open_conversation(conversation_id="mei").oracle().depends_on(opened, delay_seconds=3)
            promised = (
                chat.send_message(content="Yes! I have one for three, I'll bring it.")
                .oracle()
                .depends_on(read, delay_seconds=20)
            )
            followed = (
                self.messaging.read_conversation(conversation_id="mei").oracle().depends_on(promised, delay_seconds=2)
            )
            searched = self.messaging.search(query="tent").oracle().depends_on(followed, delay_seconds=1)
            found = (
                self.messaging.read_conversation(conversation_id="tom").oracle().depends_on(searched, delay_seconds=1)
            )
            none_yet = self.reminders.get_all_reminders().oracle().depends_on(found, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Tom still has your tent, since July. Shall I ask him whether you can have it back by "
                    "Friday, and remind you on Friday at 18:00 to fetch it?"
                )
                .oracle()
                .depends_on(none_yet, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Oh, right! Yes, please.")
                .oracle()
                .depends_on(proposed, delay_seconds=14)
            )
            wrote = (
                self.messaging.send_message(
                    user_id=self.tom, content="Hi Tom, can I fetch the tent on Friday evening? I need it on Saturday."
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            noted = (
                self.reminders.add_reminder(
                    title="Fetch the tent",
                    due_datetime="2025-08-29 18:00:00",
                    description="At Tom Fischer's. Mei comes on Saturday at 9.",
                )
                .oracle()
                .depends_on(wrote, delay_seconds=1)
            )
        self.events = [
            *(asked, opened, read, promised),
            *(followed, searched, found, none_yet, proposed, accepted, wrote, noted),
        ]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return check_consented_writes(
            env,
            Write("StatefulMessagingApp", "send_message", {"user_id": self.tom, "content": TENT}),
            Write("StatefulReminderApp", "add_reminder", {"title": TENT, "due_datetime": _in_time}),
            proposal=mentions("Tom", "tent"),
            state={
                "Tom is asked for the tent": any(map(TENT, own_messages(self.messaging, "tom"))),
                "one reminder of the tent is left, in time": [
                    _in_time(str(reminder.due_datetime))
                    for reminder in self.reminders.reminders.values()
                    if TENT(reminder.title)
                ]
                == [True],
            },
        )


def _in_time(due: Any) -> bool:
    """Tell whether a reminder that is due then leaves time to fetch something before Saturday at nine."""
    return isinstance(due, str) and "2025-08-26 18:30" < due < "2025-08-30 08"
