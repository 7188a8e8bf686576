"""A neighbour may need a driver for the children, and confirms it only a day later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCalendarApp, StatefulContactsApp, StatefulEmailApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import event_times, own_messages
from pytest_pare.scenarios.draw import Day
from pytest_pare.scenarios.matchers import (
    Accepted,
    State,
    Write,
    Writes,
    matches,
    mentions,
    same_instant,
    same_members,
    verdict,
)

DAY = Day("2025-09-17")


@register_scenario("school_run")
class SchoolRun(PAREScenario):
    """Lena cannot drive on Wednesday. The agent offers to enter the school run, say yes, and tell Ines by mail."""

    tags = (
        "app:email",
        "app:messaging",
        "app:calendar",
        "app:contacts",
        "skill:several_days",
        "skill:timing",
        "skill:coordination",
        "level:hard",
    )
    start_time = datetime(2025, 9, 15, 18, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.lena, self.marek = self.draw.person("Lena Vogel"), self.draw.person("Marek Kern", pronoun="he")
        self.ines = self.draw.person("Ines Duarte", email="ines.duarte@meridian.example")
        self.door, self.call, self.done, self.late = self.draw.times("07:45", "08:00", "08:15", "08:30", minutes=45)
        self.email, self.messaging = StatefulEmailApp(name="Emails"), StatefulMessagingApp(name="Messages")
        self.calendar, self.contacts = StatefulCalendarApp(name="Calendar"), StatefulContactsApp(name="Contacts")
        self.chat = self.lena.first_name.lower()
        self.lena_id = self.messaging.add_chat(self.chat, self.lena.name)
        self.calendar.add_calendar_event(
            title=f"Weekly call with {self.ines.name}",
            start_datetime=DAY.at(self.call),
            end_datetime=DAY.at(self.call.plus(60)),
            description=f"Whoever is late mails the other, and we begin at {self.late.lstrip('0')}. No need to move "
            "this entry then.",
            attendees=[self.ines.name],
        )
        self.contacts.add_contact(
            Contact(
                contact_id=self.ines.slug,
                first_name=self.ines.first_name,
                last_name=self.ines.last_name,
                job="Accountant",
                email=self.ines.email,
            )
        )
        self.add_apps(self.email, self.messaging, self.calendar, self.contacts)

    def build_events_flow(self) -> None:
        lena, marek, ines = self.lena.first_name, self.marek.first_name, self.ines
        door, call, done, late = (time.lstrip("0") for time in (self.door, self.call, self.done, self.late))
        with self.flow() as flow:
            warned = flow.at(
                10,
                self.messaging.create_and_add_message(
                    self.chat,
                    self.lena_id,
                    f"My car is in the garage. {marek} will probably drive the children on Wednesday, I'll know "
                    "tomorrow.",
                ),
            )
            asked = flow.world_after(
                warned,
                timedelta(days=1).total_seconds(),
                self.messaging.create_and_add_message(
                    self.chat,
                    self.lena_id,
                    f"{marek} can't after all. Could you take the children to school tomorrow? Our door at "
                    f"{door}, you'd be done at {done}.",
                ),
            )
            flow.after(asked, 2, self.messaging.read_conversation(self.chat))
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=DAY.at("00:00"), end_datetime=DAY.plus(1).at("00:00")
                ),
            )
            flow.then(1, self.contacts.search_contacts(query=ines.name))
            flow.propose(
                3,
                f"{lena} asks whether you can take the children to school tomorrow, from {door} to {done}. "
                f"Your call with {ines.first_name} is at {call}. Shall I put the school run into your calendar, "
                f"tell {lena} yes, and write to {ines.first_name} that you begin at {late}?",
            )
            flow.accept(40, "Yes, all three.")
            flow.then(
                2,
                self.calendar.add_calendar_event(
                    title=f"Take {lena}'s children to school",
                    start_datetime=DAY.at(self.door),
                    end_datetime=DAY.at(self.done),
                ),
            )
            flow.then(
                1,
                self.messaging.send_message(
                    user_id=self.lena_id, content=f"Of course, I'll be at your door at {door}."
                ),
            )
            flow.then(
                1,
                self.email.send_email(
                    recipients=[ines.email],
                    subject="Our call tomorrow",
                    content=f"Dear {ines.first_name}, I take children to school tomorrow. Let us begin our call at "
                    f"{late}. John",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = (DAY.at(self.door), DAY.at(self.done))
        school_run = mentions(("school", "kids", "child", self.lena.first_name, "drive"))
        sent = self.email.folders[EmailFolderName.SENT].emails
        return verdict(
            env,
            Accepted(mentions(self.lena.first_name, self.ines.first_name)),
            Writes(
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": school_run,
                        "start_datetime": same_instant(times[0]),
                        "end_datetime": same_instant(times[1]),
                    },
                ),
                Write("StatefulMessagingApp", "send_message", {"user_id": self.lena_id, "content": matches(r"\w")}),
                Write(
                    "StatefulEmailApp",
                    "send_email",
                    {
                        "recipients": same_members(self.ines.email),
                        "subject": matches(r"\w"),
                        "content": mentions((self.late, self.late.lstrip("0"))),
                    },
                ),
            ),
            State("the school run is in the calendar", times in map(event_times, self.calendar.events.values())),
            State(f"{self.lena.first_name} has an answer", bool(own_messages(self.messaging, self.chat))),
            State(f"{self.ines.first_name} has a mail", [self.ines.email] in [mail.recipients for mail in sent]),
        )
