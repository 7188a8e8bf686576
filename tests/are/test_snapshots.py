"""Results in the event log are as they were at the call, also long ones, which are copied when they are read."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from are.simulation.apps.email_client import Email
from are.simulation.types import EventMetadata

from pytest_pare.are.copies import detached
from pytest_pare.are.snapshots import LoggedMetadata, with_own_result


def mails(count: int) -> list[Email]:
    return [
        Email(f"a{n}@b.c", ["d@e.f"] * (n % 3), email_id=str(n), timestamp=n, attachments={"x": b"y"} if n % 2 else {})
        for n in range(count)
    ]


@dataclass
class Folder:
    name: str
    mails: list[Any] = field(default_factory=list)


class Free:
    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Free) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class Slots:
    __slots__ = ("x",)
    x: list[int]


class Own:
    def __deepcopy__(self, memo: dict[int, Any]) -> str:
        return "own"


def test_a_long_result_stays_as_it_was() -> None:
    found = mails(300)
    expected = copy.deepcopy(found)
    logged = with_own_result(EventMetadata(return_value=found), [])
    assert isinstance(logged, LoggedMetadata)
    found[0].is_read = True
    found[2].recipients.append("later@b.c")
    found[4].attachments = {"later": b""}
    found[3].attachments["later"] = b""
    found.pop()
    assert logged.return_value == expected
    assert logged.return_value is logged.return_value
    assert replace(logged, exception="x").return_value == expected


def test_a_long_result_by_id_stays_as_it_was() -> None:
    found = {mail.email_id: mail for mail in mails(200)}
    expected = copy.deepcopy(found)
    logged = with_own_result(EventMetadata(return_value=found), [])
    found["7"].subject = "later"
    assert isinstance(logged, LoggedMetadata)
    assert list(logged.return_value.items()) == list(expected.items())


@pytest.mark.parametrize(
    "items",
    [
        mails(50),
        [*mails(150), "x"],
        [Folder("a", [Folder("b")])] * 150,
        [*map(str, range(150))],
        [Own()] * 150,
        [Free(a=str(number)) for number in range(150)],
        [Free() for _ in range(150)],
        [*(Free(a=number, b=1) for number in range(150)), Free(a=1, c=1)],
        [*(Free(a=number, b=1) for number in range(150)), Free(a=1, b=1, c=1)],
    ],
    ids=["short", "mixed", "nested", "texts", "own copies", "one attribute", "none", "another one", "one more"],
)
def test_another_result_is_copied_at_once(items: list[Any]) -> None:
    logged = with_own_result(EventMetadata(return_value=items), [])
    assert type(logged) is EventMetadata
    assert logged.return_value == copy.deepcopy(items)
    assert logged.return_value is not items


def shared() -> list[Any]:
    address = ["a@b.c"]
    return [address, {"again": address}, Folder("x", [address])]


def circle() -> list[Any]:
    items: list[Any] = [1]
    items.append(items)
    return items


@pytest.mark.parametrize(
    "value", [mails(3), {1: Folder("a", [Counter("aab")])}, (1, [2]), {3}, Own(), [Own()]], ids=range(6)
)
def test_a_copy_is_what_python_makes(value: Any) -> None:
    assert repr(detached(value)) == repr(copy.deepcopy(value))


def test_a_copy_shares_what_the_original_shares() -> None:
    first, second, third = detached(shared())
    assert first is second["again"] is third.mails[0]
    around = detached(circle())
    assert around[1] is around


def test_a_copy_of_an_object_with_slots() -> None:
    value = Slots()
    value.x = [1]
    made = detached([value])[0]
    assert (made.x, made.x is value.x) == ([1], False)
