"""A product that has been in the cart for weeks is cheaper for one day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict


@register_scenario("discount_code")
class DiscountCode(PAREScenario):
    """A code makes the headphones cheaper that the user has in the cart. The agent offers to order them with it."""

    tags = ("app:email", "app:shopping", "skill:arithmetic", "level:medium")
    start_time = datetime(2025, 10, 31, 12, 0, tzinfo=UTC).timestamp()

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.colour, other = self.draw.choice(
            ("black", "silver"), ("green", "white"), ("red", "black"), ("white", "green"), ("blue", "grey")
        )
        self.price = self.draw.money(99.0, "EUR", low=60, high=160)
        self.percent = self.draw.choice(20, 10, 15, 25, 30)
        self.code = f"{self.draw.choice('LEAF', 'WIND', 'OWL', 'FIG', 'NUT')}{self.percent}"
        self.total = round(self.price.amount * (100 - self.percent) / 100, 2)
        self.item = f"larch-one-{self.colour}"
        self.user_goal = (
            f"You would like to have the {self.colour} Larch One headphones that are in your cart, but you do not pay "
            f"the full {self.price.amount:.0f} for them."
        )
        self.email, self.shopping = StatefulEmailApp(name="Emails"), StatefulShoppingApp(name="Shopping")
        self.shopping.products["larch-one"] = Product(
            name="Larch One headphones",
            product_id="larch-one",
            variants={
                self.item: Item(item_id=self.item, price=self.price.amount, options={"color": self.colour}),
                f"larch-one-{other}": Item(
                    item_id=f"larch-one-{other}", price=self.price.amount + 10, options={"color": other}
                ),
            },
        )
        self.shopping.add_to_cart(item_id=self.item)
        self.add_apps(self.email, self.shopping)

    def build_events_flow(self) -> None:
        code, colour = self.code, self.colour
        with self.flow() as flow:
            valid = flow.at(
                10,
                self.shopping.add_discount_code(item_id=self.item, discount_code={code: float(self.percent)}),
            )
            advertised = flow.world_after(
                valid,
                5,
                self.email.send_email_to_user_with_id(
                    email_id="autumn-code",
                    sender="hello@larch-audio.example",
                    subject=f"Today only: {self.percent} % off your Larch One in {colour}",
                    content=f"Dear John, the leaves fall and so do our prices. With the code {code} the Larch One in "
                    f"{colour} costs {self.percent} % less, until midnight and while stocks last. Other colours are "
                    "not part of it.",
                ),
            )
            flow.after(advertised, 2, self.email.list_emails())
            flow.then(1, self.shopping.list_cart())
            flow.then(1, self.shopping.get_all_discount_codes())
            flow.propose(
                3,
                f"The {colour} Larch One headphones have been in your cart for a while. Until midnight the code {code} "
                f"makes them {self.total:.2f} instead of {self.price.amount:.2f}. Shall I order them with it?",
            )
            flow.accept(90, "That's what I was waiting for. Yes!")
            flow.then(2, self.shopping.checkout(discount_code=code))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        orders = [
            ({item_id: item.quantity for item_id, item in order.order_items.items()}, round(order.order_total, 2))
            for order in self.shopping.orders.values()
        ]
        return verdict(
            env,
            Accepted(mentions(self.code)),
            Writes(Write("StatefulShoppingApp", "checkout", {"discount_code": self.code})),
            State(
                f"the {self.colour} headphones, and nothing else, are ordered for {self.total:.2f}",
                orders == [({self.item: 1}, self.total)],
            ),
            State("the cart is empty", not self.shopping.cart),
        )
