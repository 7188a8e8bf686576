"""The trace of a run: its events and engine calls in order, as plain values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from pytest_pare.base.records import Count, Number
from pytest_pare.simulation import trace_codec
from pytest_pare.simulation.trace_details import AppChange, Notified
from pytest_pare.simulation.trace_entries import ENV_EVENT, EngineCall, TraceEvent

__all__ = ["ENV_EVENT", "EngineCall", "Trace", "TraceEvent"]

_ANSWERS = ("accept_proposal", "reject_proposal")


@dataclass(frozen=True)
class Trace:
    """The events and engine calls of a run, sorted by time.

    Attributes:
        scenario_id: The scenario.
        start_time: Begin of the simulation, in epoch seconds.
        entries: Events and engine calls, in order.
        seed: The scenario's seed.
        run_number: The number of the run; `None` if the scenario is run once.
        agent: The agent under test; `None` without agents.
        prompts: Version of the prompts; `None` without agents.
        turns: Turns that were played.
        turns_saved: Idle turns that jumps in simulated time have saved.
        draws: The values that a redrawn world has, by kind and written value; empty without `variation`.
        notified: The notifications of each side in its turns.
        states: The states of the apps at the start, and their changes, in order; empty for a run whose trace is not
            kept or exported.
        reference: The scenario's reference steps in order, each with `who` (`USER` or `AGENT`), `app`, `function` and
            `args`; empty for a run that succeeded, and where there are no states.
        turn_seconds: Simulated seconds of the turns in which an agent of the user's own took its real time, in order.
        forked_from: For a fork, its `run`, the `step`, and the `change` from there on; empty for any other run.
    """

    scenario_id: str
    start_time: Number
    entries: tuple[TraceEvent | EngineCall, ...]
    seed: Count | None = None
    run_number: Count | None = None
    agent: str | None = None
    prompts: str | None = None
    turns: Count = 0
    turns_saved: Count = 0
    draws: dict[str, str] = field(default_factory=dict)
    notified: tuple[Notified, ...] = ()
    states: tuple[AppChange, ...] = ()
    reference: tuple[dict[str, Any], ...] = ()
    turn_seconds: tuple[Number, ...] = ()
    forked_from: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Trace({self.scenario_id!r}, {len(self.entries)} entries)"

    @cached_property
    def events(self) -> tuple[TraceEvent, ...]:
        """The events, without the engine calls."""
        return tuple([entry for entry in self.entries if isinstance(entry, TraceEvent)])

    @cached_property
    def calls(self) -> tuple[EngineCall, ...]:
        """The engine calls."""
        return tuple([entry for entry in self.entries if isinstance(entry, EngineCall)])

    def actions(
        self, who: str | None = None, mode: str | None = None, operation: str | None = None
    ) -> list[TraceEvent]:
        """Return the actions of the user and the agent in apps, without their messages to each other and waits.

        Args:
            who: `USER` or `AGENT`; `None` for both.
            mode: The agent's mode; `None` for any.
            operation: `read` or `write`; `None` for both.
        """
        kinds = ("USER", "AGENT") if who is None else (who,)
        done = (
            one
            for one in self.events
            if one.kind in kinds and one.event_id and not one.is_interface and one.function != "wait_for_notification"
        )
        return [one for one in done if mode in (None, one.mode) and operation in (None, one.operation)]

    def proposals(self) -> list[TraceEvent]:
        """Return the agent's proposals: its messages to the user, except those of an execution."""
        return [event for event in self.events if _is_proposal(event)]

    def acceptances(self) -> list[TraceEvent]:
        """Return the user's acceptances of a proposal, at most one for each."""
        return [event for event in self._answers() if event.function == "accept_proposal"]

    def rejections(self) -> list[TraceEvent]:
        """Return the user's rejections of a proposal, at most one for each."""
        return [event for event in self._answers() if event.function == "reject_proposal"]

    def writes_without_consent(self) -> list[TraceEvent]:
        """Return the agent's writes without the user's consent, with those that were refused or failed.

        In oracle mode there are none.
        """
        tried = (one for one in self.events if one.kind == "AGENT" and one.operation == "write")
        return [one for one in tried if not one.is_interface and one.mode not in (None, "execute")]

    def reads_before_proposal(self) -> list[TraceEvent]:
        """Return the agent's reads before its first proposal; none if it made no proposal."""
        first = next(iter(self.proposals()), None)
        if first is None:
            return []
        before = self.events[: self.events.index(first)]
        return [one for one in self.actions("AGENT", operation="read") if any(one is event for event in before)]

    def turns_of_gathering(self) -> list[int]:
        """Return the turns in which a proposal waited, and the user read or navigated and gave no answer."""
        looked = [one for one in self.actions("USER", "awaiting_confirmation") if one.operation != "write"]
        answered = {event.turn for event in self._answers()}
        return sorted({one.turn for one in looked if one.turn is not None and one.turn not in answered})

    def usage(self) -> dict[str, dict[str, Any]]:
        """Return the calls, tokens and cost of each role's engine.

        `calls` counts all calls; `live` is true if any of them is live; `prompt_tokens`, `completion_tokens` and `cost`
        (in US dollars) are sums over the live calls, `None` if one of them does not report the figure, or none is live;
        `finish_reasons` counts the live calls by the reported reason why the answer ended.
        """
        by_role: dict[str, list[EngineCall]] = {}
        for call in self.calls:
            by_role.setdefault(call.role, []).append(call)
        return {role: _usage(calls) for role, calls in by_role.items()}

    def faults(self) -> dict[str, dict[str, int]]:
        """Return the number of faults, by kind and by subject.

        The subject is a tool of the agent (`Calendar__add_calendar_event`), the `user`, or an event of the world
        (`Calendar.add_calendar_event_by_attendee`).
        """
        counts: dict[str, dict[str, int]] = {}
        hits = Counter((one.fault, _subject(one)) for one in self.events if one.fault not in (None, ENV_EVENT))
        for (kind, subject), count in sorted(hits.items()):
            counts.setdefault(kind, {})[subject] = count
        return counts

    def _answers(self) -> list[TraceEvent]:
        """Return the user's answers to a pending proposal."""
        answers, pending = [], False
        for event in self.events:
            if _is_proposal(event):
                pending = True
            elif event.kind == "USER" and event.is_message and event.function in _ANSWERS:
                if pending and event.mode in (None, "awaiting_confirmation"):
                    answers.append(event)
                pending = False
        return answers

    def to_jsonl(self) -> str:
        """Return the trace as JSON lines: a header, then a line for each entry, every one with all of its fields.

        The notifications of each side, and the states of the apps, come after the entries.
        """
        return trace_codec.to_jsonl({field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def from_jsonl(cls, text: str) -> Trace:
        """Return the trace of lines that `to_jsonl` has made.

        It is equal in every part, with one exception: two halves of a surrogate pair next to each other in a text
        become the character that they are in JSON.

        Raises:
            ValueError: If the text is no trace, is not complete, or has another version.
        """
        return trace_codec.from_jsonl(text, cls)


def _subject(event: TraceEvent) -> str:
    if str(event.fault).startswith("user_"):
        return "user"
    return f"{event.app}{'__' if event.kind == 'AGENT' else '.'}{event.function}"


def _is_proposal(event: TraceEvent) -> bool:
    sent = event.kind == "AGENT" and event.function == "send_message_to_user"
    return sent and event.is_message and event.mode != "execute"


def _usage(calls: list[EngineCall]) -> dict[str, Any]:
    live = [call for call in calls if call.live]
    usage: dict[str, Any] = {"calls": len(calls), "live": bool(live)}
    for name in ("prompt_tokens", "completion_tokens", "cost"):
        figures = [getattr(call, name) for call in live]
        usage[name] = sum(figures) if figures and None not in figures else None
    reasons = Counter(call.finish_reason for call in live if call.finish_reason is not None)
    return {**usage, "finish_reasons": dict(sorted(reasons.items()))}
