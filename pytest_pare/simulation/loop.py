"""Plays a run turn by turn: the user, the agent under test, then simulated time."""

from __future__ import annotations

import inspect
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.agents.errors import ProgramError, StaleTurn, TurnOver
from pytest_pare.base import telemetry
from pytest_pare.base.serialization import to_short_text, type_and_value
from pytest_pare.scenarios.errors import ScenarioTimeoutError, SimulatedTimeOver
from pytest_pare.simulation.async_calls import AsyncCalls
from pytest_pare.simulation.errors import AgentFailure, RunEnded, WorldOver

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from pytest_pare.agents.protocols import ProactiveAgent, Turn, UserAgent
    from pytest_pare.results.validation_result import Ending
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.simulation.agent_model import AgentModel
    from pytest_pare.simulation.consent import Consent
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.past import Past
    from pytest_pare.simulation.turns import TurnGateway


class Played(NamedTuple):
    """The number of turns.

    Attributes:
        turns: Turns that were played.
        turns_saved: Idle turns that jumps in simulated time have saved.
    """

    turns: int
    turns_saved: int


class Loop:
    """Plays the turns of one run.

    Args:
        env: The environment, started.
        gateway: Makes the turns.
        consent: The state of the agent's last proposal.
        user: The simulated user.
        agent: The agent under test.
        config: The configuration of the run.
        charges: Returns whether a turn of the agent takes simulated time as a whole, because no calls of an engine do.
        users_time: Returns when the user has to act, in epoch seconds; `None` if it waits for others.
        offline: Whether the agent takes the fixed time, whatever it takes in real time.
        during: Surrounds each turn of the agent, and returns the turn that it gets.
        look: Called wherever apps may have changed: after what each side does, and after time has passed.
        models: The model behind the agent's endpoint, whose answers take time instead of the turn as a whole; `None`
            without one.
        past: The past of the run; `None` without one.

    Attributes:
        ended_by: What ended the turns; `None` before their end, and after an exception.
        turn_seconds: The simulated seconds of the agent's turns that took their real time.
    """

    def __init__(
        self,
        env: StateAwareEnvironmentWrapper,
        gateway: TurnGateway,
        consent: Consent,
        user: UserAgent,
        agent: ProactiveAgent,
        config: ScenarioRunnerConfig,
        *,
        charges: Callable[[], bool],
        users_time: Callable[[], float | None] = lambda: None,
        offline: bool = False,
        during: Callable[[Turn], AbstractContextManager[Turn]] = nullcontext,
        look: Callable[[], None] = lambda: None,
        models: AgentModel | None = None,
        past: Past | None = None,
    ) -> None:
        self._env = env
        self._gateway = gateway
        self._consent = consent
        self._user = user
        self._agent = agent
        self._config = config
        self._charges = charges
        self._is_measured = config.simulated_generation_time_mode == "measured" and not offline
        self._users_time = users_time
        self._during = during
        self._look = look
        self._models = models
        # Real time is another one in each run, so that of turns comes from the past.
        self._past_seconds = iter(() if past is None else past.turn_seconds)
        self._async = AsyncCalls()
        self._turns = 0
        self._turns_saved = 0.0
        self.ended_by: Ending | None = None
        self.turn_seconds: list[float] = []

    @property
    def played(self) -> Played:
        """The number of turns so far."""
        return Played(self._turns, int(self._turns_saved))

    def play(self) -> None:
        """Play until the last turn, the end of the world, or the limit of simulated time. None of these is an error.

        Raises:
            AgentFailure: If the agent under test raises.
            EngineError: If an engine cannot answer.
            ScenarioTimeoutError: If the real time is over.
            ScenarioDefect: If the scenario's script is broken.
        """
        try:
            self._env.advance_to(self._env.time_manager.time())
            self._look()
            self.ended_by = self._play_turns()
        except RunEnded as ended:
            if not isinstance(ended.cause, WorldOver | SimulatedTimeOver):
                raise ended.cause from ended.cause.__cause__
            self.ended_by = self._worlds_end() if isinstance(ended.cause, WorldOver) else "max_scenario_duration"
        except SimulatedTimeOver:
            self.ended_by = "max_scenario_duration"
        finally:
            self._gateway.close_turn()
            self._close()

    def _play_turns(self) -> Ending:
        while not self._env.is_over:
            if self._is_last():
                return "max_turns"
            if not self._play_turn():
                break
        return self._worlds_end() if self._env.is_over else "nothing_left"

    def _worlds_end(self) -> Ending:
        return "stopped" if self._env.stop_event.is_set() else "duration"

    def _close(self) -> None:
        try:
            self._async.close()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise AgentFailure(f"what the agent left behind raised {_text_of(error)}") from error

    def _is_last(self) -> bool:
        return self._config.max_turns is not None and self._turns >= self._config.max_turns

    def _play_turn(self) -> bool:
        """Play a turn, and return whether another one may follow."""
        env, gateway = self._env, self._gateway
        began = env.time_manager.time()
        env.turn = self._turns
        self._consent.begin_turn(self._turns)
        self._turns += 1
        gateway.acted = False
        with telemetry.user_turn(env.turn, began) as gateway.span:
            self._user(gateway.user_turn(env.turn))
        self._look()
        self._check()
        if env.is_over:
            return False
        now = env.time_manager.time()
        with telemetry.agent_turn(env.turn, self._consent.mode, now) as gateway.span:
            self._play_agent(gateway.agent_turn(env.turn))
        self._look()
        self._check()
        gateway.close_turn()
        if env.is_over:
            return False
        if gateway.acted or not self._config.skip_idle_time:
            return True
        goes_on = self._skip_idle_time(env.time_manager.time() - began)
        self._look()
        return goes_on

    def _play_agent(self, turn: Turn) -> None:
        began, calls = time.perf_counter(), self._model_calls()
        returned: Any = None
        try:
            with self._during(turn) as given:
                outcome: Any = self._agent(given)
                is_awaitable = outcome is not None and inspect.isawaitable(outcome)
                returned = self._async.run(outcome, self._gateway.span) if is_awaitable else outcome
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - an agent may raise anything
            self._agent_raised(error)
        # Closed before time passes, so that a thread of the agent can do nothing meanwhile.
        self._gateway.close_turn()
        if returned is not None:
            raise AgentFailure(
                f"the agent returned {type_and_value(returned)}; "
                "it must return None, and act through the turn it is given"
            )
        if self._charges() and self._model_calls() == calls:
            # A replay must take the same time, so an agent with a model has no real time of its own.
            is_measured = self._is_measured and self._models is None
            seconds = self._config.generation_seconds
            if is_measured:
                # As the trace has it, so that a fork can play it again.
                seconds = next(self._past_seconds, round(time.perf_counter() - began, 6))
                self.turn_seconds.append(seconds)
            self._env.pass_time(seconds, "the agents have not come to an end")

    def _model_calls(self) -> int:
        return 0 if self._models is None else self._models.calls

    def _agent_raised(self, error: BaseException) -> None:
        """Raise an exception of the agent under test as `AgentFailure`, if it does not end the run for other reasons.

        The failure of a program stays as it is; a `SystemExit` of the agent is its failure.
        """
        if isinstance(error, RunEnded) and isinstance(error.cause, AgentFailure):
            raise error.cause from error
        # If the run must end, that takes precedence over the agent's failure, and may be its cause.
        try:
            self._check()
        except ScenarioTimeoutError as over:
            raise RunEnded(over) from None
        if isinstance(error, AgentFailure) or _is_of_program(error):
            raise error
        # `TurnOver` only ends the turn, and may leave the agent.
        if not isinstance(error, TurnOver) or isinstance(error, StaleTurn):
            raise AgentFailure(f"the agent raised {_text_of(error)}") from error

    def _check(self) -> None:
        """End the run if it must end, even if the agent has swallowed the exception."""
        if self._gateway.ended is not None:
            raise RunEnded(self._gateway.ended)
        self._env.limits.check()

    def _skip_idle_time(self, seconds: float) -> bool:
        """Jump to the next event, and return whether another turn may follow.

        Notifications that arrived during the turn are delivered in the next one, so there is no jump before it.

        Args:
            seconds: Simulated time that an idle turn takes.
        """
        if self._env.is_news_waiting():
            return True
        waiting = self._consent.proposal is not None and self._consent.mode.value != "observe"
        users_time = self._users_time()
        if not self._env.can_anything_happen():
            # A proposal expires, and an execution ends, after a number of turns.
            if waiting or users_time is not None:
                return True
            if not self._env.is_noise_to_come():
                return False
        if self._is_last():
            # No side would see what happens behind the jump.
            return True
        jumped = self._env.jump_to_next_event(users_time)
        if seconds > 0:
            self._turns_saved += jumped // seconds
        return True


def _is_of_program(error: BaseException) -> bool:
    """Return whether a program could not be played; an agent in this process may raise the class as well."""
    return isinstance(error, RunEnded) and isinstance(error.cause, ProgramError)


def _text_of(error: BaseException) -> str:
    try:
        text = f"{type(error).__name__}: {error}".removesuffix(": ")
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - the `__str__` of an agent's exception may raise anything
        text = type(error).__name__
    return to_short_text(text)
