"""The details of a trace: requests, the notifications of each side, the states of the apps, and the reference steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.app import App
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.tool_utils import OperationType, app_tool
from are.simulation.types import Event, event_registered

from pytest_pare.are.state_texts import StateText, StateTexts, state_text
from pytest_pare.engines.cassette import fingerprint
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import run_scenario
from pytest_pare.simulation.state_change import applied, change_of, entries_of
from pytest_pare.simulation.trace import Trace
from tests.scripted import accept, play_scripted, propose, report, scripted, tell
from tests.stage import Stage, play, requests_of
from tests.unpacked import unpacked_text

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn
    from pytest_pare.simulation.run_state import Details
    from pytest_pare.simulation.runner import Run

ADD = ("Calendar__add_calendar_event", {"title": "Tea", "start_datetime": "2025-01-06 16:00:00",
                                        "end_datetime": "2025-01-06 17:00:00"})  # fmt: skip


def fails(_: Any, __: Any) -> ScenarioValidationResult:
    return ScenarioValidationResult(success=False)


def mails(s: Any) -> list[Any]:
    return [s.email.send_email_to_user_with_id(f"m{n}", "ann@b.c", f"Mail {n}").delayed(n) for n in (1, 3)]


def dialogue(script: Any = mails, **settings: Any) -> Run:
    engines = scripted(
        user=[("wait", {}), accept("Yes.")], observe=[propose("Shall I?")], execute=[ADD, report("Done.")]
    )
    return play_scripted(engines, script, verdict=fails, **settings)


# -- requests


def test_a_call_has_the_messages_that_are_new_in_its_request() -> None:
    engines = scripted(user=[("wait", {}), accept("Yes.")], observe=[propose("Shall I?")], execute=[ADD, report("Ok.")])
    trace = play_scripted(engines, mails).trace
    whole = requests_of(trace)
    assert [call.fingerprint for call in trace.calls] == list(map(fingerprint, whole))
    for role, asked in engines.requests.items():
        of_role = [messages for call, messages in zip(trace.calls, whole, strict=True) if call.role == role]
        assert [[tuple(message) for message in messages] for messages in of_role] == asked
    # The prompt is there once for each role.
    first, second, *_ = (call for call in trace.calls if call.role == "user")
    assert (first.kept, (first.request or [])[0]["role"]) == (0, "system")
    assert second.kept > 0
    assert sum(message["role"] == "system" for call in trace.calls for message in call.request or []) == 3


def test_the_oracle_engine_reads_no_messages() -> None:
    trace = play_scripted(scripted(), mails, oracle=("user",)).trace
    assert {(call.role, call.request is None) for call in trace.calls} == {("user", True), ("observe", False)}


def test_a_request_that_fails_is_there() -> None:
    run = play_scripted(scripted(user=[RuntimeError("down")]))
    (call,) = run.trace.calls
    assert call.error is not None
    assert (call.request or [])[0]["role"] == "system"


# -- the notifications of each side


def test_each_side_has_what_it_was_told_in_its_turn() -> None:
    run = dialogue()
    told = [(one.turn, one.who, one.mode, [note["kind"] for note in one.notifications]) for one in run.trace.notified]
    assert told[:3] == [
        (0, "AGENT", "observe", ["environment"]),
        (1, "USER", "awaiting_confirmation", ["environment", "agent_message"]),
        (1, "AGENT", "execute", ["environment", "user_message"]),
    ]
    note = run.trace.notified[0].notifications[0]
    assert note == {"time": 1.0, "kind": "environment", "text": "Emails: New email m1 from ann@b.c: Mail 1\n"}
    assert run.trace.notified[0].time == 1.0


def test_news_within_a_turn_is_told_as_well() -> None:
    seen: list[Any] = []

    def agent(turn: Turn) -> None:
        if turn.number == 0:
            turn.call("System__wait_for_notification", {"timeout": 60})
            seen.extend(turn.news())

    run = play_scripted(scripted(), lambda s: mails(s)[1:], agent=agent, config={"max_turns": 1})
    told = [one for one in run.trace.notified if one.who == "AGENT"]
    assert [note["text"] for one in told for note in one.notifications] == [one.text for one in seen]
    assert [(one.turn, one.time) for one in told] == [(0, 3.0)]


# -- the states of the apps


def end_of(trace: Trace) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for one in trace.states:
        states[one.app] = applied(states.get(one.app), one.change)
    return states


def plain(app: Any) -> Any:
    return json.loads(state_text(app))


def test_the_changes_lead_from_the_states_at_the_start_to_those_at_the_end() -> None:
    run = dialogue()
    assert run.env is not None
    assert end_of(run.trace) == {name: plain(app) for name, app in run.env.apps.items() if plain(app) is not None}
    start = [one for one in run.trace.states if one.change[:2] == ["=", None]]
    assert {(one.time, one.turn, one.after) for one in start} == {(0.0, None, 0)}
    assert len({one.app for one in start}) == len(start)


def test_a_change_stands_behind_the_half_of_the_turn_that_made_it() -> None:
    run = dialogue()
    (tea,) = (one for one in run.trace.states if one.app == "Calendar" and one.change[0] == "{")
    assert [entry[0] for entry in entries_of(tea.change)] == ["events/Tea"]
    before, after = run.trace.entries[: tea.after], run.trace.entries[tea.after :]
    assert any(getattr(entry, "function", "") == "add_calendar_event" for entry in before)
    assert not any(getattr(entry, "function", "") == "add_calendar_event" for entry in after)
    assert tea.turn == 1
    accepted = next(one for one in run.trace.states if one.app == "PAREAgentUserInterface" and one.turn == 1)
    assert [(old, (new or "")[:33]) for _, old, new in entries_of(accepted.change)] == [
        (None, "sender: User, content: [ACCEPT]: ")
    ]


def test_what_the_world_does_at_its_start_and_in_a_jump_is_seen() -> None:
    late = lambda s: [s.email.send_email_to_user_with_id(f"m{n}", "a@b.c").delayed(n) for n in (0, 500)]  # noqa: E731
    run = play_scripted(scripted(), late, verdict=fails, config={"skip_idle_time": True, "max_turns": 3})
    changes = [(one.time, one.turn) for one in run.trace.states if one.app == "Emails"]
    assert changes == [(0.0, None), (0.0, None), (500.0, 0)]


def test_changes_of_large_states_are_kept_as_one_and_the_last_state_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_pare.simulation.app_states._MOST_CHARACTERS", 0)
    monkeypatch.setattr("pytest_pare.simulation.app_states._CHARACTERS_OF_ENTRY", 0)
    times = (0, 300, 500, 700)
    late = lambda s: [s.email.send_email_to_user_with_id(f"m{n}", "a@b.c").delayed(n) for n in times]  # noqa: E731
    run = play_scripted(scripted(), late, verdict=fails, config={"skip_idle_time": True, "max_turns": 5})
    changes = [one for one in run.trace.states if one.app == "Emails"]
    assert [one.turn for one in changes[:2]] == [None, None]
    assert len(changes) == 3
    assert run.env is not None
    assert end_of(run.trace)["Emails"] == plain(run.env.apps["Emails"])
    assert sum(name.startswith("folders/INBOX") for name, *_ in entries_of(changes[-1].change)) == 3


def test_only_apps_that_an_event_may_have_changed_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    class Texts(StateTexts):
        def of(self, app: App) -> StateText:
            looks.append(app.name)
            return super().of(app)

    monkeypatch.setattr("pytest_pare.simulation.app_states.StateTexts", Texts)
    observe = [("Contacts__get_contacts", {"offset": 0}), propose("Shall I?")]
    play_scripted(scripted(observe=observe), lambda s: mails(s)[:1], verdict=fails)
    assert looks == ["Emails", "PAREAgentUserInterface"]


def test_a_function_of_the_scenario_may_change_any_app() -> None:
    def script(s: Any) -> list[Any]:
        return [Event.from_function(s.contacts.contacts.clear).delayed(1)]

    run = play(script, verdict=fails, content=lambda s: s.contacts.add_new_contact("Ann", "Lee"))
    assert [entry[0] for entry in entries_of(run.trace.states[-1].change)][-1] == "contacts/Ann Lee"


class Diary(App):
    """An app that breaks, holds secrets and a file."""

    def __init__(self) -> None:
        super().__init__("Diary")
        self.pages: dict[str, Any] = {"password": "first-secret", "file": "QUJD" * 1000, "note": "a b " * 4000}

    def get_state(self) -> dict[str, Any]:
        if "broken" in self.pages:
            raise RuntimeError("not now")
        if "exit" in self.pages:
            raise SystemExit(3)
        deep: list[Any] = []
        for _ in range(300 if "deep" in self.pages else 0):
            deep = [deep]
        return {**self.pages, **({"inner": deep} if deep else {})}

    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def write(self, key: str, text: str) -> str:
        """Write a page.

        Args:
            key: Its name.
            text: Its text.
        """
        self.pages[key] = text
        return "done"


class WithDiary(Stage):
    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps(*args, **kwargs)
        self.diary = Diary()
        self.apps = [*(self.apps or []), self.diary]


def diary(script: Any, details: Details = "failed", **settings: Any) -> Run:
    config = MultiScenarioRunnerConfig(oracle=True, **settings)
    return run_scenario(WithDiary(script=script, verdict=fails), config, details=details)


def test_no_secret_is_in_a_file_of_the_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIARY_TOKEN", "correct-horse-battery")
    run = diary(
        lambda s: [
            s.diary.write("password", "second-secret"), s.diary.write("say", "It is correct-horse-battery."),
            s.diary.write("correct-horse-battery", "1").delayed(1),
            s.diary.write("correct-horse-battery", "2").delayed(2),
            s.user_says("correct-horse-battery").oracle(),
        ],
        export=True, output_dir=str(tmp_path), trace_dump_format="jsonl",
    )  # fmt: skip
    text = unpacked_text(Path(str(run.result.export_path)))
    assert "correct-horse" not in text
    # The arguments of an event have no name that makes them secret.
    states = "".join(line for line in text.splitlines() if line.startswith('{"type":"state"'))
    assert '"password"' in states
    assert "-secret" not in states
    assert "first-secret" not in str(run.trace.states[-2].change)
    trace = Trace.from_jsonl(text)
    assert end_of(trace)["Diary"]["say"] == "It is [redacted]."
    assert len(trace.reference) == 1


def test_the_repr_of_details_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "correct-horse-battery")
    run = play_scripted(scripted(user=[tell("correct-horse-battery")]), verdict=fails)
    shown = [repr(one) for one in (*run.trace.calls, *run.trace.notified, *run.trace.states)]
    assert sum("[redacted]" in one for one in shown) > 2
    assert not any("correct-horse" in one for one in shown)


def test_files_and_long_texts_are_cut() -> None:
    run = diary(lambda s: [s.diary.write("file", "REVG" * 1000), s.diary.write("other", "x")])
    *_, start, change = (one for one in run.trace.states if one.app == "Diary")
    assert start.change[2]["file"] == "QUJD" * 15 + "... [3,940 more characters]"
    assert start.change[2]["note"].endswith("... [6,000 more characters]")
    assert change.change[2]["file"] == ["=", start.change[2]["file"], "REVG" * 15 + "... [3,940 more characters]"]


@pytest.mark.parametrize("key", ["broken", "exit", "deep"])
def test_a_state_that_cannot_be_taken_costs_nothing_but_itself(key: str) -> None:
    run = diary(lambda s: [s.diary.write(key, "yes")])
    assert [one.change[:2] for one in run.trace.states if one.app == "Diary"] == [["=", None]]
    assert run.result.status == "failed"


@pytest.mark.parametrize(
    ("details", "success", "has"),
    [("failed", True, False), ("failed", False, True), ("all", True, True), ("none", False, False)],
)
def test_states_are_kept_of_the_runs_that_ask_for_them(details: Details, success: bool, has: bool) -> None:
    stage = Stage(script=mails, verdict=lambda _, __: ScenarioValidationResult(success=success))
    trace = run_scenario(stage, MultiScenarioRunnerConfig(oracle=True), details=details).trace
    assert bool(trace.states) == has


# -- the reference steps


def test_a_run_that_fails_has_the_reference_steps_in_order() -> None:
    def script(s: Any) -> list[Any]:
        asked = s.agent_says("Shall I?").delayed(2).with_id("ask")
        yes = s.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(asked, delay_seconds=1).with_id("yes")
        tea = s.calendar.add_calendar_event(title="Tea").oracle().depends_on(yes, delay_seconds=1).with_id("tea")
        drop = s.calendar.delete_calendar_event(event_id="{{tea}}").oracle().depends_on(tea, delay_seconds=1)
        return [drop, tea, yes, asked]

    run = play(script, verdict=fails)
    steps = [(one["who"], one["app"], one["function"]) for one in run.trace.reference]
    assert steps == [
        ("AGENT", "PAREAgentUserInterface", "send_message_to_user"),
        ("USER", "PAREAgentUserInterface", "accept_proposal"),
        ("AGENT", "Calendar", "add_calendar_event"),
        ("AGENT", "Calendar", "delete_calendar_event"),
    ]
    assert run.trace.reference[3]["args"] == {"event_id": "{{tea}}"}
    assert run.trace.reference[2]["args"]["title"] == "Tea"
    assert Trace.from_jsonl(run.trace.to_jsonl()) == run.trace
    assert play(script).trace.reference == ()


def test_a_broken_reference_has_no_steps() -> None:
    def script(s: Any) -> list[Any]:
        event = s.agent_says("Hi")
        event.make = lambda _: 1 / 0
        return [event]

    run = play(script, verdict=fails, script_errors="warn")
    assert run.trace.reference == ()
    assert run.result.status == "failed"


# -- equal runs


def test_equal_runs_have_equal_bytes() -> None:
    assert dialogue().trace.to_jsonl() == dialogue().trace.to_jsonl()
    assert change_of(1, 1) is None
