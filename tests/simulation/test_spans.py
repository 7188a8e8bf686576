"""Spans of runs, turns, tool calls and model calls, as OpenTelemetry gets them."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pytest_pare.agents.program.pool import close_all
from pytest_pare.base import telemetry
from pytest_pare.endpoints import server as endpoints
from pytest_pare.engines.cassette_spec import CassetteSpec
from pytest_pare.plugin.span_export import SpanExport
from pytest_pare.scenarios.agent_program import AgentProgram
from pytest_pare.scenarios.config import LLMEngineConfig, NoiseConfig
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario
from tests.clients.fake_host import CLIENT
from tests.engines.asking_agents import chat
from tests.engines.recorded_runs import RecordedRuns
from tests.scripted import LOOK_ON, accept, play_scripted, propose, scripted
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from opentelemetry.sdk.trace import ReadableSpan

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.simulation.runner import Run

ADD = "Calendar__add_calendar_event"
FIND = "Calendar__search_events"
TEA = {"title": "Tea", "start_datetime": "2025-01-06 16:00:00", "end_datetime": "2025-01-06 17:00:00"}
CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


class Spans:
    """The spans that have ended.

    Attributes:
        tracer: Makes spans.
    """

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = SpanExport([]).provider
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("tests")

    def clear(self) -> None:
        self._exporter.clear()

    def named(self, name: str) -> list[ReadableSpan]:
        return [one for one in self._exporter.get_finished_spans() if one.name == name]

    def one(self, name: str) -> ReadableSpan:
        (span,) = self.named(name)
        return span

    def lines(self) -> list[str]:
        """Return the names of all spans in the order of their beginnings, each below that around it."""
        spans = sorted(self._exporter.get_finished_spans(), key=lambda one: one.start_time or 0)
        depths: dict[int, int] = {}
        lines = []
        for span in spans:
            depth = 0 if span.parent is None else depths[span.parent.span_id] + 1
            depths[span.context.span_id] = depth
            lines.append("  " * depth + span.name)
        return lines


@pytest.fixture(scope="module")
def exported() -> Spans:
    return Spans()


@pytest.fixture
def spans(exported: Spans, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spans]:
    """Telemetry that is on."""
    for variable in (CAPTURE, "TRACEPARENT", "TRACESTATE"):
        monkeypatch.delenv(variable, raising=False)
    exported.clear()
    telemetry.enable(lambda: exported.tracer)
    yield exported
    telemetry.disable()


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def play(agent: Any, **settings: Any) -> Run:
    return run_scenario(Stage(), RunnerSettings(max_turns=1, **settings), agent=agent)


def an_offer() -> Run:
    engines = scripted(
        observe=[propose("Tea at four?"), LOOK_ON, LOOK_ON],
        user=[("wait", {}), accept("Yes.")],
        execute=[(ADD, TEA)],
    )
    return play_scripted(engines, config={"max_turns": 2})


def test_a_run_is_a_tree_of_turns_with_their_calls(spans: Spans) -> None:
    assert an_offer().success
    assert spans.lines() == [
        "invoke_workflow stage",
        "  user turn",
        "    chat scripted",
        "  invoke_agent observe-execute",
        "    chat scripted",
        "    execute_tool PAREAgentUserInterface__send_message_to_user",
        "  user turn",
        "    chat scripted",
        "    user PAREAgentUserInterface__accept_proposal",
        "  invoke_agent observe-execute",
        "    chat scripted",
        f"    execute_tool {ADD}",
    ]


def test_each_span_has_the_attributes_of_the_conventions(spans: Spans) -> None:
    an_offer()
    run, turn = spans.one("invoke_workflow stage"), spans.named("invoke_agent observe-execute")[1]
    id_ = trace.format_span_id(run.context.span_id)
    assert attributes(run) == {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": "stage",
        "gen_ai.conversation.id": id_,
        "gen_ai.agent.name": "observe-execute",
        "test.case.name": "stage",
        "test.case.result.status": "pass",
        "pare.scenario": "stage",
        "pare.seed": 0,
        "pare.status": "success",
    }
    (event,) = run.events
    assert (event.name, dict(event.attributes or {})) == (
        "gen_ai.evaluation.result",
        {
            "gen_ai.evaluation.name": "validate",
            "gen_ai.evaluation.score.value": 1.0,
            "gen_ai.evaluation.score.label": "pass",
        },
    )
    assert attributes(turn) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.conversation.id": id_,
        "gen_ai.agent.name": "observe-execute",
        "pare.turn": 1,
        "pare.mode": "execute",
        "pare.simulated_time": "2025-01-06T09:00:03+00:00",
    }
    assert attributes(spans.one(f"execute_tool {ADD}")) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": ADD,
        "gen_ai.tool.type": "function",
        "pare.simulated_time": "2025-01-06T09:00:04+00:00",
    }
    assert attributes(spans.named("chat scripted")[1]) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.conversation.id": id_,
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "scripted",
        "pare.role": "observe",
        "pare.live": False,
        "pare.replayed": False,
        "pare.simulated_seconds": 1.0,
        "pare.simulated_time": "2025-01-06T09:00:01+00:00",
    }
    begun, ended = run.start_time or 0, run.end_time or 0
    assert begun < (turn.start_time or 0) < (turn.end_time or 0) < ended < begun + 60e9, "real time, in nanoseconds"


def test_the_judge_is_asked_within_the_span_of_the_run(spans: Spans) -> None:
    said = LLMEngineConfig(model_name="j", provider="scripted", answers=[{"holds": True, "reason": "it is"}])
    config = RunnerSettings(agent_type="null", max_turns=1, judge_engine_config=said)
    run_scenario(Stage(verdict=lambda stage, env: stage.judge("it is polite").holds), config)
    assert spans.lines()[-2:] == ["  invoke_agent null", "  chat j"]
    found = attributes(spans.one("chat j"))
    assert (found["pare.role"], found["pare.simulated_seconds"], found["pare.live"]) == ("judge", 0.0, False)


# -- agents of one's own


def at_once(turn: Turn) -> None:
    turn.call(FIND, {"query": "tea"})


def plain(tracer: trace.Tracer) -> Callable[[Turn], None]:
    def agent(turn: Turn) -> None:
        with tracer.start_as_current_span("my step"):
            turn.call(FIND, {"query": "tea"})

    return agent


def in_a_thread(tracer: trace.Tracer) -> Callable[[Turn], None]:
    def agent(turn: Turn) -> None:
        thread = threading.Thread(target=at_once, args=(turn,))
        thread.start()
        thread.join()

    return agent


def test_the_agents_own_spans_are_in_its_turn_and_around_its_calls(spans: Spans) -> None:
    agent = plain(spans.tracer)
    assert play(agent).success
    turn = f"  invoke_agent {__name__}:plain.<locals>.agent"
    assert spans.lines()[-3:] == [turn, "    my step", f"      execute_tool {FIND}"]


def test_a_call_in_a_thread_without_a_span_is_in_the_turn(spans: Spans) -> None:
    assert play(in_a_thread(spans.tracer)).success
    assert spans.lines()[-1] == f"    execute_tool {FIND}"


def test_each_turn_of_an_async_agent_has_its_own_spans(spans: Spans) -> None:
    async def agent(turn: Turn) -> None:
        with spans.tracer.start_as_current_span(f"step {turn.number}"):
            await asyncio.sleep(0)
            turn.call(FIND, {"query": "tea"})

    assert run_scenario(Stage(), RunnerSettings(max_turns=2, skip_idle_time=False), agent=agent).success
    turns = [one.context.span_id for one in spans._exporter.get_finished_spans() if "invoke_agent" in one.name]
    assert [getattr(spans.one(f"step {n}").parent, "span_id", None) for n in (0, 1)] == turns


def test_a_span_around_the_run_or_the_process_is_the_one_above_it(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    def idle(turn: Turn) -> None:
        return None

    with spans.tracer.start_as_current_span("mine"):
        play(idle)
    assert spans.lines()[:2] == ["mine", "  invoke_workflow stage"]
    spans.clear()
    monkeypatch.setenv("TRACEPARENT", f"00-{'ab' * 16}-{'cd' * 8}-01")
    play(idle)
    parent = spans.one("invoke_workflow stage").parent
    assert parent is not None
    assert (parent.trace_id, parent.span_id) == (int("ab" * 16, 16), int("cd" * 8, 16))


# -- what fails


def test_a_call_that_raises_and_an_agent_that_raises_are_errors(spans: Spans) -> None:
    def agent(turn: Turn) -> None:
        turn.tools["nothing"]()

    assert play(agent).result.status == "failed"
    call, run = spans.one("execute_tool nothing"), spans.one("invoke_workflow stage")
    (turn,) = (one for one in spans._exporter.get_finished_spans() if "invoke_agent" in one.name)
    found = [(one.attributes or {}).get("error.type") for one in (call, turn, run)]
    assert found == ["UnknownToolError", "AgentFailure", "failed"]
    assert "the agent raised UnknownToolError: there is no tool nothing" in str(turn.status.description)
    assert (run.attributes or {})["test.case.result.status"] == "fail"
    assert {one.status.status_code for one in (call, turn, run)} == {trace.StatusCode.ERROR}


def test_the_end_of_simulated_time_is_no_error(spans: Spans) -> None:
    run = play_scripted(
        scripted(observe=[LOOK_ON] * 9), config={"max_scenario_duration": 8, "max_turns": None, "skip_idle_time": False}
    )
    assert run.result.ended_by == "max_scenario_duration"
    assert [one.name for one in spans._exporter.get_finished_spans() if not one.status.is_unset] == []


def test_a_fault_is_on_the_call_that_it_hits(spans: Spans) -> None:
    def agent(turn: Turn) -> None:
        with pytest.raises(Exception, match="failed"):
            turn.call(FIND, {"query": "tea"})

    assert play(agent, noise=NoiseConfig(tool_failure_probability=1)).success
    found = attributes(spans.one(f"execute_tool {FIND}"))
    assert (found["pare.fault"], found["error.type"]) == ("tool_failure", "ToolFailure")


# -- models


def test_a_replayed_call_is_told_from_a_live_one(spans: Spans, tmp_path: Path) -> None:
    def script(stage: Any) -> list[Any]:
        return [stage.agent_says("Tea?").delayed(5)]

    runs = RecordedRuns(lambda: Stage(script=script), max_turns=1)
    for is_replayed in (False, True):
        spans.clear()
        assert runs(CassetteSpec(tmp_path / "stage.jsonl", "once", "fail", live=True)).success
        name = next(one.name for one in spans._exporter.get_finished_spans() if one.name.startswith("chat "))
        span = spans.named(name)[0]
        found = attributes(span)
        assert (found["pare.live"], found["pare.replayed"]) == (True, is_replayed)
        assert found["gen_ai.usage.input_tokens"] > 0
        assert found["gen_ai.usage.output_tokens"] == 7
        assert found["gen_ai.response.finish_reasons"] == ("length",)
        assert span.kind is trace.SpanKind.CLIENT


# -- content


def test_content_is_exported_only_if_captured_and_without_secrets(
    spans: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GARDEN_API_KEY", "tulips-and-roses")
    texts = {}
    for value in ("", "SPAN_ONLY"):
        spans.clear()
        monkeypatch.setenv(CAPTURE, value)
        engines = scripted(observe=[propose("Tea? The key is tulips-and-roses.")])
        play_scripted(engines, config={"max_turns": 1})
        texts[value] = "".join(one.to_json() for one in spans._exporter.get_finished_spans())
    assert "tulips" not in texts[""] + texts["SPAN_ONLY"]
    assert "Tea?" not in texts[""]
    call = attributes(spans.one("execute_tool PAREAgentUserInterface__send_message_to_user"))
    assert json.loads(call["gen_ai.tool.call.arguments"]) == {"content": "Tea? The key is [redacted]."}
    assert call["gen_ai.tool.call.result"] == "null"
    answers = [attributes(one) for one in spans.named("chat scripted")]
    (said,) = json.loads(answers[1]["gen_ai.output.messages"])
    assert said["role"] == "assistant"
    assert "The key is [redacted]." in said["parts"][0]["content"]
    assert json.loads(answers[1]["gen_ai.input.messages"])[0]["role"] == "system"


# -- what telemetry leaves alone


def test_a_trace_is_the_same_with_and_without_spans(spans: Spans) -> None:
    def agent(turn: Turn) -> None:
        turn.call(FIND, {"query": str(random.random())})

    def traced() -> str:
        random.seed(1)
        return run_scenario(Stage(), RunnerSettings(max_turns=3), agent=agent).trace.to_jsonl()

    with_spans = traced()
    assert len(spans.named(f"execute_tool {FIND}")) == 3
    telemetry.disable()
    assert traced() == with_spans


def test_without_telemetry_nothing_of_opentelemetry_is_imported(
    exported: Spans, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An import of it raises.
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert play(at_once).success
    telemetry.enable(lambda: exported.tracer)
    try:
        with pytest.raises(ImportError), telemetry.run("stage", 0, None, "", None):
            pass
    finally:
        telemetry.disable()


def test_a_request_at_the_agents_endpoint_is_a_span_of_its_turn(spans: Spans) -> None:
    script = {"model_name": "script", "provider": "scripted", "answers": ["Nothing."]}
    assert play(chat, agent_engine_config=LLMEngineConfig.model_validate(script)).trace.calls
    endpoints.close()
    turn, call = spans.one(f"invoke_agent {chat.__module__}:chat"), spans.one("chat script")
    assert call.parent is not None
    assert call.parent.span_id == turn.context.span_id
    shown = attributes(call)
    assert (shown["pare.role"], shown["pare.live"], shown["pare.replayed"]) == ("agent", False, False)
    assert shown["pare.simulated_seconds"] == 1.0


SAY_PARENT = """
from pytest_pare_agent import serve

serve(lambda turn: turn.propose(str(turn.traceparent)))
"""


def test_spans_of_a_program_can_be_inside_of_its_turn(spans: Spans, tmp_path: Path) -> None:
    def propose_parent(turn: Turn) -> None:
        turn.propose(str(turn.traceparent))

    def proposed(agent: Any = None, program: AgentProgram | None = None) -> str:
        run = run_scenario(Stage(), RunnerSettings(max_turns=1, agent=program), agent=agent)
        return str(run.trace.proposals()[0].args["content"])

    (tmp_path / "agent.py").write_text(SAY_PARENT, encoding="utf-8")
    env = {"PYTHONPATH": str(CLIENT)}
    program = AgentProgram(command=(sys.executable, "-S", "agent.py"), cwd=str(tmp_path), env=env)
    try:
        for said in (proposed(program=program), proposed(agent=propose_parent)):
            _, trace_id, span_id, _ = said.split("-")
            (turn,) = (one for one in spans._exporter.get_finished_spans() if one.context.span_id == int(span_id, 16))
            assert turn.name.startswith("invoke_agent ")
            assert turn.context.trace_id == int(trace_id, 16)
        telemetry.disable()
        assert proposed(program=program) == "None"
    finally:
        close_all()
