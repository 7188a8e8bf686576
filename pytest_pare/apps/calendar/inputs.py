"""Dates and texts as arguments of the calendar's tools."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from are.simulation.apps import calendar

from pytest_pare.base.times import written_time

DATE_FORMAT = "%Y-%m-%d"


def day_of(moment: datetime) -> dict[str, str]:
    """Return the begin and the end of a day, under the names of the arguments of `AgendaView`."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "start_datetime": date_text(midnight.timestamp()),
        "end_datetime": date_text((midnight + timedelta(days=1)).timestamp()),
    }


def parse_day(date: str) -> datetime:
    """Return the midnight of a day that is written YYYY-MM-DD.

    Raises:
        ValueError: If the text has another format.
    """
    try:
        return datetime.strptime(date, DATE_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("Invalid datetime format. Please use YYYY-MM-DD") from None


def timestamp(date: str) -> float:
    """Return a time that is written YYYY-MM-DD HH:MM:SS, in epoch seconds.

    Raises:
        ValueError: If the text has another format.
    """
    try:
        return written_time(date).timestamp()
    except ValueError:
        raise ValueError("Invalid datetime format. Please use YYYY-MM-DD HH:MM:SS") from None


# ARE's own does the same, and reads the format each time.
vars(calendar)["_parse_datetime"] = timestamp


def date_text(moment: float) -> str:
    """Return a time in epoch seconds, written YYYY-MM-DD HH:MM:SS."""
    # strftime writes years before 1000 with fewer than the four digits that strptime requires.
    return datetime.fromtimestamp(moment, tz=UTC).replace(tzinfo=None).isoformat(" ", "seconds")


def not_blank(text: str, what: str) -> str:
    """Return `text`.

    Raises:
        ValueError: If it is blank; the message names `what`.
    """
    if not text.strip():
        raise ValueError(f"{what} cannot be empty.")
    return text
