"""Two gardens need soil, and the shop has less than both of them want."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulNotesApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, Reported, State, Write, Writes, matches, verdict

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SIZES = {"40 l": 14.5, "20 l": 8.0, "60 l": 19.9}


@register_scenario("bags_of_soil")
class BagsOfSoil(PAREScenario):
    """A neighbour adds bags of soil to the user's order, and the shop has too few. The agent takes what is left.

    The user has agreed to that, and hears how many there are.
    """

    tags = (
        "app:shopping",
        "app:messaging",
        "app:note",
        "skill:recovery",
        "skill:arithmetic",
        "skill:distractors",
        "level:hard",
    )
    start_time = datetime(2025, 10, 4, 13, 0, tzinfo=UTC).timestamp()
    user_goal = "You have a garden next door to a friend. You take fewer bags of soil if there are not enough."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.neighbour = self.draw.person("Keisha Brathwaite", pronoun="she")
        self.own = self.draw.number(2, 2, 4)
        self.theirs = self.draw.number(4, 3, 6)
        self.all = self.own + self.theirs
        self.left = self.all - self.draw.number(1, 1, 3)
        self.size = self.draw.choice("40 l", "20 l", "60 l")
        self.item = f"potting-soil-{self.size.split()[0]}"
        self.messaging, self.notes = StatefulMessagingApp(name="Messages"), StatefulNotesApp(name="Notes")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.messaging.add_users([self.neighbour.name])
        self.neighbour_id = self.messaging.name_to_id[self.neighbour.name]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="next-door",
                title=self.neighbour.name,
                participant_ids=[self.messaging.current_user_id, self.neighbour_id],
            )
        )
        self.notes.create_note_with_time(
            folder="Personal",
            title="Raised beds",
            content=f"Next order: potting soil, {self.own} bags of {self.size}. Not the orchid soil again!\n"
            "Seeds: all there",
            created_at="2025-09-28 17:10:00",
        )
        for name, factor in (("Potting soil", 1.0), ("Orchid soil", 2.0)):
            product_id = name.lower().replace(" ", "-")
            variants = {}
            for size, price in SIZES.items():
                item_id = f"{product_id}-{size.split()[0]}"
                variants[item_id] = Item(item_id=item_id, price=price * factor, options={"size": size})
            self.shopping.products[product_id] = Product(name=name, product_id=product_id, variants=variants)
        self.add_apps(self.messaging, self.notes, self.shopping)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            asked = flow.at(
                25,
                self.messaging.create_and_add_message(
                    conversation_id="next-door",
                    sender_id=self.neighbour_id,
                    content=f"You're ordering potting soil soon, aren't you? Could you add {self.theirs} bags for me, "
                    "the same size as yours? I'll pay you when they come.",
                ),
            )
            flow.after(asked, 2, self.messaging.read_conversation(conversation_id="next-door"))
            flow.then(1, self.notes.search_notes(query="potting soil"))
            flow.then(1, self.shopping.search_product(product_name="potting soil"))
            flow.propose(
                3,
                f"{self.neighbour.first_name} would like {self.theirs} bags of potting soil with your order, and your "
                f"note has {self.own} of {self.size}. Shall I put {self.all} bags of {self.size} into the cart?",
            )
            flow.accept(20, "Yes. If they haven't got that many, take what they have.")
            flow.fails(self.shopping.add_to_cart, times=1, error=f"Only {self.left} of this item are left.")
            flow.then(2, self.shopping.add_to_cart(item_id=self.item, quantity=self.all))
            flow.then(1, self.shopping.add_to_cart(item_id=self.item, quantity=self.left))
            flow.report(1, f"They had only {self.left} bags; these are in the cart, {self.all - self.left} too few.")

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        parts = rf"(?=.*{_number(self.own)})(?=.*{_number(self.theirs)})"
        return verdict(
            env,
            Accepted(matches(rf"(?is)(?=.*soil)({parts}|.*{_number(self.all)})")),
            Writes(Write("StatefulShoppingApp", "add_to_cart", {"item_id": self.item, "quantity": self.left})),
            Reported(matches(f"(?i){_number(self.left)}")),
            State(
                "the cart holds the bags that were left, and nothing else",
                lambda: self._cart() == {self.item: self.left},
            ),
        )

    def _cart(self) -> dict[str, int]:
        return {item_id: item.quantity for item_id, item in self.shopping.cart.items()}


def _number(number: int) -> str:
    return rf"\b({number}|{WORDS[number]})\b"
