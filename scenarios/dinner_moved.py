"""A friend moves a dinner; the calendar should follow."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, own_messages


@register_scenario("dinner_moved")
class DinnerMoved(PAREScenario):
    """Priya asks to move Thursday's dinner by an hour. The agent offers to move it in the calendar and to confirm."""

    start_time = datetime(2025, 3, 11, 10, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.messaging.add_users(["Priya Shah"])
        self.priya = self.messaging.name_to_id["Priya Shah"]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="priya",
                title="Priya Shah",
                participant_ids=[self.messaging.current_user_id, self.priya],
            )
        )
        self.dinner = self.calendar.add_calendar_event(
            title="Dinner with Priya",
            start_datetime="2025-03-13 18:00:00",
            end_datetime="2025-03-13 20:00:00",
            location="Trattoria Verde",
        )
        self.calendar.add_calendar_event(
            title="Dentist", start_datetime="2025-03-13 09:00:00", end_datetime="2025-03-13 09:30:00"
        )
        self.apps = [self.agent_ui, self.system, self.messaging, self.calendar]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            asked = self.messaging.create_and_add_message(
                conversation_id="priya",
                sender_id=self.priya,
                content="Sorry, can we make it 7 instead of 6 on Thursday? Same place, same two hours.",
            ).delayed(10)
            read = self.messaging.read_conversation(conversation_id="priya").oracle().depends_on(asked, delay_seconds=2)
            looked = self.calendar.search_events(query="Dinner with Priya").oracle().depends_on(read, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Priya would like to move Thursday's dinner to 19:00. Shall I move it in your calendar, "
                    "until 21:00, and tell her that it works?"
                )
                .oracle()
                .depends_on(looked, delay_seconds=2)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Yes, please.").oracle().depends_on(proposed, delay_seconds=5)
            )
            moved = (
                self.calendar.edit_calendar_event(
                    event_id=self.dinner, start_datetime="2025-03-13 19:00:00", end_datetime="2025-03-13 21:00:00"
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            answered = (
                self.messaging.send_message(user_id=self.priya, content="19:00 works, see you on Thursday!")
                .oracle()
                .depends_on(moved, delay_seconds=1)
            )
        self.events = [asked, read, looked, proposed, accepted, moved, answered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = ("2025-03-13 19:00:00", "2025-03-13 21:00:00")
        return check_consented_writes(
            env,
            Write(
                "StatefulCalendarApp",
                "edit_calendar_event",
                {"event_id": self.dinner, "start_datetime": new_times[0], "end_datetime": new_times[1]},
            ),
            Write("StatefulMessagingApp", "send_message", {"user_id": self.priya}),
            proposal=mentions("Priya", "dinner"),
            state={
                "the dinner is from 19:00 to 21:00": event_times(self.calendar.events.get(self.dinner)) == new_times,
                "Priya has an answer": bool(own_messages(self.messaging, "priya")),
            },
        )
