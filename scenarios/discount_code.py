"""A product that has been in the cart for weeks is cheaper for one day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, EventRegisterer

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions

BLACK = "larch-one-black"


@register_scenario("discount_code")
class DiscountCode(PAREScenario):
    """A code takes a fifth off the headphones that the user has in the cart. The agent offers to order them with it."""

    start_time = datetime(2025, 10, 31, 12, 0, tzinfo=UTC).timestamp()
    user_goal = (
        "You would like to have the black Larch One headphones that are in your cart, but you do not pay the full 99 "
        "for them."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.shopping.products["larch-one"] = Product(
            name="Larch One headphones",
            product_id="larch-one",
            variants={
                BLACK: Item(item_id=BLACK, price=99.0, options={"color": "black"}),
                "larch-one-silver": Item(item_id="larch-one-silver", price=109.0, options={"color": "silver"}),
            },
        )
        self.shopping.add_to_cart(item_id=BLACK)
        self.apps = [self.agent_ui, self.system, self.email, self.shopping]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            valid = self.shopping.add_discount_code(item_id=BLACK, discount_code={"LEAF20": 20.0}).delayed(10)
            advertised = self.email.send_email_to_user_with_id(
                email_id="autumn-code",
                sender="hello@larch-audio.example",
                subject="Today only: 20 % off your Larch One in black",
                content="Dear John, the leaves fall and so do our prices. With the code LEAF20 the Larch One in black "
                "costs a fifth less, until midnight and while stocks last. Other colours are not part of it.",
            ).depends_on(valid, delay_seconds=5)
            read = self.email.list_emails().oracle().depends_on(advertised, delay_seconds=2)
            looked = self.shopping.list_cart().oracle().depends_on(read, delay_seconds=1)
            checked = self.shopping.get_all_discount_codes().oracle().depends_on(looked, delay_seconds=1)
            proposed = (
                self.agent_ui.send_message_to_user(
                    content="The black Larch One headphones have been in your cart for a while. Until midnight the "
                    "code LEAF20 makes them 79.20 instead of 99.00. Shall I order them with it?"
                )
                .oracle()
                .depends_on(checked, delay_seconds=3)
            )
            accepted = (
                self.agent_ui.accept_proposal(content="That's what I was waiting for. Yes!")
                .oracle()
                .depends_on(proposed, delay_seconds=90)
            )
            ordered = self.shopping.checkout(discount_code="LEAF20").oracle().depends_on(accepted, delay_seconds=2)
        self.events = [valid, advertised, read, looked, checked, proposed, accepted, ordered]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        orders = [
            ({item_id: item.quantity for item_id, item in order.order_items.items()}, round(order.order_total, 2))
            for order in self.shopping.orders.values()
        ]
        return check_consented_writes(
            env,
            Write("StatefulShoppingApp", "checkout", {"discount_code": "LEAF20"}),
            proposal=mentions("LEAF20"),
            state={
                "the black headphones, and nothing else, are ordered for 79.20": orders == [({BLACK: 1}, 79.2)],
                "the cart is empty": not self.shopping.cart,
            },
        )
