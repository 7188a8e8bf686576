"""Filling the apps of a phone and taking the first snapshot, compared with ARE's apps."""

from __future__ import annotations

import gc
import json
import time
from typing import Any

from benchmarks.figures import Figure, alternate

HEADING = "filling the apps and their first snapshot, by pytest-pare and by ARE's own apps"


def measure(*, quick: bool = False) -> list[Figure]:
    """Alternate filling the apps of both, in this process, and compare the median processor times.

    The same calls fill both, and the same code takes the snapshot, as `initialize` does. The comparison leaves out
    notes, which ARE does not have. The state of ARE's reminders is empty; the state of ours is complete.
    """
    import pytest_pare.apps as ours
    from pytest_pare.are.world import World

    repeats, objects = (1, 5) if quick else (50, 50)
    theirs = _are_apps()
    fillers: dict[str, Any] = {
        "StatefulApartmentApp": _fill_apartments,
        "StatefulCabApp": _fill_cabs,
        "StatefulCalendarApp": _fill_calendar,
        "StatefulContactsApp": _fill_contacts,
        "StatefulEmailApp": _fill_email,
        "StatefulMessagingApp": _fill_messages,
        "StatefulReminderApp": _fill_reminders,
        "StatefulShoppingApp": _fill_shop,
    }

    def populate(classes: dict[str, Any], fill: dict[str, Any]) -> float:
        # No garbage collection during the measurement, and no garbage of an earlier one.
        gc.collect()
        began = time.process_time()
        for name, put in fill.items():
            app = classes[name](name=name)
            put(app, objects)
            _snapshot(app)
        return 1000 * (time.process_time() - began)

    def with_are() -> float:
        return populate(theirs, fillers)

    def with_pare() -> float:
        with World("population").active():
            return populate(vars(ours), fillers)

    def with_notes() -> float:
        with World("population").active():
            return populate(vars(ours), {**fillers, "StatefulNotesApp": _fill_notes})

    # The first call of each fills caches.
    with_are(), with_notes()
    gc.disable()
    try:
        pare, are = alternate(with_pare, with_are, repeats)
        all_nine, _ = alternate(with_notes, with_are, repeats)
    finally:
        gc.enable()
    return [
        Figure(f"ARE, {len(fillers)} apps with {objects} objects each, median of {repeats}", are, "ms"),
        Figure(f"pytest-pare, the same, median of {repeats}", pare, "ms"),
        Figure("pytest-pare / ARE", pare / are, "x", at_most=1.5),
        Figure("pytest-pare, with notes, which ARE does not have", all_nine, "ms"),
    ]


def _are_apps() -> dict[str, Any]:
    from are.simulation.apps.apartment_listing import ApartmentListingApp
    from are.simulation.apps.cab import CabApp
    from are.simulation.apps.calendar_v2 import CalendarV2
    from are.simulation.apps.contacts import ContactsApp
    from are.simulation.apps.email_client import EmailClientV2
    from are.simulation.apps.messaging_v2 import MessagingAppV2
    from are.simulation.apps.reminder import ReminderApp
    from are.simulation.apps.shopping import ShoppingApp

    return {
        "StatefulApartmentApp": ApartmentListingApp,
        "StatefulCabApp": CabApp,
        "StatefulCalendarApp": CalendarV2,
        "StatefulContactsApp": ContactsApp,
        "StatefulEmailApp": EmailClientV2,
        "StatefulMessagingApp": MessagingAppV2,
        "StatefulReminderApp": ReminderApp,
        "StatefulShoppingApp": ShoppingApp,
    }


def _snapshot(app: Any) -> str:
    from are.simulation.utils import EnumEncoder

    return json.dumps(app.get_state(), cls=EnumEncoder)


def _fill_apartments(app: Any, objects: int) -> None:
    for number in range(objects):
        app.add_new_apartment(
            name=f"Flat {number}",
            location="Harbour",
            zip_code="1010",
            price=900.0 + number,
            number_of_bedrooms=2,
            number_of_bathrooms=1,
            square_footage=70,
        )


def _fill_cabs(app: Any, objects: int) -> None:
    for number in range(objects):
        app.add_new_ride("Default", f"Street {number}", "Station", 12.5, 20.0, 1736150000.0 + number, 7.5)


def _fill_calendar(app: Any, objects: int) -> None:
    for number in range(objects):
        day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}"
        app.add_calendar_event(f"Event {number}", f"{day} 10:00:00", f"{day} 11:00:00", "work", "What it is about")


def _fill_contacts(app: Any, objects: int) -> None:
    for number in range(objects):
        app.add_new_contact(f"First{number}", f"Last{number}", email=f"someone{number}@example.com", phone="0123456")


def _fill_email(app: Any, objects: int) -> None:
    for number in range(objects):
        app.create_and_add_email(f"someone{number}@example.com", [], f"Subject {number}", "What it is about. " * 10)


def _fill_messages(app: Any, objects: int) -> None:
    from are.simulation.apps.messaging_v2 import ConversationV2, MessageV2

    app.add_users([f"Someone {number}" for number in range(objects)])
    for name, user_id in list(app.name_to_id.items()):
        if name.startswith("Someone"):
            people = [str(app.current_user_id), user_id]
            message = MessageV2(sender_id=user_id, timestamp=1736150000.0, content="What it is about")
            app.add_conversation(ConversationV2(participant_ids=people, messages=[message], title=name))


def _fill_notes(app: Any, objects: int) -> None:
    for number in range(objects):
        app.create_note_with_time("Inbox", f"Note {number}", "What it is about", created_at="2025-01-01 08:00:00")


def _fill_reminders(app: Any, objects: int) -> None:
    for number in range(objects):
        app.add_reminder(f"Reminder {number}", "2025-02-01 08:00:00", "What it is about")


def _fill_shop(app: Any, objects: int) -> None:
    for number in range(objects):
        product_id = app.add_product(f"Product {number}")
        app.add_item_to_product(product_id, price=10.0 + number, options={"colour": "red"}, available=True)
