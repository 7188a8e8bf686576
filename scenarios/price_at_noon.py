"""A shop lowers a price for two hours, and announces it in the morning."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.draw import Clock, Money
from pytest_pare.scenarios.flow import Flow
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, verdict

COLOURS = ("black", "white", "mint")
START = datetime(2025, 6, 18, 8, 50, tzinfo=UTC)
MINUTES = 8 * 60 + 50


@register_scenario("price_at_noon")
class PriceAtNoon(PAREScenario):
    """Earphones in a shop in Seoul cost less from noon on, for two hours. The agent must buy then, not at once.

    The user agrees in the morning. The agent waits for the change of the price, then orders the wanted colour.
    """

    tags = ("app:email", "app:shopping", "skill:timing", "skill:amendment", "level:hard")
    start_time = START.timestamp()
    user_goal = "You want those earphones, but you do not want to pay the full price."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.colour = self.draw.choice(*COLOURS)
        self.count = self.draw.number(1, 1, 2)
        self.less, self.full = self.draw.amounts(149000, 189000, currency="KRW")
        self.begins = self.draw.time("12:00", minutes=60)
        self.ends = self.begins.plus(120)
        self.item = f"hb-{self.colour}"
        self.pairs = "a pair" if self.count == 1 else "two pairs"
        self.user_goal = f"{self.user_goal} You want {self.pairs}, in {self.colour}."
        self.email = StatefulEmailApp(name="Emails")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.shopping.products["hb-7"] = Product(
            name="Hanbit HB-7 earphones",
            product_id="hb-7",
            variants={
                f"hb-{colour}": Item(item_id=f"hb-{colour}", price=self.full.amount, options={"colour": colour})
                for colour in COLOURS
            },
        )
        self.add_apps(self.email, self.shopping)

    def price_change(self, flow: Flow, colour: str, time: Clock, price: Money) -> Any:
        """Add the event that one colour has another price from a time of the day on."""
        event = self.shopping.update_item(item_id=f"hb-{colour}", new_price=price.amount)
        return flow.at((time.minutes - MINUTES) * 60, event)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            mail = flow.at(
                30,
                self.email.send_email_to_user_with_id(
                    email_id="hanbit",
                    sender="news@hanbit-audio.example",
                    subject="Today only: HB-7",
                    content=f"The HB-7 earphones cost {self.less} instead of {self.full} today, in all colours, from "
                    f"{self.begins} to {self.ends}. Not a minute longer! Hanbit Audio, Seoul",
                ),
            )
            cheap = [self.price_change(flow, colour, self.begins, self.less) for colour in COLOURS]
            for colour in COLOURS:
                self.price_change(flow, colour, self.ends, self.full)
            flow.after(mail, 2, self.email.list_emails())
            flow.then(1, self.shopping.search_product(product_name="HB-7"))
            flow.propose(
                3,
                f"The HB-7 earphones cost {self.less} from {self.begins} to {self.ends} today, and {self.full} now. "
                "Shall I order them when the price falls? If so, in which colour?",
            )
            yes = flow.accept(25, f"Yes, {self.pairs}, in {self.colour}. But only at the lower price!")
            flow.after([yes, *cheap], 2, self.shopping.add_to_cart(item_id=self.item, quantity=self.count))
            flow.then(1, self.shopping.checkout())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Accepted(mentions("HB-7", self.less, self.begins)),
            Writes(
                Write("StatefulShoppingApp", "add_to_cart", {"item_id": self.item, "quantity": self.count}),
                Write("StatefulShoppingApp", "checkout", {"discount_code": None}),
                in_order=True,
            ),
            State(
                "the order has the lower price",
                lambda: [one.order_total for one in self.shopping.orders.values()] == [(self.less * self.count).amount],
            ),
        )
