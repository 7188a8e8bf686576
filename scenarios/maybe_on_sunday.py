"""A hike may move to Sunday; a friend will know tomorrow and asks to leave everything as it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulCalendarApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Silent, verdict


@register_scenario("maybe_on_sunday")
class MaybeOnSunday(PAREScenario):
    """The day of a hike is open until tomorrow. The agent moves neither the entry nor the cab on a guess."""

    tags = ("app:messaging", "app:calendar", "app:cab", "skill:silence", "level:medium")
    start_time = datetime(2025, 5, 7, 15, 45, tzinfo=UTC).timestamp()
    user_goal = "You change your plans once they are settled, and not before."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.guide = self.draw.person("Nino Kapanadze", city="Tbilisi", pronoun="she")
        self.day = self.draw.day("2025-05-10", days=14, weekday=True)
        self.at = self.draw.time("07:00", minutes=30)
        self.home = self.draw.place("Barnov Street 41, Tbilisi", like=self.guide)
        self.messaging = StatefulMessagingApp(name="Messages")
        self.calendar, self.cab = StatefulCalendarApp(name="Calendar"), StatefulCabApp(name="Cab")
        self.messaging.add_users([self.guide.name])
        self.guide_id = self.messaging.name_to_id[self.guide.name]
        self.messaging.add_conversation(
            ConversationV2(
                conversation_id="guide",
                title=self.guide.name,
                participant_ids=[self.messaging.current_user_id, self.guide_id],
            )
        )
        self.calendar.add_calendar_event(
            title=f"Hike over the pass with {self.guide.first_name}",
            start_datetime=self.day.at(str(self.at.plus(60))),
            end_datetime=self.day.at("18:00"),
            location="Old bus station",
        )
        self.cab.order_ride(
            start_location=self.home,
            end_location="Old bus station",
            service_type="Default",
            ride_time=self.day.at(str(self.at)),
        )
        self.add_apps(self.messaging, self.calendar, self.cab)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            hinted = flow.at(
                15,
                self.messaging.create_and_add_message(
                    conversation_id="guide",
                    sender_id=self.guide_id,
                    content=f"There's still snow on the pass. If it stays, {self.day.plus(1).weekday} would be better "
                    f"than {self.day.weekday}, or we take the valley. The ranger tells me tomorrow night.",
                ),
            )
            waited = flow.world_after(
                hinted,
                3,
                self.messaging.create_and_add_message(
                    conversation_id="guide",
                    sender_id=self.guide_id,
                    content="So don't change anything yet, I'll write as soon as I know. No need to answer.",
                ),
            )
            read = flow.after(waited, 2, self.messaging.read_conversation(conversation_id="guide"))
            looked = flow.after(read, 1, self.calendar.search_events(query="Hike over the pass"))
            flow.after(looked, 1, self.cab.get_current_ride_status())

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        return verdict(env, Silent())
