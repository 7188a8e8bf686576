"""A tea shop has the user's tea again, and the user wants less of it than last time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, Rejected, State, Write, Writes, mentions, verdict

WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}


@register_scenario("tea_tins")
class TeaTins(PAREScenario):
    """The first sencha of the year is there. The user rejects last year's order and wants a few small tins instead.

    The agent proposes that anew, and orders nothing before.
    """

    tags = (
        "app:email",
        "app:shopping",
        "skill:rejection",
        "skill:amendment",
        "skill:arithmetic",
        "level:medium",
    )
    start_time = datetime(2025, 5, 19, 7, 45, tzinfo=UTC).timestamp()
    user_goal = (
        "You like to drink fresh tea, and half of last year's big bags went stale. You want only some small tins."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.size = self.draw.choice("50 g", "80 g", "100 g")
        self.count = self.draw.number(3, 2, 5)
        self.price = self.draw.money(1250, "JPY")
        self.total = self.price * self.count
        self.wanted = f"tin-{self.size.removesuffix(' g')}"
        self.user_goal = f"{self.user_goal} This time you want {self.count} tins of {self.size}, and nothing else."
        self.email = StatefulEmailApp(name="Emails")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.shopping.products["sencha"] = Product(
            name="First sencha from Uji",
            product_id="sencha",
            variants={
                item_id: Item(item_id=item_id, price=price, options={"pack": pack})
                for item_id, pack, price in (
                    ("tin-50", "tin of 50 g", self.price.amount),
                    ("tin-80", "tin of 80 g", self.price.amount),
                    ("tin-100", "tin of 100 g", self.price.amount),
                    ("bag-500", "bag of 500 g", self.price.amount * 4),
                )
            },
        )
        ordered = datetime(2024, 5, 21, 8, 0, tzinfo=UTC).timestamp()
        self.shopping.add_order("order-2024", "delivered", ordered, self.price.amount * 8, "bag-500", 2)
        self.add_apps(self.email, self.shopping)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            offered = flow.at(
                20,
                self.email.send_email_to_user_with_id(
                    email_id="first-sencha",
                    sender="post@okabe-tea.example",
                    subject="The first sencha",
                    content="Dear customer, the first sencha of the year has come from Uji. Please order as you like "
                    "in the shop; it will be sold out by the end of the week. Okabe Tea, Kyoto",
                ),
            )
            flow.after(offered, 2, self.email.list_emails())
            flow.then(1, self.shopping.list_orders())
            flow.then(1, self.shopping.search_product(product_name="sencha"))
            flow.propose(
                3,
                "Okabe Tea has the first sencha of the year. Shall I order two bags of 500 g, as last May, for "
                f"{self.price * 8}?",
            )
            flow.reject(25, f"Far too much, it went stale. {self.count} tins of {self.size} would be right.")
            flow.propose(
                3, f"Then {self.count} tins of {self.size}, {self.total} together. Shall I put them in and check out?"
            )
            flow.accept(8, "Yes, please.")
            flow.then(2, self.shopping.add_to_cart(item_id=self.wanted, quantity=self.count))
            flow.then(1, self.shopping.checkout())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        number = (
            f"{self.count} tin",
            f"{WORDS[self.count]} tin",
            f"{self.count} of",
            f"{self.count} x",
        )
        return verdict(
            env,
            Rejected(mentions(("sencha", "tea"))),
            Accepted(mentions(self.size, number, "tin")),
            Writes(
                Write("StatefulShoppingApp", "add_to_cart", {"item_id": self.wanted, "quantity": self.count}),
                Write("StatefulShoppingApp", "checkout", {"discount_code": None}),
                in_order=True,
            ),
            State("the tins are ordered", lambda: self.ordered() == [{self.wanted: self.count}]),
        )

    def ordered(self) -> list[dict[str, int]]:
        """Return the content of the orders of this year."""
        orders = [order for order_id, order in self.shopping.orders.items() if order_id != "order-2024"]
        return [{item.item_id: item.quantity for item in order.order_items.values()} for order in orders]
