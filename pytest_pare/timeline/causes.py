"""The cause of the first step that differs between two runs, in plain words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_pare.simulation.trace import EngineCall, Trace, TraceEvent
from pytest_pare.timeline.texts import one_line
from pytest_pare.timeline.titles import title_of

if TYPE_CHECKING:
    from pytest_pare.simulation.trace_steps import Step

Cause = Literal[
    "model's answer",
    "tool result",
    "world",
    "prompt",
    "scenario",
    "code",
    "agent's action",
    "user's action",
    "none",
]

_BUILT_IN = "observe-execute"
_AGENTS_ROLES = ("observe", "execute", "agent")
_TITLE = 70
_MOST_NAMED = 3


@dataclass(frozen=True)
class Context:
    """What is known of a run besides its trace.

    Attributes:
        source: The hash of the scenario's source; `None` if it is not known.
        versions: Distribution to its version.
        settings: Dotted key to value of each setting that runs depend on.
        status: The status of the run; `None` if it is not known.
    """

    source: str | None = None
    versions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    status: str | None = None


class Difference(NamedTuple):
    """The first difference.

    Attributes:
        cause: Its cause.
        sentence: One sentence about it.
        parts: What differs in the step: a name, and both texts.
    """

    cause: Cause
    sentence: str
    parts: list[tuple[str, Any, Any]]


class Side(NamedTuple):
    """One of the two runs at the first difference.

    Attributes:
        name: The name of the run.
        trace: Its trace.
        steps: Its steps.
        begin: The number of steps that both have in common.
        context: What else is known of it.
    """

    name: str
    trace: Trace
    steps: list[Step]
    begin: int
    context: Context

    @property
    def step(self) -> Step | None:
        """The first step that differs; `None` if the run has ended."""
        return self.steps[self.begin] if self.begin < len(self.steps) else None

    def has_later(self, event: TraceEvent) -> bool:
        """Return whether the run has the same event after the first step that differs."""
        later = (step.entry for step in self.steps[self.begin + 1 :])
        return any(isinstance(one, TraceEvent) and _function(one) == _function(event) for one in later)


def difference_of(a: Side, b: Side, *, with_requests: bool = True) -> Difference:
    """Return the first difference of two runs, with its cause.

    Args:
        a: The first run.
        b: The second.
        with_requests: Whether another request of a model is a difference, or another answer alone.
    """
    if a.trace.scenario_id != b.trace.scenario_id:
        scenarios = ("scenario", a.trace.scenario_id, b.trace.scenario_id)
        return Difference("scenario", "the runs are of two scenarios; compare two runs of one", [scenarios])
    one, other = (None if side.step is None else side.step.entry for side in (a, b))
    if one is None or other is None:
        return _one_ended(a, b)
    if isinstance(one, EngineCall) and isinstance(other, EngineCall) and one.role == other.role:
        return (
            _of_calls(a, b, one, other)
            if with_requests
            else _of_answers(a, b, one, other, f"the {one.role} model gave another answer")
        )
    if isinstance(one, TraceEvent) and isinstance(other, TraceEvent) and _same_call(one, other):
        return _of_results(a, b, one, other)
    return _of_actions(a, b, one, other)


def _one_ended(a: Side, b: Side) -> Difference:
    ended, other = (a, b) if a.step is None else (b, a)
    assert other.step is not None
    last = ended.begin
    where = f"after step {last}" if last else "without a step"
    sentence = f"{ended.name} ended {where}, and {other.name} went on: {_title(other)}"
    cause, known = _changed(a, b)
    return Difference(cause or "code", f"{sentence}{known}", [])


def _of_calls(a: Side, b: Side, one: EngineCall, other: EngineCall) -> Difference:
    who = f"the {one.role} model"
    if (one.fingerprint, one.request) == (other.fingerprint, other.request):
        return _of_answers(a, b, one, other, f"the same request to {who} got another answer")
    parts = _different([("request", _request(one), _request(other))])
    if one.time != other.time:
        slower = next((step for step in _slower(a, b)), None)
        if slower is not None:
            return Difference(
                "model's answer",
                f"all answers were the same, but that of step {slower} took another time, which later requests name",
                parts,
            )
    if a.trace.prompts != b.trace.prompts:
        versions = f"{a.trace.prompts} in {a.name}, {b.trace.prompts} in {b.name}"
        return Difference("prompt", f"the prompts have another version ({versions}), so {who} was asked another", parts)
    cause, known = _changed(a, b)
    system = [_request(call, "system") for call in (one, other)]
    if cause is None and system[0] != system[1]:
        return Difference("prompt", f"{who} got another system prompt, after equal steps{known}", parts)
    if cause is None and one.role == "agent":
        sentence = f"the agent sent its model another request, after equal steps{known}"
        return Difference("agent's action", sentence, parts)
    unknown = "" if known else "; prompts, scenario and versions are not known to differ"
    return Difference(cause or "code", f"{who} was asked another after equal steps{known}{unknown}", parts)


def _of_answers(a: Side, b: Side, one: EngineCall, other: EngineCall, sentence: str) -> Difference:
    parts = [("answer", one.response, other.response), ("error", one.error, other.error)]
    if one.model != other.model:
        parts = [("model", one.model, other.model), *parts]
        sentence = f"{sentence}, from {one.model} in {a.name} and {other.model} in {b.name}"
    return Difference("model's answer", sentence, _different(parts))


def _of_results(a: Side, b: Side, one: TraceEvent, other: TraceEvent) -> Difference:
    parts = _different(
        [(name, getattr(one, name), getattr(other, name)) for name in ("result", "error", "fault")]
        + [("arguments", one.args, other.args)] * (one.args != other.args)
    )
    name = f"{one.app}.{one.function}" if one.app else str(one.function)
    cause, known = _changed(a, b)
    if one.kind not in ("USER", "AGENT"):
        if one.time != other.time:
            parts = [("time", f"+{round(one.time, 3):.10g}", f"+{round(other.time, 3):.10g}"), *parts]
        what = "at another time" if one.time != other.time else "with another content"
        is_scenarios = cause == "scenario"
        sentence = f"the event {name} of the world came {what}{known if is_scenarios or cause is None else ''}"
        return Difference("scenario" if is_scenarios else "world", sentence, parts)
    if parts:
        noise = f" (noise: {one.fault or 'none'} and {other.fault or 'none'})" if one.fault != other.fault else ""
        return Difference(
            "tool result", f"the same call of {name} got another result{noise}{known if cause is None else ''}", parts
        )
    others = _different([(key, value, vars(other)[key]) for key, value in vars(one).items() if key not in _UNNAMED])
    return Difference(cause or "code", f"the same call of {name} found the run in another state{known}", others)


def _of_actions(a: Side, b: Side, one: TraceEvent | EngineCall, other: TraceEvent | EngineCall) -> Difference:
    parts, what = [("step", *_titles(a, b))], ""
    if isinstance(one, TraceEvent) and isinstance(other, TraceEvent) and _function(one) == _function(other):
        names = list(dict.fromkeys((*one.args, *other.args)))
        parts = _different([(name, one.args.get(name), other.args.get(name)) for name in names])
        what = f": {one.app}.{one.function} has other arguments" if parts else ""
    if (by_world := _worlds(a, b, one, other)) is not None:
        return by_world._replace(parts=parts)
    who = "agent" if _is_agents(one) or _is_agents(other) else "user"
    cause, known = _changed(a, b)
    both_acted = all(isinstance(entry, TraceEvent) and entry.kind == who.upper() for entry in (one, other))
    role = "user" if who == "user" else "observe"
    if both_acted and all(side.trace.agent == _BUILT_IN and _has_calls(side, role) for side in (a, b)):
        return Difference(cause or "code", f"the {who} acted differently after the same answers{known}", parts)
    how = f"acted differently{what}" if both_acted else "acted in one of them"
    agents = (a.trace.agent, b.trace.agent)
    if who == "agent" and agents[0] != agents[1]:
        how = f"is {agents[0]} in {a.name}, and {agents[1]} in {b.name}"
    return Difference("agent's action" if who == "agent" else "user's action", f"the {who} {how}{known}", parts)


def _worlds(a: Side, b: Side, one: TraceEvent | EngineCall, other: TraceEvent | EngineCall) -> Difference | None:
    """Return the difference if the world did another thing; `None` if a side acted before it did the same."""
    for here, there, entry in ((a, b, one), (b, a, other)):
        if not isinstance(entry, TraceEvent) or entry.kind in ("USER", "AGENT"):
            continue
        others = other if entry is one else one
        is_worlds = isinstance(others, TraceEvent) and others.kind not in ("USER", "AGENT")
        if is_worlds or not there.has_later(entry):
            cause, known = _changed(a, b)
            is_scenarios = cause == "scenario"
            rest = known if is_scenarios or cause is None else ""
            what = (
                "another event of the world came" if is_worlds else f"an event of the world came in {here.name} alone"
            )
            return Difference("scenario" if is_scenarios else "world", f"{what}{rest}", [])
    return None


def _has_calls(side: Side, role: str) -> bool:
    return any(call.role == role for call in side.trace.calls)


# Fields of an event that say the same as others, or nothing of what happened.
_UNNAMED = ("time", "event_id", "kind", "app", "app_class", "function")


def _changed(a: Side, b: Side) -> tuple[Cause | None, str]:
    """Return whether the scenario, or a version, is known to differ, and the end of a sentence on what differs.

    Settings that differ explain much, and are no cause of their own.
    """
    sources = (a.context.source, b.context.source)
    if None not in sources and sources[0] != sources[1]:
        return "scenario", "; the source of the scenario differs"
    if versions := _named(a.context.versions, b.context.versions):
        return "code", f"; versions differ: {versions}"
    settings = _named(a.context.settings, b.context.settings)
    return None, f"; settings differ: {settings}" if settings else ""


def _named(one: dict[str, Any], other: dict[str, Any]) -> str:
    """Return the values that differ between two mappings as a text; empty if none does."""
    names = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    shown = [f"{name} ({_value(one.get(name))} and {_value(other.get(name))})" for name in names[:_MOST_NAMED]]
    more = len(names) - _MOST_NAMED
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _value(value: Any) -> str:
    return "none" if value is None else one_line(str(value), _TITLE)


def _slower(a: Side, b: Side) -> list[int]:
    pairs = [(one, one.entry, other.entry) for one, other in zip(a.steps[: a.begin], b.steps[: b.begin], strict=True)]
    return [
        step.number
        for step, one, other in pairs
        if isinstance(one, EngineCall) and isinstance(other, EngineCall) and one.latency != other.latency
    ]


def _request(call: EngineCall, role: str | None = None) -> str | None:
    if call.request is None:
        return None
    messages = [one for one in call.request if role in (None, one.get("role"))]
    return "\n".join(f"[{one.get('role')}] {one.get('content')}" for one in messages)


def _different(parts: list[tuple[str, Any, Any]]) -> list[tuple[str, Any, Any]]:
    return [part for part in parts if part[1] != part[2]]


def _same_call(one: TraceEvent, other: TraceEvent) -> bool:
    is_worlds = one.kind not in ("USER", "AGENT")
    return _function(one) == _function(other) and (is_worlds or one.args == other.args)


def _function(event: TraceEvent) -> tuple[str, str | None, str | None]:
    return event.kind, event.app, event.function


def _is_agents(entry: TraceEvent | EngineCall) -> bool:
    return entry.kind == "AGENT" if isinstance(entry, TraceEvent) else entry.role in _AGENTS_ROLES


def _titles(a: Side, b: Side) -> tuple[str, str]:
    return _title(a), _title(b)


def _title(side: Side) -> str:
    return "the end" if side.step is None else one_line(title_of(side.step), _TITLE)
