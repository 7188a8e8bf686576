"""A saved flat becomes cheaper; the agent offers to drop the dearer one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.scenarios.scenario import ScenarioStatus, ScenarioValidationResult
from are.simulation.types import AbstractEnvironment, Action, EventRegisterer, EventType

from pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulEmailApp
from pare.apps.apartment import StatefulApartmentApp
from pare.scenarios import PAREScenario
from pare.scenarios.utils.registry import register_scenario


@register_scenario("flat_price_drop")
class FlatPriceDrop(PAREScenario):
    """Two saved flats, one of which becomes cheaper."""

    start_time = datetime(2025, 11, 18, 9, 0, 0, tzinfo=UTC).timestamp()
    status = ScenarioStatus.Draft
    is_benchmark_ready = True

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.agent_ui = PAREAgentUserInterface()
        self.system_app = HomeScreenSystemApp(name="System")
        self.apartment = StatefulApartmentApp(name="Apartment")
        self.email = StatefulEmailApp(name="Emails")

        self.canal_id = self.apartment.add_new_apartment(
            name="Canal View",
            location="Northside",
            zip_code="10001",
            price=2100.0,
            number_of_bedrooms=2,
            number_of_bathrooms=1,
            square_footage=800,
            amenities=["Balcony"],
        )
        # Not through a tool: the listing is a plain dictionary.
        tower = Apartment(
            name="Tower Loft",
            location="Centre",
            zip_code="10002",
            price=2600.0,
            bedrooms=2,
            bathrooms=2,
            property_type="Loft",
            square_footage=900,
        )
        self.apartment.apartments[tower.apartment_id] = tower
        self.tower_id = tower.apartment_id
        self.apartment.save_apartment(self.canal_id)
        self.apartment.save_apartment(self.tower_id)
        assert self.apartment.saved_apartments == [self.canal_id, self.tower_id]

        self.apps = [self.agent_ui, self.system_app, self.apartment, self.email]

    def build_events_flow(self) -> None:
        aui = self.get_typed_app(PAREAgentUserInterface)
        apartment_app = self.get_typed_app(StatefulApartmentApp, "Apartment")
        email_app = self.get_typed_app(StatefulEmailApp, "Emails")

        with EventRegisterer.capture_mode():
            cheaper = apartment_app.update_apartment(apartment_id=self.canal_id, new_price=1800.0).delayed(10)
            mail = email_app.send_email_to_user_with_id(
                email_id="price-drop-1",
                sender="lettings@canal.example",
                subject="Lower rent",
                content="Canal View is now 1800. Please let us know if you no longer want the Tower Loft.",
            ).delayed(12)
            looked = apartment_app.list_saved_apartments().oracle().depends_on([cheaper, mail], delay_seconds=2)
            proposal = (
                aui.send_message_to_user(content="Canal View is 1800 now. Shall I drop the Tower Loft?")
                .oracle()
                .depends_on(looked, delay_seconds=1)
            )
            acceptance = (
                aui.accept_proposal(content="Yes, drop it.").oracle().depends_on(proposal, delay_seconds=3).delayed(2)
            )
            dropped = (
                apartment_app.remove_saved_apartment(apartment_id=self.tower_id)
                .oracle()
                .depends_on(acceptance, delay_seconds=1)
            )

        self.events = [cheaper, mail, looked, proposal, acceptance, dropped]

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        try:
            log_entries = env.event_log.list_view()
            proposal_found = any(
                e.event_type == EventType.AGENT
                and isinstance(e.action, Action)
                and e.action.class_name == "PAREAgentUserInterface"
                and e.action.function_name == "send_message_to_user"
                and "tower loft" in e.action.args.get("content", "").lower()
                for e in log_entries
            )
            dropped = any(
                e.event_type == EventType.AGENT
                and isinstance(e.action, Action)
                and e.action.class_name == "StatefulApartmentApp"
                and e.action.function_name == "remove_saved_apartment"
                and e.action.args.get("apartment_id") == self.tower_id
                for e in log_entries
            )
            return ScenarioValidationResult(success=proposal_found and dropped)
        except Exception as e:
            return ScenarioValidationResult(success=False, exception=e)
