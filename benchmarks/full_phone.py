"""Phones with thousands of objects: filling, searching, and what they add to a run."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure
from pytest_pare.base.garbage import collecting_rarely

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEADING = "a phone with 5,000 objects in an app, by pytest-pare; processor time"


def measure(*, quick: bool = False) -> list[Figure]:
    """Fill and search apps that are part of an environment, and play a run without and with a full mailbox."""
    count, repeats = (100, 1) if quick else (5000, 7)
    figures = [
        Figure(f"filling {count:,} mails", min(_fill(count) for _ in range(repeats)), "s", at_most=0.3),
        *_calls(count, repeats),
    ]
    for word, success in (("passes", True), ("fails", False)):
        play = _player(success=success)
        small, full = zip(*((play(0), play(count)) for _ in range(repeats)), strict=True)
        extra = statistics.median(full) - statistics.median(small)
        figures.append(Figure(f"a run that {word}: {count:,} mails add", extra, "s"))
    return figures


def _fill(count: int) -> float:
    from pytest_pare.apps import StatefulEmailApp
    from pytest_pare.are.world import World

    with World("mails").active():
        app = StatefulEmailApp(name="Mail")
        began = time.process_time()
        _add_mails(app, count)
        return time.process_time() - began


def _add_mails(app: Any, count: int) -> None:
    for number in range(count):
        day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02} 10:00:{number % 60:02}"
        app.create_and_add_email_with_time(
            f"someone{number}@example.com", [app.user_email], f"Subject {number}", "What it is about. " * 10, day
        )


def _calls(count: int, repeats: int) -> Iterator[Figure]:
    """Yield the time of a call of some tools with `count` objects, and how many times that of 100 objects it is."""
    few, many = _tools(100), _tools(count)
    for label, call in many.items():
        # As in a run.
        with collecting_rarely():
            took, before = _least(call, repeats), _least(few[label], repeats)
        yield Figure(label, took, "ms", at_most=15 if "mail" in label else None)
        yield Figure(f"{label}: {count:,} / 100 objects", took / before, "x")


def _least(call: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return 1000 * min(times)


def _tools(count: int) -> dict[str, Callable[[], object]]:
    from benchmarks import population
    from pytest_pare import apps
    from pytest_pare.are.world import World
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper

    world = World("calls")

    def within(function: Callable[[], object]) -> Callable[[], object]:
        def call() -> object:
            with world.active():
                return function()

        return call

    with world.active():
        mail, flats = apps.StatefulEmailApp(name="Mail"), apps.StatefulApartmentApp(name="Flats")
        contacts, notes = apps.StatefulContactsApp(name="Contacts"), apps.StatefulNotesApp(name="Notes")
        chats, shop = apps.StatefulMessagingApp(name="Chats"), apps.StatefulShoppingApp(name="Shop")
        reminders, calendar = apps.StatefulReminderApp(name="Reminders"), apps.StatefulCalendarApp(name="Calendar")
        _add_mails(mail, count)
        population._fill_apartments(flats, count)
        population._fill_contacts(contacts, count)
        population._fill_notes(notes, count)
        population._fill_messages(chats, count)
        population._fill_shop(shop, count)
        population._fill_reminders(reminders, count)
        population._fill_calendar(calendar, count)
        phone = [mail, flats, contacts, notes, chats, shop, reminders, calendar]
        env = StateAwareEnvironmentWrapper(clock=world.clock)
        env.register_apps([apps.HomeScreenSystemApp(name="System"), apps.PAREAgentUserInterface(), *phone])
    calls: dict[str, Callable[[], object]] = {
        "a search that hits all mails": lambda: mail.search_emails("example"),
        "a search that hits one mail": lambda: mail.search_emails("someone77@"),
        "a page of mails": mail.list_emails,
        "a search of flats that hits all": lambda: flats.search_apartments(location="Harbour"),
        "a page of contacts": contacts.get_contacts,
        "a search of contacts that hits all": lambda: contacts.search_contacts("First"),
        "a search of notes that hits all": lambda: notes.search_notes("about"),
        "a page of conversations": chats.list_recent_conversations,
        "a page of products": shop.list_all_products,
        "all reminders": reminders.get_all_reminders,
        "a page of a calendar": lambda: calendar.get_calendar_events_from_to(
            "2025-01-01 00:00:00", "2026-01-01 00:00:00"
        ),
    }
    return {label: within(call) for label, call in calls.items()}


def _player(*, success: bool) -> Callable[[int], float]:
    """Return a function that plays a run with a number of mails, and returns its seconds."""
    from pytest_pare.apps import StatefulEmailApp
    from pytest_pare.scenarios import PAREScenario
    from pytest_pare.scenarios.config import LLMEngineConfig, ScenarioRunnerConfig
    from pytest_pare.simulation.runner import run_scenario

    class Mails(PAREScenario):
        scenario_id = "mails"
        count = 0

        def init_and_populate_apps(self, *_args: Any, **_kwargs: Any) -> None:
            self.mail = StatefulEmailApp(name="Mail")
            _add_mails(self.mail, self.count)
            self.add_apps(self.mail)

        def build_events_flow(self) -> None:
            with self.flow() as flow:
                flow.at(5, self.mail.send_email_to_user_only("ada@example.com", "Lunch", "At noon?"))

        def validate(self, _env: Any) -> Any:
            return success

    oracle = LLMEngineConfig(model_name="oracle", provider="oracle")
    config = ScenarioRunnerConfig(
        user_engine_config=oracle,
        agent_type="null",
        max_turns=2,
        simulated_generation_time_mode="fixed",
    )

    def play(count: int) -> float:
        Mails.count = count
        scenario = Mails()
        began = time.process_time()
        run_scenario(scenario, config)
        return time.process_time() - began

    return play
