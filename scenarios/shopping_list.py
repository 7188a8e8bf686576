"""The missing product of a shopping list is available again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulNotesApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions

PRODUCTS = (
    ("Oat flour", (("oat-flour-500", "500 g", 1.9), ("oat-flour-1000", "1 kg", 3.2))),
    ("Coffee beans", (("coffee-500", "500 g", 8.9),)),
    ("Honey", (("honey-jar", "jar", 5.5),)),
    ("Olive oil", (("olive-oil-750", "750 ml", 11.0),)),
)
WANTED = {"oat-flour-1000": 2, "coffee-500": 2, "honey-jar": 3}


@register_scenario("shopping_list")
class ShoppingList(PAREScenario):
    """Oat flour is available again. The agent finds the list in a note and offers to put all of it into the cart.

    The olive oil on the list is crossed out, and the flour is wanted in the large bag.
    """

    start_time = datetime(2025, 9, 6, 10, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.notes = StatefulNotesApp(name="Notes")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.notes.create_note_with_time(
            folder="Personal",
            title="Shopping list",
            content="I order all of this together when they have oat flour again:\n- Oat flour, 2 bags of 1 kg\n"
            "- Coffee beans, 2\n- Honey, 3 jars\n- No olive oil, Jana brings some from Crete",
            created_at="2025-08-30 18:20:00",
        )
        for name, variants in PRODUCTS:
            product_id = name.lower().replace(" ", "-")
            items = {
                item_id: Item(item_id=item_id, price=price, available=name != "Oat flour", options={"size": size})
                for item_id, size, price in variants
            }
            self.shopping.products[product_id] = Product(name=name, product_id=product_id, variants=items)
        self.apps = [self.agent_ui, self.system, self.notes, self.shopping]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            back = [
                self.shopping.update_item(item_id=item_id, new_availability=True).delayed(30)
                for item_id in ("oat-flour-500", "oat-flour-1000")
            ]
            listed = self.shopping.list_all_products().oracle().depends_on(back, delay_seconds=2)
            found = self.notes.search_notes(query="oat flour").oracle().depends_on(listed, delay_seconds=1)
            looked = [
                self.shopping.get_product_details(product_id=product_id)
                .oracle()
                .depends_on(found, delay_seconds=seconds)
                for seconds, product_id in enumerate(("oat-flour", "coffee-beans", "honey"), start=1)
            ]
            cart = self.shopping.list_cart().oracle().depends_on(looked, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="The shop has oat flour again, which your shopping list has waited for. Shall I put "
                    "2 bags of oat flour of 1 kg, 2 of coffee beans and 3 jars of honey into your cart?"
                )
                .oracle()
                .depends_on(cart, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="Yes please, I'll order it tonight.")
                .oracle()
                .depends_on(proposed, delay_seconds=50)
            )
            added = [
                self.shopping.add_to_cart(item_id=item_id, quantity=quantity)
                .oracle()
                .depends_on(accepted, delay_seconds=seconds)
                for seconds, (item_id, quantity) in enumerate(WANTED.items(), start=2)
            ]
        self.events = [*back, listed, found, *looked, cart, proposed, accepted, *added]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        cart = {item_id: item.quantity for item_id, item in self.shopping.cart.items()}
        return check_consented_writes(
            env,
            *(
                Write("StatefulShoppingApp", "add_to_cart", {"item_id": item_id, "quantity": quantity})
                for item_id, quantity in WANTED.items()
            ),
            proposal=mentions("oat flour"),
            state={"the cart holds what is on the list, and nothing else": cart == WANTED},
        )
