"""The transitions between screens that an app declares, and the graph of its screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_pare.apps.screens import AppState


@dataclass(frozen=True)
class Transition:
    """The change of the screen after an action.

    Attributes:
        op: `push` puts the target on the stack. `pop` goes back to the last screen whose content still exists. `reset`
            goes back to the root screen.
        target: The screen that is pushed.
        make: Makes the target from the current screen, the arguments of the call and its result. If it returns `None`,
            the screen stays.
    """

    op: Literal["push", "pop", "reset"]
    target: type[AppState] | None = None
    make: Callable[[Any, Mapping[str, Any], Any], AppState | None] | None = None


def push(
    target: type[AppState], make: Callable[[Any, Mapping[str, Any], Any], AppState | None] | None = None
) -> Transition:
    """Return a transition that opens a screen on top. A screen that takes arguments needs `make`."""
    return Transition("push", target, make or (lambda _screen, _args, _result: target()))


POP = Transition("pop")
"""An action that leads back to the screen before."""

RESET = Transition("reset")
"""An action that leads back to the root screen."""


def actions_on(
    screen: type[AppState], transitions: Mapping[type[AppState], Mapping[str, Transition]]
) -> dict[str, Transition]:
    """Return the transitions of the actions on a screen. It inherits those of its base classes."""
    actions: dict[str, Transition] = {}
    for base in reversed(screen.__mro__):
        actions |= transitions.get(base, {})
    return actions


def state_graph(
    root: type[AppState], transitions: Mapping[type[AppState], Mapping[str, Transition]]
) -> dict[str, list[str]]:
    """Return, by the name of each screen, the names of the screens that it leads to directly, sorted.

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
    """Return the screens and the actions between them as a Mermaid state diagram."""
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
