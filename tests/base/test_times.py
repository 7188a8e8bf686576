"""Written times are read as by `strptime`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.base.times import written_time

_PLACES = ("2025", "-", "01", "-", "06", " ", "09", ":", "00", ":", "07")
_ODD = st.sampled_from(["0000", "00", "1", "24", "60", "61", "31", "٣", "+1", " 7", "", "  ", "T", "Z", "-"])


def read(text: Any) -> Any:
    try:
        return written_time(text)
    except (ValueError, TypeError) as error:
        return type(error), str(error)


def expected(text: Any) -> Any:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except (ValueError, TypeError) as error:
        return type(error), str(error)


@given(st.datetimes())
def test_a_time_is_read(moment: datetime) -> None:
    text = moment.isoformat(" ", "seconds")
    assert written_time(text) == expected(text) == moment.replace(microsecond=0, tzinfo=UTC)


@given(place=st.integers(0, len(_PLACES) - 1), odd=_ODD)
def test_other_texts_are_read_and_refused_as_by_strptime(place: int, odd: str) -> None:
    text = "".join([*_PLACES[:place], odd, *_PLACES[place + 1 :]])
    assert read(text) == expected(text)


@pytest.mark.parametrize("value", [None, 7, b"2025-01-06 09:00:07", "2025-01-06 09:00:07\n", "2025-02-29 09:00:07"])
def test_what_is_no_time_is_refused_as_by_strptime(value: Any) -> None:
    assert isinstance(read(value), tuple)
    assert read(value) == expected(value)
