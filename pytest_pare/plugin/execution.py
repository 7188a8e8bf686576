"""Plays a run as a pytest item: checks the fixtures' values, plays, and passes or fails."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from pytest_pare import PARECassetteWarning, PAREScriptWarning
from pytest_pare.base.redaction import redacted
from pytest_pare.base.serialization import to_short_text
from pytest_pare.base.user_frames import users_traceback
from pytest_pare.ledger.run_id import RunId
from pytest_pare.plugin.caching import reusable
from pytest_pare.plugin.concurrency import NAME as CONCURRENT_RUNS
from pytest_pare.plugin.failure_report import from_users_code, is_users, sendable
from pytest_pare.plugin.failure_text import draw_lines, explanation
from pytest_pare.plugin.resume import take_result
from pytest_pare.plugin.sent_files import path_on_controller, send_files_of_run
from pytest_pare.plugin.session_ledger import keep_trace
from pytest_pare.plugin.shown_runs import show_steps
from pytest_pare.plugin.stash import RECORD
from pytest_pare.plugin.unrecorded import nothing_recorded
from pytest_pare.plugin.watchdog import watchdog
from pytest_pare.plugin.work_times import measure_start
from pytest_pare.results.validation_result import exception_type_name, result_to_record

if TYPE_CHECKING:
    from types import TracebackType

    from pytest_pare.agents.protocols import ProactiveAgent
    from pytest_pare.plugin.concurrent_runs import ConcurrentRuns
    from pytest_pare.plugin.preparation import PreparedRun
    from pytest_pare.scenarios.agent_program import AgentProgram
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.runner import Run


def play(item: pytest.Item, prepared: PreparedRun, agent: ProactiveAgent | AgentProgram | None) -> None:
    """Play a run and keep its record on the item.

    Args:
        item: The item of the run.
        prepared: The run.
        agent: The value of its fixture `proactive_agent`.

    Raises:
        pytest.fail.Exception: If the run is not a success.
        Exception: If the run ended with an exception of the user's code.
    """
    __tracebackhide__ = hide_from_users_code
    suite, name_of_variant = prepared.suite, prepared.variant
    if prepared.key is not None and (cached := reusable(item, prepared.key, prepared.config)) is not None:
        result = {**cached.record["result"], "reused_from": cached.session}
        record = {**cached.record, "result": result, "config": prepared.record, "reused": cached.session}
        take_result(item, record, cached.session)
        return
    measure_start()
    scenario, run = _played(item, prepared, agent)
    send_files_of_run(run, suite, prepared.config, prepared.cassette, name_of_variant)
    if run.result.export_path is not None:
        run.result.export_path = path_on_controller(run.result.export_path)
    refused = _warn(item, run, nothing_recorded(prepared.config, prepared.agent, prepared.cassette, run))
    if refused and run.result.status == "success":
        # The filter declares such a run unusable, so its success must not count.
        run.result.success, run.result.exception, run.result.exception_kind = None, refused[0], "configuration"
    record = {
        "result": result_to_record(run.result),
        "problem": None if run.export_error is None else redacted(to_short_text(run.export_error)),
        "setup_seconds": run.setup_seconds,
        "key": prepared.key,
    }
    if prepared.config.variation and run.env is not None and not run.trace.draws:
        record["undrawn"] = True
    name = item.nodeid.partition("::")[0]
    record |= keep_trace(suite, name, run.trace, run.result, name_of_variant)
    # The config is sendable.
    item.stash[RECORD] = {**sendable(record), "config": prepared.record}
    if run.result.status == "success":
        return
    is_shown = show_steps(item, run)
    error = run.result.exception
    also = [f"{exception_type_name(one)}: {one}" for one in refused if one is not error]
    if error is not None and is_users(error):
        for note in (*also, *draw_lines(run)):
            error.add_note(note)
        raise error if item.config.getoption("fulltrace") else from_users_code(error)
    raised = None if run.agent_error is None else users_traceback(run.agent_error.__traceback__)
    kept = str(RunId.of_item(item, suite)) if "trace" in record else None
    _fail(explanation(run, kept, also, with_events=not is_shown), scenario, run.env, raised)


def _played(item: pytest.Item, prepared: PreparedRun, agent: object) -> tuple[PAREScenario | None, Run]:
    concurrent: ConcurrentRuns | None = item.config.pluginmanager.get_plugin(CONCURRENT_RUNS)
    played = None if concurrent is None else concurrent.play(item, prepared, agent)
    if played is not None:
        return played
    with watchdog(item.config, item.nodeid, prepared.timeout_seconds) as start_watchdog:
        return prepared.play(start_watchdog)


def _fail(
    text: str,
    scenario: PAREScenario | None,
    env: StateAwareEnvironmentWrapper | None,
    raised: TracebackType | None,
) -> NoReturn:
    """Fail the item. `--pdb` stops here, with the scenario and the environment in scope, or in the agent's frame.

    Args:
        text: The text of the failure.
        scenario: The scenario, as the run left it.
        env: The environment, likewise.
        raised: The traceback of the agent's exception; `None` without one.
    """
    raise pytest.fail.Exception(text, pytrace=False).with_traceback(raised)


def _warn(item: pytest.Item, run: Run, of_suite: str | None) -> list[Warning]:
    """Issue the warnings of a run, and return those for which a filter raises errors.

    Args:
        item: The item of the run.
        run: The run.
        of_suite: A warning that belongs to the cassettes of the suite, and not to a scenario.
    """
    refused: list[Warning] = []
    for warning in (*run.warnings, *([] if of_suite is None else [of_suite])):
        is_of_cassette = warning in run.recording_warnings or warning == of_suite
        kind = PARECassetteWarning if is_of_cassette else PAREScriptWarning
        text = redacted(to_short_text(warning))
        try:
            if warning == of_suite:
                # Pytest prints the line of a file, and a suite file may hold a password: there is no line 0.
                warnings.warn_explicit(kind(text), None, item.nodeid.partition("::")[0], 0)
            else:
                warn_at_scenario(item, kind(text))
        except kind:
            # A new exception, because the traceback of the raised one has only frames of the plugin and of pytest.
            refused.append(kind(f"{text} (-W or filterwarnings makes an error of this warning)"))
    return refused


def warn_at_scenario(item: pytest.Item, warning: Warning) -> None:
    """Issue a warning at the line of a scenario's source."""
    # Pytest prints the line of the source. A line of the suite file, which is the item's place, may hold a password.
    function: Any = getattr(item, "obj", None)
    code = getattr(inspect.unwrap(function), "__code__", None)
    path, line = (item.path, 0) if code is None else (Path(code.co_filename), code.co_firstlineno)
    root = item.config.rootpath
    warnings.warn_explicit(warning, None, str(path.relative_to(root) if path.is_relative_to(root) else path), line)


def hide_from_users_code(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Hide the plugin's frames in tracebacks of users' exceptions; pytest needs a frame to show a failure's text."""
    return not excinfo.errisinstance(pytest.fail.Exception)
