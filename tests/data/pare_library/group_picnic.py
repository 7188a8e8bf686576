"""Friends plan a picnic: a group, a chat of two, ids and names looked up in the app's own tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2, MessageV2
from are.simulation.scenarios.scenario import ScenarioStatus, ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulMessagingApp, StatefulReminderApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


@register_scenario("group_picnic")
class GroupPicnic(PAREScenario):
    """Somebody else brings the blanket; the group is told, and a reminder goes."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()
    status = ScenarioStatus.Draft
    is_benchmark_ready = True

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.reminder = StatefulReminderApp(name="Reminders")

        self.messaging.current_user_id = "user_me"
        self.messaging.current_user_name = "Me"
        self.messaging.id_to_name["user_me"] = "Me"
        self.messaging.name_to_id["Me"] = "user_me"
        self.messaging.add_users(["Noor Haddad"])
        self.messaging.add_contacts([("Tomas Vidal", "+1 555 0142")])
        self.noor_id = self.messaging.name_to_id["Noor Haddad"]
        self.tomas_id = self.messaging.name_to_id["Tomas Vidal"]
        assert self.messaging.id_to_name[self.tomas_id] == "Tomas Vidal"

        group = ConversationV2(
            participant_ids=[self.messaging.current_user_id, self.noor_id, self.tomas_id],
            title="Picnic",
            messages=[
                MessageV2(sender_id=self.noor_id, content="Who brings the blanket?", timestamp=self.start_time - 60)
            ],
        )
        self.group_conv_id = group.conversation_id
        self.messaging.add_conversation(group)
        self.reminder.add_reminder(
            title="Blanket", due_datetime="2025-11-19 08:00:00", description="Pack the blanket for the picnic"
        )

        self.apps = [self.agent_ui, self.system_app, self.messaging, self.reminder]

    def build_events_flow(self) -> None:
        aui = self.get_typed_app(PAREAgentUserInterface)
        messaging_app = self.get_typed_app(StatefulMessagingApp, "Messages")
        reminder_app = self.get_typed_app(StatefulReminderApp, "Reminders")
        blanket_id = next(iter(reminder_app.reminders))

        with EventRegisterer.capture_mode():
            message = messaging_app.create_and_add_message(
                conversation_id=self.group_conv_id, sender_id=self.tomas_id, content="I bring it!"
            ).delayed(15)
            read = (
                messaging_app.read_conversation(conversation_id=self.group_conv_id)
                .oracle()
                .depends_on(message, delay_seconds=1)
            )
            reminders = reminder_app.get_all_reminders().oracle().depends_on(read, delay_seconds=1)
            proposal = (
                aui.send_message_to_user(content="Tomas brings the blanket. Shall I thank him and drop the reminder?")
                .oracle()
                .depends_on(reminders, delay_seconds=1)
            )
            acceptance = aui.accept_proposal(content="Yes").oracle().depends_on(proposal, delay_seconds=2)
            told = (
                messaging_app.send_message_to_group_conversation(
                    conversation_id=self.group_conv_id, content="Thank you, Tomas!"
                )
                .oracle()
                .depends_on(acceptance, delay_seconds=1)
            )
            private = (
                messaging_app.send_message(user_id=self.tomas_id, content="Shall I bring something else?")
                .oracle()
                .depends_on(told, delay_seconds=1)
            )
            dropped = reminder_app.delete_reminder(reminder_id=blanket_id).oracle().depends_on(private, delay_seconds=1)

        self.events = [message, read, reminders, proposal, acceptance, told, private, dropped]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        try:
            agent_events = [
                e for e in env.event_log.list_view() if e.event_type == EventType.AGENT and isinstance(e.action, Action)
            ]
            called = {(e.action.class_name, e.action.function_name) for e in agent_events}
            expected = {
                ("PAREAgentUserInterface", "send_message_to_user"),
                ("StatefulMessagingApp", "send_message_to_group_conversation"),
                ("StatefulMessagingApp", "send_message"),
                ("StatefulReminderApp", "delete_reminder"),
            }
            return ScenarioValidationResult(success=expected <= called)
        except Exception as e:
            return ScenarioValidationResult(success=False, exception=e)
