"""From the name of an agent to the agent."""

from __future__ import annotations

import copy
import inspect
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pytest_pare.base.serialization import to_short_text

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.results.validation_result import ErrorKind


class AgentTypeError(Exception):
    """An `agent_type` does not lead to an agent. What its module raised, if it did, is the `__cause__`.

    Attributes:
        kind: What the run's exception came of.
    """

    kind: ClassVar[ErrorKind] = "configuration"

    def __init__(self, agent_type: str, why: str) -> None:
        super().__init__(f"agent_type {agent_type!r}: {why}")


def load_agent(agent_type: str) -> ProactiveAgent:
    """Return the agent that `module:name` leads to.

    What is named and can be called without arguments, a class or a function, makes the agent, a new one in each call.
    What takes a turn is the agent itself; an object that remembers something is copied in each call.

    Raises:
        AgentTypeError: If it cannot be imported, or is no agent and does not make one.
    """
    module_name, colon, name = agent_type.partition(":")
    if not colon or not module_name or not name:
        raise AgentTypeError(agent_type, "must be one of the built-in names, or module:name")
    found = _named(agent_type, module_name, name)
    if inspect.isclass(found) and not _takes(found, 0):
        raise AgentTypeError(
            agent_type, "the class needs arguments; name a function that takes none and returns an agent"
        )
    if _takes(found, 0):
        return _made(agent_type, name, found)
    if not _takes(found, 1):
        raise AgentTypeError(
            agent_type,
            "must be a function that takes a turn, or that takes nothing and returns an agent; "
            f"got {type(found).__name__}",
        )
    try:
        # Functions and classes are no copies.
        return cast("ProactiveAgent", copy.deepcopy(found))
    except Exception as error:
        raise AgentTypeError(
            agent_type,
            f"{name} cannot be copied, and runs must not share it ({_told(error)}); name what makes one instead",
        ) from error


def _made(agent_type: str, name: str, make: Any) -> ProactiveAgent:
    try:
        agent = make()
    except (Exception, SystemExit) as error:
        why = "; it was called without arguments, because it can be" if _takes(make, 1) else ""
        raise AgentTypeError(agent_type, f"{name}() raised {_told(error)}{why}") from error
    if not _takes(agent, 1):
        returned = "None" if agent is None else f"an object of type {type(agent).__name__}"
        raise AgentTypeError(
            agent_type,
            f"{name} was called without arguments, because it can be, to make an agent, and returned {returned}; "
            "an agent is a function that needs a turn",
        )
    return cast("ProactiveAgent", agent)


def _named(agent_type: str, module_name: str, name: str) -> Any:
    try:
        found: Any = import_module(module_name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
            why = f"there is no module {error.name!r}; its directory must be on the import path"
            raise AgentTypeError(agent_type, f"{why} (in pytest, the setting pythonpath)") from error
        raise AgentTypeError(agent_type, f"importing {module_name} raised {_told(error)}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise AgentTypeError(agent_type, f"{module_name} has no {name!r}")
        found = getattr(found, part)
    return found


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {to_short_text(error)}".removesuffix(": ")


def _takes(candidate: Any, count: int) -> bool:
    if not callable(candidate):
        return False
    try:
        inspect.signature(candidate).bind(*range(count))
    except ValueError:
        # Something without a signature, such as a builtin: calling it will tell.
        return count == 1
    except TypeError:
        return False
    return True
