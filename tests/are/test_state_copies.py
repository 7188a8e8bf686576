"""States of apps are those that Python's own `asdict` makes, and share nothing with the apps."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import InitVar, asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from are.simulation.apps.email_client import Email, EmailFolderName

from pytest_pare.are.state_copies import to_dict

Pair = namedtuple("Pair", ["a", "b"])


class OwnDict(dict[str, Any]):
    pass


@dataclass
class Inner:
    x: Any = None


@dataclass
class Outer(Inner):
    shared: ClassVar[int] = 3
    given: InitVar[int] = 4
    items: list[Any] = field(default_factory=list)


VALUES = [
    1, 2.5, True, None, "a", b"b", [1, [Inner(2)]], {"a": Inner(3), 4: {5: Inner()}}, (1, Inner(6)),
    Pair(Inner(7), [8]), {9, 10}, EmailFolderName.INBOX, datetime(2025, 1, 6, tzinfo=UTC),
    Outer(11, items=[Inner(12)]), OwnDict(a=[13]),
    Inner,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_it_is_what_python_makes(value: Any) -> None:
    made, expected = to_dict(Outer(value, items=[value])), asdict(Outer(value, items=[value]))
    assert made == expected
    assert repr(made) == repr(expected)


def test_a_state_shares_nothing_with_the_app() -> None:
    mail = Email(recipients=["ann@b.c"])
    state = to_dict(mail)
    mail.recipients.append("bob@b.c")
    assert state["recipients"] == ["ann@b.c"]
    values = OwnDict(a=[1])
    assert to_dict(Inner(values))["x"]["a"] is not values["a"]
