"""A friend needs two hands on Saturday, and the calendar does not answer at first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_instant, verdict


@register_scenario("sofa_to_the_third")
class SofaToTheThird(PAREScenario):
    """A friend offers two times. The calendar is synchronizing, so the agent looks again before it proposes one."""

    tags = ("app:calendar", "app:messaging", "skill:recovery", "level:medium")
    start_time = datetime(2025, 5, 20, 12, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.friend = self.draw.person("Minh Tran")
        self.day = self.draw.day("2025-05-24", days=14, weekday=True)
        self.early = self.draw.time("09:00", minutes=60)
        self.late = self.draw.time("15:00", minutes=60)
        self.free = self.draw.choice("late", "early")
        self.at, self.taken = (self.late, self.early) if self.free == "late" else (self.early, self.late)
        self.messaging, self.calendar = StatefulMessagingApp(name="Messages"), StatefulCalendarApp(name="Calendar")
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
            title="The twins' swimming lesson",
            start_datetime=self.day.at(str(self.taken.plus(-15))),
            end_datetime=self.day.at(str(self.taken.plus(75))),
            location="West Lake pool",
        )
        self.calendar.add_calendar_event(
            title="Phở with the neighbours",
            start_datetime=self.day.plus(1).at(str(self.at)),
            end_datetime=self.day.plus(1).at(str(self.at.plus(60))),
        )
        self.add_apps(self.messaging, self.calendar)

    def build_events_flow(self) -> None:
        friend, at = self.friend.first_name, self.at
        of_the_day = {"start_datetime": self.day.at("00:00"), "end_datetime": self.day.plus(1).at("00:00")}
        with self.flow() as flow:
            asked = flow.at(
                20,
                self.messaging.create_and_add_message(
                    conversation_id="friend",
                    sender_id=self.friend_id,
                    content=f"Could you help me carry my sofa up to the third floor on {self.day.text}? I can have the "
                    f"pickup at {self.early.text} or {self.late.text}, it takes an hour. Which?",
                ),
            )
            flow.after(asked, 2, self.messaging.read_conversation(conversation_id="friend"))
            flow.fails(
                self.calendar.get_calendar_events_from_to,
                times=1,
                error="The calendar is synchronizing. Try again in a minute.",
            )
            flow.then(1, self.calendar.get_calendar_events_from_to(**of_the_day))
            flow.then(60, self.calendar.get_calendar_events_from_to(**of_the_day))
            flow.propose(
                2,
                f"{friend} needs you for an hour on {self.day.text} to carry a sofa. At {self.taken} the twins swim, "
                f"but {at} is free. Shall I enter it at {at} and tell {friend}?",
            )
            flow.accept(18, "Go ahead. My poor back.")
            flow.then(
                2,
                self.calendar.add_calendar_event(
                    title=f"Carry {friend}'s sofa",
                    start_datetime=self.day.at(str(at)),
                    end_datetime=self.day.at(str(at.plus(60))),
                ),
            )
            flow.then(1, self.messaging.send_message(user_id=self.friend_id, content=f"I can be there at {at}."))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Accepted(mentions(self.friend.first_name, self.at.wordings)),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": mentions(("sofa", self.friend.first_name)),
                        "start_datetime": same_instant(self.day.at(str(self.at))),
                        "end_datetime": same_instant(self.day.at(str(self.at.plus(60)))),
                    },
                ),
                Write(
                    "StatefulMessagingApp",
                    "send_message",
                    {"user_id": self.friend_id, "content": mentions(self.at.wordings)},
                ),
            ),
            State("the hour is in the calendar", lambda: len(self.calendar.events) == 3),
            State("the friend has an answer", lambda: own_messages(self.messaging, "friend")),
        )
