"""A phone with all apps and some content in each, for tests of all apps."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from are.simulation.apps import SandboxLocalFileSystem
from are.simulation.apps.apartment_listing import Apartment
from are.simulation.apps.cab import Ride
from are.simulation.apps.calendar import CalendarEvent
from are.simulation.apps.contacts import Contact
from are.simulation.apps.email_client import Email, EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2, FileMessageV2, MessageV2
from are.simulation.apps.shopping import CartItem, Item, Order, Product
from are.simulation.types import CompletedEvent, EventRegisterer

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulApartmentApp,
    StatefulApp,
    StatefulCabApp,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulEmailApp,
    StatefulMessagingApp,
    StatefulNotesApp,
    StatefulReminderApp,
    StatefulShoppingApp,
)
from pytest_pare.are.world import World
from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from are.simulation.apps.app import App

# Placeholders in arguments for ids that the apps make: see `FullPhone.filled`.
NOTE, REMINDER = "<id of the note>", "<id of the reminder>"
ALL_APPS = (
    StatefulApartmentApp,
    StatefulCabApp,
    StatefulCalendarApp,
    StatefulContactsApp,
    StatefulEmailApp,
    StatefulMessagingApp,
    StatefulNotesApp,
    StatefulReminderApp,
    StatefulShoppingApp,
)


def apartments() -> StatefulApartmentApp:
    def flat(apartment_id: str, price: float) -> Apartment:
        return Apartment(
            apartment_id.title(),
            "Harbour",
            "B2",
            price,
            2,
            1,
            "Condo",
            70,
            apartment_id=apartment_id,
            amenities=["Gym"],
        )

    listing = {"loft": flat("loft", 900.0), "attic": flat("attic", 700.0)}
    return StatefulApartmentApp(name="Apartment", apartments=listing, saved_apartments=["attic"])


def cabs() -> StatefulCabApp:
    return StatefulCabApp(name="Cab", ride_history=[Ride(ride_id="old", status="COMPLETED", price=9.0)])


def calendar() -> StatefulCalendarApp:
    app = StatefulCalendarApp(name="Calendar")
    for hour, event_id in ((10, "standup"), (12, "lunch")):
        start = datetime(2025, 1, 6, hour, tzinfo=UTC).timestamp()
        event = CalendarEvent(
            event_id=event_id,
            title=event_id.title(),
            start_datetime=start,
            end_datetime=start + 3600,
            tag="work",
            attendees=["Ada Byron"],
        )
        app.set_calendar_event(event)
    return app


def contacts() -> StatefulContactsApp:
    app = StatefulContactsApp(name="Contacts")
    app.add_contact(Contact(contact_id="ada", first_name="Ada", last_name="Byron", email="ada@example.com", age=36))
    return app


def mail() -> StatefulEmailApp:
    app = StatefulEmailApp(name="Emails")
    for email_id, attachments in (("plain", {}), ("menu", {"menu.txt": b"c291cA=="})):
        email = Email(
            sender="ada@example.com",
            recipients=[app.user_email],
            subject="Lunch",
            content="Shall we?",
            email_id=email_id,
            attachments=attachments,
            timestamp=1736150000.0,
        )
        app.add_email(email, EmailFolderName.INBOX)
    sent = Email(sender=app.user_email, recipients=["ada@example.com"], subject="Tea", email_id="sent", timestamp=1.0)
    app.add_email(sent, EmailFolderName.SENT)
    return app


def messages() -> StatefulMessagingApp:
    app = StatefulMessagingApp(name="Messages")
    app.add_contacts([("Ada Byron", "ada"), ("Bob Stone", "bob"), ("Cy Vane", "cy")])
    me = str(app.current_user_id)
    app.add_conversation(
        ConversationV2(
            conversation_id="trip",
            title="Trip",
            participant_ids=[me, "ada", "bob"],
            messages=[
                MessageV2("ada", "first", 1736150000.0, "Where to?"),
                FileMessageV2("bob", "map", 1736150001.0, "There", b"bWFw", "map.txt"),
            ],
        )
    )
    return app


def notes() -> StatefulNotesApp:
    app = StatefulNotesApp(name="Notes")
    app.new_folder("Ideas")
    app.create_note_with_time(
        "Inbox", "Milk", "Two", created_at="2025-01-01 08:00:00", updated_at="2025-01-01 08:00:00"
    )
    app.folders["Inbox"].get_note(0).attachments = {"old.txt": b"b2xk"}
    return app


def reminders() -> StatefulReminderApp:
    app = StatefulReminderApp(name="Reminders")
    app.add_reminder("Pills", "2025-01-06 12:00:00", "Two of them")
    return app


def shop() -> StatefulShoppingApp:
    variants = {
        "brass": Item(price=40.0, item_id="brass", options={"colour": "brass"}),
        "steel": Item(price=30.0, item_id="steel"),
    }
    return StatefulShoppingApp(
        name="Shopping",
        products={"lamp": Product(name="Lamp", product_id="lamp", variants=variants)},
        cart={"steel": CartItem(item_id="steel", quantity=2, price=30.0)},
        orders={"new": Order("processed", 2.0, 40.0, "new", {"brass": CartItem("brass", 1, 40.0)})},
        discount_codes={"steel": {"TEN": 10.0}},
    )


def files() -> SandboxLocalFileSystem:
    app = SandboxLocalFileSystem(name="Files")
    app.makedirs("Downloads", exist_ok=True)
    with app.open("menu.txt", "wb") as file:
        file.write(b"soup")
    return app


class FullPhone:
    """All nine apps, the home screen, the channel to the agent and the files, in a running environment."""

    def __init__(self, world: World) -> None:
        self.world = world
        with EventRegisterer.disable():
            made = [
                HomeScreenSystemApp(name="System"),
                PAREAgentUserInterface(),
                files(),
                *(make() for make in (apartments, cabs, calendar, contacts, mail, messages, notes, reminders, shop)),
            ]
        self.apps: dict[str, App] = {type(app).__name__: app for app in made}
        self.env = StateAwareEnvironmentWrapper(clock=world.clock)
        self.env.register_apps(made)

    def app(self, app_class: type | str) -> Any:
        return self.apps[app_class if isinstance(app_class, str) else app_class.__name__]

    def filled(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return `arguments` with the ids that the apps made."""
        made = {
            NOTE: self.app("StatefulNotesApp").folders["Inbox"].get_note(0).note_id,
            REMINDER: next(iter(self.app("StatefulReminderApp").reminders)),
        }
        return {name: made.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}

    def log(self) -> list[CompletedEvent]:
        return list(self.env.event_log.list_view())

    def agent_tools(self, app: App) -> dict[str, Any]:
        return {tool.name.partition("__")[2]: tool for tool in app.get_tools()}

    def user_tools(self) -> dict[str, Any]:
        return {tool.name: tool for tool in self.env.get_user_tools()}

    def open(self, app: App) -> None:
        self.user_tools()["System__go_home"]()
        self.user_tools()["System__open_app"](app_name=app.name)

    def act(self, app: App, tool: str, arguments: dict[str, Any]) -> Any:
        """Call a user tool of the current screen."""
        return self.user_tools()[f"{app.name}__{tool}"](**self.filled(arguments))

    def states(self) -> dict[str, Any]:
        return {name: copy.deepcopy(app.get_state()) for name, app in self.apps.items()}


def screen_of(app: StatefulApp) -> str:
    return type(app.current_state).__name__


@contextmanager
def full_phone(seed: str = "full") -> Iterator[FullPhone]:
    world = World(seed)
    with world.active():
        yield FullPhone(world)
