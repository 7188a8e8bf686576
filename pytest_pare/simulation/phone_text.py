"""The content of the phone's apps as text: `print(env.phone)`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from are.simulation.apps.agent_user_interface import AgentUserInterface

from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_builtins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.apps.app import App

_WIDTH: Final = 80

Lines = Iterator[tuple[int, str]]
"""The level of indentation of each line, and its text."""


class PhoneText:
    """The content of the apps on a phone, for people: `str` has at most 80 columns, and a line for each entry.

    Args:
        apps: The apps.
        time: The present time, in epoch seconds of the simulated clock.
        screen: What is on the screen; `None` for nothing.
    """

    def __init__(self, apps: Iterable[App], time: float, screen: str | None) -> None:
        self._apps = list(apps)
        self._time = time
        self._screen = screen

    def __str__(self) -> str:
        """Return the text."""
        lines = [f"{_when(self._time)}, on the screen: {self._screen or 'nothing'}"]
        for app in self._apps:
            state: Any = to_builtins(app.get_state())
            if not state:
                continue
            lines.append(app.name)
            content = list(_content(app, state)) or [(1, "empty")]
            lines += [f"{'  ' * level}{' '.join(text.split())}" for level, text in content]
        return "\n".join(line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…" for line in map(redacted, lines))


def _content(app: App, state: dict[str, Any]) -> Lines:
    if isinstance(app, AgentUserInterface):
        return _talk(state)
    # The keys of the state, and not the class: an app of the user's may extend a built-in one.
    shown = next((lines for keys, lines in _BY_KEYS.items() if keys.issubset(state)), _anything)
    return shown(state)


def _talk(state: dict[str, Any]) -> Lines:
    for one in state.get("messages", []):
        yield 1, f"{_when(one.get('timestamp'))} {str(one.get('sender', '')).lower()}: {one.get('content')}"


def _messages(state: dict[str, Any]) -> Lines:
    names = state["id_to_name"]
    for chat in state["conversations"].values():
        title = chat["title"] or ", ".join(names.get(one, one) for one in chat["participant_ids"])
        yield 1, title
        for one in chat["messages"]:
            yield 2, f"{_when(one['timestamp'])} {names.get(one['sender_id'], one['sender_id'])}: {one['content']}"


def _mails(state: dict[str, Any]) -> Lines:
    for folder in state["folders"].values():
        if folder["emails"]:
            yield 1, folder["folder_name"]
        for mail in folder["emails"]:
            sent = f"{mail['sender']} to {', '.join(mail['recipients'])}"
            is_new = folder["folder_name"] == "INBOX" and not mail["is_read"]
            yield 2, f"{_when(mail['timestamp'])} {'new: ' * is_new}{mail['subject']} ({sent})"
            yield 3, mail["content"]


def _calendar(state: dict[str, Any]) -> Lines:
    for one in sorted(state["events"].values(), key=lambda event: event["start_datetime"]):
        where = [one["location"], ", ".join(one["attendees"]), one["description"]]
        more = "; ".join(filter(None, where))
        yield 1, f"{_when(one['start_datetime'])} to {_when(one['end_datetime'])} {one['title']}{_behind(more)}"


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
    names = {}
    for product in state["products"].values():
        yield 1, product["name"]
        for item in product["variants"].values():
            options = ", ".join(f"{name} {value}" for name, value in item["options"].items()) or item["item_id"]
            yield 2, f"{item['price']:g} {options}{'' if item['available'] else ', not available'}"
            names[item["item_id"]] = f"{product['name']} ({options})"
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


def _when(time: Any) -> str:
    return datetime.fromtimestamp(float(time), tz=UTC).strftime("%Y-%m-%d %H:%M")


def _behind(text: str | None) -> str:
    return f": {text}" if text else ""


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
