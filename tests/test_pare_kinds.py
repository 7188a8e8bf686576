"""Libraries written for PARE: what its scenarios do in other ways is played with agents, or named."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare import compat
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.library import ids_in_source
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.runner import run_scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.simulation.runner import Run

LIBRARY = Path(__file__).parent / "data" / "pare_kinds"
IDS = sorted(ids_in_source(LIBRARY))
# In oracle mode the environment plays all steps, whoever could.
ORACLE_MODE_ONLY = {"accepted_in_words", "closed_screen", "condition_without_end"}
ORACLE: Any = LLMEngineConfig(model_name="oracle", provider="oracle")
REFERENCE: dict[str, Any] = {f"{role}_engine_config": ORACLE for role in ("user", "observe", "execute")}


@pytest.fixture(autouse=True)
def _alias() -> Iterator[None]:
    before = list(sys.meta_path)
    compat.install()
    assert load_library(registry, LIBRARY) == []
    yield
    sys.meta_path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] == "pare"]:
        del sys.modules[name]


def play(scenario_id: str, **config: Any) -> Run:
    scenario: Any = registry.registered()[scenario_id]
    return run_scenario(scenario(), MultiScenarioRunnerConfig(**config))


def steps(run: Run) -> list[tuple[str, str]]:
    waits = ("wait", "wait_for_notification")
    events = [event for event in run.trace.events if event.kind != "CONDITION" and event.function not in waits]
    return [(event.kind, str(event.function)) for event in events]


def defect(run: Run) -> str:
    assert run.result.status == "exception"
    assert type(run.result.exception).__name__ == "ScenarioDefect"
    return re.sub(r"[^\s(]*/(\w+\.py):\d+", r"\1:LINE", str(run.result.exception))


@pytest.mark.parametrize("scenario_id", IDS)
def test_each_kind_is_played_in_oracle_mode_and_with_agents(scenario_id: str) -> None:
    oracle = play(scenario_id, oracle=True)
    assert oracle.success or scenario_id in ("condition_without_end", "closed_screen"), oracle.result
    if scenario_id in ORACLE_MODE_ONLY:
        return
    run = play(scenario_id, **REFERENCE)
    assert run.success, run.result
    assert run.result.user_faults == []
    answers = [(event.mode, event.kind) for event in run.trace.events if event.function == "accept_proposal"]
    assert answers == [("awaiting_confirmation", "USER")]
    assert {function for _, function in steps(run)} == {function for _, function in steps(oracle)}


def test_an_event_of_the_world_waits_for_a_plain_answer_whoever_the_user_is() -> None:
    run = play("plain_answer_before_news", **REFERENCE)
    assert steps(run)[-3:] == [
        ("USER", "accept_proposal"),
        ("ENV", "send_email_to_user_with_id"),
        ("AGENT", "add_new_contact"),
    ]
    wait = {"action": "wait"}
    mails = []
    for answer in ("accept_proposal", "reject_proposal"):
        answers: Any = [wait, wait, {"action": f"PAREAgentUserInterface__{answer}"}, *[wait] * 20]
        user = LLMEngineConfig(model_name="scripted", provider="scripted", answers=answers)
        one = play("plain_answer_before_news", **{**REFERENCE, "user_engine_config": user})
        mails.append([event.args["email_id"] for event in one.trace.events if event.kind == "ENV"])
    # Another answer than that of the script lets nothing happen.
    assert mails == [["hello", "again"], ["hello"]]


def test_words_of_the_user_are_the_users() -> None:
    whose = {
        name: [kind for kind, function in steps(play(name, **REFERENCE)) if function == "send_message"]
        for name in IDS
        if name.startswith("words_")
    }
    assert whose == {
        "words_before_the_proposal": ["USER"],
        "words_before_the_answer": ["USER"],
        "words_after_the_answer": ["AGENT"],
    }


def test_a_write_before_the_proposal_is_played_or_refused_by_name() -> None:
    run = play("note_before_the_proposal", **REFERENCE)
    assert run.result.writes_without_consent == 1
    assert [(event.function, event.mode) for event in run.trace.actions("AGENT", operation="write")] == [
        ("create_note", "observe"),
        ("reply_to_email", "execute"),
    ]
    assert defect(play("note_before_the_proposal", **REFERENCE, writes_without_consent="refuse")) == (
        "4 steps of the solution could not be played: Notes.create_note (unaccepted_writes.py:LINE) writes before the "
        "proposal, and the suite refuses that (runner.writes_without_consent: refuse); "
        "PAREAgentUserInterface.send_message_to_user (unaccepted_writes.py:LINE) waits for Notes.create_note "
        "(unaccepted_writes.py:LINE); PAREAgentUserInterface.accept_proposal (unaccepted_writes.py:LINE) waits for "
        "PAREAgentUserInterface.send_message_to_user (unaccepted_writes.py:LINE); Emails.reply_to_email "
        "(unaccepted_writes.py:LINE) waits for PAREAgentUserInterface.accept_proposal (unaccepted_writes.py:LINE)"
    )


def test_what_cannot_be_played_is_named_with_its_place_and_reason() -> None:
    assert defect(play("accepted_in_words", **REFERENCE)) == (
        "2 steps of the solution could not be played: Notes.create_note (unaccepted_writes.py:LINE) needs an "
        "acceptance of the user, and none precedes it; Emails.reply_to_email (unaccepted_writes.py:LINE) needs an "
        "acceptance of the user, and none precedes it"
    )
    assert defect(play("condition_without_end", **REFERENCE)) == (
        "1 step of the solution could not be played: Emails.reply_to_email (unaccepted_writes.py:LINE) waits for "
        "condition 'is_repaired', which never came true"
    )
    assert defect(play("closed_screen", **REFERENCE)) == (
        "+6 s: Contacts.list_contacts (unaccepted_writes.py:LINE): its tool is not on the user's screen (System); let "
        "the user open the screen first"
    )
