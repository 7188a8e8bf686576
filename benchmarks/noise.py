"""Adding noise to a scenario, compared with initializing it."""

from __future__ import annotations

import gc
import time
from typing import Any

from benchmarks import population
from benchmarks.figures import Figure, alternate

HEADING = "adding 60 events of noise a minute to ten minutes of a phone, beside initializing the phone"


def measure(*, quick: bool = False) -> list[Figure]:
    """Alternate initializing a phone and adding noise to it, in this process, and compare the median processor times.

    The phone has eight apps with 50 objects each. The noise data is loaded before.
    """
    from pytest_pare.scenarios.config import EnvEventsConfig
    from pytest_pare.scenarios.expander import PAREEnvEventsExpander
    from pytest_pare.scenarios.noise.data import load_noise_data

    repeats, objects = (1, 5) if quick else (50, 50)
    phone = _phone(objects)
    expander = PAREEnvEventsExpander(EnvEventsConfig(num_env_events_per_minute=60))
    data = load_noise_data()
    made: list[Any] = []

    def initialize() -> float:
        gc.collect()
        made[:] = [phone()]
        began = time.process_time()
        made[0].initialize()
        return 1000 * (time.process_time() - began)

    def expand() -> float:
        began = time.process_time()
        expander.add_env_events_to_scenario(made[0], data)
        return 1000 * (time.process_time() - began)

    # The first call of each fills caches.
    initialize(), expand()
    events = len(made[0].events)
    gc.disable()
    try:
        initialized, expanded = alternate(initialize, expand, repeats)
    finally:
        gc.enable()
    return [
        Figure(f"initializing eight apps with {objects} objects each, median of {repeats}", initialized, "ms"),
        Figure(f"adding {events} events, median of {repeats}", expanded, "ms"),
        Figure("adding noise / initializing", expanded / initialized, "x", at_most=1),
    ]


def _phone(objects: int) -> type[Any]:
    from pytest_pare import apps
    from pytest_pare.scenarios import PAREScenario

    fillers: dict[str, Any] = {
        "StatefulApartmentApp": population._fill_apartments,
        "StatefulCabApp": population._fill_cabs,
        "StatefulCalendarApp": population._fill_calendar,
        "StatefulContactsApp": population._fill_contacts,
        "StatefulEmailApp": population._fill_email,
        "StatefulMessagingApp": population._fill_messages,
        "StatefulReminderApp": population._fill_reminders,
        "StatefulShoppingApp": population._fill_shop,
    }

    class Phone(PAREScenario):
        """A phone without events."""

        scenario_id = "phone"
        duration = 600

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.apps = [apps.HomeScreenSystemApp(name="System"), apps.PAREAgentUserInterface()]
            for name, put in fillers.items():
                app = getattr(apps, name)(name=name)
                put(app, objects)
                self.apps.append(app)

        def build_events_flow(self) -> None:
            self.events: list[Any] = []

    return Phone
