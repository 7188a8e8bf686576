"""An order does not move; the agent cancels it and orders again at a discount. The user has an address of her own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.email_client import Email, EmailFolderName
from are.simulation.apps.shopping import CartItem, Item, Order, Product
from are.simulation.scenarios.scenario import ScenarioStatus, ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface
from pare.apps.email import StatefulEmailApp
from pare.apps.shopping import StatefulShoppingApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


@register_scenario("order_that_is_stuck")
class OrderThatIsStuck(PAREScenario):
    """Products, cart and orders are written directly, beside what the tools add."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()
    status = ScenarioStatus.Draft
    is_benchmark_ready = True

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.email = StatefulEmailApp(name="Emails", user_email="alex.morgan@company.com")
        self.shopping = StatefulShoppingApp(name="Shopping")

        kettle_id = self.shopping.add_product("Kettle")
        self.kettle_item_id = self.shopping.add_item_to_product(
            product_id=kettle_id, price=45.0, options={"colour": "white"}, available=True
        )
        mug = Product(name="Mug", product_id="mug", variants={"mug-blue": Item(price=8.0, item_id="mug-blue")})
        self.shopping.products[mug.product_id] = mug
        self.shopping.cart["mug-blue"] = CartItem(item_id="mug-blue", quantity=2, price=8.0)
        self.shopping.orders["order-old"] = Order(
            order_id="order-old",
            order_status="delivered",
            order_date=datetime(2025, 10, 1, 12, 0, 0, tzinfo=UTC),
            order_total=8.0,
            order_items={"mug-blue": CartItem(item_id="mug-blue", quantity=1, price=8.0)},
        )
        self.order_id = self.shopping.add_order(
            order_id="order-kettle",
            order_status="processed",
            order_date=datetime(2025, 11, 10, 12, 0, 0, tzinfo=UTC).timestamp(),
            order_total=45.0,
            item_id=self.kettle_item_id,
            quantity=1,
        )
        self.shopping.add_order_multiple_items(
            order_id="order-two",
            order_status="delivered",
            order_date=datetime(2025, 9, 1, 12, 0, 0, tzinfo=UTC).timestamp(),
            order_total=53.0,
            items={self.kettle_item_id: 1, "mug-blue": 1},
        )
        self.email.add_email(
            Email(
                email_id="order-confirmed",
                sender="shop@kitchen.example",
                recipients=[self.email.user_email],
                subject="Your order",
                content="We have received your order of one kettle.",
                timestamp=self.start_time - 86400,
            ),
            EmailFolderName.INBOX,
        )
        inbox = self.email.folders[EmailFolderName.INBOX]
        assert [email.recipients for email in inbox.emails] == [["alex.morgan@company.com"]]

        self.apps = [self.agent_ui, self.system_app, self.email, self.shopping]

    def build_events_flow(self) -> None:
        aui = self.get_typed_app(PAREAgentUserInterface)
        email_app = self.get_typed_app(StatefulEmailApp, "Emails")
        shopping_app = self.get_typed_app(StatefulShoppingApp, "Shopping")

        with EventRegisterer.capture_mode():
            offer = shopping_app.add_discount_code(
                item_id=self.kettle_item_id, discount_code={"SORRY10": 10.0}
            ).delayed(5)
            mail = email_app.send_email_to_user_with_id(
                email_id="order-stuck",
                sender="shop@kitchen.example",
                subject="Your order is stuck",
                content="Please cancel it and order again. The code SORRY10 gives you ten percent.",
            ).delayed(8)
            read = email_app.get_email_by_id(email_id="order-stuck").oracle().depends_on(mail, delay_seconds=1)
            orders = shopping_app.list_orders().oracle().depends_on([read, offer], delay_seconds=1)
            proposal = (
                aui.send_message_to_user(content="Shall I cancel the kettle and order it again with SORRY10?")
                .oracle()
                .depends_on(orders, delay_seconds=1)
            )
            acceptance = aui.accept_proposal(content="Go ahead").oracle().depends_on(proposal, delay_seconds=2)
            cancelled = (
                shopping_app.cancel_order(order_id=self.order_id).oracle().depends_on(acceptance, delay_seconds=1)
            )
            emptied = (
                shopping_app.remove_from_cart(item_id="mug-blue", quantity=2)
                .oracle()
                .depends_on(cancelled, delay_seconds=1)
            )
            added = (
                shopping_app.add_to_cart(item_id=self.kettle_item_id, quantity=1)
                .oracle()
                .depends_on(emptied, delay_seconds=1)
            )
            bought = shopping_app.checkout(discount_code="SORRY10").oracle().depends_on(added, delay_seconds=1)
            answered = (
                email_app.reply_to_email(
                    email_id="order-stuck", folder_name="INBOX", content="Done, thank you.", attachment_paths=[]
                )
                .oracle()
                .depends_on(bought, delay_seconds=1)
            )

        self.events = [
            offer,
            mail,
            read,
            orders,
            proposal,
            acceptance,
            cancelled,
            emptied,
            added,
            bought,
            answered,
        ]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        try:
            log_entries = env.event_log.list_view()
            cancelled = any(
                e.event_type == EventType.AGENT
                and isinstance(e.action, Action)
                and e.action.class_name == "StatefulShoppingApp"
                and e.action.function_name == "cancel_order"
                and e.action.args.get("order_id") == self.order_id
                for e in log_entries
            )
            bought = any(
                e.event_type == EventType.AGENT
                and isinstance(e.action, Action)
                and e.action.class_name == "StatefulShoppingApp"
                and e.action.function_name == "checkout"
                and e.action.args.get("discount_code") == "SORRY10"
                for e in log_entries
            )
            answered = any(
                e.event_type == EventType.AGENT
                and isinstance(e.action, Action)
                and e.action.class_name == "StatefulEmailApp"
                and e.action.function_name == "reply_to_email"
                and "done" in e.action.args.get("content", "").lower()
                for e in log_entries
            )
            return ScenarioValidationResult(success=cancelled and bought and answered)
        except Exception as e:
            return ScenarioValidationResult(success=False, exception=e)
