"""The notifications of world events: a table with texts for the user and the agent."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from are.simulation.notification_system import VerbosityLevel

MEDIUM = VerbosityLevel.MEDIUM
HIGH = VerbosityLevel.HIGH


class Announcement(NamedTuple):
    """The notification of a kind of event.

    Attributes:
        verbosity: The lowest level at which there is a notification.
        user: Jinja template of the text for the user: sender and short facts. Its variables are the arguments, `app`,
            `result`, and `person`, the name of whom `sender_id` or `user_id` names in a messaging app.
        agent: Jinja template of the text for the agent: all arguments.
    """

    verbosity: VerbosityLevel
    user: str
    agent: str


_MAIL_AGENT = "New email {{ result }} from {{ sender }}: {{ subject }}\n{{ content }}"
_MAIL_USER = "New email from {{ sender }}: {{ subject }} - {{ content | short }}"
_CALENDAR = "Calendar event {{ title }}{% if start_datetime %}, {{ start_datetime }}{% endif %}"

ANNOUNCEMENTS: dict[tuple[str, str], Announcement] = {
    ("StatefulEmailApp", "send_email_to_user_only"): Announcement(MEDIUM, _MAIL_USER, _MAIL_AGENT),
    ("StatefulEmailApp", "send_email_to_user_with_id"): Announcement(MEDIUM, _MAIL_USER, _MAIL_AGENT),
    ("StatefulEmailApp", "create_and_add_email"): Announcement(MEDIUM, _MAIL_USER, _MAIL_AGENT),
    ("StatefulEmailApp", "reply_to_email_from_user"): Announcement(
        MEDIUM,
        "New reply from {{ sender }}: {{ content | short }}",
        "New reply {{ result }} from {{ sender }} to email {{ email_id }}\n{{ content }}",
    ),
    ("StatefulMessagingApp", "create_and_add_message"): Announcement(
        MEDIUM,
        "New message from {{ person }}: {{ content | short }}",
        "New message from {{ person }} in conversation {{ conversation_id }}\n{{ content }}",
    ),
    ("StatefulMessagingApp", "create_group_conversation"): Announcement(
        MEDIUM,
        "New conversation {{ title or result }}",
        "New conversation {{ result }}{% if title %} ({{ title }}){% endif %} with {{ user_ids | join(', ') }}",
    ),
    ("StatefulMessagingApp", "add_participant_to_conversation"): Announcement(
        HIGH,
        "{{ person }} joined a conversation",
        "{{ person }} ({{ user_id }}) joined conversation {{ conversation_id }}",
    ),
    ("StatefulMessagingApp", "remove_participant_from_conversation"): Announcement(
        HIGH,
        "{{ person }} left a conversation",
        "{{ person }} ({{ user_id }}) left conversation {{ conversation_id }}",
    ),
    ("StatefulMessagingApp", "change_conversation_title"): Announcement(
        HIGH, "A conversation is now called {{ title }}", "Conversation {{ conversation_id }} is now called {{ title }}"
    ),
    ("StatefulCalendarApp", "add_calendar_event_by_attendee"): Announcement(
        MEDIUM,
        "{{ who_add }} added: " + _CALENDAR,
        "{{ who_add }} added event {{ result }}: "
        + _CALENDAR
        + "{% if end_datetime %} to {{ end_datetime }}{% endif %}{% if location %}, {{ location }}{% endif %}"
        "{% if description %}\n{{ description }}{% endif %}",
    ),
    ("StatefulCalendarApp", "delete_calendar_event_by_attendee"): Announcement(
        MEDIUM, "{{ who_delete }} deleted a calendar event", "{{ who_delete }} deleted calendar event {{ event_id }}"
    ),
    ("StatefulShoppingApp", "add_product"): Announcement(
        HIGH, "New product: {{ name }}", "New product {{ result }}: {{ name }}"
    ),
    ("StatefulShoppingApp", "add_item_to_product"): Announcement(
        HIGH,
        "A product has a new variant at {{ price }}",
        "Product {{ product_id }} has a new variant {{ result }} at {{ price }}"
        "{% if options %}, {{ options }}{% endif %}{% if not available %}, not available{% endif %}",
    ),
    ("StatefulShoppingApp", "update_item"): Announcement(
        HIGH,
        "An item has changed",
        "Item {{ item_id }} has changed{% if new_price is not none %}, new price {{ new_price }}{% endif %}"
        "{% if new_availability is not none %}, {{ 'available' if new_availability else 'not available' }}{% endif %}",
    ),
    ("StatefulShoppingApp", "add_discount_code"): Announcement(
        HIGH, "New discount code", "New discount codes for item {{ item_id }}: {{ discount_code }}"
    ),
    ("StatefulShoppingApp", "update_order_status"): Announcement(
        MEDIUM, "An order is now {{ status }}", "Order {{ order_id }} is now {{ status }}"
    ),
    ("StatefulShoppingApp", "cancel_order"): Announcement(
        MEDIUM, "An order was cancelled", "Order {{ order_id }} was cancelled"
    ),
    ("StatefulCabApp", "cancel_ride"): Announcement(
        MEDIUM,
        "The {{ who_cancel }} cancelled the ride{% if message %}: {{ message | short }}{% endif %}",
        "The {{ who_cancel }} cancelled the ride{% if message %}: {{ message }}{% endif %}",
    ),
    ("StatefulCabApp", "update_ride_status"): Announcement(
        HIGH,
        "The ride is now {{ status }}{% if message %}: {{ message | short }}{% endif %}",
        "The ride is now {{ status }}{% if message %}: {{ message }}{% endif %}",
    ),
    ("StatefulCabApp", "end_ride"): Announcement(MEDIUM, "The ride has ended", "The ride has ended"),
    ("StatefulApartmentApp", "add_new_apartment"): Announcement(
        HIGH,
        "New apartment: {{ name }}, {{ price }}",
        "New apartment {{ result }}: {{ name }}, {{ location }} {{ zip_code }}, {{ price }}, "
        "{{ number_of_bedrooms }} bedrooms, {{ number_of_bathrooms }} bathrooms, {{ square_footage }} square feet"
        "{% for fact in (property_type, furnished_status, floor_level, pet_policy, lease_term) if fact %}"
        ", {{ fact }}{% endfor %}{% if amenities %}, {{ amenities | join(', ') }}{% endif %}",
    ),
    ("StatefulApartmentApp", "update_apartment"): Announcement(
        HIGH,
        "An apartment has changed",
        "Apartment {{ apartment_id }} has changed, new price {{ new_price }}",
    ),
    ("StatefulApartmentApp", "delete_apartment"): Announcement(
        HIGH, "An apartment is no longer offered", "Apartment {{ apartment_id }} is no longer offered"
    ),
    ("StatefulNotesApp", "delete_folder"): Announcement(
        HIGH, "The folder {{ folder_name }} was deleted", "The notes folder {{ folder_name }} was deleted"
    ),
}
"""By app class and function. A function that is not named is not announced."""

TEMPLATES = frozenset(text for one in ANNOUNCEMENTS.values() for text in (one.user, one.agent))
"""The templates of the table as it is here. Tests render each of them with all arguments."""


@cache
def announcement_of(app_class: type, function: str) -> Announcement | None:
    """Return how a call of `function` is announced, looked up for the class of the app and those it extends."""
    known = [(cls.__name__, function) for cls in app_class.__mro__ if function is not None]
    return next((ANNOUNCEMENTS[key] for key in known if key in ANNOUNCEMENTS), None)
