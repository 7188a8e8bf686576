"""A product is available again that the user has given up waiting for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulNotesApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict

LAMP = "bike-lamp-usb"


@register_scenario("lamp_is_back")
class LampIsBack(PAREScenario):
    """A bike lamp that was sold out is back. The note that waited for it says that another one was bought."""

    tags = ("app:shopping", "app:note", "skill:silence", "level:medium")
    start_time = datetime(2025, 11, 18, 16, 20, tzinfo=UTC).timestamp()
    user_goal = "You cycle to work in Montreal all winter, with a lamp that you are content with."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.dealer = self.draw.person("Chantal Tremblay", pronoun="she")
        self.price = self.draw.money(42.0, "CAD")
        self.bought = self.draw.choice("12 November", "14 November", "15 November")
        self.shopping, self.notes = StatefulShoppingApp(name="Shopping"), StatefulNotesApp(name="Notes")
        for product_id, name, item_id, price in (
            ("bike-lamp", "Bike lamp", LAMP, self.price.amount),
            ("bike-bell", "Bike bell", "bike-bell-brass", 15.0),
        ):
            item = Item(item_id=item_id, price=price, available=item_id != LAMP, options={"mount": "handlebar"})
            self.shopping.products[product_id] = Product(name=name, product_id=product_id, variants={item_id: item})
        self.shopping.add_order(
            order_id="order-0981",
            order_status="cancelled",
            order_date=datetime(2025, 10, 30, 12, 0, tzinfo=UTC).timestamp(),
            order_total=self.price.amount,
            item_id=LAMP,
            quantity=1,
        )
        self.notes.create_note_with_time(
            folder="Personal",
            title="Bike before the snow",
            content="- Winter tyres: done\n- Bike lamp: sold out online, order it at once if it is back "
            f"({self.price})\n  -> {self.bought}: got one from {self.dealer.name}'s workshop, brighter than the "
            "other. Done, list closed.",
            created_at="2025-10-30 18:00:00",
            updated_at="2025-11-15 19:45:00",
        )
        self.add_apps(self.shopping, self.notes)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            back = flow.at(50, self.shopping.update_item(item_id=LAMP, new_availability=True))
            found = flow.after(back, 2, self.shopping.search_product(product_name="bike lamp"))
            ordered = flow.after(found, 1, self.shopping.list_orders())
            flow.after(ordered, 1, self.notes.search_notes(query="bike lamp"))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
