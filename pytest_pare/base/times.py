"""Times in seconds as dates of UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


# A turn asks several times for the same time.
@lru_cache(maxsize=8)
def utc_time(seconds: float) -> datetime:
    """Return a time, in epoch seconds, as a date of UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC)
