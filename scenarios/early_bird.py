"""A workshop is cheaper until noon, and the friends who may come are not counted yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, matches, same_members, verdict

STUDIO = "studio@ink-and-mesh.example"
WORDS = {4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}
BEGINS = datetime(2025, 11, 13, 7, 30, tzinfo=UTC).timestamp()
COUNTED = 11_400
"""Seconds from the start to the message with the number of friends, at 10:40."""


@register_scenario("early_bird")
class EarlyBird(PAREScenario):
    """A friend asks not to book before all are counted, and the offer ends at noon. The agent books in between."""

    tags = ("app:email", "app:messaging", "app:calendar", "skill:timing", "level:hard")
    start_time = BEGINS
    user_goal = "You and your friends want to learn to print. You book once, for all, and at the low price."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.friend = self.draw.person("Aline Uwase", pronoun="she")
        self.day = self.draw.day("2025-11-29", days=14, weekday=True)
        self.at = self.draw.time("14:00", minutes=60)
        self.ends = self.draw.time("12:00", minutes=30)
        self.price = self.draw.money(30_000, "RWF")
        self.places = self.draw.number(5, 4, 8)
        self.email, self.messaging = StatefulEmailApp(name="Emails"), StatefulMessagingApp(name="Messages")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.messaging.add_users([self.friend.name])
        self.friend_id = self.messaging.name_to_id[self.friend.name]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="friend",
                title=self.friend.name,
                participant_ids=[self.messaging.current_user_id, self.friend_id],
            )
        )
        self.calendar.add_calendar_event(
            title="Market with my aunt",
            start_datetime=self.day.at("08:00"),
            end_datetime=self.day.at("10:00"),
        )
        self.add_apps(self.email, self.messaging, self.calendar)

    def build_events_flow(self) -> None:
        friend = self.friend.first_name
        with self.flow() as flow:
            offered = flow.at(
                30,
                self.email.send_email_to_user_with_id(
                    email_id="early-bird",
                    sender=STUDIO,
                    subject="Screen printing for beginners: early birds pay less",
                    content=f"On {self.day.text} at {self.at.text}, three hours. Reply with the number of places by "
                    f"{self.ends.text} today and each is {self.price}, later half as much again. We cannot "
                    "refund places, nor add any to a booking. Ink and Mesh",
                ),
            )
            asked = flow.world_after(
                offered,
                5,
                self.messaging.create_and_add_message(
                    conversation_id="friend",
                    sender_id=self.friend_id,
                    content="Did you get the printing mail as well? I'm in, and perhaps my cousins. Please don't book "
                    "before I know how many we are! I'll tell you before eleven.",
                ),
            )
            self.counted = flow.world_after(
                asked,
                COUNTED - 35,
                self.messaging.create_and_add_message(
                    conversation_id="friend",
                    sender_id=self.friend_id,
                    content=f"All counted: you included, we are {self.places}.",
                ),
            )
            flow.world_after(
                self.counted,
                self._ends() - BEGINS - COUNTED,
                self.email.send_email_to_user_with_id(
                    email_id="regular-price",
                    sender=STUDIO,
                    subject="The early birds have flown",
                    content="From now on our workshop costs the regular price.",
                ),
            )
            flow.after(self.counted, 2, self.messaging.read_conversation(conversation_id="friend"))
            flow.then(1, self.email.list_emails())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=self.day.at("00:00"), end_datetime=self.day.plus(1).at("00:00")
                ),
            )
            flow.propose(
                3,
                f"{friend} has counted: you are {self.places} for the printing workshop on {self.day.text} at "
                f"{self.at}, and you are free. Until {self.ends} a place is {self.price}. Shall I reply to the "
                f"studio and book {self.places} places?",
            )
            flow.accept(60, "Yes, quick, before it gets dearer.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="early-bird", content=f"Please book {self.places} places at the early-bird price for us."
                ),
            )

    def _ends(self) -> float:
        """Return when the offer ends, in epoch seconds."""
        return datetime.fromisoformat(f"2025-11-13 {self.ends}:00+00:00").timestamp()

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        number = rf"\b({self.places}|{WORDS[self.places]})\b"
        books = matches(f"(?i){number}")
        log = env.event_log.list_view()
        known = next((place for place, event in enumerate(log) if event.event_id == self.counted.event_id), len(log))
        return verdict(
            env,
            Accepted(matches(f"(?is)(?=.*(print|workshop)).*{number}")),
            Writes(
                (
                    Write("StatefulEmailApp", "reply_to_email", {"email_id": "early-bird", "content": books}),
                    Write("StatefulEmailApp", "send_email", {"recipients": same_members(STUDIO), "content": books}),
                )
            ),
            State(
                "the agent said nothing before the friends were counted",
                all(event.function_name() != "send_message_to_user" for event in log[:known]),
            ),
            State(
                "the studio has one mail, of the time of the offer",
                lambda: [mail.timestamp < self._ends() for mail in self._sent()] == [True],
            ),
        )

    def _sent(self) -> list[Any]:
        return list(self.email.folders[EmailFolderName.SENT].emails)
