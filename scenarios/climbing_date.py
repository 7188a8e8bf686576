"""Friends look for a day in a group chat and agree at the second attempt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, own_messages

CLIMBING = mentions(("climb", "quarry"))


@register_scenario("climbing_date")
class ClimbingDate(PAREScenario):
    """Lea and Marco agree on Saturday instead of Sunday. The agent offers to enter it and to say yes."""

    start_time = datetime(2025, 3, 20, 17, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.messaging.add_users(["Lea Brandt", "Marco Ruiz"])
        me = self.messaging.current_user_id
        self.lea, self.marco = self.messaging.get_user_ids(["Lea Brandt", "Marco Ruiz"])
        self.messaging.add_conversation(
            ConversationV2(conversation_id="climbing", title="Climbing", participant_ids=[me, self.lea, self.marco])
        )
        self.messaging.add_message(
            "climbing",
            me,
            "I'm free all weekend, you two choose.",
            datetime(2025, 3, 20, 12, 10, tzinfo=UTC).timestamp(),
        )
        self.calendar.add_calendar_event(
            title="Call Grandma", start_datetime="2025-03-22 18:00:00", end_datetime="2025-03-22 18:30:00"
        )
        self.apps = [self.agent_ui, self.system, self.messaging, self.calendar]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            sunday = self.messaging.create_and_add_message(
                conversation_id="climbing", sender_id=self.marco, content="Sunday at 10 at the quarry?"
            ).delayed(20)
            saturday = self.messaging.create_and_add_message(
                conversation_id="climbing",
                sender_id=self.lea,
                content="Sunday I can't, sorry. Saturday from 9 to 12, same place?",
            ).depends_on(sunday, delay_seconds=90)
            settled = self.messaging.create_and_add_message(
                conversation_id="climbing",
                sender_id=self.marco,
                content="Then Saturday 9 to 12 at the quarry it is. I'll bring the rope. John, are you in?",
            ).depends_on(saturday, delay_seconds=40)
            read = (
                self.messaging.read_conversation(conversation_id="climbing")
                .oracle()
                .depends_on(settled, delay_seconds=2)
            )
            free = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-03-22 00:00:00", end_datetime="2025-03-23 00:00:00"
                )
                .oracle()
                .depends_on(read, delay_seconds=1)
            )
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Lea and Marco have settled on Saturday from 9:00 to 12:00 at the quarry, and you are "
                    "free. Shall I put climbing into your calendar and tell them that you are in?"
                )
                .oracle()
                .depends_on(free, delay_seconds=2)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Yes! Finally.").oracle().depends_on(proposed, delay_seconds=15)
            )
            entered = (
                self.calendar.add_calendar_event(
                    title="Climbing with Lea and Marco",
                    start_datetime="2025-03-22 09:00:00",
                    end_datetime="2025-03-22 12:00:00",
                    location="Quarry",
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            answered = (
                self.messaging.send_message_to_group_conversation(
                    conversation_id="climbing", content="I'm in, see you on Saturday at 9!"
                )
                .oracle()
                .depends_on(entered, delay_seconds=1)
            )
        self.events = [sunday, saturday, settled, read, free, proposed, accepted, entered, answered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = ("2025-03-22 09:00:00", "2025-03-22 12:00:00")
        entries = [event_times(event) for event in self.calendar.events.values() if CLIMBING(event.title)]
        return check_consented_writes(
            env,
            Write(
                "StatefulCalendarApp",
                "add_calendar_event",
                {"title": CLIMBING, "start_datetime": times[0], "end_datetime": times[1]},
            ),
            Write("StatefulMessagingApp", "send_message_to_group_conversation", {"conversation_id": "climbing"}),
            proposal=mentions("Saturday"),
            state={
                "climbing is in the calendar, on Saturday from 9 to 12": times in entries,
                "the group has an answer": len(own_messages(self.messaging, "climbing")) > 1,
            },
        )
