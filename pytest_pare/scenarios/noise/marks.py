"""Tells events of noise from others, by their ids."""

from __future__ import annotations

from typing import Any

TAG = "env_expansion"
"""The begin of the ids of events of noise."""

HELPER = "conversation"
"""The kind of events that only prepare others."""

_BEGIN = f"{TAG}_"


def is_noise(event: Any) -> bool:
    """Tell whether an event is noise."""
    return str(event.event_id).startswith(_BEGIN)


def is_arrival(event_id: str) -> bool:
    """Tell whether the event of noise with this id counts. An event that only prepares another one does not."""
    return not event_id.startswith(f"{TAG}_{HELPER}_")
