"""Agents by name: the table of agent types, and the import of `module:name`."""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from pytest_pare.agents import calibration
from pytest_pare.agents.errors import AgentTypeError
from pytest_pare.agents.observe_execute import ObserveExecuteAgent
from pytest_pare.base.extensions import BUILT_IN, named, takes
from pytest_pare.base.serialization import error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from are.simulation.agents.llm.llm_engine import LLMEngine
    from are.simulation.time_manager import TimeManager

    from pytest_pare.agents.calibration import RecordedCall, ReferenceCall
    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.scenarios.config import ScenarioRunnerConfig


@dataclass(frozen=True)
class AgentContext:
    """What a run offers to the factory of its agent.

    Attributes:
        config: The configuration of the run.
        clock: The simulated clock of the run.
        engine: Returns a new engine for one of the agent's roles.
        next_reference_call: Returns the agent's next tool call of the scenario's own solution that can be made without
            the user, and marks it as made; `None` if there is none now.
        reference_writes: Returns whether the solution has a write of the agent.
        observer_writes: Returns the names of the writes that the observe stage has as tools: none, unless it plays a
            solution that writes before the user accepts.
        recorded_calls: Returns the agent's calls of a reference run in the world as written.
    """

    config: ScenarioRunnerConfig
    clock: TimeManager
    engine: Callable[[Literal["observe", "execute"]], LLMEngine]
    next_reference_call: Callable[[], ReferenceCall | None]
    reference_writes: Callable[[], bool] = lambda: True
    observer_writes: Callable[[], frozenset[str]] = frozenset
    recorded_calls: Callable[[], Sequence[RecordedCall]] = tuple


class AgentFactory(Protocol):
    """Makes the agent of one run."""

    def __call__(self, context: AgentContext, /) -> ProactiveAgent:
        """Return a new agent."""
        ...


def observe_execute(context: AgentContext) -> ProactiveAgent:
    """Return the built-in agent."""
    return ObserveExecuteAgent(
        context.engine("observe"),
        context.engine("execute"),
        context.clock,
        context.config.observe_max_iterations,
        context.config.execute_max_iterations,
        use_custom_logger=context.config.use_custom_logger,
        observer_writes=context.observer_writes,
    )


def null(_context: AgentContext) -> ProactiveAgent:
    """Return the control agent that does nothing."""
    return calibration.null


def eager(_context: AgentContext) -> ProactiveAgent:
    """Return the control agent that proposes in every turn."""
    return calibration.eager


def reckless(context: AgentContext) -> ProactiveAgent:
    """Return the control agent that plays the solution without asking."""
    return calibration.Reckless(context.next_reference_call, context.reference_writes)


def replay(context: AgentContext) -> ProactiveAgent:
    """Return the control agent that plays back a good run in the world as written."""
    return calibration.Replay(context.recorded_calls(), context.clock.time)


def spam(_context: AgentContext) -> ProactiveAgent:
    """Return the control agent that proposes everything it reads."""
    return calibration.Spam()


def random(_context: AgentContext) -> ProactiveAgent:
    """Return the control agent that draws its actions."""
    return calibration.RandomAgent()


def flaky(context: AgentContext) -> ProactiveAgent:
    """Return the control agent that plays the scenario's solution in some of the runs."""
    return calibration.Flaky(observe_execute(context))


def make_agent(agent_type: str, context: AgentContext, passed: tuple[type[Exception], ...] = ()) -> ProactiveAgent:
    """Return a new agent of a type that is built in or of an extension.

    Args:
        agent_type: The type.
        context: What the run offers to the factory.
        passed: Errors of the context that pass as they are.

    Raises:
        AgentTypeError: If an extension raises, or makes no agent.
    """
    extension = named("agent")[agent_type]
    try:
        agent = extension.load()(context)
    except passed:
        raise
    except (Exception, SystemExit) as error:
        if agent_type in BUILT_IN["agent"]:
            raise
        raise AgentTypeError(agent_type, f"{extension} raised {error_text(error)}") from error
    if agent_type not in BUILT_IN["agent"] and not takes(agent, 1):
        raise AgentTypeError(agent_type, f"{extension} returned {type(agent).__name__}; an agent takes a turn")
    return cast("ProactiveAgent", agent)


def load_agent(agent_type: str) -> ProactiveAgent:
    """Return the agent that `module:name` leads to.

    A class or function that can be called without arguments makes a new agent in each call. A callable that needs a
    turn is the agent itself; an object with state is copied in each call.

    Raises:
        AgentTypeError: If the name cannot be imported, or is neither an agent nor makes one.
    """
    module_name, colon, name = agent_type.partition(":")
    if not colon or not module_name or not name:
        raise AgentTypeError(agent_type, "must be one of the built-in names, or module:name")
    found = _named(agent_type, module_name, name)
    if inspect.isclass(found) and not takes(found, 0):
        raise AgentTypeError(
            agent_type, "the class needs arguments; name a function that takes none and returns an agent"
        )
    if takes(found, 0):
        return _made(agent_type, name, found)
    if not takes(found, 1):
        raise AgentTypeError(
            agent_type,
            "must be a function that takes a turn, or that takes nothing and returns an agent; "
            f"got {type(found).__name__}",
        )
    try:
        # `deepcopy` returns functions and classes as they are.
        return cast("ProactiveAgent", copy.deepcopy(found))
    except Exception as error:
        raise AgentTypeError(
            agent_type,
            f"{name} cannot be copied, and runs must not share it ({error_text(error)}); name what makes one instead",
        ) from error


def _made(agent_type: str, name: str, make: Any) -> ProactiveAgent:
    try:
        agent = make()
    except (Exception, SystemExit) as error:
        why = "; it was called without arguments, because it can be" if takes(make, 1) else ""
        raise AgentTypeError(agent_type, f"{name}() raised {error_text(error)}{why}") from error
    if not takes(agent, 1):
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
        raise AgentTypeError(agent_type, f"importing {module_name} raised {error_text(error)}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise AgentTypeError(agent_type, f"{module_name} has no {name!r}")
        found = getattr(found, part)
    return found
