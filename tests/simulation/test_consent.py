"""Proposals and answers: what counts as one."""

from __future__ import annotations

from typing import Any

import pytest
from are.simulation.types import Action, CompletedEvent, EventMetadata, EventType

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.apps import PAREAgentUserInterface
from pytest_pare.simulation.consent import Consent


def happened(function: str, content: str, error: str | None = None) -> Any:
    """Return the event of a call on the line between the agent and the user; `error` is what it raised."""
    line = PAREAgentUserInterface()
    action = Action(function=getattr(line, function), args={"content": content}, app=line)
    by = EventType.AGENT if function == "send_message_to_user" else EventType.USER
    return CompletedEvent(event_type=by, action=action, metadata=EventMetadata(exception=error), event_time=0.0)


def test_a_message_that_failed_proposes_nothing() -> None:
    consent = Consent(None, None)
    consent.handle(happened("send_message_to_user", "Shall I?", error="no line"), turn=0)
    assert (consent.proposal, consent.number) == (None, 0)
    consent.handle(happened("send_message_to_user", "Shall I?"), turn=0)
    assert (consent.mode, consent.number) == (ProactiveAgentMode.AWAITING_CONFIRMATION, 1)


@pytest.mark.parametrize(("function", "status"), [("accept_proposal", "accepted"), ("reject_proposal", "rejected")])
def test_an_answer_that_failed_answers_nothing(function: str, status: str) -> None:
    consent = Consent(None, None)
    consent.handle(happened("send_message_to_user", "Shall I?"), turn=0)
    for error, expected in (("no line", "pending"), (None, status)):
        consent.handle(happened(function, "Yes.", error), turn=1)
        assert consent.proposal is not None
        assert consent.proposal.status == expected


def test_a_report_that_failed_ends_no_execution() -> None:
    consent = Consent(None, None)
    consent.handle(happened("send_message_to_user", "Shall I?"), turn=0)
    consent.handle(happened("accept_proposal", "Yes."), turn=1)
    for error, expected in (("no line", "execute"), (None, "observe")):
        consent.handle(happened("send_message_to_user", "Done.", error), turn=1)
        assert consent.mode.value == expected
