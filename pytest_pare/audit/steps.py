"""The reference steps of a scenario, by their roles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.tool_utils import OperationType
from are.simulation.types import Event, OracleEvent

from pytest_pare.scenarios.events import is_users_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from are.simulation.types import AbstractEvent

ACCEPT, REJECT = "accept_proposal", "reject_proposal"
PROPOSE = "send_message_to_user"


class Role(StrEnum):
    """Who makes a reference step, and what it does."""

    READ = "read"
    WRITE = "write"
    MESSAGE = "message"
    ANSWER = "answer"
    USER = "user"


@dataclass(frozen=True)
class Step:
    """A reference step.

    Attributes:
        index: Its position in the `events` of the scenario.
        role: Who makes it, and what it does.
        label: Its name in ids: the tool, with a number if several steps of the scenario call that tool.
        app: The name of the app.
        app_class: The name of the app's class.
        tool: The name of the tool.
        args: The arguments, with placeholders.
        event_id: The id of the event.
    """

    index: int
    role: Role
    label: str
    app: str
    app_class: str
    tool: str
    args: Mapping[str, Any]
    event_id: str

    def __str__(self) -> str:
        return f"{self.app}.{self.tool}"


def called(event: AbstractEvent) -> Event | None:
    """Return the call of an event; `None` if it has none, or makes it only when it happens."""
    if type(event) is not OracleEvent:
        return event if isinstance(event, Event) else None
    try:
        made = event.make_event(None)
    except Exception:  # noqa: BLE001 - the author's code may raise anything
        return None
    return made if isinstance(made, Event) else None


def steps_of(events: Iterable[AbstractEvent]) -> list[Step]:
    """Return the reference steps among the events of a scenario whose calls are known."""
    found = [
        (index, event, call)
        for index, event in enumerate(events)
        if type(event) is OracleEvent and (call := called(event)) is not None
    ]
    names = [call.action.function_name for _, _, call in found]
    steps = []
    for number, (index, event, call) in enumerate(found):
        tool = names[number]
        same = names.count(tool)
        steps.append(
            Step(
                index=index,
                role=_role(call),
                label=tool if same == 1 else f"{tool}-{names[: number + 1].count(tool)}",
                app=call.action.app_name,
                app_class=call.action.class_name,
                tool=tool,
                args={name: value for name, value in call.action.args.items() if name != "self"},
                event_id=event.event_id,
            )
        )
    return steps


def _role(call: Event) -> Role:
    action = call.action
    if is_users_own(call):
        return Role.ANSWER if action.function_name in (ACCEPT, REJECT) else Role.USER
    if isinstance(action.app, AgentUserInterface):
        return Role.MESSAGE if action.operation_type == OperationType.WRITE else Role.READ
    return Role.WRITE if action.operation_type == OperationType.WRITE else Role.READ
