"""A friend has tickets for the museum, and later the user deletes the evening from the calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.apps.calendar import AgendaView, EventDetail
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import (
    Accepted,
    State,
    Write,
    Writes,
    mentions,
    same_instant,
    verdict,
)
from pytest_pare.scenarios.matchers.values import instant

OFFICE = "Talaat Harb 22"
SALMA = "+20 2 5550 0147"
AGREES = mentions(("gate", "come", "there", "yes", "pleasure", "love", "see you", "great"))
DECLINES = mentions(("can't", "cannot", "not come", "not be able", "unable", "won't", "stay at home", "headache"))


@register_scenario("museum_evening")
class MuseumEvening(PAREScenario):
    """The agent enters an evening in Cairo, orders a cab and tells the friend. Then the user deletes the entry.

    Nobody says that the plan is off. The agent proposes to cancel the cab and to tell the friend.
    """

    tags = ("app:messaging", "app:calendar", "app:cab", "skill:change_of_mind", "skill:coordination", "level:hard")
    start_time = datetime(2025, 2, 20, 11, 30, tzinfo=UTC).timestamp()
    user_goal = (
        "You like the museum, but in the afternoon you get a headache and decide to stay at home. You delete the "
        "evening from your calendar yourself."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.friend = self.draw.choice("Salma Fahmy", "Mona Shenouda", "Rania Zaki")
        self.gate = self.draw.choice("east gate", "garden gate", "main gate")
        self.begins = self.draw.time("19:00", minutes=45)
        self.ends = self.begins.plus(120)
        self.messaging = StatefulMessagingApp(name="Messages")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.cab = StatefulCabApp(name="Cab")
        self.messaging.add_contacts([(self.friend, SALMA)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="friend",
                title=self.friend,
                participant_ids=[self.messaging.current_user_id, SALMA],
            )
        )
        self.calendar.add_calendar_event(
            title="Budget, third floor",
            start_datetime="2025-02-20 14:00:00",
            end_datetime="2025-02-20 16:30:00",
            location=OFFICE,
        )
        self.add_apps(self.messaging, self.calendar, self.cab)

    def build_events_flow(self) -> None:
        agenda = AgendaView(start_datetime="2025-02-20 00:00:00", end_datetime="2025-02-21 00:00:00")
        agenda.bind_to_app(self.calendar)
        detail = EventDetail("entry").bind_to_app(self.calendar)
        first = self.friend.split()[0]
        with self.flow() as flow:
            wrote = flow.at(
                30,
                self.messaging.create_and_add_message(
                    conversation_id="friend",
                    sender_id=SALMA,
                    content=f"I have two tickets for the museum's night, {self.begins} to {self.ends} today! Be at the "
                    f"{self.gate} ten minutes before? Take a cab, it will be full of cars.",
                ),
            )
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="friend"))
            flow.then(1, self.calendar.read_today_calendar_events())
            flow.then(1, self.cab.list_rides(start_location=OFFICE, end_location="Egyptian Museum"))
            flow.propose(
                3,
                f"{first} has tickets for the museum tonight, {self.begins} to {self.ends}. You are in {OFFICE} until "
                f"16:30. Shall I say yes, enter it, and order a cab from there for {self.begins.plus(-50)}?",
            )
            flow.accept(20, "Lovely! Enter it, say yes to her, and order a Default cab.")
            flow.then(2, self.messaging.send_message(user_id=SALMA, content=f"With pleasure! At the {self.gate} then."))
            flow.then(
                1,
                self.calendar.add_calendar_event(
                    title=f"Museum with {first}",
                    start_datetime=f"2025-02-20 {self.begins}:00",
                    end_datetime=f"2025-02-20 {self.ends}:00",
                ).with_id("entry"),
            )
            flow.then(
                1,
                self.cab.order_ride(
                    start_location=OFFICE,
                    end_location="Egyptian Museum",
                    service_type="Default",
                    ride_time=f"2025-02-20 {self.begins.plus(-50)}:00",
                ),
            )
            flow.report(1, f"{first} knows, and the cab is ordered.")
            flow.then(3 * 3600, self.system.open_app(app_name="Calendar"))
            flow.then(4, agenda.open_event_by_id(event_id="{{entry}}"))
            flow.then(5, detail.delete())
            flow.then(2, self.cab.get_current_ride_status())
            flow.propose(
                3,
                f"You have deleted the museum. Shall I cancel the cab as well, and tell {first} that you can't come?",
            )
            flow.accept(10, "Yes. Tell her I have a headache.")
            flow.then(2, self.cab.user_cancel_ride())
            flow.then(
                1,
                self.messaging.send_message(
                    user_id=SALMA, content="I'm so sorry, I can't come tonight, I have a headache."
                ),
            )

    def says_yes(self, text: Any) -> bool:
        """Tell whether a message to the friend accepts."""
        return AGREES(text) and not DECLINES(text)

    def is_in_time(self, value: Any) -> bool:
        """Tell whether a cab that comes at a time is neither early nor late for the museum."""
        first, moment, last = (
            instant(f"2025-02-20 {self.begins.plus(-75)}"),
            instant(value),
            instant(f"2025-02-20 {self.begins.plus(-30)}"),
        )
        return first is not None and moment is not None and last is not None and first <= moment <= last

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        first = self.friend.split()[0]
        return verdict(
            env,
            Accepted(mentions(first, self.begins, ("cab", "ride", "taxi"))),
            Writes(
                Write("StatefulMessagingApp", "send_message", {"user_id": SALMA, "content": self.says_yes}),
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": mentions("museum"),
                        "start_datetime": same_instant(f"2025-02-20 {self.begins}:00"),
                        "end_datetime": same_instant(f"2025-02-20 {self.ends}:00"),
                    },
                ),
                Write(
                    "StatefulCabApp",
                    "order_ride",
                    {
                        "start_location": mentions(OFFICE),
                        "end_location": mentions("museum"),
                        "service_type": "Default",
                        "ride_time": self.is_in_time,
                    },
                ),
            ),
            Accepted(mentions(first, ("cab", "ride", "taxi"), ("cancel", "call off"))),
            Writes(
                Write("StatefulCabApp", "user_cancel_ride"),
                Write("StatefulMessagingApp", "send_message", {"user_id": SALMA, "content": DECLINES}),
            ),
            State("no cab comes", lambda: self.cab.on_going_ride is None),
            State("the friend has two messages", lambda: len(own_messages(self.messaging, "friend")) == 2),
            State("the museum is not in the calendar", lambda: len(self.calendar.events) == 1),
        )
