"""A storm holds a ferry back. A cab to the pier makes sense once the ferry is confirmed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import AbstractEnvironment

from pytest_pare.apps import StatefulCabApp, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.matchers import Accepted, State, Write, Writes, mentions, same_instant, verdict

DESK = "desk@norderoy-ferries.example"


@register_scenario("ferry_confirmed")
class FerryConfirmed(PAREScenario):
    """The ferry company names a probable time, then the real one and another pier. Only then is a cab ordered.

    The user's calendar entry says so, and how long before the ferry the cab should come.
    """

    tags = ("app:email", "app:calendar", "app:cab", "skill:timing", "skill:arithmetic", "level:hard")
    start_time = datetime(2025, 3, 27, 7, 0, tzinfo=UTC).timestamp()
    user_goal = "You must get from Orkney to the mainland today. You wait at home, and never again on the pier."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.home = self.draw.choice("Alfred Terrace 31", "Harbour Brae 6", "Kirk Wynd 12")
        self.pier = self.draw.choice("Ness Pier", "Scapa Pier", "Copland's Dock")
        self.sails = self.draw.time("14:30", minutes=60)
        self.ahead = self.draw.choice(45, 30, 60)
        self.rides = self.sails.plus(-self.ahead)
        self.email, self.calendar = StatefulEmailApp(name="Emails"), StatefulCalendarApp(name="Calendar")
        self.cab = StatefulCabApp(name="Cab")
        self.calendar.add_calendar_event(
            title="Ferry to the mainland",
            start_datetime="2025-03-27 09:00:00",
            end_datetime="2025-03-27 10:30:00",
            location="Old Pier",
            description=f"Default cab from {self.home}, {self.ahead} minutes before it sails. Don't even talk to me "
            "about it before they have confirmed the sailing: last time I sat in the rain for three hours.",
        )
        self.add_apps(self.email, self.calendar, self.cab)

    def build_events_flow(self) -> None:
        rides = f"2025-03-27 {self.rides}:00"
        with self.flow() as flow:
            held = flow.at(
                60,
                self._mail(
                    "held", "09:00 to the mainland: held back", "Gale from the west. Next word at half past nine."
                ),
            )
            guessed = flow.world_after(
                held,
                8940,
                self._mail(
                    "guessed",
                    "To the mainland: not yet confirmed",
                    f"She will probably sail at {self.sails.plus(-75).text} from the Old Pier. We confirm or cancel "
                    "before eleven.",
                ),
            )
            self.confirmed = flow.world_after(
                guessed,
                4800,
                self._mail(
                    "confirmed",
                    "To the mainland: confirmed",
                    f"The sailing is confirmed for {self.sails.text} today. Because of the swell she leaves from "
                    f"{self.pier}.",
                ),
            )
            flow.after(self.confirmed, 2, self.email.list_emails())
            flow.then(1, self.calendar.search_events(query="Ferry"))
            flow.then(1, self.cab.list_rides(start_location=self.home, end_location=self.pier, ride_time=rides))
            flow.propose(
                3,
                f"The ferry is confirmed: {self.sails} from {self.pier}. Shall I order a Default cab from {self.home} "
                f"to {self.pier} for {self.rides}?",
            )
            flow.accept(40, "At last. Yes, please.")
            flow.then(
                2,
                self.cab.order_ride(
                    start_location=self.home, end_location=self.pier, service_type="Default", ride_time=rides
                ),
            )

    def _mail(self, email_id: str, subject: str, content: str) -> Any:
        return self.email.send_email_to_user_with_id(
            email_id=email_id, sender=DESK, subject=subject, content=f"{content} Norderoy Ferries"
        )

    def validate(self, env: AbstractEnvironment) -> ScenarioValidationResult:
        log = env.event_log.list_view()
        known = next((place for place, event in enumerate(log) if event.event_id == self.confirmed.event_id), len(log))
        return verdict(
            env,
            Accepted(mentions(self.pier, self.rides.wordings)),
            Writes(
                Write(
                    "StatefulCabApp",
                    "order_ride",
                    {
                        "start_location": mentions(self.home),
                        "end_location": mentions(self.pier),
                        "service_type": "Default",
                        "ride_time": same_instant(f"2025-03-27 {self.rides}:00"),
                    },
                )
            ),
            State(
                "the agent said nothing before the sailing was confirmed",
                all(event.function_name() != "send_message_to_user" for event in log[:known]),
            ),
            State("a cab is ordered", lambda: self.cab.on_going_ride is not None),
        )
