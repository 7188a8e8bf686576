"""`verdict`, which judges a run by matchers."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.base.redaction import redacted
from pytest_pare.judge.judgement import Judgement
from pytest_pare.scenarios.argument_tests import Described
from pytest_pare.scenarios.declarations import declare
from pytest_pare.scenarios.event_log import answers, is_attempt, is_proposal
from pytest_pare.scenarios.matchers.defects import note_defects
from pytest_pare.scenarios.matchers.dialogue import Accepted, Matcher, Rejected, Reported, Silent, State, Writes
from pytest_pare.scenarios.matchers.execution import execution_failure
from pytest_pare.scenarios.matchers.finding import Finding, judged, not_true
from pytest_pare.scenarios.matchers.texts import call, long, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from are.simulation.types import AbstractEnvironment, CompletedEvent

    from pytest_pare.scenarios.argument_tests import ArgumentTest
    from pytest_pare.scenarios.event_log import Answer
    from pytest_pare.scenarios.matchers.execution import Ways

    AnyMatcher = Accepted | Rejected | Reported | Silent | State | Writes | Matcher


def verdict(env: AbstractEnvironment, *matchers: AnyMatcher) -> ScenarioValidationResult:
    """Judge a run by matchers, in the order of the dialogue.

    Each `Accepted` or `Rejected` is an answer after the one before it. `Writes` are made after the answer before them
    and before the next one. Nothing else is written in the whole run; a failed write counts as well, except after an
    acceptance, where the agent may retry.

    Args:
        env: The environment after the run.
        *matchers: What must be true of the run.

    Returns:
        The verdict. Its rationale names the first difference.
    """
    note_defects(matchers)
    failure = Dialogue(env, stages_of(matchers)).failure()
    if failure is None and any(isinstance(one, Silent) for one in matchers):
        failure = _not_silent(env)
    if failure is None:
        failure = not_true([one.sentence for one in matchers if isinstance(one, State) and not one.is_true()])
    for one in matchers:
        if failure is None and not isinstance(one, Accepted | Rejected | Reported | Silent | State | Writes):
            text = one.failure(env)
            failure = None if text is None else Finding(text)
    if failure is None and (missing := _no_verdict(matchers)) is not None:
        return ScenarioValidationResult(success=None, rationale=missing)
    return judged(env, failure)


def _no_verdict(matchers: Sequence[Any]) -> str | None:
    """Return why matchers that all match give no verdict: the judge has no answer, or none of them decides."""
    judgements = [one for one in matchers if isinstance(one, Judgement)]
    unknown = next((one.no_verdict for one in judgements if one.no_verdict is not None), None)
    # A verdict of judgements alone, none of which decides, would be a yes that nobody has said.
    is_open = bool(judgements) and len(judgements) == len(matchers) and all(one.abstains for one in judgements)
    return unknown or (judgements[0].abstains if is_open else None)


class Stage(NamedTuple):
    """An answer of the user, and what follows it; the first stage is the time before any listed answer.

    Attributes:
        answer: The answer; `None` in the first stage.
        writes: The writes after it, group after group.
        reports: The reports after it.
    """

    answer: Accepted | Rejected | None
    writes: list[Writes]
    reports: list[Reported]

    @property
    def groups(self) -> list[Sequence[Ways]]:
        """The expected writes: each group comes after the one before."""
        return [
            group
            for one in self.writes
            for group in ([[ways] for ways in one.expected] if one.in_order else [one.expected])
        ]


def stages_of(matchers: Sequence[Any]) -> list[Stage]:
    """Return the stages of the dialogue that matchers describe."""
    stages = [Stage(None, [], [])]
    for one in matchers:
        if isinstance(one, Accepted | Rejected):
            stages.append(Stage(one, [], []))
        elif isinstance(one, Writes):
            stages[-1].writes.append(one)
        elif isinstance(one, Reported):
            stages[-1].reports.append(one)
    return stages


class Dialogue:
    """The dialogue of a run: finds answers for the stages, so that every stage matches.

    Args:
        env: The environment after the run.
        stages: What must have happened.
        timed: Whether a failure names the time of the event.
    """

    def __init__(self, env: AbstractEnvironment, stages: list[Stage], *, timed: bool = True) -> None:
        self._log: list[CompletedEvent] = env.event_log.list_view()
        self._answers = answers(env)
        self._stages = stages
        self._start: float | None = getattr(env, "start_time", None) if timed else None
        self._from = cache(self._from_stage)

    def failure(self) -> Finding | None:
        """Return why no choice of answers matches all stages, or `None`."""
        declare(self._stages)
        return self._from(0, -1)

    def _from_stage(self, number: int, place: int) -> Finding | None:
        """Return why a stage at an answer does not match, or those after it; `None` if they do."""
        begin = 0 if place < 0 else self._answers[place].position
        if number + 1 == len(self._stages):
            return self._segment(self._stages[number], begin, len(self._log))
        following = self._stages[number + 1].answer
        failures: list[Finding] = []
        for later in range(place + 1, len(self._answers)):
            if following is not None and _fits(following, self._answers[later]):
                failure = self._segment(self._stages[number], begin, self._answers[later].position)
                failure = failure or self._from(number + 1, later)
                if failure is None:
                    return None
                failures.append(failure)
        if failures:
            return failures[0]
        # What was written without consent comes first, if something was consented to before.
        early = self._segment(self._stages[number], begin, len(self._log)) if number else None
        return early or self._no_answer(following, begin)

    def _segment(self, stage: Stage, begin: int, end: int) -> Finding | None:
        """Return why the events from an answer to the next one do not match, or `None`."""
        events = self._log[begin:end]
        if not isinstance(stage.answer, Accepted):
            wrong = next(filter(is_attempt, events), None)
            if wrong is None:
                return None
            got = call(wrong, long)
            if len(self._stages) == 1:
                return Finding(f"unexpected write{self._when(wrong)}: {call(wrong)}", ((None, got),), wrong)
            when = "after the user rejected the proposal"
            if stage.answer is None:
                first = self._stages[1].answer
                when = "before the user answered" if isinstance(first, Rejected) else "before the user accepted"
            # With a comma: the time is that of the write.
            at = f",{time}" if (time := self._when(wrong)) else ""
            return Finding(f"write {when}{at}: {call(wrong)}", ((f"no write {when}", got),), wrong)
        failure = execution_failure(events, stage.groups, self._when)
        return failure or self._not_reported(stage, events)

    def _not_reported(self, stage: Stage, events: Sequence[CompletedEvent]) -> Finding | None:
        last = max((place for place, event in enumerate(events) if is_attempt(event) and not event.failed()), default=0)
        messages = list(filter(is_proposal, events[last:]))
        for one in stage.reports:
            if not any(one.report is None or one.report(_content(message)) for message in messages):
                if messages:
                    return _unlike("report", one.report, messages)
                return Finding("the agent reported nothing", ((_text_that("report", one.report), None),))
        return None

    def _no_answer(self, wanted: Accepted | Rejected | None, begin: int) -> Finding:
        messages = list(filter(is_proposal, self._log[begin:]))
        test = None if wanted is None else wanted.proposal
        if not messages:
            more = "" if begin == 0 else " more"
            return Finding(f"the agent proposed nothing{more}", ((_text_that("proposal", test), None),))
        if test is not None and not any(test(_content(message)) for message in messages):
            return _unlike("proposal", test, messages)
        answer = "reject" if isinstance(wanted, Rejected) else "accept"
        return Finding(
            f"the user never {answer}ed the proposal",
            ((f"the user {answer}ed the proposal", None),),
            next(one for one in reversed(messages) if test is None or test(_content(one))),
        )

    def _when(self, event: CompletedEvent) -> str:
        if self._start is None or event.event_time is None:
            return ""
        return f" at +{event.event_time - self._start:.10g} s"


def _fits(wanted: Accepted | Rejected, answer: Answer) -> bool:
    return wanted.function == answer.function and (wanted.proposal is None or bool(wanted.proposal(answer.text)))


def _content(message: CompletedEvent) -> Any:
    return message.get_args().get("content")


def _text_that(kind: str, test: ArgumentTest | None) -> str:
    """Return the text of an expected proposal or report."""
    if test is None:
        return f"a {kind}"
    accepted = str(test) if isinstance(test, Described) else "passes the scenario's test"
    return long(f"a {kind} that {accepted}")


def _unlike(kind: str, test: ArgumentTest | None, messages: Sequence[CompletedEvent]) -> Finding:
    """Return that no text passes a test, with the closest one, or the last one if none is close."""
    shown, which = messages[-1], "the last one was "
    failure = f"no {kind} passes the scenario's test"
    if isinstance(test, Described):
        failure = f"no {kind} {redacted(str(test))}"
        if (lacks := test.lacks) is not None:
            closest = min(reversed(messages), key=lambda message: len(lacks(_content(message))))
            lacking = lacks(_content(closest))
            if len(lacking) < len(lacks(None)):
                shown, which = closest, f"the closest one lacks {redacted(' and '.join(lacking))}: "
    got = _content(shown)
    return Finding(f"{failure}; {which}{short(got)}", ((_text_that(kind, test), long(repr(got))),), shown)


def _not_silent(env: AbstractEnvironment) -> Finding | None:
    said = next(filter(is_proposal, env.event_log.list_view()), None)
    if said is not None:
        got = _content(said)
        return Finding(f"unexpected message: {short(got)}", ((None, long(repr(got))),), said)
    missed = getattr(env, "events_missed", int)()
    if not missed:
        return None
    return Finding(f"the run ended before {missed} event{'s' * (missed > 1)} of the script happened")
