"""The scenario's own solution: which of its steps are due, and what has become of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from are.simulation.types import ConditionCheckEvent, EventType, OracleEvent

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.agents.tools import tool_name
from pytest_pare.base.serialization import to_builtins
from pytest_pare.engines.steps import Role, Step, assign_roles, in_order
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.noise.events import is_noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.apps.app import App
    from are.simulation.types import AbstractEvent, CompletedEvent, Event

    from pytest_pare.engines.retry import RealTime

__all__ = ["Reference", "Role", "Step"]

# Seconds until a condition is looked at again that nobody knows the time of.
_PATIENCE = 60.0
# Who can do something, apart from the user.
_ACTS: dict[ProactiveAgentMode, Role] = {
    ProactiveAgentMode.OBSERVE: "observe",
    ProactiveAgentMode.EXECUTE: "execute",
}
_DONE = (EventType.AGENT, EventType.USER)
# What a user does instead of an answer.
_OF_ANSWERS = ("user_words", "user_changes_mind")


class Reference:
    """The reference steps of a run, and which of them are due.

    A step is due when all that it depends on has happened, and the time has come that the scenario gives it. Steps of
    roles that nobody plays by reference, because another agent is under test, are matched with what that agent does
    once they could be done: a message with any message, a write with a call of the same tool. Its reads are not waited
    for.

    A step that noise has kept from happening is due again: a call that failed, an answer that was none or was taken
    back, a proposal that expired while the user was busy.

    The steps are made when they are first asked for, so that no run fails for a solution that nobody plays.

    Args:
        events: The scenario's events.
        env: The environment that the scenario is played in.
        is_users: Tells whether an event is the user's own.
        played: The roles that play by reference.
        scenario_id: Whose events they are.
    """

    def __init__(
        self,
        events: Iterable[AbstractEvent],
        env: Any,
        is_users: Callable[[Event], bool],
        played: frozenset[Role],
        scenario_id: str = "",
    ) -> None:
        self.scenario_id = scenario_id
        self._events = [event for event in events if type(event) is OracleEvent]
        self._env = env
        self._is_users = is_users
        self._played = played
        self._is_all_played = played >= {"user", "observe", "execute"}
        # The steps that were played, in the order of that.
        self._history: list[Step] = []

    @property
    def limits(self) -> RealTime:
        """What bounds the run in real time."""
        limits: RealTime = self._env.limits
        return limits

    @cached_property
    def steps(self) -> list[Step]:
        """The steps, each after all that it depends on.

        Raises:
            ScenarioDefect: If the scenario's code raises while an oracle event is made.
        """
        made = [(event, self._make(event)) for event in self._events]
        steps = [Step(event, action, "user" if self._is_users(action) else "execute") for event, action in made]
        ordered = in_order(steps, self._env.start_time)
        assign_roles(ordered)
        return ordered

    def next_step(self, role: Role) -> tuple[Step, float] | None:
        """Return the step that `role` is to play next, and how many seconds from now it is due; `None` for none now."""
        now, past = self._env.time_manager.time(), self._past()
        left = [step for step in self._left(past) if not self._is_stranded(step, past)]
        due = [(time, step) for step in left if (time := past.due(step.event)) is not None]
        mine = [(time, step) for time, step in due if step.role == role and past.has_all(step.event.dependencies)]
        if not mine:
            return None
        time, step = min(mine, key=lambda entry: entry[0])
        # While an answer is awaited nobody else can act: what comes before it must be done first.
        acting = {"user", _ACTS.get(self._env.consent.mode)} & self._played
        if time > now and any(other < time for other, one in due if one.role in acting):
            return None
        # Whoever is under test is to see what happens before, and to act on it.
        if time > now and not self._is_all_played and self._env.happens_before(time):
            return None
        return step, max(0.0, time - now)

    def users_time(self) -> float | None:
        """Return when the user is to act, in epoch seconds, by a step that waits for nothing but its time.

        `None` if there is none, and where all roles play by reference: there, each waits for its own steps.
        """
        if "user" not in self._played or self._is_all_played:
            return None
        past = self._past()
        left = [step for step in self._left(past) if step.role == "user" and not self._is_stranded(step, past)]
        ready = [past.due(step.event) for step in left if past.has_all(step.event.dependencies)]
        return min((time for time in ready if time is not None), default=None)

    def play(self, step: Step) -> dict[str, Any]:
        """Note that a step is being played, and return its arguments as builtins, with what they refer to put in.

        Raises:
            ScenarioDefect: If the scenario's code raises while the event is made.
        """
        # Made anew: what it says may depend on how things stand.
        step.action = self._make(step.event)
        self._env.resolve_arg_placeholders(step.action, self._past().log_by_step())
        step.since = len(self._env.event_log.past_events)
        step.turn, step.proposals = self._env.turn, self._env.consent.number
        step.faults = len(_faults(self._env))
        self._history.append(step)
        given = step.action.action.resolved_args or step.action.action.args
        return {name: to_builtins(value) for name, value in given.items() if name != "self"}

    def next_unasked(self) -> Step | None:
        """Return the agent's next step that could be done now if nobody had to be asked or told; `None` for none."""
        for step in self.steps:
            is_left = step.role != "user" and not step.is_talk and step.since is None
            if is_left and all(map(self._has_happened_unasked, step.event.dependencies)):
                return step
        return None

    def has_more(self, role: Role) -> bool:
        """Tell whether `role` has steps left before the user's next acceptance."""
        return any(step.role == role for step in self._left(self._past()))

    def tool(self, step: Step) -> str:
        """Return what the tool of a step is called by the role whose step it is."""
        app = self._env.apps[step.app_name]
        named = None if step.role == "user" else self.agent_tool(step.function, lambda one: one is app)
        return named or tool_name(f"{step.app_name}__{step.function}")

    def agent_tool(self, function: str, is_app: Callable[[App], bool]) -> str | None:
        """Return what the agent calls a tool of an app; `None` if there is none."""
        tools = (tool for app in self._env.apps.values() if is_app(app) for tool in app.get_tools())
        return next((tool_name(tool._public_name or tool.name) for tool in tools if tool.func_name == function), None)

    def seconds_to_next_event(self) -> float | None:
        """Return how long it is until something may happen by itself, other than noise; `None` if nothing will."""
        future = self._env.event_queue.future_events
        queue = [event for event in future if type(event) is not OracleEvent and not is_noise(event)]
        times = [event.event_time for event in queue if not isinstance(event, ConditionCheckEvent)]
        if times:
            return float(max(0.0, min(times) - self._env.time_manager.time()))
        return _PATIENCE if queue else None

    def _left(self, past: _Past) -> list[Step]:
        """Return the steps that are to be played, but for the agent's that come after an acceptance not yet given."""
        consents = sum(step.is_acceptance and past.moment(step.event) is not None for step in self.steps)
        return [step for step in self.steps if step.since is None and (step.role == "user" or step.consent <= consents)]

    def _make(self, event: OracleEvent) -> Event:
        try:
            return event.make(self._env)
        except Exception as error:
            raise ScenarioDefect(f"oracle event {event.event_id}: {type(error).__name__}: {error}") from error

    def _past(self) -> _Past:
        """Return what has happened, and let what noise has undone be played again."""
        past = self._new_past()
        undone = [step for step in self._history if past.is_undone(step)]
        if not undone:
            return past
        for step in undone:
            step.since = None
            self._history.remove(step)
        return self._new_past()

    def _new_past(self) -> _Past:
        return _Past(self._env, self.steps, self._history, self._played)

    def _is_stranded(self, step: Step, past: _Past) -> bool:
        """Tell whether a step is an answer whose proposal was made, and is not there to be answered."""
        proposal = self._env.consent.proposal
        is_pending = proposal is not None and proposal.status == "pending"
        return step.is_answer and not is_pending and past.has_all(step.event.dependencies)

    def _has_happened_unasked(self, event: AbstractEvent) -> bool:
        step = next((one for one in self.steps if one.event_id == event.event_id), None)
        if step is None:
            return bool(self._env.has_happened(event))
        if step.role == "user" or step.is_talk:
            return all(map(self._has_happened_unasked, step.event.dependencies))
        return step.since is not None


class _Moment(NamedTuple):
    """When something happened.

    Attributes:
        place: Its place in the event log; of what left no entry, that of the entry before it.
        time: In epoch seconds; `None` for what left no entry.
    """

    place: int
    time: float | None


_START = _Moment(-1, None)


def _faults(env: Any) -> list[Any]:
    """Return the faults of the agent's tools and of the user up to now, as the trace has them."""
    return [one for one in env.trace_entries if getattr(one, "fault", None) and one.kind in ("AGENT", "USER")]


@dataclass(frozen=True)
class _Named:
    event_id: str
    metadata: Any


class _Past:
    """What has happened up to now, of the steps and of what they depend on."""

    def __init__(self, env: Any, steps: list[Step], history: list[Step], played: frozenset[Role]) -> None:
        self._env = env
        self._played = played
        self._roles = {step.event_id: step.role for step in steps}
        self._log: list[CompletedEvent] = list(env.event_log.past_events)
        self._modes = {one.event_id: one.mode for one in env.trace_entries if hasattr(one, "mode")}
        self._acceptances = [step for step in steps if step.is_acceptance]
        self._world = {event.event_id: _Moment(place, event.event_time) for place, event in enumerate(self._log)}
        # When a condition comes true, nobody can tell.
        queue = [event for event in env.event_queue.future_events if not isinstance(event, ConditionCheckEvent)]
        self._scheduled: dict[str, float] = {event.event_id: event.event_time for event in queue}
        self._steps: dict[str, _Moment] = {}
        self._taken: dict[int, Step] = {}
        self._faults = _faults(env)
        # The last one first: where a call never became an event, the later ones are those of other steps.
        for step in reversed(history):
            start = step.since or 0
            place = self._take(step, start)
            if place is not None:
                self._steps[step.event_id] = self._at(place)
            elif not self._is_hit(step):
                self._steps[step.event_id] = _Moment(start - 1, None)
        for step in steps:
            if step.since is None and step.role not in played:
                self._match(step)

    def moment(self, event: AbstractEvent) -> _Moment | None:
        """Return when an event has happened; `None` if it has not."""
        if event.event_id in self._roles:
            return self._steps.get(event.event_id)
        return self._world.get(event.event_id, _START) if self._env.has_happened(event) else None

    def has_all(self, events: Iterable[AbstractEvent]) -> bool:
        """Tell whether all of the events have happened."""
        return all(self.moment(event) is not None for event in events)

    def is_undone(self, step: Step) -> bool:
        """Tell whether noise has kept a step from happening that was played, or undone it, so that it is due again."""
        if step.event_id not in self._steps:
            # The user makes up for an answer at the beginning of a later turn.
            return not step.is_answer or step.turn != self._env.turn
        consent = self._env.consent
        is_last = step.is_message and step.role == "observe" and step.proposals + 1 == consent.number
        has_expired = is_last and consent.proposal.status == "expired"
        return has_expired and any(fault.kind == "USER" for fault in self._faults[step.faults :])

    def _is_hit(self, step: Step) -> bool:
        """Tell whether noise has hit a step since it was played."""
        faults = self._faults[step.faults :]
        if step.is_answer:
            return any(fault.fault in _OF_ANSWERS for fault in faults)
        failed = [(fault.app, fault.function) for fault in faults if fault.kind == "AGENT" and not fault.event_id]
        return (step.app_name, step.function) in failed

    def due(self, event: AbstractEvent) -> float | None:
        """Return when an event is due by what it depends on, if nothing of that is late; `None` if nobody can tell."""
        times = [self._expected(one) for one in event.dependencies]
        known = [time for time in times if time is not None]
        if len(known) < len(times):
            return None
        if event.event_time is not None:
            return float(event.event_time)
        return max(known, default=float(self._env.start_time)) + (event.event_relative_time or 0)

    def _expected(self, event: AbstractEvent) -> float | None:
        moment = self.moment(event)
        if moment is not None:
            return float(self._env.start_time) if moment.time is None else moment.time
        role = self._roles.get(event.event_id)
        if role is not None:
            return self.due(event) if role in self._played else None
        if event.event_id in self._scheduled:
            return self._scheduled[event.event_id]
        # In a run with agents nothing of the world waits for a step of the solution's.
        waits = event.dependencies and not any(one.event_id in self._roles for one in event.dependencies)
        return self.due(event) if waits and not isinstance(event, ConditionCheckEvent) else None

    def log_by_step(self) -> list[Any]:
        """Return the event log, in which what steps have become is named as other steps refer to it."""
        return [
            event
            if (step := self._taken.get(place)) is None or event.failed()
            else _Named(step.event_id, event.metadata)
            for place, event in enumerate(self._log)
        ]

    def _match(self, step: Step) -> None:
        """Find what an agent that plays by no reference has done for a step, since it could be done."""
        if not self.has_all(step.event.dependencies):
            return
        before = [moment for event in step.event.dependencies if (moment := self.moment(event)) is not None]
        last = max(before, default=_START, key=lambda moment: moment.place)
        if step.is_read:
            self._steps[step.event_id] = last
        elif step.is_message and step.role == "execute":
            self._match_report(step, last)
        elif (place := self._take(step, last.place + 1)) is not None:
            self._steps[step.event_id] = self._at(place)

    def _match_report(self, step: Step, last: _Moment) -> None:
        """Find the report of an execution; one that has ended without it has nothing more to tell."""
        accepted = self.moment(self._acceptances[step.consent - 1].event)
        if accepted is None:
            return
        last = max(last, accepted, key=lambda moment: moment.place)
        # A condition has one id for all of its entries: only what is done tells the mode.
        done = (n for n in range(accepted.place + 1, len(self._log)) if self._log[n].event_type in _DONE)
        end = next((place for place in done if not self._is_in_execution(place)), None)
        if (place := self._take(step, last.place + 1, end)) is not None:
            self._steps[step.event_id] = self._at(place)
        elif end is not None or self._env.consent.mode is not ProactiveAgentMode.EXECUTE:
            self._steps[step.event_id] = last

    def _is_in_execution(self, place: int) -> bool:
        return self._modes.get(self._log[place].event_id) == ProactiveAgentMode.EXECUTE.value

    def _take(self, step: Step, start: int, end: int | None = None) -> int | None:
        """Return the place of the first call of a step's tool that is no other step's; it is this one's then."""
        kind = EventType.USER if step.role == "user" else EventType.AGENT
        for place in range(start, len(self._log) if end is None else end):
            event = self._log[place]
            is_proposal = step.is_message and step.role != "execute" and step.since is None
            if (
                place not in self._taken
                and event.event_id not in self._env.consent.withdrawn
                and event.event_type == kind
                and (event.app_name(), event.function_name()) == (step.app_name, step.function)
                and (step.since is not None or not event.failed())
                and not (is_proposal and self._is_in_execution(place))
            ):
                self._taken[place] = step
                return place
        return None

    def _at(self, place: int) -> _Moment:
        return _Moment(place, self._log[place].event_time)
