"""An order travels for two days to a parcel locker, whose code arrives beside an old one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.email_client import Email
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulReminderApp, StatefulShoppingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_instant, verdict

CARRIER = "codes@paczka-przy-rynku.example"


@register_scenario("parcel_locker")
class ParcelLocker(PAREScenario):
    """A lamp arrives in a locker in Kraków, days after it was sent. The user says yes, but names another time.

    The mailbox has the code of a parcel that was fetched last month, of another locker.
    """

    tags = (
        "app:email",
        "app:shopping",
        "app:reminder",
        "skill:several_days",
        "skill:amendment",
        "skill:distractors",
        "level:easy",
    )
    start_time = datetime(2025, 12, 1, 15, 15, tzinfo=UTC).timestamp()
    user_goal = "You would like to fetch your parcel on the way home from work, and not before."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.locker = self.draw.choice("KRA-114", "KRA-127", "KRA-160")
        self.code = self.draw.choice("5521", "7083", "9946", "3317")
        self.noon, self.evening = self.draw.times("12:30", "17:45", minutes=45)
        self.user_goal = f"{self.user_goal} You want a reminder at {self.evening}."
        self.email = StatefulEmailApp(name="Emails")
        self.shopping = StatefulShoppingApp(name="Shopping")
        self.reminders = StatefulReminderApp(name="Reminders")
        for key, name, price in (("lamp", "Desk lamp, green", 149.0), ("rug", "Cotton rug", 89.0)):
            item = Item(item_id=f"{key}-item", price=price)
            self.shopping.products[key] = Product(name=name, product_id=key, variants={item.item_id: item})
        for key, status, price, when in (
            ("rug", "delivered", 89.0, datetime(2025, 11, 4, 12, 0, tzinfo=UTC)),
            ("lamp", "processed", 149.0, datetime(2025, 11, 30, 20, 0, tzinfo=UTC)),
        ):
            self.shopping.add_order(f"order-{key}", status, when.timestamp(), price, f"{key}-item", 1)
        self.email.add_email(
            Email(
                email_id="old-code",
                sender=CARRIER,
                recipients=[self.email.user_email],
                subject="Your parcel is there",
                content="Locker KRA-098, code 4410. Please fetch it within 48 hours.",
                timestamp=datetime(2025, 11, 7, 9, 30, tzinfo=UTC).timestamp(),
                is_read=True,
            )
        )
        self.add_apps(self.email, self.shopping, self.reminders)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            sent = flow.at(60, self.shopping.update_order_status(order_id="order-lamp", status="shipped"))
            arrived = flow.world_after(
                sent,
                timedelta(hours=43).total_seconds(),
                self.email.send_email_to_user_with_id(
                    email_id="new-code",
                    sender=CARRIER,
                    subject="Your parcel is there",
                    content=f"Locker {self.locker}, code {self.code}. Please fetch it within 48 hours.",
                ),
            )
            flow.after(arrived, 2, self.email.list_emails())
            flow.then(1, self.shopping.list_orders())
            flow.then(1, self.reminders.get_all_reminders())
            flow.propose(
                3,
                f"Your desk lamp is in locker {self.locker}, code {self.code}, for 48 hours. Shall I remind you "
                f"tomorrow at {self.noon}?",
            )
            flow.accept(20, f"Yes, with the code, but at {self.evening.text}, on my way home.")
            flow.then(
                2,
                self.reminders.add_reminder(
                    title="Fetch the lamp",
                    due_datetime=f"2025-12-04 {self.evening}:00",
                    description=f"Locker {self.locker}, code {self.code}",
                ),
            )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        due, facts = same_instant(f"2025-12-04 {self.evening}:00"), mentions(self.locker, self.code)
        return verdict(
            env,
            Accepted(facts),
            Writes(
                Write(
                    "StatefulReminderApp",
                    "add_reminder",
                    {
                        "title": mentions(("lamp", "parcel", "locker")),
                        "due_datetime": due,
                        "description": facts,
                        "repetition_unit": None,
                    },
                )
            ),
            State(
                "the reminder has the new locker and its code",
                lambda: any(
                    due(one.due_datetime) and facts(one.description) for one in self.reminders.reminders.values()
                ),
            ),
        )
