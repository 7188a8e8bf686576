"""Failures of the simulated user, distinguished from those of the agent.

A run can fail because of the model that plays the user. Four kinds of failures are found at the end of a run, in its
trace and by the reference steps of its scenario:

- `outside_tools`: a turn of the user ends with an answer that calls no tool, or one that is not there. An answer that a
  later one of the same turn replaces is no failure, nor is a call of a tool that raises.
- `no_proposal`: the user accepts or rejects while no proposal is pending: none was made, it has expired, or it was
  answered before. A yes or no to a question of the agent (`ask_user`) is an answer, and no failure.
- `agents_work`: the user makes a successful write that the reference gives to the agent and not to the user, or that
  the agent makes, or tries to, in the same execution. Two writes are the same work if they are in the same app, of the
  same sort (to add, to change, to remove, to send), and share a word if both have words. If the agent has had its
  chance, two turns to propose or an execution that has ended, the user only makes up for it.
- `goal_dropped`: the user gives the answer opposite to that of the reference, gives none, or does not do what the
  reference has it write or say. An answer is compared only if the agent's proposal has the words of the reference's
  proposal, so that the user may reject another one. An act is missed only if all that it waits for has happened, and
  the user had two turns after that and did nothing of its sort.

Each definition is narrow: what is not certain stays the agent's failure, because runs with a failure of the user can be
left out of the success rate. The oracle user plays the reference and has no failures. An answer that a fault of noise
(`user_busy`, `user_words`, `user_changes_mind`) has hit is no failure of the user either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from are.simulation.exceptions import LoggedError

from pytest_pare.agents.react import parse_action
from pytest_pare.simulation.same_work import SIMILAR, is_same_work, similarity
from pytest_pare.simulation.trace_entries import EngineCall, TraceEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.engines.reference import Reference, Step
    from pytest_pare.simulation.trace import Trace

_ANSWERS: Final = {"accept_proposal": "accepted", "reject_proposal": "rejected"}
_REFERENCE: Final = {"accept_proposal": "accepts", "reject_proposal": "rejects"}
_QUOTED: Final = 80
# The turns that a side must have had before it has missed something.
_CHANCES: Final = 2

UserFault = dict[str, Any]
"""A failure of the user: its `kind`, the `turn`, and a `text`."""


def user_failures(trace: Trace, reference: Reference) -> list[UserFault]:
    """Return the failures of the simulated user in a run, in the order of their turns.

    Args:
        trace: The trace of the run.
        reference: The reference steps of the run.

    Raises:
        ScenarioDefect: If the scenario's reference steps cannot be made.
    """
    found = [*outside_tools(trace), *without_proposal(trace), *agents_work(trace, reference)]
    found += [*wrong_answers(trace, reference.steps), *missed_acts(trace, reference)]
    return sorted(found, key=lambda one: int(one["turn"]))


def outside_tools(trace: Trace) -> Iterator[UserFault]:
    """Yield the last answers of the user's turns that call no tool, or an unknown one."""
    last: dict[int, tuple[EngineCall, TraceEvent | None]] = {}
    for entry in trace.entries:
        if isinstance(entry, EngineCall):
            if entry.role == "user":
                last[entry.turn] = (entry, None)
        elif entry.kind == "USER" and entry.turn in last:
            last[entry.turn] = (last[entry.turn][0], entry)
    for turn, (call, done) in last.items():
        if call.response is None:
            continue
        try:
            name, _ = parse_action(call.response)
        except LoggedError:
            yield _fault("outside_tools", turn, f"the user's answer calls no tool: {_quoted(call.response)}")
            continue
        if done is not None and not done.app and done.function == name and (done.error or "").startswith("UnknownTool"):
            screen = done.screen_before or "nothing"
            yield _fault("outside_tools", turn, f"the user called {name}, which is no tool on its screen ({screen})")


def without_proposal(trace: Trace) -> Iterator[UserFault]:
    """Yield the user's acceptances and rejections while no proposal was pending."""
    proposal: TraceEvent | None = None
    answer: TraceEvent | None = None
    is_asked = is_disturbed = False
    for event in trace.events:
        if event.kind == "AGENT" and event.is_message:
            if event.function == "ask_user":
                is_asked = True
            elif event.function == "send_message_to_user" and event.mode != "execute":
                proposal, answer, is_asked, is_disturbed = event, None, False, False
        elif event.kind == "USER":
            # A fault of noise leaves the proposal open, or closes it, and the user does not notice.
            is_disturbed = is_disturbed or event.fault is not None
            if not event.is_message or event.function not in _ANSWERS:
                continue
            if event.mode == "awaiting_confirmation":
                answer = event
            elif not (is_asked or is_disturbed):
                done = f"the user {_ANSWERS[event.function]}{_saying(event)}"
                yield _fault("no_proposal", event.turn, f"{done} although {_why_closed(proposal, answer)}")
            is_asked = False


def _why_closed(proposal: TraceEvent | None, answer: TraceEvent | None) -> str:
    if proposal is None:
        return "the agent had proposed nothing"
    asked = _quoted(proposal.args.get("content"))
    if answer is None:
        return f"the proposal {asked} had expired"
    return f"the proposal {asked} had been {_ANSWERS[str(answer.function)]} before"


def agents_work(trace: Trace, reference: Reference) -> Iterator[UserFault]:
    """Yield the user's writes that are the agent's work."""
    planned = [step for step in reference.steps if not (step.is_talk or step.is_read)]
    users = [step for step in planned if step.role == "user"]
    agents = [step for step in planned if step.role != "user"]
    # What the user has done before the agent may make the agent's own call fail.
    writes = [one for one in trace.events if one.operation == "write" and not one.is_interface]
    for place, event in enumerate(writes):
        if event.kind != "USER" or event.error is not None or any(_is_step(event, step) for step in users):
            continue
        done = f"the user called {event.app}.{event.function}"
        if (step := next((one for one in agents if _is_step(event, one)), None)) is not None:
            if _had_its_chance(event, step, trace, reference):
                continue
            given = f"{step.app_name}.{step.function}"
            yield _fault("agents_work", event.turn, f"{done}, the work that the reference gives to the agent ({given})")
        elif event.mode == "execute" and (twin := _in_execution(trace, writes, place)) is not None:
            yield _fault("agents_work", event.turn, f"{done} while the agent did the same ({twin.app}.{twin.function})")


def _had_its_chance(event: TraceEvent, step: Step, trace: Trace, reference: Reference) -> bool:
    """Return whether the agent could have done a step of the reference before the user did."""
    if event.mode != "observe":
        return False
    if any(one.time <= event.time for one in trace.acceptances()):
        return True
    steps = reference.steps[: reference.steps.index(step)]
    proposal = next((one for one in reversed(steps) if one.is_message), step)
    due = reference.history().due(proposal.event)
    return due is not None and len(_turns_after(trace, due - trace.start_time, event.turn)) >= _CHANCES


def _is_step(event: TraceEvent, step: Step) -> bool:
    action = step.action.action
    given = action.resolved_args or action.args
    return is_same_work((event.app or "", event.function or "", event.args), (step.app_name, step.function, given))


def _in_execution(trace: Trace, writes: list[TraceEvent], place: int) -> TraceEvent | None:
    """Return the agent's write in the same execution that is the same work as the user's."""
    mine = writes[place]
    ends = [one.time for one in trace.acceptances()]
    began = max((time for time in ends if time <= mine.time), default=0.0)
    end = min((time for time in ends if time > mine.time), default=float("inf"))
    for one in writes:
        is_agents = one.kind == "AGENT" and one.mode == "execute" and began <= one.time < end
        if is_agents and is_same_work(
            (mine.app or "", mine.function or "", mine.args), (one.app or "", one.function or "", one.args)
        ):
            return one
    return None


def wrong_answers(trace: Trace, steps: list[Step]) -> Iterator[UserFault]:
    """Yield the user's answers that are opposite to those of the reference, and proposals left without its answer."""
    expected = _expected_answers(steps)
    left = dict(enumerate(expected))
    for proposal, answer, is_disturbed in _dialogue(trace):
        said = str(proposal.args.get("content", ""))
        ranked = sorted(left, key=lambda place: (-similarity(_text(expected[place][0]), said), place))
        if not ranked or similarity(_text(expected[ranked[0]][0]), said) < SIMILAR:
            continue
        message, step = expected[ranked[0]]
        del left[ranked[0]]
        wanted = f"the reference {_REFERENCE[step.function]} {_quoted(_text(message))}{_words_of(step)}"
        if is_disturbed:
            continue
        if answer is None:
            turn = _last_chance(trace, proposal.time)
            if turn is not None:
                yield _fault("goal_dropped", turn, f"{wanted}, and the user never answered {_quoted(said)}")
        elif answer.function != step.function:
            did = f"the user {_ANSWERS[str(answer.function)]} {_quoted(said)}{_saying(answer)}"
            yield _fault("goal_dropped", answer.turn, f"{wanted}, and {did}")


def _expected_answers(steps: list[Step]) -> list[tuple[Step, Step]]:
    """Return the reference's proposals with the answers to them."""
    pairs: list[tuple[Step, Step]] = []
    proposal: Step | None = None
    for step in steps:
        if step.is_message:
            proposal = step if step.role != "execute" else None
        elif step.is_answer and proposal is not None:
            pairs.append((proposal, step))
            proposal = None
    return pairs


def _dialogue(trace: Trace) -> Iterator[tuple[TraceEvent, TraceEvent | None, bool]]:
    """Yield the agent's proposals with the first answer to each, and whether noise has hit the user before the next."""
    proposals = trace.proposals()
    answers = [*trace.acceptances(), *trace.rejections()]
    order = {id(event): place for place, event in enumerate(trace.events)}
    hit = [place for place, event in enumerate(trace.events) if event.kind == "USER" and event.fault is not None]
    for number, proposal in enumerate(proposals):
        begin = order[id(proposal)]
        end = order[id(proposals[number + 1])] if number + 1 < len(proposals) else len(order)
        given = [one for one in answers if begin < order[id(one)] < end]
        first = min(given, key=lambda one: order[id(one)], default=None)
        yield proposal, first, any(begin < place < end for place in hit)


def missed_acts(trace: Trace, reference: Reference) -> Iterator[UserFault]:
    """Yield the writes and words of the user in the reference that were due, and that the user has not made."""
    acts = [step for step in reference.steps if _is_act(step)]
    if not acts or any(event.kind == "USER" and event.fault is not None for event in trace.events):
        return
    history = reference.history()
    for step in acts:
        due = history.due(step.event)
        if due is None or history.moment(step.event) is not None or not history.has_all(step.event.dependencies):
            continue
        since = due - trace.start_time
        turn = _last_chance(trace, since)
        if turn is None or any(_stands_for(event, step, since) for event in trace.events):
            continue
        text = f"the reference has the user call {step.app_name}.{step.function}{_words_of(step)}, and it never did"
        yield _fault("goal_dropped", turn, text)


def _is_act(step: Step) -> bool:
    return step.role == "user" and not step.is_answer and (step.is_talk or not step.is_read)


def _stands_for(event: TraceEvent, step: Step, since: float) -> bool:
    """Return whether an event of the user may be what a step of the reference asks for, done in another way."""
    if event.kind != "USER" or event.error is not None:
        return False
    if step.is_talk:
        # The words may go with an answer: "Yes, but the blue one".
        return event.is_interface and event.time >= since and bool(str(event.args.get("content") or "").strip())
    return event.operation == "write" and is_same_work(
        (event.app or "", event.function or "", {}), (step.app_name, step.function, {})
    )


def _last_chance(trace: Trace, time: float) -> int | None:
    """Return the user's last turn after a time; `None` if its model was asked in less than two turns since then."""
    turns = _turns_after(trace, time)
    return max(turns) if len(turns) >= _CHANCES else None


def _turns_after(trace: Trace, time: float, before: int | None = None) -> set[int]:
    """Return the turns in which the user's model was asked after a time, up to the turn `before`, without that."""
    calls = (call for call in trace.calls if call.role == "user" and call.time > time)
    return {call.turn for call in calls if before is None or call.turn < before}


def _text(step: Step) -> str:
    action = step.action.action
    return str((action.resolved_args or action.args).get("content", ""))


def _words_of(step: Step) -> str:
    text = _text(step)
    return f" ({_quoted(text)})" if text.strip() else ""


def _saying(event: TraceEvent) -> str:
    said = str(event.args.get("content") or "")
    return f" ({_quoted(said)})" if said.strip() else ""


def _quoted(text: object) -> str:
    line = " ".join(str(text).split())
    return repr(line if len(line) <= _QUOTED else f"{line[: _QUOTED - 3]}...")


def _fault(kind: str, turn: int | None, text: str) -> UserFault:
    return {"kind": kind, "turn": turn or 0, "text": text}
