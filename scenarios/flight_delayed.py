"""An airline moves a flight; the calendar and the friend who waits at the airport should know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times, own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_instant, verdict


@register_scenario("flight_delayed")
class FlightDelayed(PAREScenario):
    """A flight leaves later today. The agent moves it in the calendar and tells Tomasz, who comes to the airport."""

    tags = ("app:email", "app:messaging", "app:calendar", "skill:coordination", "level:medium")
    start_time = datetime(2025, 4, 4, 8, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.tomasz, lea = self.draw.person("Tomasz Nowak"), self.draw.person("Lea Brandt")
        self.flight = f"TA {self.draw.number(418, 100, 999)}"
        self.city = self.draw.choice("Hamburg", "Bremen", "Cologne", "Berlin")
        self.old, self.old_landing = self.draw.times("13:05", "14:30")
        self.new, self.landing = self.draw.times("16:35", "18:00", earliest="15:30")
        self.email = StatefulEmailApp(name="Emails")
        self.messaging, self.calendar = StatefulMessagingApp(name="Messages"), StatefulCalendarApp(name="Calendar")
        self.messaging.add_users([self.tomasz.name])
        lea_chat, self.chat = lea.first_name.lower(), self.tomasz.first_name.lower()
        lea_id = self.messaging.add_chat(lea_chat, lea.name)
        self.tomasz_id = self.messaging.add_chat(self.chat, self.tomasz.name)
        yesterday = datetime(2025, 4, 3, 19, 30, tzinfo=UTC).timestamp()
        self.messaging.add_message(lea_chat, lea_id, f"Have a good time in {self.city}!", yesterday)
        self.messaging.add_message(
            self.chat,
            self.tomasz_id,
            f"I'll wait for you at arrivals tomorrow at {self.old_landing}, with the green car.",
            yesterday,
        )
        self.entry = self.calendar.add_calendar_event(
            title=f"Flight {self.flight} Munich - {self.city}",
            start_datetime=f"2025-04-04 {self.old}:00",
            end_datetime=f"2025-04-04 {self.old_landing}:00",
            location="Munich airport, terminal 2",
        )
        self.calendar.add_calendar_event(
            title=f"Concert with {self.tomasz.first_name}",
            start_datetime="2025-04-05 20:00:00",
            end_datetime="2025-04-05 22:30:00",
        )
        self.add_apps(self.email, self.messaging, self.calendar)

    def build_events_flow(self) -> None:
        flight, new, landing = self.flight, self.new, self.landing
        with self.flow() as flow:
            delayed = flow.at(
                30,
                self.email.send_email_to_user_with_id(
                    email_id="flight-change",
                    sender="changes@tagus-air.example",
                    subject=f"Your flight {flight} today has new times",
                    content=f"Dear passenger, flight {flight} from Munich to {self.city} today, 4 April, now departs "
                    f"at {new} and lands at {landing}. Your seat and your booking stay as they are. We are sorry for "
                    "the delay.",
                ),
            )
            flow.after(delayed, 3, self.email.list_emails())
            flow.then(1, self.calendar.search_events(query=flight))
            flow.then(1, self.messaging.list_recent_conversations())
            flow.propose(
                2,
                f"Flight {flight} now departs at {new} and lands at {landing}. Shall I change it in your calendar and "
                f"tell {self.tomasz.first_name}, who wants to pick you up at {self.old_landing}?",
            )
            flow.accept(20, "Yes, both. Thank you!")
            flow.then(
                2,
                self.calendar.edit_calendar_event(
                    event_id=self.entry,
                    start_datetime=f"2025-04-04 {new}:00",
                    end_datetime=f"2025-04-04 {landing}:00",
                ),
            )
            flow.then(
                1,
                self.messaging.send_message(
                    user_id=self.tomasz_id,
                    content=f"My flight is late, I land at {landing} now. Is that still all right?",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        new_times = (f"2025-04-04 {self.new}:00", f"2025-04-04 {self.landing}:00")
        return verdict(
            env,
            Accepted(mentions(self.tomasz.first_name, self.landing)),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "edit_calendar_event",
                    {
                        "event_id": self.entry,
                        "start_datetime": same_instant(new_times[0]),
                        "end_datetime": same_instant(new_times[1]),
                    },
                ),
                Write(
                    "StatefulMessagingApp",
                    "send_message",
                    {"user_id": self.tomasz_id, "content": mentions(self.landing)},
                ),
            ),
            State("the flight has its new times", event_times(self.calendar.events.get(self.entry)) == new_times),
            State(
                f"{self.tomasz.first_name} knows when the flight lands",
                any(map(mentions(self.landing), own_messages(self.messaging, self.chat))),
            ),
        )
