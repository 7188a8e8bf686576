"""Friends look for a day in a group chat and agree at the second attempt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times, own_messages
from pytest_pare.scenarios.matchers import (
    Accepted,
    State,
    Write,
    Writes,
    matches,
    mentions,
    one_of,
    same_instant,
    verdict,
)


@register_scenario("climbing_date")
class ClimbingDate(PAREScenario):
    """Lea and Marco agree on Saturday instead of Sunday. The agent offers to enter it and to say yes."""

    tags = ("app:messaging", "app:calendar", "skill:distractors", "level:easy")
    start_time = datetime(2025, 3, 20, 17, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.lea, self.marco = self.draw.person("Lea Brandt"), self.draw.person("Marco Ruiz")
        self.day = self.draw.day("2025-03-22", days=4)
        self.at, self.until = self.draw.times("09:00", "12:00", minutes=120)
        self.rock = self.draw.choice("quarry", "tower", "waterfall", "old bridge")
        self.messaging, self.calendar = StatefulMessagingApp(name="Messages"), StatefulCalendarApp(name="Calendar")
        self.messaging.add_chat("climbing", self.lea.name, self.marco.name, title="Climbing")
        self.lea_id, self.marco_id = self.messaging.get_user_ids([self.lea.name, self.marco.name])
        self.messaging.add_message(
            "climbing",
            self.messaging.current_user_id,
            "I'm free on both days, you two choose.",
            datetime(2025, 3, 20, 12, 10, tzinfo=UTC).timestamp(),
        )
        self.calendar.add_calendar_event(
            title="Call Grandma", start_datetime=self.day.at("18:00"), end_datetime=self.day.at("18:30")
        )
        self.add_apps(self.messaging, self.calendar)

    def build_events_flow(self) -> None:
        day = self.day
        earlier, at, until = (time.text.partition(" ")[0] for time in (self.at.plus(60), self.at, self.until))
        with self.flow() as flow:
            first = flow.at(
                20,
                self.messaging.create_and_add_message(
                    "climbing", self.marco_id, f"{day.plus(1).weekday} at {earlier} at the {self.rock}?"
                ),
            )
            other = flow.world_after(
                first,
                90,
                self.messaging.create_and_add_message(
                    "climbing",
                    self.lea_id,
                    f"{day.plus(1).weekday} I can't, sorry. {day.weekday} from {at} to {until}, same place?",
                ),
            )
            settled = flow.world_after(
                other,
                40,
                self.messaging.create_and_add_message(
                    "climbing",
                    self.marco_id,
                    f"Then {day.weekday} from {at} to {until} at the {self.rock} it is. I'll bring the rope. "
                    "John, are you in?",
                ),
            )
            flow.after(settled, 2, self.messaging.read_conversation("climbing"))
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=day.at("00:00"), end_datetime=day.plus(1).at("00:00")
                ),
            )
            flow.propose(
                2,
                f"{self.lea.first_name} and {self.marco.first_name} have settled on {day.weekday} from {at} to {until} "
                f"at the {self.rock}, and you are free. Shall I put climbing into your calendar and tell them that you "
                "are in?",
            )
            flow.accept(15, "Yes! Finally.")
            flow.then(
                2,
                self.calendar.add_calendar_event(
                    title=f"Climbing with {self.lea.first_name} and {self.marco.first_name}",
                    start_datetime=day.at(self.at),
                    end_datetime=day.at(self.until),
                    location=self.rock.capitalize(),
                ),
            )
            flow.then(
                1,
                self.messaging.send_message_to_group_conversation(
                    conversation_id="climbing", content=f"I'm in, see you on {day.weekday} at {at}!"
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times, climbing = (self.day.at(self.at), self.day.at(self.until)), mentions(("climb", self.rock))
        entries = [event_times(event) for event in self.calendar.events.values() if climbing(event.title)]
        return verdict(
            env,
            Accepted(mentions((self.day.weekday, self.day))),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": climbing,
                        "start_datetime": same_instant(times[0]),
                        "end_datetime": same_instant(times[1]),
                        "location": one_of(None, mentions(self.rock)),
                    },
                ),
                Write(
                    "StatefulMessagingApp",
                    "send_message_to_group_conversation",
                    {"conversation_id": "climbing", "content": matches(r"\w")},
                ),
            ),
            State("climbing is in the calendar, from beginning to end", times in entries),
            State("the group has an answer", len(own_messages(self.messaging, "climbing")) > 1),
        )
