"""`Write`, a write that a validator expects of the agent, with a check of its tool."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING, Any

from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.tool_utils import OperationType, ToolAttributeName

from pytest_pare.are.signatures import signature
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.scenarios.argument_tests import accepts
from pytest_pare.scenarios.argument_types import wrong_arguments
from pytest_pare.scenarios.source_location import Line, authors_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from are.simulation.apps.app import App
    from are.simulation.types import CompletedEvent


@dataclass(frozen=True)
class Write:
    """A write that is expected of the agent.

    In `validate`, a write that no app of the scenario can carry out is a defect of the scenario.

    Attributes:
        app_class: Name of the app's class, such as `StatefulEmailApp`.
        function: Name of the tool, such as `reply_to_email`.
        args: The expected arguments by name: a value, or a function that gets the argument and tells whether it is
            accepted; or a dictionary or list of them. Other arguments may have any value.
    """

    app_class: str
    function: str
    args: Mapping[str, Any] = field(default_factory=dict)
    _line: Line = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Record the place of the write in the author's code, and check it against the scenario in validation."""
        object.__setattr__(self, "_line", authors_line())
        if (inspected := _inspected.get()) is not None:
            inspected.check(self)

    def calls_same_tool(self, event: CompletedEvent) -> bool:
        """Tell whether `event` is a call of this write's tool, with any arguments."""
        return (event.action.class_name, event.action.function_name) == (self.app_class, self.function)

    def wrong_args(self, event: CompletedEvent) -> list[str]:
        """Return the names of the arguments of `event` that differ from the expected ones."""
        given = event.get_args()
        return [name for name, wanted in self.args.items() if not accepts(wanted, given.get(name))]

    def matches(self, event: CompletedEvent) -> bool:
        """Tell whether `event` is this write."""
        return self.calls_same_tool(event) and not self.wrong_args(event)

    def __str__(self) -> str:
        return f"{self.app_class}.{self.function}"


def inspection() -> Inspection | None:
    """Return the inspection of the scenario in validation, or `None` outside of one."""
    return _inspected.get()


@contextmanager
def inspected_writes(apps: Iterable[App]) -> Iterator[dict[str, None]]:
    """Check the writes and matchers that are created or expected in this context against the apps of a scenario.

    Yields:
        The defects, a sentence each, in the order of their detection.
    """
    inspected = Inspection(apps)
    token = _inspected.set(inspected)
    try:
        yield inspected.defects
    finally:
        _inspected.reset(token)


class Inspection:
    """Collects the defects of the writes and matchers of a scenario.

    Args:
        apps: The apps of the scenario.

    Attributes:
        defects: The defects, a sentence each, in the order of their detection.
    """

    def __init__(self, apps: Iterable[App]) -> None:
        self._apps = {type(app).__name__: app for app in apps}
        # The writes without a defect that the agent can make, by their identity: most are checked twice.
        self._right: dict[int, Write] = {}
        self.defects: dict[str, None] = {}

    def check(self, write: Write, *, of_agent: bool = False) -> None:
        """Record the defect of a write, if it has one.

        Args:
            write: The write.
            of_agent: Whether the agent must be able to make the write. Otherwise any logged call is accepted.
        """
        if id(write) not in self._right and (wrong := self._wrong(write, of_agent=of_agent)) is not None:
            self.note(str(write._line), wrong)

    def note(self, place: str, defect: str) -> None:
        """Record a defect of a matcher."""
        self.defects[f"{place}: {defect}" if place else defect] = None

    def _wrong(self, write: Write, *, of_agent: bool) -> str | None:
        app = self._apps.get(write.app_class)
        if app is None:
            return (
                f"{write}: no app in self.apps is of a class named {write.app_class!r}; there are "
                f"{', '.join(self._apps) or 'none'}{did_you_mean(write.app_class, self._apps)}"
            )
        if of_agent and isinstance(app, AgentUserInterface):
            return f"{write}: a message is not a write; test its text by Accepted(...), Reported(...) or proposal=..."
        tool = _plain_write(app, write.function)
        is_agents = tool is not None and not isinstance(app, AgentUserInterface)
        writes = {} if tool else {tool.func_name: tool.function for tool in app.get_tools() if tool.write_operation}
        tool = tool or writes.get(write.function)
        if tool is None:
            if not of_agent and _logs(app, write.function):
                return None
            is_read = write.function in (tool.func_name for tool in app.get_tools())
            wrong = "this tool only reads" if is_read else f"the agent has no tool {write.function!r} there"
            meant = did_you_mean(write.function, writes)
            return f"{write}: {wrong}; tools that write: {', '.join(writes) or 'none'}{meant}"
        known = [name for name in signature(tool).parameters if name != "self"]
        unknown = [name for name in write.args if name not in known]
        if unknown:
            names, hint = ", ".join(map(repr, unknown)), did_you_mean(unknown[0], known)
            return f"{write}: the tool has no argument {names}; it has {', '.join(known)}{hint}"
        wrong_values = wrong_arguments(tool, write.args)
        if is_agents and not wrong_values:
            self._right[id(write)] = write
        return f"{write}: {'; '.join(wrong_values)}" if wrong_values else None


def _plain_write(app: App, name: str) -> Callable[..., Any] | None:
    """Return the method of a tool that writes; `None` if there may be none, which only the list of the tools shows.

    That list takes a docstring parser, and most writes are right.
    """
    lists = (type(app).get_tools, type(app).get_tools_with_attribute)
    method = getattr(type(app), name, None)
    is_plain = (
        all(one.__module__.startswith(("are.", "pytest_pare.")) for one in lists)
        and isinstance(method, FunctionType)
        and method.__name__ == name
        and name not in vars(app)
        and hasattr(method, ToolAttributeName.APP.value)
        and getattr(method, "__operation_type__", None) is OperationType.WRITE
    )
    return method if is_plain else None


def _logs(app: Any, function: str) -> bool:
    """Tell whether calls of a function of the app, or of one of its screens, are logged."""
    screens = {getattr(app, "root", None), *getattr(app, "transitions", {})}
    screens |= {one.target for actions in getattr(app, "transitions", {}).values() for one in actions.values()}
    return any(hasattr(getattr(cls, function, None), "__event_registered__") for cls in (type(app), *screens))


_inspected: ContextVar[Inspection | None] = ContextVar("pytest_pare_inspected_writes", default=None)
