"""The two apps that every scenario needs. The layer of the apps registers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from are.simulation.apps.app import App

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_App = TypeVar("_App", bound=type[App])
# By the attribute of the scenario: the class, and the arguments of its constructor.
_REGISTERED: dict[str, tuple[type[App], dict[str, Any]]] = {}


def essential_app(attribute: str, **arguments: Any) -> Callable[[_App], _App]:
    """Return a decorator that registers a class as an app that every scenario needs.

    Args:
        attribute: The attribute of a scenario that refers to the app.
        **arguments: The arguments of the constructor.
    """

    def register(cls: _App) -> _App:
        _REGISTERED[attribute] = (cls, arguments)
        return cls

    return register


def add_essential_apps(scenario: Any, given: Iterable[App]) -> None:
    """Add apps to a scenario, and before them the essential ones that it lacks, with the attributes for those."""
    apps: list[App] = [*(scenario.apps or []), *given]
    missing: list[App] = []
    for attribute in ("agent_ui", "system"):
        cls, arguments = _REGISTERED[attribute]
        app = next((one for one in apps if isinstance(one, cls)), None)
        if app is None:
            app = cls(**arguments)
            missing.append(app)
        setattr(scenario, attribute, app)
    scenario.apps = [*missing, *apps]
