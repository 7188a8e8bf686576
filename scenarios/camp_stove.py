"""A stove is sold out, and by the time it is there again, the user has borrowed one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, mentions, verdict

START = datetime(2025, 11, 12, 6, 50, tzinfo=UTC)
HEMI = "+64 3 555 0128"


@register_scenario("camp_stove")
class CampStove(PAREScenario):
    """The user wants to hear when a stove is in stock, and an hour later no longer wants to.

    The stove is there two days later. The agent must remember, write nothing and say nothing.
    """

    tags = ("app:messaging", "app:shopping", "skill:change_of_mind", "skill:several_days", "level:easy")
    start_time = START.timestamp()
    user_goal = (
        "You need a stove for a hike from Queenstown, but would rather not buy one. Once a friend lends you one, you "
        "tell the assistant to forget about it."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.friend = self.draw.choice("Hemi Parata", "Wiremu Tamihana", "Rawiri Ngata")
        self.stove = self.draw.choice("Kea 2", "Weka 10", "Tui Light")
        self.price = self.draw.money(89.5, "NZD")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.messaging.add_contacts([(self.friend, HEMI)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="hike",
                title=self.friend,
                participant_ids=[self.messaging.current_user_id, HEMI],
            )
        )
        for key, name, price, available in (
            ("stove", f"{self.stove} camp stove", self.price.amount, False),
            ("big-stove", "Basecamp stove, 2 burners", self.price.amount + 110, True),
        ):
            item = Item(item_id=f"{key}-item", price=price, available=available)
            self.shopping.products[key] = Product(name=name, product_id=key, variants={item.item_id: item})
        self.add_apps(self.messaging, self.shopping)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            wrote = flow.at(
                15,
                self.messaging.create_and_add_message(
                    conversation_id="hike",
                    sender_id=HEMI,
                    content=f"You'll need a stove of your own this time. Get a {self.stove}, mine has never let me "
                    "down. The big ones are too heavy.",
                ),
            )
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="hike"))
            flow.then(1, self.shopping.search_product(product_name="stove"))
            flow.propose(
                3,
                f"The {self.stove} stove costs {self.price}, and is sold out. Shall I watch the shop, and tell you "
                "when it is there again?",
            )
            flow.accept(12, "Good idea, do that.")
            flow.report(1, f"I will tell you when the {self.stove} is in stock.")
            flow.then(
                3600,
                self.agent_ui.send_message_to_agent(
                    content=f"Forget the stove, I don't need to hear of it. {self.friend.split()[0]} has found an old "
                    "one for me."
                ),
            )
            back = flow.world_after(
                wrote,
                timedelta(days=2).total_seconds(),
                self.shopping.update_item(item_id="stove-item", new_availability=True),
            )
            flow.after(back, 2, self.shopping.get_product_details(product_id="stove"))
            flow.then(1, self.agent_ui.wait())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        said = self.agent_ui.get_all_messages_from_agent()
        item = self.shopping.products["stove"].variants["stove-item"]
        in_stock = (START + timedelta(days=2)).timestamp()
        return verdict(
            env,
            Accepted(mentions(self.stove, self.price)),
            State("the user has changed their mind", lambda: len(self.agent_ui.get_all_messages_from_user()) == 2),
            State("the stove is in stock", lambda: item.available),
            State("nothing was said about the stock", lambda: said[0].timestamp < in_stock),
            State("nothing is in the cart or ordered", lambda: not self.shopping.cart and not self.shopping.orders),
        )
