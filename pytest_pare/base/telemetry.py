"""Makes the spans of runs, turns, tool calls and model calls; nothing until `enable` is called."""

from __future__ import annotations

import os
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.base.spans import NO_SPAN, Span, clean, current, prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import Enum

    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

__all__ = [
    "NO_SPAN",
    "Span",
    "agent_turn",
    "current",
    "disable",
    "enable",
    "model_call",
    "note_fault",
    "run",
    "test_case",
    "tool_call",
    "user_turn",
]

# LiteLLM's names of providers that the conventions name otherwise.
_PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}

test_case: ContextVar[Mapping[str, str]] = ContextVar("pytest_pare_test_case")
"""Attributes of the test that plays runs: `test.case.name` and `test.suite.name`."""

_tracer: Callable[[], Tracer] | None = None


def about(nodeid: str) -> dict[str, str]:
    """Return the attributes of a test, by its node id."""
    return {"test.case.name": nodeid, "test.suite.name": nodeid.partition("::")[0]}


def enable(tracer: Callable[[], Tracer]) -> None:
    """Make spans from now on in this process.

    Args:
        tracer: Returns the tracer. It is called for each span, the first time after the agent of a run was loaded.
    """
    global _tracer  # noqa: PLW0603 - a process exports spans or does not
    _tracer = tracer


def disable() -> None:
    """Make no more spans in this process."""
    global _tracer  # noqa: PLW0603 - see above
    _tracer = None


def run(scenario_id: str, seed: int, run_number: int | None, variant: str, agent: str | None) -> Span:
    """Return the span of a run.

    Args:
        scenario_id: The scenario.
        seed: Its seed.
        run_number: The number of the run; `None` for a scenario that runs once.
        variant: The variant; empty without one.
        agent: The name of the agent under test; `None` without one.
    """
    if (tracer := _tracer) is None:
        return NO_SPAN
    attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": scenario_id,
        "test.case.name": scenario_id,
        **test_case.get({}),
        "pare.scenario": scenario_id,
        "pare.seed": seed,
        "pare.run_number": run_number,
        "pare.variant": variant or None,
    }
    return _span(tracer, f"invoke_workflow {scenario_id}", attributes, agent=agent)


def agent_turn(number: int, mode: Enum, time: float) -> Span:
    """Return the span of a turn of the agent under test.

    Args:
        number: The turn, from 0 on.
        mode: The mode of the agent.
        time: The simulated time, in epoch seconds.
    """
    if (tracer := _tracer) is None:
        return NO_SPAN
    of_run = current().of_run
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        **of_run,
        "pare.turn": number,
        "pare.mode": mode.value,
        **_at(time),
    }
    name = f"invoke_agent {of_run.get('gen_ai.agent.name') or ''}".rstrip()
    return _span(tracer, name, attributes)


def user_turn(number: int, time: float) -> Span:
    """Return the span of a turn of the simulated user, whom the conventions for agents do not cover.

    Args:
        number: The turn, from 0 on.
        time: The simulated time, in epoch seconds.
    """
    if (tracer := _tracer) is None:
        return NO_SPAN
    return _span(tracer, "user turn", {"pare.role": "user", "pare.turn": number, **_at(time)})


def tool_call(name: str, arguments: Mapping[str, Any], who: str, time: float, inside: Span) -> Span:
    """Return the span of a tool call.

    Args:
        name: The tool.
        arguments: Its arguments; exported if content is captured.
        who: `USER` or `AGENT`.
        time: The simulated time, in epoch seconds.
        inside: The span of the turn, for a call from a thread that has no current span.
    """
    if (tracer := _tracer) is None:
        return NO_SPAN
    is_agent = who == "AGENT"
    attributes = {
        "gen_ai.operation.name": "execute_tool" if is_agent else None,
        "gen_ai.tool.name": name,
        "gen_ai.tool.type": "function",
        "pare.role": None if is_agent else "user",
        **_at(time),
    }
    span = _span(tracer, f"{'execute_tool' if is_agent else 'user'} {name}", attributes, inside)
    span.set_content({"gen_ai.tool.call.arguments": arguments})
    return span


def model_call(
    role: str,
    model: str,
    provider: str | None,
    time: float,
    inside: Span,
    *,
    is_live: bool = True,
    operation: str = "chat",
) -> Span:
    """Return the span of a call of a model. Its method `answered` sets the answer.

    Args:
        role: The role of the engine.
        model: The name of the model.
        provider: The provider, in LiteLLM's words; `None` if the engine chooses it.
        time: The simulated time, in epoch seconds.
        inside: The span of the turn, for a call from a thread that has no current span.
        is_live: Whether a model answers, now or in a recording, and not an engine on this machine.
        operation: `chat` or `embeddings`.
    """
    if (tracer := _tracer) is None:
        return NO_SPAN
    attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.conversation.id": _outer(inside).of_run.get("gen_ai.conversation.id"),
        "gen_ai.provider.name": _PROVIDERS.get(provider or "", provider),
        "gen_ai.request.model": model,
        "pare.role": role,
        "pare.live": is_live,
        **_at(time),
    }
    return _span(tracer, f"{operation} {model}", attributes, inside, is_client=is_live)


def note_fault(kind: str | None) -> None:
    """Set the kind of fault that has hit the current tool call; nothing for `None`."""
    current().set({"pare.fault": kind})


def _span(
    tracer: Callable[[], Tracer],
    name: str,
    attributes: Mapping[str, Any],
    inside: Span = NO_SPAN,
    *,
    is_client: bool = False,
    agent: str | None = None,
) -> Span:
    """Begin a span in the current span of the context, or else in `inside`, or else in that of the process's caller."""
    from opentelemetry import trace

    outer = _outer(inside)
    is_inside = trace.get_current_span().get_span_context().is_valid
    kind = trace.SpanKind.CLIENT if is_client else trace.SpanKind.INTERNAL
    context = None if is_inside else outer.context() or _callers_context()
    begun = tracer().start_span(clean(name), context, kind, prepared(attributes))
    if outer is not NO_SPAN:
        return Span(begun, outer.of_run)
    of_run = {
        "gen_ai.conversation.id": trace.format_span_id(begun.get_span_context().span_id),
        "gen_ai.agent.name": agent,
    }
    span = Span(begun, of_run)
    span.set(of_run)
    return span


def _outer(inside: Span) -> Span:
    return inside if current() is NO_SPAN else current()


def _at(time: float) -> dict[str, Any]:
    return {"pare.simulated_time": datetime.fromtimestamp(time, tz=UTC).isoformat()}


def _callers_context() -> Context | None:
    """Return the context in the environment variables of this process; `None` without one."""
    from opentelemetry import propagate

    carrier = {name.lower(): value for name in ("TRACEPARENT", "TRACESTATE") if (value := os.environ.get(name))}
    return propagate.extract(carrier) if carrier else None
