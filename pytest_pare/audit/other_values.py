"""Wrong values for an argument, by its type and meaning."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_pare.audit.world_values import others_like

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FREE_TEXT: Final = frozenset(
    {
        *("body", "caption", "comment", "content", "description", "details", "greeting", "message", "notes", "reason"),
        *("subject", "summary", "text", "title"),
    }
)
"""The names of arguments that hold a text in an agent's own words."""

NEVER_EMPTY: Final = frozenset({"body", "content", "message", "subject", "text", "title"})
"""Those without which the call is wrong."""

OTHER_TEXT: Final = "Something quite different."
STRANGER: Final = "someone@else.example"

_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s()/.-]{7,}")


class Wrong(NamedTuple):
    """A wrong value of an argument.

    Attributes:
        name: What is wrong, for the id of the mutant.
        value: The value.
        is_free_text: Whether only words differ that a validator need not test.
    """

    name: str
    value: Any
    is_free_text: bool = False


def wrong_values(name: str, value: Any, apps: Sequence[Any]) -> Iterator[Wrong]:
    """Yield the wrong values for an argument.

    Args:
        name: The name of the argument, or the key in it.
        value: The right value.
        apps: Apps whose content has other values of the kind, the app of the call first.
    """
    if isinstance(value, bool):
        yield Wrong("negated", not value)
    elif isinstance(value, int | float):
        yield Wrong("one-more", value + 1)
    elif isinstance(value, str):
        yield from _wrong_texts(name, value, apps)
    elif isinstance(value, list | tuple):
        yield from _wrong_lists(name, list(value), apps)
    elif isinstance(value, dict):
        for key, item in value.items():
            for wrong in wrong_values(str(key), item, apps):
                yield wrong._replace(name=f"{key}.{wrong.name}", value={**value, key: wrong.value})
        if len(value) > 1:
            for key in value:
                yield Wrong(f"without-{key}", {one: item for one, item in value.items() if one != key})


def as_datetime(text: str) -> tuple[datetime, str] | None:
    """Return the time that a text is, and its format; `None` if it is none."""
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form), form  # noqa: DTZ007 - only the digits are changed
        except ValueError:
            continue
    return None


def _wrong_texts(name: str, value: str, apps: Sequence[Any]) -> Iterator[Wrong]:
    if name in FREE_TEXT:
        if value.strip():
            yield Wrong("empty", "", is_free_text=name not in NEVER_EMPTY)
        yield Wrong("other", OTHER_TEXT, is_free_text=True)
        yield Wrong("other-numbers", re.sub(r"\d", _next_digit, value), is_free_text=True)
        return
    if (time := as_datetime(value)) is not None:
        yield from _wrong_times(name, *time)
        return
    is_id = name.endswith(("_id", "_ids"))
    if (other := _other_text(value, apps, existing=is_id)) is not None:
        yield Wrong("other", other)
    if value.strip() and not is_id:
        yield Wrong("empty", "")


def _next_digit(digit: re.Match[str]) -> str:
    return str((int(digit[0]) + 1) % 10)


def _wrong_times(name: str, time: datetime, form: str) -> Iterator[Wrong]:
    # An entry must not end before it begins, which its tool would refuse.
    sign, way = (-1, "earlier") if "start" in name or name.startswith("from") else (1, "later")
    if "%H" in form:
        yield Wrong(f"hour-{way}", (time + sign * timedelta(hours=1)).strftime(form))
    if "%d" in form:
        yield Wrong(f"day-{way}", (time + sign * timedelta(days=1)).strftime(form))


def _other_text(value: str, apps: Sequence[Any], *, existing: bool) -> str | None:
    own = {text for app in apps for text in vars(app).values() if isinstance(text, str)}
    if not value.strip():
        return None
    if (others := [one for one in others_like(value, apps) if one not in own and one.strip()]) and others[0]:
        return str(others[0])
    # An id that does not exist would only make the call fail.
    if existing:
        return None
    if _ADDRESS.fullmatch(value):
        return STRANGER
    if digits := re.findall(r"\d", value):
        head, _, tail = value.rpartition(digits[-1])
        return f"{head}{(int(digits[-1]) + 1) % 10}{tail}"
    return "Something else"


def _wrong_lists(name: str, items: list[Any], apps: Sequence[Any]) -> Iterator[Wrong]:
    if not items:
        return
    if len(items) > 1:
        yield Wrong("one-less", items[1:])
    else:
        yield Wrong("none", [])
    other = next((wrong.value for wrong in wrong_values(name, items[0], apps) if wrong.name == "other"), None)
    if other is not None and other not in items:
        yield Wrong("other", [other, *items[1:]])
        yield Wrong("one-more", [*items, other])


def is_phone(text: str) -> bool:
    """Tell whether a text is a phone number."""
    return _PHONE.fullmatch(text) is not None and as_datetime(text) is None
