"""The scenario's own solution: which of its steps are due."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from are.simulation.types import OracleEvent

from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.agents.tools import tool_name
from pytest_pare.base.serialization import to_builtins
from pytest_pare.engines.reference_history import History
from pytest_pare.engines.reference_log import LogIndex, Played
from pytest_pare.engines.steps import Role, Step, assign_roles, in_order
from pytest_pare.scenarios.errors import ScenarioDefect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.apps.app import App
    from are.simulation.tool_utils import AppTool
    from are.simulation.types import AbstractEvent, Event

    from pytest_pare.engines.retry import RealTime

__all__ = ["Reference", "Role", "Step"]

# Seconds of waiting for a condition, whose time is not known.
_SECONDS_TO_CHECK = 60.0
_ALL: frozenset[Role] = frozenset(("user", "observe", "execute"))
# The role that can act besides the user, by the agent's mode.
_ACTS: dict[ProactiveAgentMode, Role] = {
    ProactiveAgentMode.OBSERVE: "observe",
    ProactiveAgentMode.EXECUTE: "execute",
}


class Reference:
    """The reference steps of a run, and which of them are due.

    A step is due at the time that the scenario gives it, once all that it depends on has happened. If another agent is
    under test, the steps of its roles are matched with its actions from the time on at which they are possible: a
    message with any message, a write with a call of the same tool. Its reads count as done.

    A step that noise prevents is due again: a call that failed, an answer that was none or was withdrawn, a proposal
    that expired while the user was busy.

    The steps are made when they are first needed, so that a broken solution fails no run that does not play it.

    Args:
        events: The scenario's events.
        env: The environment that the scenario is played in.
        is_users: Returns whether an event is an action of the user.
        played: The roles that play by reference.
        scenario_id: The scenario.
        early_writes: Whether the observer plays the writes before its proposals.
    """

    def __init__(
        self,
        events: Iterable[AbstractEvent],
        env: Any,
        is_users: Callable[[Event], bool],
        played: frozenset[Role],
        scenario_id: str = "",
        *,
        early_writes: bool = False,
    ) -> None:
        self.scenario_id = scenario_id
        self._events = [event for event in events if type(event) is OracleEvent]
        self._env = env
        self._is_users = is_users
        self._played = played
        self._early_writes = early_writes
        self._is_all_played = played >= _ALL
        self._played_steps = Played()
        self._log: LogIndex | None = None
        self._names: dict[str, dict[str | None, str]] = {}

    @property
    def played_steps(self) -> list[Step]:
        """The steps that were played, in the order in which they were."""
        return list(self._played_steps.steps)

    @property
    def limits(self) -> RealTime:
        """The limit of the run in real time."""
        limits: RealTime = self._env.limits
        return limits

    @cached_property
    def steps(self) -> list[Step]:
        """The steps, each after those that it depends on.

        Raises:
            ScenarioDefect: If the scenario's code raises while an oracle event is made.
        """
        made = [(event, self._make(event)) for event in self._events]
        steps = [Step(event, action, "user" if self._is_users(action) else "execute") for event, action in made]
        ordered = in_order(steps, self._env.start_time)
        assign_roles(ordered, early_writes=self._early_writes)
        return ordered

    @cached_property
    def _by_id(self) -> dict[str, Step]:
        return {step.event_id: step for step in self.steps}

    @cached_property
    def _users_words(self) -> list[Step]:
        """The steps by which the user sends messages with the agent's tools."""
        return [step for step in self.steps if step.role == "user" and not self._is_users(step.action)]

    def next_step(self, role: Role) -> tuple[Step, float] | None:
        """Return the next step of a role and the seconds until it is due; `None` if there is none now."""
        if not self.steps:
            return None
        now, history = self._env.time_manager.time(), self._history()
        left = [step for step in self._left(history) if not self._is_stranded(step, history)]
        due = [(time, step) for step in left if (time := history.due(step.event)) is not None]
        mine = [(time, step) for time, step in due if step.role == role and history.has_all(step.event.dependencies)]
        if not mine:
            return None
        time, step = min(mine, key=lambda entry: entry[0])
        # An earlier step of another role that can act comes first.
        acting = {"user", _ACTS.get(self._env.consent.mode)} & self._played
        if time > now and any(other < time for other, one in due if one.role in acting):
            return None
        # The agent under test must see earlier events first, and can act on them.
        if time > now and not self._is_all_played and self._env.happens_before(time):
            return None
        return step, max(0.0, time - now)

    def users_time(self) -> float | None:
        """Return the time, in epoch seconds, of the user's next step that waits only for its time.

        `None` if there is none, and if all roles play by reference, because each role waits for its own steps then.
        """
        if "user" not in self._played or self._is_all_played or not self.steps:
            return None
        history = self._history()
        left = [step for step in self._left(history) if step.role == "user" and not self._is_stranded(step, history)]
        ready = [history.due(step.event) for step in left if history.has_all(step.event.dependencies)]
        return min((time for time in ready if time is not None), default=None)

    def play(self, step: Step) -> dict[str, Any]:
        """Mark a step as played, and return its arguments as builtins, with their placeholders replaced.

        Raises:
            ScenarioDefect: If the scenario's code raises while the event is made.
        """
        # Made again, because its arguments may depend on the present state of the apps.
        step.action = self._make(step.event)
        self._env.resolve_arg_placeholders(step.action, self._history().log_by_step())
        step.since = len(self._env.event_log.past_events)
        step.turn, step.proposals = self._env.turn, self._env.consent.number
        step.faults = len(self._env.trace_entries.faulty)
        self._played_steps.add(step)
        given = step.action.action.resolved_args or step.action.action.args
        return {name: to_builtins(value) for name, value in given.items() if name != "self"}

    def next_unasked(self) -> Step | None:
        """Return the agent's next tool call that needs no answer of the user; `None` if there is none now."""
        for step in self.steps:
            is_left = step.role != "user" and not step.is_talk and step.since is None
            if is_left and all(map(self._has_happened_unasked, step.event.dependencies)):
                return step
        return None

    def has_more(self, role: Role) -> bool:
        """Return whether a role has steps left before the user's next acceptance."""
        return any(step.role == role for step in self._left(self._history()))

    def tool(self, step: Step) -> str:
        """Return the name of a step's tool, as its role has it."""
        app = self._env.apps[step.app_name]
        named = None if self._is_users(step.action) else self.agent_tool(step.function, lambda one: one is app)
        return named or tool_name(f"{step.app_name}__{step.function}")

    @property
    def has_writes(self) -> bool:
        """Whether the agent writes in the solution; messages are not writes."""
        return any(step.role != "user" and not step.is_talk and not step.is_read for step in self.steps)

    def observer_writes(self) -> frozenset[str]:
        """Return the names of the writes that the observer plays before the user accepts."""
        if "observe" not in self._played:
            return frozenset()
        return frozenset(self.tool(step) for step in self.steps if step.is_early_write)

    def users_tools(self) -> list[AppTool]:
        """Return the agent's tools by which the user sends messages in this turn or later."""
        if "user" not in self._played or not self._users_words:
            return []
        turn = self._env.turn
        left = {(step.app_name, step.function) for step in self._users_words if step.since is None or step.turn == turn}
        apps = (app for app in self._env.apps.values() if any(app.name == name for name, _ in left))
        return [tool for app in apps for tool in app.get_tools() if (app.name, tool.func_name) in left]

    def release(self, *roles: Role) -> None:
        """Let other engines, or another agent, act for roles from now on."""
        self._played -= set(roles)
        self._is_all_played = self._played >= _ALL

    def agent_tool(self, function: str, is_app: Callable[[App], bool]) -> str | None:
        """Return the agent's name for a tool of an app; `None` if there is none."""
        names = (self._names_of(app).get(function) for app in self._env.apps.values() if is_app(app))
        return next(filter(None, names), None)

    def _names_of(self, app: App) -> dict[str | None, str]:
        """Return the agent's names for the tools of an app, by their functions. They stay the same during a run."""
        if app.name not in self._names:
            tools = reversed(app.get_tools())
            self._names[app.name] = {tool.func_name: tool_name(tool._public_name or tool.name) for tool in tools}
        return self._names[app.name]

    def seconds_to_next_event(self) -> float | None:
        """Return the seconds until an event that is no noise may happen; `None` if none is left."""
        future = self._env.event_queue.future_events
        time = future.next_known_time()
        if time is not None:
            return float(max(0.0, time - self._env.time_manager.time()))
        return _SECONDS_TO_CHECK if future.has_conditions else None

    def _left(self, history: History) -> list[Step]:
        """Return the steps not played yet, without the agent's steps behind an acceptance that is not given yet."""
        consents = sum(step.is_acceptance and history.moment(step.event) is not None for step in self.steps)
        return [step for step in self.steps if step.since is None and (step.role == "user" or step.consent <= consents)]

    def _make(self, event: OracleEvent) -> Event:
        try:
            return event.make(self._env)
        except Exception as error:
            raise ScenarioDefect(f"oracle event {event.event_id}: {type(error).__name__}: {error}") from error

    def history(self) -> History:
        """Return what has happened up to now."""
        self._log = self._log or LogIndex(self._env.event_log.past_events)
        self._log.update()
        return History(self._env, self._log, self._by_id, self._played_steps, self._played)

    def _history(self) -> History:
        """Return what has happened. Steps that noise has undone are due again."""
        history = self.history()
        undone = history.undone()
        if not undone:
            return history
        for step in undone:
            step.since = None
            self._played_steps.remove(step)
        return self.history()

    def _is_stranded(self, step: Step, history: History) -> bool:
        """Return whether a step is an answer whose proposal was made, but is not pending."""
        proposal = self._env.consent.proposal
        is_pending = proposal is not None and proposal.status == "pending"
        return step.is_answer and not is_pending and history.has_all(step.event.dependencies)

    def _has_happened_unasked(self, event: AbstractEvent) -> bool:
        step = self._by_id.get(event.event_id)
        if step is None:
            return bool(self._env.has_happened(event))
        if step.role == "user" or step.is_talk:
            return all(map(self._has_happened_unasked, step.event.dependencies))
        return step.since is not None
