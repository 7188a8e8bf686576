"""Parents guess when a school bus leaves, and the school has written it, and then corrected it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import Email
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulMessagingApp, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict

SCHOOL = "office@school-12-almaty.example"
AIGERIM = "+7 727 555 0149"


@register_scenario("school_bus_hour")
class SchoolBusHour(PAREScenario):
    """A mother in Almaty has heard when the bus leaves and where. The school's last mail says something else.

    An earlier mail of the school and the user's note have the first plan, which was corrected.
    """

    tags = (
        "app:messaging",
        "app:email",
        "app:note",
        "skill:distractors",
        "skill:lookup",
        "level:medium",
    )
    start_time = datetime(2025, 5, 14, 16, 35, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.mother = self.draw.choice("Aigerim Sultanova", "Dinara Bekova", "Saule Akhmetova")
        self.leaves = self.draw.time("07:20", minutes=30)
        self.gate, self.wrong_gate = self.draw.choice(("north", "east"), ("west", "south"), ("east", "west"))
        self.first_plan, self.rumour = self.leaves.plus(25), self.leaves.plus(40)
        self.messaging = StatefulMessagingApp(name="Messages")
        self.email = StatefulEmailApp(name="Emails")
        self.notes = StatefulNotesApp(name="Notes")
        self.messaging.add_contacts([(self.mother, AIGERIM)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="mother",
                title=self.mother,
                participant_ids=[self.messaging.current_user_id, AIGERIM],
            )
        )
        for email_id, subject, content, day in (
            (
                "plan",
                "Trip to the lake: the bus",
                f"Dear parents, the bus to the lake leaves on Friday, 16 May, at {self.first_plan} from the "
                f"{self.wrong_gate} gate.",
                5,
            ),
            (
                "correction",
                "Trip to the lake: correction",
                f"Dear parents, because of the roadworks the bus leaves at {self.leaves}, from the {self.gate} gate. "
                "Only what this office writes is valid, please do not rely on hearsay.",
                13,
            ),
            ("menu", "Canteen in May", "Plov on Thursdays, from the east kitchen.", 12),
        ):
            self.email.add_email(
                Email(
                    email_id=email_id,
                    sender=SCHOOL,
                    recipients=[self.email.user_email],
                    subject=subject,
                    content=content,
                    timestamp=datetime(2025, 5, day, 8, 0, tzinfo=UTC).timestamp(),
                    is_read=True,
                )
            )
        self.note = self.notes.create_note_with_time(
            folder="Personal",
            title="Trip to the lake",
            content=f"Friday, {self.first_plan}, {self.wrong_gate} gate. Sun hat!",
            created_at="2025-05-05 19:00:00",
        )
        self.add_apps(self.messaging, self.email, self.notes)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            wrote = flow.at(
                20,
                self.messaging.create_and_add_message(
                    conversation_id="mother",
                    sender_id=AIGERIM,
                    content="When does the bus to the lake leave on Friday, and from which gate? I've heard "
                    f"{self.rumour.text}, the {self.wrong_gate} one.",
                ),
            )
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="mother"))
            flow.then(1, self.email.search_emails(query="lake"))
            flow.then(1, self.notes.search_notes(query="lake"))
            flow.propose(
                3,
                f"{self.mother.split()[0]} asks about Friday's bus. The school has corrected it: {self.leaves} from "
                f"the {self.gate} gate. Your note still has {self.first_plan}. Shall I answer her and correct the "
                "note?",
            )
            flow.accept(15, "Oh, good. Yes, answer her, and correct my note.")
            flow.then(
                2,
                self.messaging.send_message(
                    user_id=AIGERIM,
                    content=f"At {self.leaves}, from the {self.gate} gate, says the school's last mail.",
                ),
            )
            flow.then(
                1,
                self.notes.update_note(note_id=self.note, content=f"Friday, {self.leaves}, {self.gate} gate. Sun hat!"),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        facts = mentions(self.leaves, f"{self.gate} gate")
        return verdict(
            env,
            Accepted(facts),
            Writes(
                Write("StatefulMessagingApp", "send_message", {"user_id": AIGERIM, "content": facts}),
                Write("StatefulNotesApp", "update_note", {"note_id": self.note, "content": self.is_corrected}),
            ),
            State("the mother has an answer", lambda: any(map(facts, own_messages(self.messaging, "mother")))),
            State("the note is correct", lambda: self.is_corrected(self.notes.find_note(self.note)[1].content)),
        )

    def is_corrected(self, text: Any) -> bool:
        """Tell whether a note has the new time and gate, still the hat, and not the old time."""
        return mentions(self.leaves, self.gate, "hat")(text) and not mentions(self.first_plan)(text)
