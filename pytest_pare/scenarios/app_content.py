"""The content of an app as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from are.simulation.utils import EnumEncoder

if TYPE_CHECKING:
    from are.simulation.apps.app import App


class _StateEncoder(EnumEncoder):
    """ARE's encoder with support for attachments, which the apps store as base64 in bytes."""

    def default(self, o: Any) -> Any:
        return o.decode("latin-1") if isinstance(o, bytes) else super().default(o)


def content_of(app: App) -> str:
    """Return the state of an app as the text of its JSON."""
    return json.dumps(app.get_state(), cls=_StateEncoder)
