"""A neighbour may need a driver for the children, and confirms it only a day later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulEmailApp,
    StatefulMessagingApp,
)
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import (
    Write,
    check_consented_writes,
    event_times,
    mentions,
    own_messages,
    same_members,
)

INES = "ines.duarte@meridian.example"
SCHOOL_RUN = mentions(("school", "kids", "child", "Lena", "drive"))


@register_scenario("school_run")
class SchoolRun(PAREScenario):
    """Lena cannot drive on Wednesday. The agent offers to enter the school run, say yes, and tell Ines by mail."""

    start_time = datetime(2025, 9, 15, 18, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.contacts = StatefulContactsApp(name="Contacts")
        self.messaging.add_users(["Lena Vogel"])
        self.lena = self.messaging.name_to_id["Lena Vogel"]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="lena",
                title="Lena Vogel",
                participant_ids=[self.messaging.current_user_id, self.lena],
            )
        )
        self.calendar.add_calendar_event(
            title="Weekly call with Ines Duarte",
            start_datetime="2025-09-17 08:00:00",
            end_datetime="2025-09-17 09:00:00",
            description="Whoever is late mails the other, and we begin at 8:30. No need to move this entry then.",
            attendees=["Ines Duarte"],
        )
        self.contacts.add_contact(
            Contact(contact_id="ines-duarte", first_name="Ines", last_name="Duarte", job="Accountant", email=INES)
        )
        self.apps = [self.agent_ui, self.system, self.email, self.messaging, self.calendar, self.contacts]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            warned = self.messaging.create_and_add_message(
                conversation_id="lena",
                sender_id=self.lena,
                content="My car is in the garage. Marek will probably drive the children on Wednesday, "
                "I'll know tomorrow.",
            ).delayed(10)
            asked = self.messaging.create_and_add_message(
                conversation_id="lena",
                sender_id=self.lena,
                content="Marek can't after all. Could you take the children to school tomorrow? Our door at 7:45, "
                "you'd be done at 8:15.",
            ).depends_on(warned, delay_seconds=timedelta(days=1).total_seconds())
            read = self.messaging.read_conversation(conversation_id="lena").oracle().depends_on(asked, delay_seconds=2)
            looked = (
                self.calendar.get_calendar_events_from_to(
                    start_datetime="2025-09-17 00:00:00", end_datetime="2025-09-18 00:00:00"
                )
                .oracle()
                .depends_on(read, delay_seconds=1)
            )
            found = self.contacts.search_contacts(query="Ines Duarte").oracle().depends_on(looked, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Lena asks whether you can take the children to school tomorrow, from 7:45 to 8:15. Your "
                    "call with Ines is at 8:00. Shall I put the school run into your calendar, tell Lena yes, and "
                    "write to Ines that you begin at 8:30?"
                )
                .oracle()
                .depends_on(found, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Yes, all three.").oracle().depends_on(proposed, delay_seconds=40)
            )
            entered = (
                self.calendar.add_calendar_event(
                    title="Take Lena's children to school",
                    start_datetime="2025-09-17 07:45:00",
                    end_datetime="2025-09-17 08:15:00",
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            answered = (
                self.messaging.send_message(user_id=self.lena, content="Of course, I'll be at your door at 7:45.")
                .oracle()
                .depends_on(entered, delay_seconds=1)
            )
            wrote = (
                self.email.send_email(
                    recipients=[INES],
                    subject="Our call tomorrow",
                    content="Dear Ines, I take children to school tomorrow. Let us begin our call at 8:30. John",
                )
                .oracle()
                .depends_on(answered, delay_seconds=1)
            )
        self.events = [warned, asked, read, looked, found, proposed, accepted, entered, answered, wrote]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        times = ("2025-09-17 07:45:00", "2025-09-17 08:15:00")
        sent = self.email.folders[EmailFolderName.SENT].emails
        return check_consented_writes(
            env,
            Write(
                "StatefulCalendarApp",
                "add_calendar_event",
                {"title": SCHOOL_RUN, "start_datetime": times[0], "end_datetime": times[1]},
            ),
            Write("StatefulMessagingApp", "send_message", {"user_id": self.lena}),
            Write(
                "StatefulEmailApp",
                "send_email",
                {"recipients": same_members(INES), "content": mentions(("8:30", "half past eight"))},
            ),
            proposal=mentions("Lena", "Ines"),
            state={
                "the school run is in the calendar": times in map(event_times, self.calendar.events.values()),
                "Lena has an answer": bool(own_messages(self.messaging, "lena")),
                "Ines has a mail": [INES] in [mail.recipients for mail in sent],
            },
        )
