"""Four people say over three days what they bring to a lunch, and one of them thinks again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict

PHONES = {"one": "+1 876 555 0121", "two": "+1 876 555 0134", "three": "+1 876 555 0158"}


@register_scenario("potluck_list")
class PotluckList(PAREScenario):
    """A group in Kingston collects dishes over three days. The agent waits for the last word, and writes the list.

    One of the dishes changes on the way, so a list that is made earlier, or from first words, is wrong.
    """

    tags = (
        "app:messaging",
        "app:note",
        "skill:several_days",
        "skill:distractors",
        "skill:timing",
        "level:hard",
    )
    start_time = datetime(2025, 7, 21, 17, 30, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.one, self.two, self.three = self.draw.choice(
            ("Shanice Bailey", "Devon Clarke", "Marva Reid"),
            ("Kadian Gordon", "Leroy Wright", "Alecia Palmer"),
            ("Tamika Lindo", "Errol Barrett", "Sonia Morrison"),
        )
        self.first_idea, self.dish = self.draw.choice(
            ("rice and peas", "callaloo"), ("callaloo", "plantain tart"), ("plantain tart", "rice and peas")
        )
        self.fish = self.draw.choice("escovitch fish", "jerk chicken", "curry goat")
        self.drink = self.draw.choice("sorrel", "ginger beer", "lime punch")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.notes = StatefulNotesApp(name="Notes")
        self.messaging.add_contacts(list(zip((self.one, self.two, self.three), PHONES.values(), strict=True)))
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="lunch",
                title="Sunday lunch",
                participant_ids=[self.messaging.current_user_id, *PHONES.values()],
            )
        )
        self.note = self.notes.create_note_with_time(
            folder="Personal",
            title="Sunday lunch",
            content="- John: bammy",
            created_at="2025-07-20 21:00:00",
        )
        self.add_apps(self.messaging, self.notes)

    def write(self, who: str, content: str) -> Any:
        """Return a message of one of the three in the group."""
        return self.messaging.create_and_add_message(conversation_id="lunch", sender_id=PHONES[who], content=content)

    def build_events_flow(self) -> None:
        one, two, three = (name.split()[0] for name in (self.one, self.two, self.three))
        lines = (f"{one}: {self.dish}", f"{two}: {self.fish}", f"{three}: {self.drink}")
        day = timedelta(days=1).total_seconds()
        with self.flow() as flow:
            first = flow.at(
                25, self.write("one", f"I'll bring {self.first_idea} on Sunday. {three} says when we are complete.")
            )
            second = flow.world_after(first, day, self.write("two", f"I do the {self.fish}. My mother's recipe!"))
            third = flow.world_after(
                second,
                day,
                self.write("one", f"Change of plan: {self.dish} from me, I can't look at the other any more."),
            )
            last = flow.world_after(
                third,
                900,
                self.write(
                    "three",
                    f"And {self.drink} from me, so we are complete. {two}, what a recipe! John, post the whole list?",
                ),
            )
            flow.after(last, 2, self.messaging.read_conversation(conversation_id="lunch"))
            flow.then(1, self.notes.search_notes(query="lunch"))
            flow.propose(
                3,
                f"The list for Sunday is complete: {', '.join(lines)}, and your bammy. Shall I put it into your note "
                "and post it in the group?",
            )
            flow.accept(30, "Yes, into my note and the group.")
            flow.then(
                2,
                self.notes.update_note(
                    note_id=self.note, content="\n".join(f"- {one}" for one in ("John: bammy", *lines))
                ),
            )
            flow.then(
                1,
                self.messaging.send_message_to_group_conversation(
                    conversation_id="lunch", content="\n".join(("Sunday:", "John: bammy", *lines))
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        note = self.notes.find_note(self.note)[1]
        return verdict(
            env,
            Accepted(mentions(self.dish, self.fish, self.drink)),
            Writes(
                Write("StatefulNotesApp", "update_note", {"note_id": self.note, "content": self.is_list}),
                Write(
                    "StatefulMessagingApp",
                    "send_message_to_group_conversation",
                    {"conversation_id": "lunch", "content": self.is_list},
                ),
            ),
            State("the note has the list", lambda: self.is_list(note.content)),
            State("the group has the list", lambda: any(map(self.is_list, own_messages(self.messaging, "lunch")))),
        )

    def is_list(self, text: Any) -> bool:
        """Tell whether a text names all four dishes, each in a line with its person, and no dish that was dropped."""
        if not isinstance(text, str) or mentions(self.first_idea)(text):
            return False
        people = ("John", *(name.split()[0] for name in (self.one, self.two, self.three)))
        dishes = ("bammy", self.dish, self.fish, self.drink)
        parts = [part for line in text.splitlines() for part in line.split(",")]
        return all(
            any(map(mentions(person if person != "John" else (person, "me", "I "), dish), parts))
            for person, dish in zip(people, dishes, strict=True)
        )
