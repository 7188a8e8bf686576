"""A water company reminds of a bill that is paid; the payment and the letter have crossed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulEmailApp, StatefulNotesApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("bill_already_paid")
class BillAlreadyPaid(PAREScenario):
    """The waterworks remind of May's bill, which the user's note shows as paid. Nothing is left to do.

    The mail itself says that a payment of the last days makes it void.
    """

    tags = ("app:email", "app:note", "skill:silence", "level:easy")
    start_time = datetime(2025, 6, 5, 14, 0, tzinfo=UTC).timestamp()
    user_goal = "You pay your bills at the bank in Lima on the day they come, and note the receipt."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.bill = self.draw.money(86.4, "PEN")
        self.paid = self.draw.choice("Tuesday, 3 June", "Monday, 2 June", "Wednesday, 4 June")
        self.receipt = self.draw.number(771, 201, 989)
        self.email, self.notes = StatefulEmailApp(name="Emails"), StatefulNotesApp(name="Notes")
        self.notes.create_note_with_time(
            folder="Personal",
            title="Flat in Barranco: bills of 2025",
            content="Electricity May: direct debit\n"
            f"Water April: paid on 6 May, receipt 0046-{self.receipt - 97}\n"
            f"Water May: {self.bill}, paid at the bank on {self.paid}, receipt 0048-{self.receipt}",
            created_at="2025-01-09 19:30:00",
            updated_at="2025-06-04 20:10:00",
        )
        self.add_apps(self.email, self.notes)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            reminded = flow.at(
                40,
                self.email.send_email_to_user_with_id(
                    email_id="water-reminder",
                    sender="cobranzas@aguas-del-rimac.example",
                    subject="Friendly reminder: your water bill for May",
                    content=f"Dear customer, on 31 May your bill for May, {self.bill}, was still open. It is due on 9 "
                    "June. If you have paid in the meantime, please regard this mail as void. Aguas del Rímac",
                ),
            )
            read = flow.after(reminded, 3, self.email.list_emails())
            flow.after(read, 1, self.notes.search_notes(query="water"))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
