"""Makes the bundled noise data, `pytest_pare/data/noise.json`: `python -m tests.noise.generate` writes it.

The standard library is enough. The same seed makes the same file, byte for byte.
"""

from __future__ import annotations

import json
import re
import uuid
from itertools import product
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.noise.chats import CHATS
from tests.noise.goods import PRODUCTS
from tests.noise.mails_business import BUSINESS
from tests.noise.mails_people import PEOPLE_MAILS
from tests.noise.tools import APP_NAMES, IDS, TOOLS
from tests.noise.words import COMPANIES, PEOPLE, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILE = Path(__file__).parents[2] / "pytest_pare" / "data" / "noise.json"
SEED = 42
USES_OF_A_MAIL = 4

_SLOT = re.compile(r"\{([a-z]+)(\d?)\}")
_BEFORE_A_VOWEL = re.compile(r"\b([Aa]) (?=[aeio]|u(?!k))")


class Filler:
    """Fills templates: `{town}` is one town wherever it occurs, `{town2}` another, and the next use has others."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._left: dict[str, list[str]] = {}

    def fill(self, templates: list[str], given: dict[str, str]) -> list[str]:
        """Return the templates with words drawn by chance, but for those that are given."""
        chosen = dict(given)
        for template in templates:
            for name, which in _SLOT.findall(template):
                if name + which not in chosen:
                    chosen[name + which] = self._draw(name)
        filled = (_SLOT.sub(lambda slot: chosen[slot[1] + slot[2]], template) for template in templates)
        return [_BEFORE_A_VOWEL.sub(r"\1n ", text) for text in filled]

    def _draw(self, name: str) -> str:
        # All words of a kind come before one comes again.
        if not self._left.get(name):
            words = [person.split()[0] for person in PEOPLE] if name == "person" else WORDS[name]
            self._left[name] = self._rng.sample(words, len(words))
        return self._left[name].pop()


def new_id(rng: Random) -> str:
    """Return an id in the form of a UUID."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def mails(rng: Random) -> Iterator[dict[str, Any]]:
    """Yield mails, such of one kind far from each other."""
    filler, people = Filler(rng), rng.sample(PEOPLE, len(PEOPLE))
    kinds = [*BUSINESS, *PEOPLE_MAILS]
    senders = {kind: _senders(kind[0], rng, people) for kind in kinds}
    for use in range(USES_OF_A_MAIL):
        for kind in rng.sample(kinds, len(kinds)):
            trade, box, *texts = kind
            who, name = senders[kind][use]
            given = {"me": name.split()[0]} if trade == "person" else {"company": name}
            subject, content = filler.fill(texts, given)
            yield {
                "email_id": rng.randbytes(12).hex(),
                "sender": who if trade == "person" else f"{box}@{who}",
                "recipients": [],
                "cc": [],
                "subject": subject[:1].upper() + subject[1:],
                "content": content,
                "parent_id": None,
                "attachments": {},
                "timestamp": 0,
                "is_read": False,
            }


def _senders(trade: str, rng: Random, people: list[str]) -> list[tuple[str, str]]:
    """Return senders, a different one for each use, by address or domain and name."""
    if trade != "person":
        return rng.sample(sorted(COMPANIES[trade].items()), USES_OF_A_MAIL)
    names = [_next(people) for _ in range(USES_OF_A_MAIL)]
    return [(f"{name.lower().replace(' ', '.')}@quillpost.example", name) for name in names]


def _next(people: list[str]) -> str:
    people.append(people.pop(0))
    return people[-1]


def conversations(rng: Random, make_id: Callable[[int], str]) -> dict[str, Any]:
    """Return the state of a messaging app: one conversation of each kind."""
    filler = Filler(rng)
    ids = {name: make_id(number) for number, name in enumerate(PEOPLE)}
    found: dict[str, Any] = {}
    chats = [chat.splitlines() for chat in CHATS.strip().split("\n\n")]
    for title, *lines in rng.sample(chats, len(chats)):
        # A line is the number of the speaker, a space, and what is said.
        people = rng.sample(PEOPLE, 1 + max(int(line[0]) for line in lines))
        shown, *texts = filler.fill([people[0] if title == "-" else title, *(line[2:] for line in lines)], {})
        conversation_id = new_id(rng).replace("-", "")
        found[f"conversation_{conversation_id}"] = {
            "conversation_id": conversation_id,
            "title": shown[:1].upper() + shown[1:],
            "participant_ids": [ids[name] for name in people],
            "last_updated": 0,
            "messages": [
                {
                    "sender_id": ids[people[int(line[0])]],
                    "message_id": rng.randbytes(16).hex(),
                    "timestamp": 0,
                    "content": said,
                }
                for line, said in zip(lines, texts, strict=True)
            ],
        }
    return {"id_to_name": {user_id: name for name, user_id in ids.items()}, "conversations": found}


def products(rng: Random) -> dict[str, Any]:
    """Return the state of a shop."""
    found: dict[str, Any] = {}
    for kind, lines, options, (least, most) in PRODUCTS:
        for line in lines.split():
            product_id = rng.randbytes(12).hex()
            chosen = [dict(zip(options, one, strict=True)) for one in product(*(v.split() for v in options.values()))]
            chosen = [chosen[i] for i in sorted(rng.sample(range(len(chosen)), rng.randint(2, min(5, len(chosen)))))]
            price = rng.randint(least, most)
            found[product_id] = {
                "name": f"{line} {kind}",
                "product_id": product_id,
                "variants": {
                    item_id: {
                        "item_id": item_id,
                        "price": round(price * (1 + 0.12 * step)) - 0.1,
                        "available": rng.random() < 0.9,
                        "options": variant,
                    }
                    for step, variant in enumerate(chosen)
                    for item_id in [rng.randbytes(12).hex()]
                },
            }
    shuffled = rng.sample(sorted(found), len(found))
    return {"products": {product_id: found[product_id] for product_id in shuffled}, "discount_codes": {}}


def tool_mappings() -> tuple[dict[str, str], dict[str, str]]:
    """Return other names and other descriptions of the agent's tools, by name."""
    names, descriptions = {}, {}
    for app_class, tools in TOOLS.items():
        for app in (*APP_NAMES[app_class], app_class):
            for function, (name, description) in tools.items():
                names[f"{app}__{function}"] = f"{app}__{name}"
                descriptions[f"{app}__{function}"] = description + IDS.get(app_class, "")
    return names, descriptions


def data(seed: int = SEED) -> dict[str, Any]:
    """Return all noise data."""
    rng = Random(seed)
    names, descriptions = tool_mappings()
    # From the range of phone numbers that is kept free for fiction.
    numbers = rng.sample(range(1000), len(PEOPLE))
    return {
        "apps": [
            {"name": "Messages", "app_state": conversations(rng, lambda number: f"+447700900{numbers[number]:03}")},
            {"name": "Chats", "app_state": conversations(rng, lambda _: new_id(rng))},
            {"name": "Emails", "app_state": {"folders": {"INBOX": {"emails": list(mails(rng))}}}},
            {"name": "RentAFlat", "app_state": {"apartments": {}}},
            {"name": "Shopping", "app_state": products(rng)},
        ],
        "tool_names_mapping": names,
        "tool_descriptions_mapping": descriptions,
    }


def text(value: Any) -> str:
    """Return `value` as JSON with a record a line."""
    return "\n".join(_lines(value, "", "", "")) + "\n"


def _lines(value: Any, key: str, indent: str, end: str) -> Iterator[str]:
    """Yield what holds records over several lines, and anything else as one."""
    if not _holds_records(value):
        yield f"{indent}{key}{_line(value)}{end}"
        return
    keys = [f"{_line(name)}: " for name in value] if isinstance(value, dict) else [""] * len(value)
    parts = list(value.values()) if isinstance(value, dict) else value
    yield indent + key + ("{" if isinstance(value, dict) else "[")
    for number, part in enumerate(parts, start=1):
        yield from _lines(part, keys[number - 1], indent + " ", "," if number < len(parts) else "")
    yield indent + ("}" if isinstance(value, dict) else "]") + end


def _holds_records(value: Any) -> bool:
    if not isinstance(value, dict | list) or not value:
        return False
    is_record = isinstance(value, dict) and bool(value.keys() & {"email_id", "conversation_id", "product_id"})
    return not is_record


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(data()), encoding="utf-8", newline="\n")
