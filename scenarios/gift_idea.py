"""An aunt looks for a present. A note has the child's wishes, but some are not available."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulMessagingApp,
    StatefulNotesApp,
    StatefulShoppingApp,
)
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions, own_messages

PAINT = mentions("paint")
PRODUCTS = (("kite", "Rainbow kite", 18.0), ("paint", "Paint box", 24.5), ("train", "Wooden train", 29.9))


@register_scenario("gift_idea")
class GiftIdea(PAREScenario):
    """Vera asks what Mila would like. The agent finds the open wish, and offers to tell her and note who gives it."""

    start_time = datetime(2025, 6, 10, 16, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.notes = StatefulNotesApp(name="Notes")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.messaging.add_users(["Vera Lind"])
        self.vera = self.messaging.name_to_id["Vera Lind"]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="vera",
                title="Vera Lind",
                participant_ids=[self.messaging.current_user_id, self.vera],
            )
        )
        self.wishes = self.notes.create_note_with_time(
            folder="Personal",
            title="What Mila wishes for",
            content="- Kite\n- Paint box\n- Wooden train: Grandma gives it",
            created_at="2025-05-28 20:00:00",
        )
        for key, name, price in PRODUCTS:
            item = Item(item_id=f"{key}-item", price=price, available=key != "kite")
            self.shopping.products[key] = Product(name=name, product_id=key, variants={item.item_id: item})
        self.apps = [self.agent_ui, self.system, self.messaging, self.notes, self.shopping]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            asked = self.messaging.create_and_add_message(
                conversation_id="vera",
                sender_id=self.vera,
                content="What could I give Mila on Saturday? Up to 30 euros, and it has to be in stock, please. "
                "You know that I'm always late with these things.",
            ).delayed(12)
            read = self.messaging.read_conversation(conversation_id="vera").oracle().depends_on(asked, delay_seconds=2)
            found = self.notes.search_notes(query="Mila").oracle().depends_on(read, delay_seconds=1)
            kite = self.shopping.search_product(product_name="kite").oracle().depends_on(found, delay_seconds=1)
            paint = self.shopping.search_product(product_name="paint box").oracle().depends_on(kite, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="Vera asks what Mila would like. Of the wishes in your note Grandma gives the train, and "
                    "the kite is sold out; the paint box is there for 24.50. Shall I suggest the paint box to Vera, "
                    "and write into the note that she gives it?"
                )
                .oracle()
                .depends_on(paint, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Perfect, go ahead.")
                .oracle()
                .depends_on(proposed, delay_seconds=18)
            )
            informed = (
                self.messaging.send_message(
                    user_id=self.vera, content="Mila would love a paint box! It is in stock, for 24.50."
                )
                .oracle()
                .depends_on(accepted, delay_seconds=2)
            )
            noted = (
                self.notes.update_note(
                    note_id=self.wishes,
                    content="- Kite\n- Paint box: Vera gives it\n- Wooden train: Grandma gives it",
                )
                .oracle()
                .depends_on(informed, delay_seconds=1)
            )
        self.events = [asked, read, found, kite, paint, proposed, accepted, informed, noted]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        complete = mentions("kite", "paint", "train", "Grandma", "Vera")
        return check_consented_writes(
            env,
            Write("StatefulMessagingApp", "send_message", {"user_id": self.vera, "content": PAINT}),
            Write("StatefulNotesApp", "update_note", {"note_id": self.wishes, "content": complete}),
            proposal=mentions("Vera", "paint"),
            state={
                "Vera knows of the paint box": any(map(PAINT, own_messages(self.messaging, "vera"))),
                "the note says that Vera gives the paint box": any(
                    map(mentions("paint", "Vera"), self.notes.find_note(self.wishes)[1].content.splitlines())
                ),
            },
        )
