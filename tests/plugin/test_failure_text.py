"""The failure text of a run: reason, expected and got, and the events that the verdict is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.base.serialization import MOST_CHARACTERS
from pytest_pare.plugin.failure_text import explanation, filled
from pytest_pare.results.validation_result import PAREScenarioValidationResult, RecordedException
from pytest_pare.scenarios.matchers import Silent, verdict
from pytest_pare.simulation.run import Run
from pytest_pare.simulation.trace_details import Notified
from pytest_pare.simulation.trace_steps import steps_of
from tests.stage import play
from tests.timeline.made import agent, call, trace

if TYPE_CHECKING:
    import pytest
    from are.simulation.types import AbstractEvent


def mails(stage: Any) -> list[AbstractEvent]:
    """Return ten mails, a second apart, of which the agent sends the seventh."""
    events: list[AbstractEvent] = []
    for number in range(1, 11):
        send = stage.email.send_email if number == 7 else stage.email.send_email_to_user_with_id
        arguments = {"recipients": ["ann@home.example"]} if number == 7 else {"email_id": f"m{number}", "sender": "a@b"}
        event = send(**arguments, subject=f"mail {number}", content="x")
        event = event.oracle() if number == 7 else event
        events.append(event.delayed(number) if not events else event.depends_on(events[-1], delay_seconds=1))
    return events


def silent(stage: Any, env: Any) -> ScenarioValidationResult:
    return verdict(env, Silent())


def by_hand(stage: Any, env: Any) -> ScenarioValidationResult:
    return ScenarioValidationResult(success=False, rationale="dry " * 40 + "\nand\twet \x1b[31m")


def test_the_events_around_the_one_that_the_verdict_is_about() -> None:
    run = play(mails, verdict=silent)
    lines = explanation(run, "stage[run2]").splitlines()
    (seventh,) = (step for step in steps_of(run.trace) if getattr(step.entry, "function", "") == "send_email")
    assert lines[:3] == [
        "unexpected write at +7 s:",
        "StatefulEmailApp.send_email(recipients=['ann@home.example'], subject='mail 7',",
        "content='x')",
    ]
    begin = lines.index(f"events around step {seventh.number}, at simulated seconds:")
    shown = [line for line in lines[begin + 1 :] if line[2:4].strip().isdigit()]
    assert [int(line[2:4]) for line in shown] == list(range(seventh.number - 5, seventh.number + 3))
    assert [line for line in shown if line.startswith("> ")] == [
        f">  {seventh.number} +7       agent  Emails.send_email(recipients=['ann@home.example'],"
    ]
    # What was got is in the reason.
    assert not any(line.startswith(("expected: ", "got: ")) for line in lines)
    assert lines[-2:] == ["", "look closer: pytest-pare show 'stage[run2]'"]
    assert max(map(len, lines)) <= 80


def test_without_a_difference_the_last_events_are_shown() -> None:
    lines = explanation(play(mails, verdict=by_hand)).splitlines()
    assert lines[:5] == [
        " ".join(["dry"] * 20),
        " ".join(["dry"] * 20),
        "and wet  [31m",
        "",
        "last 8 of 10 events, at simulated seconds:",
    ]
    assert [line[:4] for line in lines[5:] if line[2:4].strip()] == [f"  {number:>2}" for number in range(3, 11)]
    assert not any("look closer" in line for line in lines)


def explained(rationale: str, *differences: tuple[str | None, str | None]) -> list[str]:
    """Return the text of a run without events, up to the events."""
    result = PAREScenarioValidationResult(success=False, rationale=rationale)
    result.differences = [
        {"expected": expected, "got": got, "event_id": None, "time": None} for expected, got in differences
    ]
    text = explanation(Run(result, play().trace))
    return text.partition("\n\nno event")[0].splitlines()


def test_expected_and_got_have_lines_of_their_own_if_the_reason_lacks_them() -> None:
    assert explained("to: expected 'a b', got 'c', in Mail.send", ("to: 'a b'", "to: 'c'")) == [
        "to: expected 'a b', got 'c', in Mail.send"
    ]
    assert explained("no proposal mentions 'x'", ("a proposal that mentions 'x'", None)) == ["no proposal mentions 'x'"]
    assert explained("wrong", ("one " * 20, "two"), (None, "three"), ("wrong", None)) == [
        "wrong",
        "",
        "expected: " + " ".join(["one"] * 17),
        "          one one one",
        "got:      two",
        "got:      three",
    ]
    assert explained("wrong", *[(str(number), None) for number in range(5)])[-1] == "and 2 more"


def test_secrets_are_redacted_before_lines_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-0123456789abcdef with a blank"
    monkeypatch.setenv("GARDEN_API_KEY", secret)
    text = "\n".join(explained(f"{'x' * 70} {secret}", (f"{'y' * 60} {secret}", None)))
    assert "0123456789" not in text
    assert "blank" not in text


def test_what_only_the_models_answers_explain_is_said() -> None:
    news = {"time": 1.0, "kind": "environment", "text": "A mail from Eve"}
    told = (Notified(1.0, 0, "AGENT", "observe", [news]),)
    read, cut = agent("list_emails", operation="read"), call("agent", finish_reason="length")
    result = PAREScenarioValidationResult(success=False, rationale="the agent proposed nothing")
    for calls, lines in (
        ([cut, cut], ["2 answers of the agent's model were cut at max_tokens: steps 2, 3"]),
        (
            [call("agent", response="Noted: a mail.")],
            [
                "the agent was notified of 1 event and proposed nothing; in 1 answer its model",
                "called no tool, the last: 'Noted: a mail.': step 2",
            ],
        ),
        ([], []),
    ):
        text = explanation(Run(result, trace(read, *calls, notified=told))).splitlines()
        assert text[: text.index("last 1 of 1 events, at simulated seconds:")] == [
            "the agent proposed nothing",
            *(["", *lines] if lines else []),
            "",
        ]


def test_long_texts_are_wrapped_and_the_note_of_a_cut_stays_whole() -> None:
    error = RecordedException("AgentTypeError", "no agent " * 30_000)
    run = Run(PAREScenarioValidationResult(success=None, exception=error), play().trace)
    lines = explanation(run, notes=["also " * 30]).splitlines()
    assert lines[0].startswith("AgentTypeError: no agent no agent")
    assert max(map(len, lines)) <= 80
    assert "... [260,000 more characters]" in "\n".join(lines)
    assert len("\n".join(lines)) < 2 * MOST_CHARACTERS
    assert lines[-2:] == [" ".join(["also"] * 16), " ".join(["also"] * 14)]
    assert filled("") == [""]
    assert filled("a\n\nb", "got: ") == ["got: a", "", "     b"]
