"""An aunt looks for a present. A note has the child's wishes, but some are not available."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulNotesApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import own_messages
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict


@register_scenario("gift_idea")
class GiftIdea(PAREScenario):
    """Vera asks what Mila would like. The agent finds the open wish, and offers to tell her and note who gives it."""

    tags = ("app:messaging", "app:note", "app:shopping", "skill:lookup", "skill:coordination", "level:medium")
    start_time = datetime(2025, 6, 10, 16, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.vera, self.mila = self.draw.person("Vera Lind"), self.draw.person("Mila Novak")
        self.wish = self.draw.choice("Paint box", "Puzzle", "Drum", "Globe", "Dollhouse")
        self.key = self.wish.split()[0].lower()
        self.price = self.draw.money(24.5, "EUR", low=15, high=29.5)
        self.messaging, self.notes = StatefulMessagingApp(name="Messages"), StatefulNotesApp(name="Notes")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.chat = self.vera.first_name.lower()
        self.vera_id = self.messaging.add_chat(self.chat, self.vera.name)
        self.wishes = self.notes.create_note_with_time(
            folder="Personal",
            title=f"What {self.mila.first_name} wishes for",
            content=f"- Kite\n- {self.wish}\n- Wooden train: Grandma gives it",
            created_at="2025-05-28 20:00:00",
        )
        for key, name, price in (
            ("kite", "Rainbow kite", 18.0),
            (self.key, self.wish, self.price.amount),
            ("train", "Wooden train", 29.9),
        ):
            item = Item(item_id=f"{key}-item", price=price, available=key != "kite")
            self.shopping.products[key] = Product(name=name, product_id=key, variants={item.item_id: item})
        self.add_apps(self.messaging, self.notes, self.shopping)

    def build_events_flow(self) -> None:
        vera, mila, wish, price = self.vera.first_name, self.mila.first_name, self.wish.lower(), self.price.amount
        with self.flow() as flow:
            asked = flow.at(
                12,
                self.messaging.create_and_add_message(
                    self.chat,
                    self.vera_id,
                    f"What could I give {mila} on Saturday? Up to 30 euros, and it has to be in stock, please. You "
                    "know that I'm always late with these things.",
                ),
            )
            flow.after(asked, 2, self.messaging.read_conversation(self.chat))
            flow.then(1, self.notes.search_notes(query=mila))
            flow.then(1, self.shopping.search_product(product_name="kite"))
            flow.then(1, self.shopping.search_product(product_name=wish))
            flow.propose(
                3,
                f"{vera} asks what {mila} would like. Of the wishes in your note Grandma gives the train, and the kite "
                f"is sold out; the {wish} is there for {price:.2f}. Shall I suggest the {wish} to {vera}, and write "
                f"into the note that {self.vera.pronoun} gives it?",
            )
            flow.accept(18, "Perfect, go ahead.")
            flow.then(
                2,
                self.messaging.send_message(
                    user_id=self.vera_id, content=f"{mila} would love a {wish}! It is in stock, for {price:.2f}."
                ),
            )
            flow.then(
                1,
                self.notes.update_note(
                    note_id=self.wishes,
                    content=f"- Kite\n- {self.wish}: {vera} gives it\n- Wooden train: Grandma gives it",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        vera, wished = self.vera.first_name, mentions(self.key)
        complete = mentions("kite", self.key, "train", "Grandma", vera)
        return verdict(
            env,
            Accepted(mentions(vera, self.key)),
            Writes(
                Write("StatefulMessagingApp", "send_message", {"user_id": self.vera_id, "content": wished}),
                Write("StatefulNotesApp", "update_note", {"note_id": self.wishes, "content": complete}),
            ),
            State(
                f"{vera} knows of the {self.wish.lower()}", any(map(wished, own_messages(self.messaging, self.chat)))
            ),
            State(
                f"the note says that {vera} gives the {self.wish.lower()}",
                lambda: any(map(mentions(self.key, vera), self.notes.find_note(self.wishes)[1].content.splitlines())),
            ),
        )
