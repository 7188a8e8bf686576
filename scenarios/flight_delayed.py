"""An airline moves a flight; the calendar and the friend who waits at the airport should know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulCalendarApp,
    StatefulEmailApp,
    StatefulMessagingApp,
)
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, event_times, mentions, own_messages

LANDING = ("18:00", "6 pm", "6pm", "6:00")


@register_scenario("flight_delayed")
class FlightDelayed(PAREScenario):
    """A flight leaves later today. The agent moves it in the calendar and tells Tomasz, who comes to the airport."""

    start_time = datetime(2025, 4, 4, 8, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.messaging.add_users(["Tomasz Nowak", "Lea Brandt"])
        me = self.messaging.current_user_id
        self.tomasz = self.messaging.name_to_id["Tomasz Nowak"]
        lea = self.messaging.name_to_id["Lea Brandt"]
        self.messaging.add_conversation(
            ConversationV2(conversation_id="lea", title="Lea Brandt", participant_ids=[me, lea])
        )
        self.messaging.add_conversation(
            ConversationV2(conversation_id="tomasz", title="Tomasz Nowak", participant_ids=[me, self.tomasz])
        )
        yesterday = datetime(2025, 4, 3, 19, 30, tzinfo=UTC).timestamp()
        self.messaging.add_message("lea", lea, "Have a good time in Hamburg!", yesterday)
        self.messaging.add_message(
            "tomasz", self.tomasz, "I'll wait for you at arrivals tomorrow at 14:30, with the green car.", yesterday
        )
        self.flight = self.calendar.add_calendar_event(
            title="Flight TA 418 Munich - Hamburg",
            start_datetime="2025-04-04 13:05:00",
            end_datetime="2025-04-04 14:30:00",
            location="Munich airport, terminal 2",
        )
        self.calendar.add_calendar_event(
            title="Concert with Tomasz", start_datetime="2025-04-05 20:00:00", end_datetime="2025-04-05 22:30:00"
        )
        self.apps = [self.agent_ui, self.system, self.email, self.messaging, self.calendar]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            delayed = self.email.send_email_to_user_with_id(
                email_id="flight-change",
                sender="changes@tagus-air.example",
                subject="Your flight TA 418 today has new times",
                content="Dear passenger, flight TA 418 from Munich to Hamburg today, 4 April, now departs at 16:35 and "
                "lands at 18:00. Your seat and your booking stay as they are. We are sorry for the delay.",
            ).delayed(30)
            read = self.email.list_emails().oracle().depends_on(delayed, delay_seconds=3)
            found = self.calendar.search_events(query="TA 418").oracle().depends_on(read, delay_seconds=1)
            who = self.messaging.list_recent_conversations().oracle().depends_on(found, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Flight TA 418 now departs at 16:35 and lands at 18:00. Shall I change it in your calendar "
                    "and tell Tomasz, who wants to pick you up at 14:30?"
                )
                .oracle()
                .depends_on(who, delay_seconds=2)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Yes, both. Thank you!")
                .oracle()
                .depends_on(proposed, delay_seconds=20)
            )
            moved = (
                self.calendar.edit_calendar_event(
                    event_id=self.flight, start_datetime="2025-04-04 16:35:00", end_datetime="2025-04-04 18:00:00"
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            informed = (
                self.messaging.send_message(
                    user_id=self.tomasz, content="My flight is late, I land at 18:00 now. Is that still all right?"
                )
                .oracle()
                .depends_on(moved, delay_seconds=1)
            )
        self.events = [delayed, read, found, who, proposed, accepted, moved, informed]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = ("2025-04-04 16:35:00", "2025-04-04 18:00:00")
        return check_consented_writes(
            env,
            Write(
                "StatefulCalendarApp",
                "edit_calendar_event",
                {"event_id": self.flight, "start_datetime": new_times[0], "end_datetime": new_times[1]},
            ),
            Write("StatefulMessagingApp", "send_message", {"user_id": self.tomasz, "content": mentions(LANDING)}),
            proposal=mentions("Tomasz", LANDING),
            state={
                "the flight is from 16:35 to 18:00": event_times(self.calendar.events.get(self.flight)) == new_times,
                "Tomasz knows when the flight lands": any(
                    map(mentions(LANDING), own_messages(self.messaging, "tomasz"))
                ),
            },
        )
