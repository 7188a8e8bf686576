"""An aunt on the other side of the world has a birthday, and expects a call in her evening."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulContactsApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, matches, mentions, same_instant, verdict

COUSIN = "+61 2 5550 0172"
# Hours ahead of UTC, and the phone prefix.
ISLANDS = {"Suva": (12, "+679 555"), "Apia": (13, "+685 55"), "Honiara": (11, "+677 55")}


@register_scenario("aunt_in_suva")
class AuntInSuva(PAREScenario):
    """A cousin says when to call an aunt, in the time of her island. The phone's calendar is in UTC.

    The contacts have two women of her name; one of them lives elsewhere and teaches dancing.
    """

    tags = (
        "app:messaging",
        "app:contacts",
        "app:calendar",
        "skill:timing",
        "skill:arithmetic",
        "skill:disambiguation",
        "skill:distractors",
        "level:hard",
    )
    start_time = datetime(2025, 8, 19, 20, 10, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.city = self.draw.choice(*ISLANDS)
        self.day = self.draw.day("2025-08-23", days=7)
        self.local = self.draw.time("19:00", minutes=60)
        hours, prefix = ISLANDS[self.city]
        self.utc = self.local.plus(-60 * hours)
        self.digits = self.draw.choice("0131", "0149", "0168")
        self.phone = f"{prefix} {self.digits}"
        self.messaging = StatefulMessagingApp(name="Messages")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.messaging.add_contacts([("Josefa Vuki", COUSIN)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="cousin",
                title="Josefa Vuki",
                participant_ids=[self.messaging.current_user_id, COUSIN],
            )
        )
        for contact_id, last_name, phone, city, description in (
            ("mere-tora", "Tora", "+64 9 555 0186", "Auckland", "Teaches dancing, 12 hours ahead of UTC"),
            ("mere-vuki", "Vuki", self.phone, self.city, f"Aunt, {hours} hours ahead of UTC"),
        ):
            self.contacts.add_contact(
                Contact(
                    contact_id=contact_id,
                    first_name="Mere",
                    last_name=last_name,
                    phone=phone,
                    city_living=city,
                    description=description,
                )
            )
        self.add_apps(self.messaging, self.contacts, self.calendar)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            wrote = flow.at(
                30,
                self.messaging.create_and_add_message(
                    conversation_id="cousin",
                    sender_id=COUSIN,
                    content=f"Aunt Mere turns seventy on {self.day.text}! She would love a call, at {self.local.text} "
                    "her time, when the cake is on the table. Half an hour will do.",
                ),
            )
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="cousin"))
            flow.then(1, self.contacts.search_contacts(query="Mere"))
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=self.day.at("00:00"), end_datetime=self.day.at("23:59")
                ),
            )
            flow.propose(
                3,
                f"Aunt Mere in {self.city} turns seventy on {self.day.text}. {self.local} there is {self.utc} UTC. "
                f"Shall I enter a call of half an hour then, with her number {self.phone}?",
            )
            flow.accept(12, "Please do, and write her number into it.")
            flow.then(
                2,
                self.calendar.add_calendar_event(
                    title="Call Aunt Mere, she turns seventy",
                    start_datetime=self.day.at(self.utc),
                    end_datetime=self.day.at(self.utc.plus(30)),
                    description=self.phone,
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = (self.day.at(self.utc), self.day.at(self.utc.plus(30)))
        return verdict(
            env,
            Accepted(mentions("Mere", self.utc)),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": mentions("Mere"),
                        "start_datetime": same_instant(times[0]),
                        "end_datetime": same_instant(times[1]),
                        "description": matches(rf"{self.digits}(?!\d)"),
                    },
                )
            ),
            State("the call is in the calendar", lambda: times in map(event_times, self.calendar.events.values())),
        )
