"""Dataclasses from JSON: what fits is taken as it is, and anything else is refused with field, expected and got."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from pytest_pare.base.records import Amount, Count, Flag, Number, from_fields


@dataclasses.dataclass(frozen=True)
class Plant:
    name: str
    leaves: Count
    height: Number
    price: Amount | None = None
    is_green: Flag = True


FERN = {"name": "fern", "leaves": 7, "height": -0.5, "price": None, "is_green": False}


def test_fields_that_fit_are_taken_as_they_are() -> None:
    assert from_fields(Plant, FERN) == Plant("fern", 7, -0.5, None, is_green=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"leaves": "7"}, "leaves: expected a valid integer, got str ('7')"),
        ({"leaves": 7.5}, "leaves: expected a valid integer, got float (7.5)"),
        ({"leaves": True}, "leaves: expected a valid integer, got bool (True)"),
        ({"height": "high"}, "height: expected a valid number, got str ('high')"),
        ({"height": None}, "height: expected a valid number, got null"),
        ({"price": -1}, "price: expected greater than or equal to 0, got int (-1)"),
        ({"is_green": 1}, "is_green: expected a valid boolean, got int (1)"),
        ({"name": ["fern"]}, "name: expected a valid string, got list"),
        ({"colour": "green"}, "unknown field 'colour'"),
    ],
)
def test_any_other_value_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        from_fields(Plant, {**FERN, **change})


def test_a_field_with_a_default_must_be_given_too() -> None:
    fields = {name: value for name, value in FERN.items() if name != "price"}
    with pytest.raises(ValueError, match=r"^missing field 'price'$"):
        from_fields(Plant, fields)


def test_a_secret_is_not_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "Zq7-open-sesame")
    with pytest.raises(ValueError, match=r"got str \('\[redacted\]'\)$"):
        from_fields(Plant, {**FERN, "leaves": "Zq7-open-sesame"})
