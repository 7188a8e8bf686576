"""From screen to screen: what an app declares, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_pare.apps.screens import AppState


@dataclass(frozen=True)
class Transition:
    """Where an action on a screen leads.

    Attributes:
        op: push the target on the stack; pop back to the screen before, or further where that shows what is gone; reset
            to the root screen.
        target: The screen that is pushed.
        make: Makes it from the screen that was left, the arguments of the call and what it returned; `None` means that
            the screen stays.
    """

    op: Literal["push", "pop", "reset"]
    target: type[AppState] | None = None
    make: Callable[[Any, Mapping[str, Any], Any], AppState | None] | None = None


def push(
    target: type[AppState], make: Callable[[Any, Mapping[str, Any], Any], AppState | None] | None = None
) -> Transition:
    """Declare that an action opens a screen on top; `make` is needed where the screen takes arguments."""
    return Transition("push", target, make or (lambda _screen, _args, _result: target()))


POP = Transition("pop")
"""An action that leads back to the screen before."""

RESET = Transition("reset")
"""An action that leads back to the root screen."""


def actions_on(
    screen: type[AppState], transitions: Mapping[type[AppState], Mapping[str, Transition]]
) -> dict[str, Transition]:
    """Return where the actions on a screen lead. Those that its base classes declare lead there from it too."""
    actions: dict[str, Transition] = {}
    for base in reversed(screen.__mro__):
        actions |= transitions.get(base, {})
    return actions


def state_graph(
    root: type[AppState], transitions: Mapping[type[AppState], Mapping[str, Transition]]
) -> dict[str, list[str]]:
    """Return the names of the screens, and for each of those that it leads to directly, sorted.

    `pop` leads to each screen that pushes the one it is declared on.
    """
    transitions = {screen: actions_on(screen, transitions) for screen in {root, *transitions}}
    pushed_by: dict[type[AppState], set[type[AppState]]] = {}
    for screen, actions in transitions.items():
        for transition in actions.values():
            if transition.target is not None:
                pushed_by.setdefault(transition.target, set()).add(screen)
    screens = {root, *transitions, *pushed_by}
    graph: dict[str, set[str]] = {screen.__name__: set() for screen in screens}
    for screen, actions in transitions.items():
        for transition in actions.values():
            if transition.target is not None:
                targets = {transition.target}
            else:
                targets = pushed_by.get(screen, {root}) if transition.op == "pop" else {root}
            graph[screen.__name__] |= {target.__name__ for target in targets}
    return {name: sorted(graph[name]) for name in sorted(graph)}


def mermaid(root: type[AppState], transitions: Mapping[type[AppState], Mapping[str, Transition]]) -> str:
    """Return the screens and what leads from one to the next as a Mermaid state diagram."""
    transitions = {screen: actions_on(screen, transitions) for screen in {root, *transitions}}
    lines = ["stateDiagram-v2", f"    [*] --> {root.__name__}"]
    for screen, actions in sorted(transitions.items(), key=lambda entry: entry[0].__name__):
        for action, transition in sorted(actions.items()):
            if transition.target is not None:
                lines.append(f"    {screen.__name__} --> {transition.target.__name__}: {action}")
            elif transition.op == "reset":
                lines.append(f"    {screen.__name__} --> {root.__name__}: {action}")
            else:
                lines.append(f"    {screen.__name__} --> Previous: {action}")
    return "\n".join(lines) + "\n"
