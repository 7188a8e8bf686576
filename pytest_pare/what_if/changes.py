"""The change of a fork, from what a user asks for: checked against the step, in the form that the run takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from pytest_pare.agents.errors import AgentTypeError
from pytest_pare.agents.loading import load_agent
from pytest_pare.agents.naming import name_of
from pytest_pare.agents.react import format_action, parse_action
from pytest_pare.base.serialization import to_short_text
from pytest_pare.scenarios.engine_config import LLMEngineConfig
from pytest_pare.simulation.past import NOTHING, Change
from pytest_pare.simulation.past_engines import tool_of
from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent
from pytest_pare.simulation.trace_steps import Step, step_at, steps_of
from pytest_pare.what_if.errors import ForkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.scenarios.config import ScenarioRunnerConfig

_ANSWERS = {"accept": "accept_proposal", "reject": "reject_proposal"}
_WORDS = {"accept": "Yes, please.", "reject": "No, thank you."}


class Wish(NamedTuple):
    """What a user wants to be different from a step on.

    Attributes:
        answer: The answer of the engine; `accept` or `reject` for an answer of the user.
        tool_result: What the caller of the tool gets.
        model: The model that the role of the step has from there on.
        provider: The provider of the model; `None` for that of the run.
        endpoint: The endpoint of the model; `None` for that of the run.
        agent: The agent from the turn of the step on, or its `module:name`.
    """

    answer: str | None = None
    tool_result: Any = NOTHING
    model: str | None = None
    provider: str | None = None
    endpoint: str | None = None
    agent: ProactiveAgent | str | None = None


def wish_of(change: dict[str, Any]) -> Wish:
    """Return a wish from keyword arguments.

    Raises:
        ForkError: If there is no such kind of change.
    """
    unknown = sorted(change.keys() - set(Wish._fields))
    if unknown:
        raise ForkError(f"there is no change {unknown[0]!r}; there are {', '.join(Wish._fields)}")
    return Wish(**change)


NO_CHANGE = Wish()
"""The run goes on as it was."""


class Planned(NamedTuple):
    """A change at a place of a trace.

    Attributes:
        step: The number of the step; for an answer of the user, that of the engine's call.
        place: The index of the entry from which on the run may differ.
        turn: The turn of the step.
        change: The change.
        described: The change as plain data.
        agent_name: The `module:name` of the agent; `None` for none, and for one that is given as an object.
    """

    step: int
    place: int
    turn: int
    change: Change
    described: dict[str, Any]
    agent_name: str | None = None


def planned(trace: Trace, config: ScenarioRunnerConfig, at: int, wish: Wish) -> Planned:
    """Return the change that a user wants at a step of a run.

    Args:
        trace: The trace of the run.
        config: Its configuration.
        at: The step.
        wish: What is wanted.

    Raises:
        ForkError: If there is no such step, or the change does not fit it.
    """
    steps = steps_of(trace)
    try:
        step = step_at(steps, at)
    except ValueError as error:
        raise ForkError(str(error)) from None
    given = [name for name, is_given in _GIVEN if is_given(wish)]
    if len(given) > 1:
        raise ForkError(f"a fork has one change, got {' and '.join(given)}; make a fork for each")
    if wish.model is None and (wish.provider or wish.endpoint):
        raise ForkError("a provider or an endpoint needs a model; name it as well")
    if wish.answer is not None:
        return _with_answer(trace, steps, step, wish.answer)
    if wish.tool_result is not NOTHING:
        return _with_result(step, wish.tool_result)
    if wish.model is not None:
        return _with_model(step, config, wish)
    if wish.agent is not None:
        return _with_agent(trace, step, wish.agent)
    return Planned(step.number, step.place, step.entry.turn or 0, Change(), {})


_GIVEN: tuple[tuple[str, Callable[[Wish], bool]], ...] = (
    ("an answer", lambda wish: wish.answer is not None),
    ("a tool's result", lambda wish: wish.tool_result is not NOTHING),
    ("a model", lambda wish: wish.model is not None),
    ("an agent", lambda wish: wish.agent is not None),
)


def _with_answer(trace: Trace, steps: list[Step], step: Step, answer: str) -> Planned:
    call = step
    wanted = answer
    if answer in _ANSWERS:
        call = _users_answer(trace, steps, step)
        answer = _answered(call, answer)
    if not isinstance(call.entry, EngineCall):
        raise ForkError(
            f"step {step.number} is {_kind(step)}, and an answer needs a call of a model; {_near(steps, step)}"
        )
    if not answer.strip():
        raise ForkError("the answer is empty; give the text that the model would have returned")
    if call.entry.error is not None:
        raise ForkError(f"step {step.number}: the model has failed there ({call.entry.error}); fork without an answer")
    return Planned(call.number, call.place, call.entry.turn, Change(answer=answer), {"answer": wanted})


def _users_answer(trace: Trace, steps: list[Step], step: Step) -> Step:
    """Return the call of the user's engine that has led to an answer of the user."""
    if isinstance(step.entry, EngineCall) and step.entry.role == "user":
        found: Step | None = step
    else:
        before = [one for one in steps[: step.number] if isinstance(one.entry, EngineCall) and one.entry.role == "user"]
        is_answer = isinstance(step.entry, TraceEvent) and step.entry.function in _ANSWERS.values()
        found = before[-1] if is_answer and before else None
    if found is None or not isinstance(found.entry, EngineCall) or _answer_tool(found.entry) is None:
        answers = [*trace.acceptances(), *trace.rejections()]
        numbers = sorted(one.number for one in steps if any(one.entry is answer for answer in answers))
        has = f"the run has them at step {', '.join(map(str, numbers))}" if numbers else "the run has none"
        raise ForkError(f"step {step.number} is no answer of the user to a proposal; {has}")
    return found


def _answer_tool(call: EngineCall) -> str | None:
    name = tool_of(call.response)
    return name if name is not None and name.endswith(tuple(_ANSWERS.values())) else None


def _answered(call: Step, answer: str) -> str:
    assert isinstance(call.entry, EngineCall)
    name = str(_answer_tool(call.entry))
    wanted = _ANSWERS[answer]
    if name.endswith(wanted):
        raise ForkError(f"step {call.number}: the user has given this answer in the run as well, {answer}")
    _, arguments = parse_action(call.entry.response or "")
    stem = name.removesuffix(next(one for one in _ANSWERS.values() if name.endswith(one)))
    content = {"content": _WORDS[answer]} if "content" in arguments else {}
    return format_action(f"I {answer} this.", stem + wanted, content)


def _with_result(step: Step, result: Any) -> Planned:
    entry = step.entry
    if not isinstance(entry, TraceEvent) or entry.kind not in ("AGENT", "USER") or not entry.app:
        raise ForkError(f"step {step.number} is {_kind(step)}, and a tool's result needs a call of a tool")
    if entry.error is not None:
        raise ForkError(f"step {step.number}: the call has failed ({to_short_text(entry.error)}), and has no result")
    return Planned(step.number, step.place, entry.turn or 0, Change(tool_result=result), {"tool_result": result})


def _with_model(step: Step, config: ScenarioRunnerConfig, wish: Wish) -> Planned:
    entry = step.entry
    if not isinstance(entry, EngineCall):
        raise ForkError(
            f"step {step.number} is {_kind(step)}, and a model needs a call of a model, whose role it takes"
        )
    if entry.role == "agent":
        raise ForkError(
            f"step {step.number}: an agent of your own names its model itself; change the agent, or an answer"
        )
    before = config.engines[entry.role]
    given = {"model_name": wish.model, "provider": wish.provider, "endpoint": wish.endpoint}
    changes = {name: value for name, value in given.items() if value is not None}
    if wish.provider is None and not before.is_live:
        raise ForkError(
            f"the {entry.role} engine of the run is {before.provider}; name the provider of {wish.model} as well"
        )
    copied = before.model_copy(update=changes)
    try:
        engine = LLMEngineConfig.model_validate(copied.model_dump(exclude_unset=True))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ForkError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    described = {name.removesuffix("_name"): value for name, value in changes.items()}
    return Planned(step.number, step.place, entry.turn, Change(engine=engine), described)


def _with_agent(trace: Trace, step: Step, agent: ProactiveAgent | str) -> Planned:
    turn = step.entry.turn
    if turn is None:
        raise ForkError(f"step {step.number} belongs to no turn, in which an agent could take over")
    named = agent if isinstance(agent, str) else None
    if isinstance(agent, str):
        try:
            agent = load_agent(agent)
        except AgentTypeError as error:
            raise ForkError(str(error)) from None
    name = named or name_of(agent)
    begin = _agents_begin(trace, turn)
    return Planned(step.number, begin, turn, Change(agent=agent), {"agent": name}, named)


def _agents_begin(trace: Trace, turn: int) -> int:
    """Return the index of the first entry of the agent's part of a turn, or of what follows."""
    for index, entry in enumerate(trace.entries):
        is_agents = entry.kind == "AGENT" if isinstance(entry, TraceEvent) else entry.role not in ("user", "judge")
        if entry.turn is not None and (entry.turn > turn or (entry.turn == turn and is_agents)):
            return index
    return len(trace.entries)


def _kind(step: Step) -> str:
    entry = step.entry
    if isinstance(entry, EngineCall):
        return f"a call of the {entry.role} engine"
    who = {"user": "the user", "agent": "the agent"}.get(step.lane, "the world")
    return f"{'a call' if entry.app else 'an event'} of {who}, {entry.function}"


def _near(steps: list[Step], step: Step) -> str:
    calls = [one.number for one in steps if isinstance(one.entry, EngineCall)]
    before = [number for number in calls if number < step.number]
    return f"the last one before it is step {before[-1]}" if before else f"the run has {len(calls)} of them"


def parse_result(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ForkError: If it is no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ForkError(f"the result of a tool must be JSON, such as '\"a text\"' or '[]': {error}") from None
