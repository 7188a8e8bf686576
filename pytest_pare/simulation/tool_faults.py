"""The kinds of faults in tools that are built in: one function each."""

from __future__ import annotations

import logging
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from are.simulation.tool_utils import logger

from pytest_pare.agents.errors import ToolFailure, ToolTimeout
from pytest_pare.base.serialization import to_builtins_or_name
from pytest_pare.scenarios.errors import ScenarioDefect, ScenarioTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from are.simulation.tool_utils import AppTool

    from pytest_pare.agents.tools import Tool


class EarlierResult(NamedTuple):
    """What a read has returned before.

    Attributes:
        plain: The result as builtins.
        result: A copy of the result.
    """

    plain: Any
    result: Any


@dataclass
class FaultyCall:
    """A tool call of the agent that has a fault.

    Attributes:
        tool: The tool, as the agent has it.
        app_tool: ARE's description of the tool.
        arguments: The arguments by name.
        pass_time: Lets seconds of simulated time pass.
        earlier: What the same call has returned before; `None` if it was not made before, and for kinds of faults that
            do not set `needs_earlier`.
        raised: What the tool raised when `result` was read.
    """

    tool: Tool
    app_tool: AppTool
    arguments: dict[str, Any]
    pass_time: Callable[[float], None]
    earlier: EarlierResult | None = None
    raised: Exception | None = None

    @cached_property
    def result(self) -> Any:
        """The result of the call, which is carried out when this is first read, and only once.

        Raises:
            Exception: Whatever the tool raises.
        """
        if self.raised is not None:
            raise self.raised
        try:
            return call_tool(self.app_tool, self.arguments)
        except Exception as error:
            self.raised = error
            raise


class FaultFunction(Protocol):
    """Carries out a call that has a fault."""

    def __call__(self, call: FaultyCall, settings: Any, /) -> Any:
        """Return what the agent gets of the call, or raise what it gets instead.

        Args:
            call: The call.
            settings: The fault's section of the configuration of noise.
        """
        ...


@dataclass(frozen=True)
class ToolFault:
    """A kind of fault.

    Attributes:
        apply: Carries out a call that has the fault.
        changes_result: Whether the fault changes the result of a read. It hits no writes then, and has no effect where
            `apply` returns `call.result` itself. Any other fault takes the place of the call, and always has an effect.
        needs_earlier: Whether `apply` needs `call.earlier`.
    """

    apply: FaultFunction
    changes_result: bool = False
    needs_earlier: bool = False


def _fail(call: FaultyCall, settings: Any) -> Any:
    del settings
    raise ToolFailure(call.app_tool.failure_message_template.format(name=call.tool.name))


def _time_out(call: FaultyCall, settings: Any) -> Any:
    if settings.carried_out:
        _carry_out_unheard(call)
    call.pass_time(settings.seconds)
    raise ToolTimeout(f"{call.tool.name} timed out after {settings.seconds:g} s")


def _slow(call: FaultyCall, settings: Any) -> Any:
    call.pass_time(settings.seconds)
    return call.result


def _outdated(call: FaultyCall, settings: Any) -> Any:
    del settings
    earlier = call.earlier
    if earlier is None or earlier.plain == to_builtins_or_name(call.result):
        return call.result
    return deepcopy(earlier.result)


def _partial(call: FaultyCall, settings: Any) -> Any:
    del settings
    part = half(call.result)
    return call.result if part is None else part


FAILURE = ToolFault(_fail)
TIMEOUT = ToolFault(_time_out)
SLOW = ToolFault(_slow)
OUTDATED = ToolFault(_outdated, changes_result=True, needs_earlier=True)
PARTIAL = ToolFault(_partial, changes_result=True)


def half(result: Any) -> Any:
    """Return a result without its second half; `None` if there is nothing to cut.

    A text or a list loses its own second half, the larger one if its length is odd. A mapping or an object becomes
    builtins, and the longest list in it is cut.
    """
    if isinstance(result, str | list | tuple):
        return result[: len(result) // 2] if result else None
    plain = to_builtins_or_name(result)
    longest = plain if isinstance(plain, list) else max(_lists(plain), key=len, default=[])
    if not longest:
        return None
    # In place: nothing else refers to these builtins.
    del longest[len(longest) // 2 :]
    return plain


def _lists(plain: Any) -> Iterator[list[Any]]:
    if isinstance(plain, list):
        yield plain
    for item in plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ():
        yield from _lists(item)


def call_tool(app_tool: AppTool, arguments: dict[str, Any]) -> Any:
    """Call a tool with a copy of the arguments, so that the app shares no list with its caller."""
    own, function = deepcopy(arguments), app_tool.function
    is_plain = app_tool.class_instance is not None and app_tool.failure_probability is None
    if function is None or not is_plain or logger.isEnabledFor(logging.DEBUG):
        return app_tool(**own)
    # The same without ARE's log, for which each result becomes a text.
    result = function(app_tool.class_instance, **own)
    formatter: Callable[[Any], Any] | None = getattr(function, "llm_formatter", None)
    return result if formatter is None else formatter(result)


def _carry_out_unheard(call: FaultyCall) -> None:
    try:
        call_tool(call.app_tool, call.arguments)
    except (ScenarioDefect, ScenarioTimeoutError):
        raise
    except Exception:  # noqa: BLE001, S110 - the agent gets a timeout, whatever the tool raised
        pass
