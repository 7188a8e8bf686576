"""Traces in ARE's JSON: `hf`, version 1 of its trace format, and `lite`, the agents' side.

`hf` is written by ARE's own exporter, but for the completed events: they are made from the trace, which has arguments
and results as they were, as plain values. Lists and dictionaries among the arguments of reference steps are JSON, which
ARE's importer can read. Beyond ARE's fields, these events have the agent's mode and the turn, as in
PARE, and the annotation has the validator's rationale, also as its comment. Dates are simulated ones. Calls that
never became an event, engines' fingerprints and screens are in `jsonl` only.

How ARE's importer reads an `hf` file:

- `import_from_json(text, load_completed_events=False)` reads it: the scenario's id, seed, times, verdict and comment,
  the events of its script, and the world logs. It ignores all other fields.
- With the completed events it raises `AttributeError`: it looks for the class of each app in `are.simulation.apps`,
  where those of a phone are not. Even if they have been put there, it raises for a user's action on a screen, which is
  no method of the app (`AttributeError`), and for an argument that is an empty text (`ValueError`).
- `initialize()` of the imported scenario drops each app whose class ARE does not have, with a line in the log, and so
  cannot rebuild the script. It also requires exactly one predecessor of each environment event, and a script without
  custom conditions and stops, because Python functions are only named. The file has no validation events.

`lite` has the agents' side. A trace has the engines' answers, but only fingerprints of the prompts. So the history of a
role has its engine's answers, and its calls with their results, in order. The calls of a user's own agent are under
`execute` during an execution, and under `observe` otherwise; the answers of its model, if it asked for them at the
run's endpoint, are under `agent`.

Neither format can hold half of a surrogate pair; U+FFFD stands for one.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from are.simulation.agents.agent_log import ErrorLog, LLMOutputThoughtActionLog, ObservationLog, ToolCallLog
from are.simulation.agents.default_agent.base_agent import DEFAULT_STEP_2_MESSAGE
from are.simulation.data_handler.exporter import (
    JsonScenarioExporter,
    build_history_from_logs,
    extract_llm_usage_stats_from_logs,
)
from are.simulation.data_handler.models import ExportedAction, ExportedCompletedEvent, ExportedEventMetadata
from are.simulation.types import Action, EventLog, OracleEvent
from pydantic import ValidationError

from pytest_pare.are.world import DEFAULT_START_TIME
from pytest_pare.base.serialization import to_builtins, to_builtins_or_name
from pytest_pare.results.validation_result import result_to_record
from pytest_pare.simulation.trace import EngineCall

if TYPE_CHECKING:
    from are.simulation.agents.agent_log import BaseAgentLog
    from are.simulation.types import AbstractEvent

    from pytest_pare.results.validation_result import PAREScenarioValidationResult
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.trace import Trace, TraceEvent

_DECISIONS = {"success": "Valid", "failed": "Invalid"}
# Roles whose models have no alias.
_WITHOUT_ALIAS = ("agent", "judge")
_LITERALS = ("list", "dict", "tuple", "set", "NoneType")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# ARE counts a step's call and its outcome differently, and leaves the calls out.
_MESSAGES = {**DEFAULT_STEP_2_MESSAGE, "tool_call": "[TOOL CALL]:\n{content}\n"}


def to_hf(
    scenario: PAREScenario, trace: Trace, result: PAREScenarioValidationResult, config: ScenarioRunnerConfig
) -> str:
    """Return a run as ARE's JSON exporter writes one.

    Raises:
        ValueError: If a field of the scenario's is not of the type that ARE's format has for it.
    """
    rationale, raised = _rationale_and_exception(result)
    # Events are added from the trace, which has the values of their time.
    nothing: Any = SimpleNamespace(event_log=EventLog())
    try:
        exported = JsonScenarioExporter().export_to_json(
            nothing,
            _definition(scenario),
            trace.scenario_id,
            model_id=_model_id(trace, config),
            agent_id=trace.agent,
            validation_decision=_DECISIONS.get(result.status),
            comment=rationale,
            world_logs=_logs(trace),
        )
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"{trace.scenario_id}: the trace format hf cannot hold {field}: {first['msg']}; use jsonl"
        ) from error
    document = json.loads(exported)
    document["completed_events"] = [
        _completed(event, trace.start_time) for event in trace.events if event.event_id and event.kind != "VALIDATION"
    ]
    metadata = document["metadata"]
    metadata["definition"] |= raised
    metadata["annotation"] |= {"validation_rationale": rationale, "date": trace.start_time + _duration(scenario)}
    return _to_json(document)


def to_lite(
    scenario: PAREScenario, trace: Trace, result: PAREScenarioValidationResult, config: ScenarioRunnerConfig
) -> str:
    """Return the messages and results of each role in a run: `user`, `observe`, `execute`, `judge`, or `agent`.

    `agent` is the agent's own model. A role that took no part is missing.
    """
    logs = _logs(trace)
    roles = ("user", "observe", "execute", "agent", "judge")
    by_role = {role: [log for log in logs if log.agent_id == role] for role in roles}
    took_part = {role: own for role, own in by_role.items() if own}
    return _to_json(
        {
            "scenario_id": trace.scenario_id,
            "model_id": _model_id(trace, config),
            "main_agent_type": trace.agent,
            "validation_decision": _DECISIONS.get(result.status),
            "validation_rationale": _rationale_and_exception(result)[0],
            "run_duration": _duration(scenario),
            "per_agent_interaction_histories": {
                role: build_history_from_logs(own, exclude_log_types=[], message_dict=_MESSAGES)
                for role, own in took_part.items()
            },
            "per_agent_llm_usage_stats": {
                role: extract_llm_usage_stats_from_logs(own) for role, own in took_part.items()
            },
        }
    )


def _model_id(trace: Trace, config: ScenarioRunnerConfig) -> str | None:
    """Return the names of the models by role. That of a user's own agent is known if it asked the run's endpoint."""
    if trace.agent is None:
        return None
    roles = [*config.engines] if trace.agent == config.agent_type else ["user"]
    names = {role: getattr(config, f"{role}_model_alias") for role in roles if role not in _WITHOUT_ALIAS}
    names |= {call.role: call.model for call in trace.calls if call.role in _WITHOUT_ALIAS}
    return "|".join(f"{role}:{name}" for role, name in names.items())


def _rationale_and_exception(result: PAREScenarioValidationResult) -> tuple[str | None, dict[str, Any]]:
    """Return the rationale, and the fields of ARE's definition for an exception, without addresses in memory."""
    record = result_to_record(result)
    rationale, exception = record["rationale"], record["exception"]
    raised = (
        {}
        if exception is None
        else {
            "has_exception": True,
            "exception_type": exception["type"],
            "exception_message": _ADDRESS.sub("", exception["message"]),
        }
    )
    return rationale and _ADDRESS.sub("", rationale), raised


def _duration(scenario: PAREScenario) -> float:
    """Return the simulated seconds that have passed; 0.0 for a scenario that failed before it had a world."""
    world = getattr(scenario, "world", None)
    return 0.0 if world is None else round(world.clock.time_passed(), 6)


# -- the definition of the scenario


def _definition(scenario: PAREScenario) -> PAREScenario:
    """Return a copy of the scenario without values that ARE's exporter fails on, or writes an address for."""
    view = copy.copy(scenario)
    # A scenario that failed while it was built may have any value there.
    view.events = [_plain(event) for event in scenario.events] if isinstance(scenario.events, list) else []
    view._initial_apps = {
        name: {**app, "serialized_state": json.dumps(_clean(json.loads(app["serialized_state"])))}
        for name, app in (scenario._initial_apps or {}).items()
    }
    # ARE's importer accepts its own tags only.
    view.tags = tuple(tag for tag in scenario.tags or () if hasattr(tag, "value"))
    if view.start_time is None:
        view.start_time = DEFAULT_START_TIME
    return view


def _plain(event: AbstractEvent) -> AbstractEvent:
    plain: Any = copy.copy(event)
    if isinstance(plain, OracleEvent):
        if plain.action_desc is not None:
            plain.action_desc = copy.copy(plain.action_desc)
            plain.action_desc.args = [_reference_argument(_clean(one)) for one in plain.action_desc.args]
    elif getattr(plain, "action", None) is not None:
        plain.action = copy.copy(plain.action)
        # A partial function has no name of its own.
        plain.action.function = SimpleNamespace(__name__=event.action.function_name)
        if isinstance(plain.action, Action):
            arguments = plain.action.resolved_args or plain.action.args
            plain.action.args = {k: _clean(to_builtins_or_name(v)) for k, v in arguments.items() if k != "self"}
            plain.action.resolved_args = {}
    return plain


def _reference_argument(argument: dict[str, Any]) -> dict[str, Any]:
    """Return an argument of a reference step in the form that ARE's importer reads.

    `.oracle()` keeps `str(value)`. The importer parses lists and dictionaries as JSON, and has no type `NoneType`.
    """
    if argument["value_type"] not in _LITERALS:
        return argument
    try:
        value = ast.literal_eval(argument["value"])
    except (ValueError, SyntaxError):
        # A container of objects, which have no literal.
        return argument
    converted = JsonScenarioExporter.convert_action_args(argument["name"], _clean(value))
    return {"name": converted.name, "value": converted.value, "value_type": converted.value_type}


# -- what happened


def _completed(event: TraceEvent, start_time: float) -> dict[str, Any]:
    convert = JsonScenarioExporter.convert_action_args
    returned = convert("", event.result)
    completed: dict[str, Any] = ExportedCompletedEvent(
        class_name="CompletedEvent",
        event_type=event.kind,
        event_time=start_time + event.time,
        event_id=event.event_id,
        dependencies=[],
        event_relative_time=None,
        action=ExportedAction(
            action_id=event.event_id,
            app=event.app,
            function=event.function,
            operation_type=None if event.operation is None else event.operation.upper(),
            args=[convert(name, value) for name, value in event.args.items()],
        ),
        metadata=ExportedEventMetadata(
            return_value=returned.value, return_value_type=returned.value_type, exception=event.error
        ),
    ).model_dump()
    # As in PARE, only the agent is in a mode.
    mode = event.mode if event.kind == "AGENT" else None
    completed["metadata"] |= {"proactive_mode": mode, "turn_number": event.turn}
    return completed


def _logs(trace: Trace) -> list[BaseAgentLog]:
    """Return the engines' answers and the results of calls as ARE's agents log them; nothing without agents."""
    if trace.agent is None:
        return []
    logs: list[BaseAgentLog] = []
    for entry in trace.entries:
        if isinstance(entry, EngineCall):
            logs.append(_answer(entry, trace.start_time))
        elif entry.kind in ("USER", "AGENT"):
            logs += _outcome(entry, trace.start_time)
    for number, log in enumerate(logs):
        # ARE draws a random one.
        log.id = f"log-{number}"
    return logs


def _answer(call: EngineCall, start_time: float) -> BaseAgentLog:
    answered = start_time + call.time + call.latency
    if call.response is None:
        return ErrorLog(answered, call.role, f"no answer of {call.model}", str(call.error), "engine", call.role)
    # ARE writes 0 for what an engine does not report.
    asked, said = call.prompt_tokens or 0, call.completion_tokens or 0
    return LLMOutputThoughtActionLog(
        answered, call.role, call.response, asked, said, asked + said, completion_duration=call.latency
    )


def _outcome(event: TraceEvent, start_time: float) -> list[BaseAgentLog]:
    role = "user" if event.kind == "USER" else "execute" if event.mode == "execute" else "observe"
    time, tool = start_time + event.time, f"{event.app}__{event.function}" if event.app else str(event.function)
    call = ToolCallLog(time, role, tool, event.args)
    if event.error is not None:
        return [call, ErrorLog(time, role, f"{tool} failed", event.error, "tool", role)]
    text = str(JsonScenarioExporter.convert_action_args("", event.result).value)
    return [call, ObservationLog(time, role, text.strip() or "No observation")]


# -- text


def _clean(value: Any) -> Any:
    """Return `value` as plain values, with U+FFFD in the place of half a surrogate pair, which no file can hold."""
    return json.loads(_SURROGATE.sub("\ufffd", json.dumps(to_builtins(value), ensure_ascii=False)))


def _to_json(document: dict[str, Any]) -> str:
    return json.dumps(_clean(document), ensure_ascii=False) + "\n"
