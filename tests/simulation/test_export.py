"""Traces as files: what is in them, under which name, and what ARE makes of its own format."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import are.simulation.apps
import pytest
from are.simulation.data_handler.exporter import JsonScenarioExporter
from are.simulation.data_handler.importer import JsonScenarioImporter
from are.simulation.scenarios.scenario import Scenario, ScenarioStatus
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import ConditionCheckEvent, Event, OracleEvent, StopEvent, ValidationEvent
from hypothesis import given
from hypothesis import strategies as st

import pytest_pare.apps
from pytest_pare.apps.email.states import MailboxView
from pytest_pare.base.run_files import file_name
from pytest_pare.scenarios.config import TraceFormat
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings.models import RunnerSettings
from pytest_pare.simulation.export import export_run
from pytest_pare.simulation.runner import Run, run_scenario
from pytest_pare.simulation.trace import EngineCall, Trace
from pytest_pare.simulation.trace_files import read_trace
from tests.stage import Stage
from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from pytest_pare.scenarios import PAREScenario

FORMATS: tuple[TraceFormat, ...] = get_args(TraceFormat)


def lunch(s: Any) -> list[Any]:
    mail = s.email.send_email_to_user_with_id("m1", "ann@b.c", "Lunch?", "né\u2028").with_id("mail").delayed(10)
    read = s.email.get_email_by_id("m1").oracle().depends_on(mail, delay_seconds=1)
    ask = s.agent_ui.send_message_to_user(content="Shall I say yes?").oracle().depends_on(read, delay_seconds=1)
    yes = s.agent_ui.accept_proposal(content="Do").oracle().depends_on(ask, delay_seconds=5)
    send = s.email.send_email(recipients=["ann@b.c"], subject="Yes").oracle().depends_on(yes, delay_seconds=1)
    return [mail, read, ask, yes, send]


def stage(**fields: Any) -> Stage:
    return Stage(**{"script": lunch, **fields})


def bundled() -> PAREScenario:
    load_library(registry, bundled_library_dir())
    return registry.registered()["dinner_moved"]()


def written(directory: Path, trace_format: TraceFormat, scenario: Any, trace: Trace, result: Any, **more: Any) -> Path:
    config = RunnerSettings(export=True, trace_dump_format=trace_format, **more)
    path = export_run(scenario, trace, result, config, directory)
    assert path is not None
    return path


class Exported:
    """A run, and the text of its file."""

    def __init__(
        self, directory: Path, trace_format: TraceFormat, scenario: PAREScenario, agent: Any = None, **settings: Any
    ) -> None:
        self.scenario = scenario
        self.run: Run = run_scenario(scenario, RunnerSettings(**settings), "warn", agent=agent)
        self.path = written(directory, trace_format, scenario, self.run.trace, self.run.result, **settings)
        self.text = unpacked_text(self.path)

    @property
    def document(self) -> Any:
        return json.loads(self.text)


# -- all formats


@pytest.mark.parametrize("trace_format", FORMATS)
@pytest.mark.parametrize("make", [stage, bundled])
def test_equal_runs_have_equal_files(tmp_path: Path, trace_format: TraceFormat, make: Any) -> None:
    first, second = (Exported(tmp_path / name, trace_format, make()) for name in "ab")
    assert first.run.result.status == "success", first.run.result.rationale
    assert first.path != second.path
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.text.endswith("}\n")


def files(directory: Path) -> list[str]:
    return [Exported(directory, trace_format, stage()).text for trace_format in FORMATS]


def test_equal_runs_have_equal_files_in_any_process(tmp_path: Path) -> None:
    code = (
        "import json, sys; from pathlib import Path; from tests.simulation.test_export import files; "
        "print(json.dumps(files(Path(sys.argv[1]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True, timeout=60,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert json.loads(done.stdout) == files(tmp_path)


def test_nothing_is_written_unless_it_is_asked_for(tmp_path: Path) -> None:
    scenario, config = stage(), RunnerSettings()
    run = run_scenario(scenario, config)
    assert export_run(scenario, run.trace, run.result, config, tmp_path / "traces") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("trace_format", FORMATS)
@pytest.mark.parametrize("where", ["content", "script", "verdict"])
def test_a_run_that_broke_is_written_too(tmp_path: Path, trace_format: TraceFormat, where: str) -> None:
    def broken(*args: Any) -> Any:
        raise RuntimeError("half \ud800 built at 0x7f00")

    exported = Exported(tmp_path, trace_format, stage(**{where: broken}))
    assert exported.run.result.status == "exception"
    if trace_format == "jsonl":
        assert Trace.from_jsonl(exported.text) == exported.run.trace
    elif trace_format == "lite":
        assert exported.document["validation_decision"] is None
    else:
        definition = exported.document["metadata"]["definition"]
        assert (definition["has_exception"], definition["exception_type"]) == (True, "RuntimeError")
        assert definition["exception_message"] == "half \\ud800 built"
        assert bool(exported.document["apps"]) == (where != "content")
        assert bool(exported.document["events"]) == (where == "verdict")


@pytest.mark.parametrize("trace_format", FORMATS)
def test_a_scenario_whose_events_are_no_list_is_written_too(tmp_path: Path, trace_format: TraceFormat) -> None:
    exported = Exported(tmp_path, trace_format, stage(script=lambda s: None))
    assert "build_events_flow" in str(exported.run.result.exception)
    assert exported.text


class Opaque:
    """Its `repr` holds an address."""


def odd(s: Any) -> list[Any]:
    def take(value: Any) -> Any:
        return value

    return [
        Event.from_function(functools.partial(take, value=Opaque())).with_id("partial"),
        Event.from_function(take, value={"b", "a"}).with_id("set").delayed(1),
        Event.from_function(take, value="\ud800 \u2028").with_id("half").delayed(2),
        Event.from_function(take, value=float("nan")).with_id("nan").delayed(3),
        ConditionCheckEvent.from_condition(lambda env: True).with_id("condition").delayed(4),
        s.email.send_email(subject="\udfff").oracle().with_id("oracle").delayed(5),
        s.email.delete_email("\ud800").with_id("failed").delayed(6),
    ]


@pytest.mark.parametrize("trace_format", FORMATS)
def test_whatever_the_values_the_file_can_be_read(tmp_path: Path, trace_format: TraceFormat) -> None:
    def validate(s: Any, env: Any) -> ScenarioValidationResult:
        return ScenarioValidationResult(success=False, rationale=f"\ud800 {Opaque()}")

    def content(s: Any) -> None:
        s.contacts.add_new_contact(first_name="\ud800", last_name="Lee")

    exported = Exported(tmp_path, trace_format, stage(script=odd, verdict=validate, content=content), oracle=True)
    assert [event.event_id for event in exported.run.trace.events] == [
        "partial", "set", "half", "nan", "condition-CHECK_0", "oracle", "failed",
    ]  # fmt: skip
    assert "0x" not in exported.text
    if trace_format == "jsonl":
        assert Trace.from_jsonl(exported.text) == exported.run.trace
        return
    document = exported.document
    if trace_format == "hf":
        imported, _, _ = JsonScenarioImporter().import_from_json(exported.text, load_completed_events=False)
        assert {event.event_id: _arguments(event.model_dump()) for event in imported.serialized_events} == {
            "partial": {}, "set": {"value": '["a", "b"]'}, "half": {"value": "\ufffd \u2028"}, "nan": {"value": "nan"},
            "condition-CHECK_0": {}, "failed": {"email_id": "\ufffd", "folder_name": "INBOX"},
            "oracle": {"subject": "\ufffd"},
        }  # fmt: skip
        (contacts,) = (app["app_state"]["contacts"] for app in document["apps"] if app["name"] == "Contacts")
        assert "\ufffd" in [contact["first_name"] for contact in contacts.values()]
        done = {event["event_id"]: event for event in document["completed_events"]}
        assert _arguments(done["half"]) == {"value": "\ufffd \u2028"}
        assert done["set"]["metadata"]["return_value"] == '["a", "b"]'
        assert "\ufffd" in done["failed"]["metadata"]["exception"]
        document = {"validation_rationale": document["metadata"]["annotation"]["comment"]}
    assert document["validation_rationale"].startswith("\\ud800 <")


def _arguments(event: Any) -> dict[str, str]:
    return {arg["name"]: arg["value"] for arg in event["action"]["args"] or [] if arg["value"] not in (None, "")}


def test_events_without_a_call_are_told_but_for_validations(tmp_path: Path) -> None:
    def script(s: Any) -> list[Any]:
        made = OracleEvent(make_event=lambda env: s.email.list_emails(), event_id="made")
        checked = ValidationEvent(milestones=[lambda env: True], event_id="checked")
        return [made, checked.delayed(1), StopEvent().with_id("stop").delayed(2)]

    exported = Exported(tmp_path, "hf", stage(script=script, start_time=None), oracle=True)
    assert [event.event_id for event in exported.run.trace.events] == ["made", "checked"]
    document = exported.document
    assert {event["event_id"]: event["action"] for event in document["events"]} == {"made": None, "stop": None}
    assert [event["event_id"] for event in document["completed_events"]] == ["made"]
    assert document["metadata"]["definition"]["start_time"] == exported.run.trace.start_time > 0


# -- jsonl


@pytest.mark.parametrize("make", [stage, bundled])
def test_jsonl_has_the_whole_trace(tmp_path: Path, make: Any) -> None:
    exported = Exported(tmp_path, "jsonl", make())
    trace = exported.run.trace
    assert Trace.from_jsonl(exported.text) == trace
    assert len(trace.calls) > 5
    assert len(trace.events) > 5


# -- hf


def test_hf_is_what_ares_exporter_writes_but_for_what_has_happened(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "hf", stage(run_number=2, seed=5))
    scenario: Any = exported.scenario
    theirs = json.loads(
        JsonScenarioExporter().export_to_json(
            scenario.env, scenario, "stage", agent_id="observe-execute", validation_decision="Valid",
            model_id="user:oracle|observe:oracle|execute:oracle",
        )
    )  # fmt: skip
    ours = exported.document
    assert list(ours) == list(theirs)
    done = ours.pop("completed_events"), theirs.pop("completed_events")
    for ours_done, theirs_done in zip(*done, strict=True):
        extra = {name: ours_done["metadata"].pop(name) for name in ("proactive_mode", "turn_number")}
        assert extra["turn_number"] is not None
        assert (extra["proactive_mode"] is None) == (ours_done["event_type"] != "AGENT")
        for event in (ours_done, theirs_done):
            # Named otherwise there, and a `repr`.
            del event["action"]["action_id"], event["metadata"]["return_value"], event["metadata"]["return_value_type"]
        assert ours_done == theirs_done
    logs = ours.pop("world_logs"), theirs.pop("world_logs")
    assert bool(logs[0]) > bool(logs[1])
    ours_annotation, theirs_annotation = (one["metadata"].pop("annotation") for one in (ours, theirs))
    assert ours_annotation.pop("validation_rationale") is None
    assert theirs_annotation.pop("date") != ours_annotation.pop("date") == scenario.world.clock.time()
    assert ours_annotation == theirs_annotation
    for event in (*ours["events"], *theirs["events"]):
        if event["class_name"] == "OracleEvent":
            # In a form that ARE can read.
            del event["action"]["args"]
    assert ours == theirs
    assert ours["metadata"]["definition"]["run_number"] == 2
    assert [app["name"] for app in ours["apps"]] == [app.name for app in scenario.apps]
    # The states before the run.
    assert "Lunch?" not in json.dumps(ours["apps"])


def test_hf_tells_what_has_happened_as_it_was(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "hf", bundled())
    trace = exported.run.trace
    found = exported.document["completed_events"]
    assert [(e["event_id"], e["event_time"], e["event_type"]) for e in found] == [
        (e.event_id, trace.start_time + e.time, e.kind) for e in trace.events
    ]
    modes = [event["metadata"]["proactive_mode"] for event in found]
    assert modes == [event.mode if event.kind == "AGENT" else None for event in trace.events]
    assert {*modes} == {None, "observe", "execute"}
    assert [event["metadata"]["turn_number"] for event in found] == [event.turn for event in trace.events]
    (edit,) = (event for event in found if event["action"]["function"] == "edit_calendar_event")
    assert (edit["action"]["app"], edit["action"]["operation_type"]) == ("Calendar", "WRITE")
    assert _arguments(edit)["start_datetime"] == "2025-03-13 19:00:00"


def test_tries_are_no_completed_events(tmp_path: Path) -> None:
    def writes(turn: Any) -> None:
        try:
            turn.tools["Emails__send_email"](recipients=["ann@b.c"])
        except Exception:  # noqa: BLE001 - it is refused
            return

    exported = Exported(tmp_path, "hf", stage(), writes, writes_without_consent="refuse", max_turns=2)
    tries = [event for event in exported.run.trace.events if not event.event_id]
    assert len(tries) == 2
    assert "send_email" not in [event["action"]["function"] for event in exported.document["completed_events"]]


@pytest.mark.parametrize(
    ("verdict", "decision", "status"),
    [
        (ScenarioValidationResult(success=True, rationale="well done"), "Valid", ScenarioStatus.Valid),
        (ScenarioValidationResult(success=False, rationale="too late"), "Invalid", ScenarioStatus.Invalid),
        (ScenarioValidationResult(success=None, rationale="who knows"), None, ScenarioStatus.Draft),
        (ScenarioValidationResult(success=True, exception=OSError(), rationale="a"), None, ScenarioStatus.Draft),
    ],
)
def test_a_run_that_was_not_judged_is_neither_valid_nor_invalid(
    tmp_path: Path, verdict: ScenarioValidationResult, decision: str | None, status: ScenarioStatus
) -> None:
    exported = Exported(tmp_path, "hf", stage(verdict=lambda s, env: verdict))
    annotation = exported.document["metadata"]["annotation"]
    assert (annotation["validation_decision"], annotation["validation_rationale"]) == (decision, verdict.rationale)
    imported, _, _ = JsonScenarioImporter().import_from_json(exported.text, load_completed_events=False)
    assert (imported.status, imported.comment) == (status, verdict.rationale)
    lite = Exported(tmp_path, "lite", stage(verdict=lambda s, env: verdict)).document
    assert (lite["validation_decision"], lite["validation_rationale"]) == (decision, verdict.rationale)


def test_a_field_of_another_type_is_an_error_of_one_sentence(tmp_path: Path) -> None:
    scenario: Any = stage(time_increment_in_seconds=0.5)
    with pytest.raises(
        ValueError, match=r"^stage: the trace format hf cannot hold time_increment_in_seconds: .*jsonl$"
    ):
        Exported(tmp_path, "hf", scenario)
    assert list(tmp_path.iterdir()) == []


# -- ARE's importer


def test_are_reads_the_definition_and_the_logs(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "hf", stage(seed=5, run_number=2, duration=3600))
    scenario, trace = exported.scenario, exported.run.trace
    imported, done, logs = JsonScenarioImporter().import_from_json(exported.text, load_completed_events=False)
    for name in ("scenario_id", "seed", "run_number", "start_time", "duration", "time_increment_in_seconds"):
        assert getattr(imported, name) == getattr(scenario, name) is not None
    assert [event.event_id for event in imported.serialized_events] == [event.event_id for event in scenario.events]
    functions = [
        "send_email_to_user_with_id",
        "get_email_by_id",
        "send_message_to_user",
        "accept_proposal",
        "send_email",
    ]
    assert [event.action.function for event in imported.serialized_events] == functions
    assert [event.class_name for event in imported.serialized_events] == ["Event", *["OracleEvent"] * 4]
    assert _arguments(imported.serialized_events[0].model_dump())["content"] == "né\u2028"
    assert imported.serialized_events[1].dependencies == ["mail"]
    assert done == []
    answers: list[Any] = [log for log in logs if log.get_type() == "llm_output"]
    assert [(log.agent_id, log.content, log.timestamp, log.completion_duration) for log in answers] == [
        (call.role, call.response, trace.start_time + call.time + call.latency, call.latency) for call in trace.calls
    ]
    assert len({log.id for log in logs}) == len(logs) > len(answers)


def test_are_cannot_read_the_completed_events(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "hf", stage())
    with pytest.raises(AttributeError, match=r"has no attribute '(PAREAgent|Stateful)\w+'"):
        JsonScenarioImporter().import_from_json(exported.text)


@pytest.fixture
def _classes_in_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in pytest_pare.apps.__all__:
        monkeypatch.setattr(are.simulation.apps, name, getattr(pytest_pare.apps, name), raising=False)


@pytest.mark.usefixtures("_classes_in_are")
def test_are_reads_the_completed_events_if_it_has_the_classes(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "hf", bundled())
    _, done, _ = JsonScenarioImporter().import_from_json(exported.text)
    trace = exported.run.trace
    assert [(event.event_id, event.event_time, event.event_type.value) for event in done] == [
        (event.event_id, trace.start_time + event.time, event.kind) for event in trace.events
    ]
    assert [(event.function_name(), event.get_args()) for event in done] == [
        (event.function, event.args) for event in trace.events
    ]


def opened_on_the_screen(s: Any) -> list[Any]:
    screen = MailboxView()
    screen.bind_to_app(s.email)
    mail = s.email.send_email_to_user_with_id("m1", "ann@b.c", "Hi", "there").delayed(1)
    opened = s.system.open_app(app_name="Emails").oracle().depends_on(mail, delay_seconds=1)
    return [mail, opened, screen.open_email_by_id(email_id="m1").oracle().depends_on(opened, delay_seconds=1)]


@pytest.mark.usefixtures("_classes_in_are")
@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (opened_on_the_screen, AttributeError, "object has no attribute 'open_email_by_id'"),
        (lambda s: [s.email.send_email_to_user_with_id("m", "a@b.c", "", "")], ValueError, "cannot be None or empty"),
    ],
)
def test_are_reads_no_action_on_a_screen_and_no_empty_text(
    tmp_path: Path, script: Any, error: type[Exception], message: str
) -> None:
    exported = Exported(tmp_path, "hf", stage(script=script), oracle=True)
    assert exported.run.result.status == "success"
    with pytest.raises(error, match=message):
        JsonScenarioImporter().import_from_json(exported.text)


def test_are_reads_the_arguments_of_reference_steps_as_they_were(tmp_path: Path) -> None:
    given = {"recipients": ["ann@b.c", "o'neil@b.c"], "subject": "[1]", "cc": None, "attachment_paths": []}

    def script(s: Any) -> list[Any]:
        return [s.email.send_email(**given).oracle().delayed(1)]

    exported = Exported(tmp_path, "hf", stage(script=script), oracle=True)
    imported, _, _ = JsonScenarioImporter().import_from_json(exported.text, load_completed_events=False)
    (event,) = imported.serialized_events
    # An empty text is refused by the importer, whatever its type is.
    read = {a.name: Scenario._parse_parameter_value(a.value, a.value_type) for a in event.action.args if a.value != ""}
    assert read == given


def test_are_drops_the_apps_and_cannot_rebuild_the_script(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    exported = Exported(tmp_path, "hf", stage())
    imported, _, _ = JsonScenarioImporter().import_from_json(exported.text, load_completed_events=False)
    with pytest.raises(ValueError, match="Env events must have only one predecessor event"):
        imported.initialize()
    assert imported.apps == []
    assert "No class found for the app name Emails." in caplog.text


# -- lite


def test_lite_has_what_each_role_said_and_what_came_of_it(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "lite", stage(verdict=lambda s, env: ScenarioValidationResult(True, rationale="ok")))
    trace, document = exported.run.trace, exported.document
    histories, usage = document.pop("per_agent_interaction_histories"), document.pop("per_agent_llm_usage_stats")
    world: Any = exported.scenario.world
    assert document == {
        "scenario_id": "stage", "model_id": "user:oracle|observe:oracle|execute:oracle",
        "main_agent_type": "observe-execute", "validation_decision": "Valid", "validation_rationale": "ok",
        "run_duration": world.clock.time_passed(),
    }  # fmt: skip
    assert list(histories) == list(usage) == ["user", "observe", "execute"]
    for role, history in histories.items():
        calls = [call for call in trace.calls if call.role == role]
        answers = [one for one in history if one["role"] == "assistant"]
        assert [(one["content"], one["timestamp"] - trace.start_time) for one in answers] == [
            (f"{call.response}\n", call.time + call.latency) for call in calls
        ]
        assert usage[role]["total_llm_calls"] == len(calls) > 0
        assert usage[role]["completion_duration"] == [call.latency for call in calls]
        assert [one["timestamp"] for one in history] == sorted(one["timestamp"] for one in history)
    assert [one["role"] for one in histories["execute"]][:3] == ["assistant", "tool-call", "tool-response"]
    assert '"tool_name": "Emails__send_email"' in histories["execute"][1]["content"]
    (sent,) = (event for event in trace.events if event.function == "send_email")
    assert histories["execute"][2]["content"] == f"[OUTPUT OF STEP 1] Observation:\n***\n{sent.result}\n***\n"
    (accepted,) = (one for one in histories["user"] if one["role"] == "tool-call")
    assert "accept_proposal" in accepted["content"]


def test_lite_tells_of_an_agent_without_engines_what_it_called(tmp_path: Path) -> None:
    def careful(turn: Any) -> None:
        if turn.mode.value == "execute":
            turn.tools["Emails__send_email"](recipients=["ann@b.c"])
            turn.tools["end_task"]()
        elif turn.number == 1:
            turn.tools["PAREAgentUserInterface__send_message_to_user"](content="Shall I?")

    document = Exported(tmp_path, "lite", stage(), careful, max_turns=6).document
    assert document["model_id"] == "user:oracle"
    assert document["main_agent_type"].endswith("careful")
    histories = document["per_agent_interaction_histories"]
    called = {
        role: re.findall(r'"tool_name": "(\w+)"', json.dumps(h).replace("\\", "")) for role, h in histories.items()
    }
    assert called == {
        "user": ["PAREAgentUserInterface__accept_proposal"],
        "observe": ["PAREAgentUserInterface__send_message_to_user"],
        "execute": ["Emails__send_email"],
    }
    assert document["per_agent_llm_usage_stats"]["execute"]["total_llm_calls"] == 0


@pytest.mark.parametrize(("settings", "roles"), [({"oracle": True}, []), ({"agent_type": "null"}, ["user"])])
def test_who_took_no_part_has_no_history(tmp_path: Path, settings: dict[str, Any], roles: list[str]) -> None:
    document = Exported(tmp_path, "lite", stage(), **settings).document
    assert list(document["per_agent_interaction_histories"]) == list(document["per_agent_llm_usage_stats"]) == roles
    assert (document["model_id"], document["main_agent_type"]) == (("user:oracle", "null") if roles else (None, None))


def test_lite_tells_what_failed(tmp_path: Path) -> None:
    scenario = stage(script=lambda s: [])
    exported = Exported(tmp_path, "lite", scenario, lambda turn: turn.tools["Emails__delete_email"](email_id="nope"))
    history = exported.document["per_agent_interaction_histories"]["observe"]
    assert [one["role"] for one in history] == ["tool-call", "tool-response"]
    assert "Error: Emails__delete_email failed\nException: Email with id nope" in history[1]["content"]


def test_lite_tells_of_an_engine_that_did_not_answer(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "jsonl", stage())
    call = dataclasses.replace(exported.run.trace.calls[0], response=None, error="EngineError: busy", latency=0.0)
    trace = dataclasses.replace(exported.run.trace, entries=(call,))
    path = written(tmp_path, "lite", exported.scenario, trace, exported.run.result)
    document = json.loads(path.read_text(encoding="utf-8"))
    (told,) = document["per_agent_interaction_histories"]["user"]
    assert "Exception: EngineError: busy" in told["content"]
    assert document["per_agent_llm_usage_stats"]["user"]["total_llm_calls"] == 0


def test_tokens_that_an_engine_tells_are_added_up(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "jsonl", stage())
    calls = [EngineCall(n, 0, "user", "m", "f", "a", 1.0, tokens, tokens) for n, tokens in enumerate((None, 7))]
    trace = dataclasses.replace(exported.run.trace, entries=tuple(calls))
    path = written(tmp_path, "lite", exported.scenario, trace, exported.run.result)
    usage = json.loads(path.read_text(encoding="utf-8"))["per_agent_llm_usage_stats"]["user"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == ([0, 7], [0, 7], [0, 14])


# -- names


@pytest.mark.parametrize(
    ("scenario_id", "run_number", "variant", "extension", "name"),
    [
        ("airport_cab", None, "", "jsonl.gz", "airport_cab.jsonl.gz"),
        ("airport_cab", 2, "", "json", "airport_cab_run_2.json"),
        ("Airport-cab.v2", 0, "", "json", "Airport-cab.v2_run_0.json"),
        ("airport_cab", 2, "gpt-5.1", "jsonl", "airport_cab_run_2@gpt-5.1.jsonl"),
        ("a/b", None, "", "jsonl", "a-b~c14cddc033f6.jsonl"),
        ("airport_cab", None, "GPT 5", "jsonl", "airport_cab@gpt-5~df07d189f769.jsonl"),
    ],
)
def test_a_file_is_named_by_scenario_run_and_variant(
    scenario_id: str, run_number: int | None, variant: str, extension: str, name: str
) -> None:
    assert file_name(scenario_id, run_number, variant, extension) == name


VARIANT = st.text(st.sampled_from("aA-_.~@/ \\:\x00é\ud800") | st.characters(), max_size=8) | st.sampled_from(
    ["x" * 79, "x" * 80, "x" * 81, "x" * 300]
)


@given(st.lists(VARIANT, unique=True, min_size=2, max_size=6), st.none() | st.integers(0, 20))
def test_variants_have_names_of_their_own_on_any_file_system(variants: list[str], run_number: int | None) -> None:
    names = [file_name("airport_cab", run_number, variant, "jsonl") for variant in variants]
    assert len({name.lower() for name in names}) == len(variants)
    assert all(re.fullmatch(r"[A-Za-z0-9._@~-]{1,210}", name) for name in names)


@given(VARIANT, st.none() | st.integers(0, 20))
def test_no_id_leads_out_of_the_directory(scenario_id: str, run_number: int | None) -> None:
    name = file_name(scenario_id, run_number, "", "json")
    assert Path("traces", name).resolve().parent == Path("traces").resolve()
    assert len(name) <= 120


# -- files


def test_the_variant_is_in_the_name_and_the_directory_of_the_configuration_wins(tmp_path: Path) -> None:
    scenario = stage(run_number=3)
    run = run_scenario(scenario, RunnerSettings())
    config = RunnerSettings(export=True, output_dir=str(tmp_path / "own" / "traces"))
    path = export_run(scenario, run.trace, run.result, config, tmp_path / "default", "fast")
    assert path == tmp_path / "own" / "traces" / "stage_run_3@fast.jsonl.gz"
    assert [found.name for found in tmp_path.rglob("*") if found.is_file()] == [path.name]


def test_names_of_any_length_can_be_written(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "jsonl", stage(scenario_id="é" * 300, run_number=100))
    config = RunnerSettings(export=True)
    path = export_run(exported.scenario, exported.run.trace, exported.run.result, config, tmp_path, "x" * 300)
    assert path is not None
    assert unpacked_text(path) == exported.text
    assert len(path.name) > 180


def test_a_file_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "stage.json").write_text("old" * 100_000)
    assert Exported(tmp_path, "lite", stage()).document["scenario_id"] == "stage"
    assert [found.name for found in tmp_path.iterdir()] == ["stage.json"]


def test_a_write_that_fails_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stage.json").write_text("old")

    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as raised:
        Exported(tmp_path, "hf", stage())
    assert raised.value.filename == str(tmp_path / "stage.json")
    assert [found.name for found in tmp_path.iterdir()] == ["stage.json"]
    assert (tmp_path / "stage.json").read_text() == "old"


def test_a_directory_in_the_place_of_the_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "stage.jsonl.gz").mkdir()
    with pytest.raises(OSError, match=re.escape(str(tmp_path / "stage.jsonl.gz"))):
        Exported(tmp_path, "jsonl", stage())
    assert [found.name for found in tmp_path.iterdir()] == ["stage.jsonl.gz"]


@pytest.mark.parametrize("below", [(), ("deep", "traces")])
def test_a_directory_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path, below: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file") as raised:
        Exported(tmp_path.joinpath("file", *below), "jsonl", stage())
    assert str(raised.value.filename).startswith(str(tmp_path / "file"))


# -- secrets


@pytest.mark.parametrize("trace_format", FORMATS)
def test_no_secret_is_in_a_file_and_the_file_can_be_read(
    tmp_path: Path, trace_format: TraceFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = 'Zq7x "open" sesame'
    monkeypatch.setenv("SOME_API_KEY", secret)

    def script(stage: Any) -> list[Any]:
        return [stage.user_says(f"It is {secret}."), stage.agent_says("Use https://me:hunter2@host/ for it.")]

    scenario = Stage(script=script)
    run = run_scenario(scenario, RunnerSettings(oracle=True))
    result = dataclasses.replace(run.result, rationale=f"api_key={secret} was told")
    path = written(tmp_path, trace_format, scenario, run.trace, result)
    text = unpacked_text(path)
    assert all(json.loads(line) for line in text.splitlines())
    assert "Zq7x" not in text
    assert "hunter2" not in text
    assert "[redacted]" in text


# -- the reader


def test_a_file_of_a_trace_is_read_with_and_without_compression(tmp_path: Path) -> None:
    exported = Exported(tmp_path, "jsonl", stage())
    assert read_trace(exported.path) == exported.run.trace
    plain = tmp_path / "plain.jsonl"
    plain.write_text(exported.text, encoding="utf-8")
    assert read_trace(str(plain)) == exported.run.trace


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda content: content[:-30], "Compressed file ended"),
        (lambda content: content[:20] + b"\0\0\0" + content[23:], "rror"),
        (lambda content: b"", "not a trace"),
        (lambda content: b"{}", "format"),
    ],
)
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, damage: Any, expected: str) -> None:
    path = Exported(tmp_path, "jsonl", stage()).path
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: cannot be read: .*{expected}"):
        read_trace(path)


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.jsonl\.gz: cannot be read: .*No such file"):
        read_trace(tmp_path / "none.jsonl.gz")
