"""What all apps with content have in common."""

from __future__ import annotations

from typing import Any

from are.simulation.apps.app import App

# Importing it puts simulated time and reproducible ids behind ARE's apps, before the first app exists.
from pytest_pare import world as _world

USER_NAME = "John Doe"
USER_EMAIL = "john@pare.com"
"""The phone's owner, where a scenario names nobody else."""

__all__ = ["USER_EMAIL", "USER_NAME", "StatefulApp"]

assert _world is not None


class StatefulApp(App):
    """An app that a user can open on the phone.

    Args:
        name: The app's name, a part of its tools' names; the class name where it is not given.
        **kwargs: Fields of the ARE app that the subclass extends.
    """

    def __init__(self, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name or type(self).__name__, **kwargs)
