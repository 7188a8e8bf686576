"""The content of an app as lines, by what its state holds: mails, chats, events, and so on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

Lines = Iterator[tuple[int, str]]
"""The level of indentation of each line, and its text."""

# The last messages of a chat are those that matter.
_MESSAGES_OF_A_CARD = 12


def lines_of(state: dict[str, Any]) -> list[tuple[int, str]]:
    """Return all lines of an app's state.

    Args:
        state: The state as builtins.
    """
    return _made(state, _BY_KEYS, _anything)


def card_of(state: dict[str, Any]) -> list[tuple[int, str]]:
    """Return the lines of an app's state with what changes before what does not, and the last messages of each chat.

    Args:
        state: The state as builtins.
    """
    return _made(state, {**_BY_KEYS, **_OF_CARDS}, _any_card)


def talk_of(state: dict[str, Any]) -> list[tuple[int, str]]:
    """Return the lines of the channel between the user and the agent.

    Args:
        state: The state as builtins.
    """
    return list(_talk(state))


def _made(
    state: dict[str, Any],
    by_keys: dict[frozenset[str], Callable[[dict[str, Any]], Lines]],
    otherwise: Callable[[dict[str, Any]], Lines],
) -> list[tuple[int, str]]:
    if not isinstance(state, dict):
        return [(1, _short(state))]
    # The keys of the state, and not the class: an app of the user's may extend a built-in one.
    shown = next((lines for keys, lines in by_keys.items() if keys.issubset(state)), otherwise)
    try:
        return list(shown(state))
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        # An app of the user's may have the keys of a built-in one, with other content.
        return list(otherwise(state))


def _talk(state: dict[str, Any]) -> Lines:
    for one in state.get("messages", []):
        yield 1, f"{when(one.get('timestamp'))} {str(one.get('sender', '')).lower()}: {one.get('content')}"


def _messages(state: dict[str, Any]) -> Lines:
    names = state["id_to_name"]
    for chat in state["conversations"].values():
        title = chat["title"] or ", ".join(names.get(one, one) for one in chat["participant_ids"])
        yield 1, title
        for one in chat["messages"]:
            yield 2, f"{when(one['timestamp'])} {names.get(one['sender_id'], one['sender_id'])}: {one['content']}"


def _mails(state: dict[str, Any]) -> Lines:
    for folder in state["folders"].values():
        if folder["emails"]:
            yield 1, folder["folder_name"]
        for mail in folder["emails"]:
            sent = f"{mail['sender']} to {', '.join(mail['recipients'])}"
            is_new = folder["folder_name"] == "INBOX" and not mail["is_read"]
            yield 2, f"{when(mail['timestamp'])} {'new: ' * is_new}{mail['subject']} ({sent})"
            yield 3, mail["content"]


def _calendar(state: dict[str, Any]) -> Lines:
    for one in sorted(state["events"].values(), key=lambda event: event["start_datetime"]):
        where = [one["location"], ", ".join(one["attendees"]), one["description"]]
        more = "; ".join(filter(None, where))
        yield 1, f"{when(one['start_datetime'])} to {when(one['end_datetime'])} {one['title']}{_behind(more)}"


def _contacts(state: dict[str, Any]) -> Lines:
    for one in state["contacts"].values():
        known = [one["phone"], one["email"], one["address"]]
        owner = " (the owner)" * bool(one["is_user"])
        yield 1, f"{one['first_name']} {one['last_name']}{owner}: {', '.join(filter(None, known)) or 'nothing'}"


def _reminders(state: dict[str, Any]) -> Lines:
    for one in sorted(state["reminders"].values(), key=lambda reminder: str(reminder["due_datetime"])):
        yield 1, f"{str(one['due_datetime'])[:16].replace('T', ' ')} {one['title']}{_behind(one['description'])}"


def _notes(state: dict[str, Any]) -> Lines:
    for folder in state["folders"].values():
        if folder["notes"]:
            yield 1, folder["folder_name"]
        for note in folder["notes"]:
            yield 2, note["title"]
            yield from ((3, line) for line in note["content"].splitlines() if line.strip())


def _flats(state: dict[str, Any]) -> Lines:
    for one in state["apartments"].values():
        saved = " (saved)" * (one["apartment_id"] in state["saved_apartments"])
        yield 1, f"{one['name']}{saved}: {one['price']:g} a month, {one['bedrooms']} bedrooms, {one['location']}"


def _shop(state: dict[str, Any]) -> Lines:
    for product in state["products"].values():
        yield 1, product["name"]
        yield from ((2, _variant(item)) for item in product["variants"].values())
    yield from _bought(state)


def _variant(item: dict[str, Any]) -> str:
    return f"{item['price']:g} {_options(item)}{'' if item['available'] else ', not available'}"


def _options(item: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in item["options"].items()) or str(item["item_id"])


def _bought(state: dict[str, Any]) -> Lines:
    products = state["products"].values()
    variants = ((product, item) for product in products for item in product["variants"].values())
    names = {item["item_id"]: f"{product['name']} ({_options(item)})" for product, item in variants}
    if state["cart"]:
        yield 1, "in the cart"
    for item in state["cart"].values():
        yield 2, f"{item['quantity']} x {names.get(item['item_id'], item['item_id'])}"
    for order_id, order in state["orders"].items():
        bought = order["order_items"].values()
        items = ", ".join(f"{one['quantity']} x {names.get(one['item_id'], one['item_id'])}" for one in bought)
        yield 1, f"order of {items}: {order['order_total']:g}, {order['order_status']} ({order_id})"


def _cabs(state: dict[str, Any]) -> Lines:
    for ride in state["ride_history"]:
        way = f"{ride['start_location']} to {ride['end_location']}"
        yield 1, f"{way}, {ride['service_type']}, {ride['price']:.2f}, {ride['status'].lower()}"


def _anything(state: dict[str, Any]) -> Lines:
    for key, value in state.items():
        yield 1, f"{key}: {_short(value)}"


def _talk_card(state: dict[str, Any]) -> Lines:
    yield from _last(list(_talk(state)))


def _messages_card(state: dict[str, Any]) -> Lines:
    for one in state["conversations"].values():
        title, *said = _messages({**state, "conversations": {"": one}})
        yield title
        yield from _last(said)


def _last(said: list[tuple[int, str]]) -> Lines:
    missing = len(said) - _MESSAGES_OF_A_CARD
    if missing > 0:
        yield said[0][0], f"... {missing} earlier"
    yield from said[-_MESSAGES_OF_A_CARD:]


def _shop_card(state: dict[str, Any]) -> Lines:
    # What was bought comes before the catalogue.
    yield from _bought(state)
    for product in state["products"].values():
        yield 1, f"{product['name']}: {'; '.join(map(_variant, product['variants'].values()))}"


def _any_card(state: dict[str, Any]) -> Lines:
    for key, value in state.items():
        if not isinstance(value, dict | list) or not value:
            yield 1, f"{key}: {_short(value)}"
            continue
        yield 1, key
        items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        yield from ((2, _short(item) if name is None else f"{name}: {_short(item)}") for name, item in items)


_BY_KEYS: dict[frozenset[str], Callable[[dict[str, Any]], Lines]] = {
    frozenset({"conversations", "id_to_name"}): _messages,
    frozenset({"folders", "user_email"}): _mails,
    frozenset({"events"}): _calendar,
    frozenset({"contacts"}): _contacts,
    frozenset({"reminders"}): _reminders,
    frozenset({"folders"}): _notes,
    frozenset({"apartments", "saved_apartments"}): _flats,
    frozenset({"products", "cart", "orders"}): _shop,
    frozenset({"ride_history"}): _cabs,
}
_OF_CARDS: dict[frozenset[str], Callable[[dict[str, Any]], Lines]] = {
    frozenset({"conversations", "id_to_name"}): _messages_card,
    frozenset({"products", "cart", "orders"}): _shop_card,
    frozenset({"messages"}): _talk_card,
}


def when(time: Any) -> str:
    """Return a time in epoch seconds, to the minute."""
    return datetime.fromtimestamp(float(time), tz=UTC).strftime("%Y-%m-%d %H:%M")


def _behind(text: str | None) -> str:
    return f": {text}" if text else ""


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
