"""Wedding guests dress alike, and the agent needs a size that nobody has named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulMessagingApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, mentions, verdict

COLOURS = ("saffron", "teal", "maroon")


@register_scenario("wedding_kurta")
class WeddingKurta(PAREScenario):
    """The user agrees to buy a kurta. When the agent asks for the size, the user no longer needs one.

    An agent that guesses the size has ordered by then.
    """

    tags = ("app:messaging", "app:shopping", "skill:change_of_mind", "skill:lookup", "level:medium")
    start_time = datetime(2025, 11, 3, 13, 25, tzinfo=UTC).timestamp()
    user_goal = (
        "You would buy a kurta for a wedding in Pune, but when you are asked for the size, your brother has just "
        "offered you his own. You then order nothing."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.friend = self.draw.person("Priya Deshpande", phone="+91 98765 55014")
        self.colour = self.draw.choice(*COLOURS)
        self.price = self.draw.money(1850, "INR")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.messaging.add_contacts([(self.friend.name, self.friend.phone)])
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="wedding",
                title=self.friend.name,
                participant_ids=[self.messaging.current_user_id, self.friend.phone],
            )
        )
        for colour in COLOURS:
            self.shopping.products[f"kurta-{colour}"] = Product(
                name=f"Silk kurta, {colour}",
                product_id=f"kurta-{colour}",
                variants={
                    f"{colour}-{size}": Item(
                        item_id=f"{colour}-{size}", price=self.price.amount, options={"size": str(size)}
                    )
                    for size in (38, 40, 42)
                },
            )
        self.add_apps(self.messaging, self.shopping)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            wrote = flow.at(
                35,
                self.messaging.create_and_add_message(
                    conversation_id="wedding",
                    sender_id=self.friend.phone,
                    content=f"All of us on the groom's side wear {self.colour}! Get a silk kurta, they sell out before "
                    "every wedding season.",
                ),
            )
            flow.after(wrote, 2, self.messaging.read_conversation(conversation_id="wedding"))
            flow.then(1, self.shopping.search_product(product_name="kurta"))
            flow.propose(
                3,
                f"{self.friend.first_name} wants you all to wear {self.colour}. The silk kurta in {self.colour} costs "
                f"{self.price}. Shall I order one for you?",
            )
            flow.accept(15, "Yes, I have nothing like that.")
            flow.then(2, self.agent_ui.ask_user(content="It comes in 38, 40 and 42. Which size do you wear?"))
            flow.then(
                20,
                self.agent_ui.send_message_to_agent(
                    content="40. No, stop, order nothing! My brother says that I can have his, and it fits me."
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(
            env,
            Accepted(mentions(self.colour, self.price)),
            State("the user was asked for the size", self.asked_for_size),
            State("the user has stopped it", lambda: len(self.agent_ui.get_all_messages_from_user()) == 2),
            State("nothing is in the cart or ordered", lambda: not self.shopping.cart and not self.shopping.orders),
        )

    def asked_for_size(self) -> bool:
        """Tell whether a message of the agent asks for the size."""
        return any(mentions("size")(message.content) for message in self.agent_ui.get_all_messages_from_agent())
