"""The missing product of a shopping list is available again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulNotesApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict


@register_scenario("shopping_list")
class ShoppingList(PAREScenario):
    """Oat flour is available again. The agent finds the list in a note and offers to put all of it into the cart.

    The olive oil on the list is crossed out, and the flour is wanted in the large bag.
    """

    tags = ("app:note", "app:shopping", "skill:lookup", "skill:distractors", "level:medium")
    start_time = datetime(2025, 9, 6, 10, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.jana = self.draw.person("Jana Horak").first_name
        self.flour = self.draw.choice("oat flour", "rye flour", "rice flour", "corn flour")
        self.flour_id = self.flour.replace(" ", "-")
        bags, coffee, jars = self.draw.number(2, 2, 6), self.draw.number(2, 2, 5), self.draw.number(3, 2, 6)
        self.wanted = {f"{self.flour_id}-1000": bags, "coffee-500": coffee, "honey-jar": jars}
        self.notes, self.shopping = StatefulNotesApp(name="Notes"), StatefulShoppingApp(name="Shopping")
        self.notes.create_note_with_time(
            folder="Personal",
            title="Shopping list",
            content=f"I order all of this together when they have {self.flour} again:\n- {self.flour.capitalize()}, "
            f"{bags} bags of 1 kg\n- Coffee beans, {coffee}\n- Honey, {jars} jars\n- No olive oil, {self.jana} brings "
            "some from Crete",
            created_at="2025-08-30 18:20:00",
        )
        for name, variants in (
            (self.flour.capitalize(), ((f"{self.flour_id}-500", "500 g", 1.9), (f"{self.flour_id}-1000", "1 kg", 3.2))),
            ("Coffee beans", (("coffee-500", "500 g", 8.9),)),
            ("Honey", (("honey-jar", "jar", 5.5),)),
            ("Olive oil", (("olive-oil-750", "750 ml", 11.0),)),
        ):
            product_id = name.lower().replace(" ", "-")
            items = {
                item_id: Item(
                    item_id=item_id, price=price, available=product_id != self.flour_id, options={"size": size}
                )
                for item_id, size, price in variants
            }
            self.shopping.products[product_id] = Product(name=name, product_id=product_id, variants=items)
        self.add_apps(self.notes, self.shopping)

    def build_events_flow(self) -> None:
        bags, coffee, jars = self.wanted.values()
        with self.flow() as flow:
            back = [
                flow.at(30, self.shopping.update_item(item_id=f"{self.flour_id}-{size}", new_availability=True))
                for size in (500, 1000)
            ]
            flow.after(back, 2, self.shopping.list_all_products())
            found = flow.then(1, self.notes.search_notes(query=self.flour))
            looked = [
                flow.after(found, seconds, self.shopping.get_product_details(product_id=product_id))
                for seconds, product_id in enumerate((self.flour_id, "coffee-beans", "honey"), start=1)
            ]
            flow.after(looked, 1, self.shopping.list_cart())
            flow.propose(
                3,
                f"The shop has {self.flour} again, which your shopping list has waited for. Shall I put {bags} bags of "
                f"{self.flour} of 1 kg, {coffee} of coffee beans and {jars} jars of honey into your cart?",
            )
            accepted = flow.accept(50, "Yes please, I'll order it tonight.")
            for seconds, (item_id, quantity) in enumerate(self.wanted.items(), start=2):
                flow.after(accepted, seconds, self.shopping.add_to_cart(item_id=item_id, quantity=quantity))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        cart = {item_id: item.quantity for item_id, item in self.shopping.cart.items()}
        return verdict(
            env,
            Accepted(mentions(self.flour)),
            Writes(
                *(
                    Write("StatefulShoppingApp", "add_to_cart", {"item_id": item_id, "quantity": quantity})
                    for item_id, quantity in self.wanted.items()
                )
            ),
            State("the cart holds what is on the list, and nothing else", cart == self.wanted),
        )
