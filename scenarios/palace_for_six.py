"""Friends joke in their group about a palace that has come on the market."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulApartmentApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("palace_for_six")
class PalaceForSix(PAREScenario):
    """A group of friends dreams aloud of a palace for all of them. It is banter: nobody wants to see or save it."""

    tags = ("app:messaging", "app:apartment", "skill:silence", "skill:distractors", "level:medium")
    start_time = datetime(2025, 4, 25, 22, 5, tzinfo=UTC).timestamp()
    user_goal = "You have a flat in Rosario that you like, and friends who joke a lot."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.first = self.draw.person("Julieta Benítez", pronoun="she")
        self.second = self.draw.person("Facundo Sosa", pronoun="he")
        self.rent = self.draw.number(9800, 8200, 12900)
        self.name = self.draw.choice("Palacete del Río", "Palacete Aurora", "Palacete Las Magnolias")
        self.messaging, self.apartments = StatefulMessagingApp(name="Messages"), StatefulApartmentApp(name="Apartments")
        self.messaging.add_users([self.first.name, self.second.name])
        self.first_id, self.second_id = (self.messaging.name_to_id[p.name] for p in (self.first, self.second))
        me = self.messaging.current_user_id
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="old-class", title="Class of 2009", participant_ids=[me, self.first_id, self.second_id]
            )
        )
        self.messaging.add_message(
            "old-class",
            me,
            "Signed for two more years here today, same rent. I'm not moving again before I'm forty!",
            datetime(2025, 4, 24, 21, 40, tzinfo=UTC).timestamp(),
        )
        for apartment_id, name, price, rooms in (
            ("palace", self.name, float(self.rent), 12),
            ("salta-street", "Calle Salta, third floor", 640.0, 2),
        ):
            self.apartments.apartments[apartment_id] = Apartment(
                apartment_id=apartment_id,
                name=name,
                location="Rosario",
                zip_code="S2000",
                price=price,
                bedrooms=rooms,
                bathrooms=max(1, rooms // 3),
                property_type="House" if rooms > 6 else "Apartment",
                square_footage=rooms * 380,
            )
        self.add_apps(self.messaging, self.apartments)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            dreamt = flow.at(
                30,
                self.messaging.create_and_add_message(
                    conversation_id="old-class",
                    sender_id=self.first_id,
                    content=f"{self.name} is to let, {self.rent} a month. Somebody save it quickly! One bedroom each "
                    "and six for the mothers-in-law 😂",
                ),
            )
            topped = flow.world_after(
                dreamt,
                2,
                self.messaging.create_and_add_message(
                    conversation_id="old-class",
                    sender_id=self.second_id,
                    content="I'll take the tower, and pay for the doorbell. See you all in our next life.",
                ),
            )
            read = flow.after(topped, 2, self.messaging.read_conversation(conversation_id="old-class"))
            found = flow.after(read, 1, self.apartments.search_apartments(name=self.name))
            flow.after(found, 1, self.apartments.list_saved_apartments())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
