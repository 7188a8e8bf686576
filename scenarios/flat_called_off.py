"""A viewing is arranged, and the next day the user has found another flat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.email_client import EmailFolderName
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulApartmentApp, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import (
    Accepted,
    State,
    Write,
    Writes,
    mentions,
    same_instant,
    same_members,
    verdict,
)

AGENCY = "visitas@puerto-claro.example"
CANCELS = mentions(("cancel", "not come", "call off", "no longer", "can't", "cannot", "withdraw"))


@register_scenario("flat_called_off")
class FlatCalledOff(PAREScenario):
    """The agent arranges a viewing in Valparaíso with consent. A day later the user tells it to drop the flat.

    The agent proposes to cancel by mail, to delete the entry, and to take the flat off the list. Another flat in the
    same street stays there.
    """

    tags = (
        "app:apartment",
        "app:email",
        "app:calendar",
        "skill:change_of_mind",
        "skill:distractors",
        "level:hard",
    )
    start_time = datetime(2025, 3, 25, 13, 10, tzinfo=UTC).timestamp()
    user_goal = (
        "You look for a flat in Valparaíso and want to view one. Once you have signed for another one, you call the "
        "viewing off."
    )

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.house, self.other = self.draw.choice("12", "14", "17"), self.draw.choice("41", "46", "49")
        self.flat = f"Calle Templeman {self.house}"
        self.flat_id = f"templeman-{self.house}"
        self.day = self.draw.day("2025-03-28", days=6)
        self.at = self.draw.time("17:30", minutes=60)
        self.apartments = StatefulApartmentApp(name="Apartments")
        self.email = StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        for house, price in ((self.house, 540.0), (self.other, 575.0)):
            self.apartments.apartments[f"templeman-{house}"] = Apartment(
                apartment_id=f"templeman-{house}",
                name=f"Calle Templeman {house}",
                location="Valparaíso",
                zip_code="2370",
                price=price,
                bedrooms=1,
                bathrooms=1,
                property_type="Apartment",
                square_footage=520,
            )
            self.apartments.save_apartment(apartment_id=f"templeman-{house}")
        self.add_apps(self.apartments, self.email, self.calendar)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            offer = flow.at(
                20,
                self.email.send_email_to_user_with_id(
                    email_id="viewing",
                    sender=AGENCY,
                    subject=f"{self.flat}: come and see it",
                    content=f"Good morning, you can see {self.flat} on {self.day.text} at {self.at}. It takes half an "
                    "hour. Please say whether you come. Puerto Claro",
                ),
            )
            flow.after(offer, 2, self.email.list_emails())
            flow.then(1, self.apartments.list_saved_apartments())
            flow.then(
                1,
                self.calendar.get_calendar_events_from_to(
                    start_datetime=self.day.at("00:00"), end_datetime=self.day.at("23:59")
                ),
            )
            flow.propose(
                3,
                f"{self.flat}, which you have saved, can be viewed on {self.day.text} at {self.at}; you are free then. "
                "Shall I say yes to the agency and enter it?",
            )
            flow.accept(15, "Yes, tell them, and put it into my calendar.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="viewing", content=f"Good morning, I will come on {self.day.text} at {self.at}. John Doe"
                ),
            )
            flow.then(
                1,
                self.calendar.add_calendar_event(
                    title=f"Viewing: {self.flat}",
                    start_datetime=self.day.at(self.at),
                    end_datetime=self.day.at(self.at.plus(30)),
                ).with_id("entry"),
            )
            flow.report(1, f"The agency knows, and the viewing is in your calendar on {self.day.text}.")
            flow.then(
                timedelta(hours=22).total_seconds(),
                self.agent_ui.send_message_to_agent(
                    content=f"I've just signed for a flat near the port! Call off {self.flat}, and take it off my list."
                ),
            )
            flow.propose(
                3,
                f"Congratulations! Shall I cancel the viewing of {self.flat} with the agency, delete it from your "
                "calendar, and take the flat off your list?",
            )
            flow.accept(10, "All of that, thanks.")
            flow.then(
                2,
                self.email.reply_to_email(
                    email_id="viewing",
                    content=f"Good morning, I have found a flat and cancel the viewing on {self.day.text}. John Doe",
                ),
            )
            flow.then(1, self.calendar.delete_calendar_event(event_id="{{entry}}"))
            flow.then(1, self.apartments.remove_saved_apartment(apartment_id=self.flat_id))

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        time = mentions((self.day, self.day.weekday), self.at)
        return verdict(
            env,
            Accepted(mentions(self.flat, self.at)),
            Writes(
                self.to_agency(time),
                Write(
                    "StatefulCalendarApp",
                    "add_calendar_event",
                    {
                        "title": mentions(("viewing", "Templeman")),
                        "start_datetime": same_instant(self.day.at(self.at)),
                        "end_datetime": same_instant(self.day.at(self.at.plus(30))),
                    },
                ),
            ),
            Accepted(mentions(("viewing", self.flat), ("cancel", "call off", "drop"))),
            Writes(
                self.to_agency(CANCELS),
                Write("StatefulCalendarApp", "delete_calendar_event"),
                Write("StatefulApartmentApp", "remove_saved_apartment", {"apartment_id": self.flat_id}),
            ),
            State("the agency has two mails", lambda: len(self.email.folders[EmailFolderName.SENT].emails) == 2),
            State("the calendar is empty again", lambda: not self.calendar.events),
            State(
                "only the other flat is saved",
                lambda: self.apartments.saved_apartments == [f"templeman-{self.other}"],
            ),
        )

    def to_agency(self, content: Any) -> tuple[Write, Write]:
        """Return the two ways to send the agency a mail."""
        return (
            Write("StatefulEmailApp", "reply_to_email", {"email_id": "viewing", "content": content}),
            Write("StatefulEmailApp", "send_email", {"recipients": same_members(AGENCY), "content": content}),
        )
