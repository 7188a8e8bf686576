"""Turn by turn: the user, then the agent under test, then time."""

from __future__ import annotations

import asyncio
import inspect
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_pare.scenarios.errors import SimulatedTimeOver
from pytest_pare.simulation.turns import RunEnded, WorldOver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.agents.protocols import ProactiveAgent, Turn, UserAgent
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.simulation.consent import Consent
    from pytest_pare.simulation.environment import StateAwareEnvironmentWrapper
    from pytest_pare.simulation.turns import Desk


class AgentFailure(Exception):  # noqa: N818 - the agent has failed, which is a result and no error of ours
    """The agent under test raised, or returned what is no turn's end. `__cause__` is what it raised."""


class Played(NamedTuple):
    """What came of the turns.

    Attributes:
        turns: Turns that were played.
        turns_saved: Turns that time jumped over.
    """

    turns: int
    turns_saved: int


class Loop:
    """Plays the turns of one run.

    Args:
        env: The environment, started.
        desk: Makes the turns.
        consent: What the agent has proposed.
        user: The simulated user.
        agent: The agent under test.
        config: How the run is made.
        charges: Whether a turn of the agent's takes simulated time as a whole: it has no engine here whose calls do.
    """

    def __init__(
        self,
        env: StateAwareEnvironmentWrapper,
        desk: Desk,
        consent: Consent,
        user: UserAgent,
        agent: ProactiveAgent,
        config: ScenarioRunnerConfig,
        *,
        charges: bool,
    ) -> None:
        self._env = env
        self._desk = desk
        self._consent = consent
        self._user = user
        self._agent = agent
        self._config = config
        self._charges = charges
        self._turns = 0
        self._turns_saved = 0.0

    @property
    def played(self) -> Played:
        """What has been played so far."""
        return Played(self._turns, int(self._turns_saved))

    def play(self) -> None:
        """Play until the last turn, the end of the world, or the end of simulated time; all of these are no error.

        Raises:
            AgentFailure: If the agent under test raises.
            EngineError: If an engine cannot answer.
            ScenarioTimeoutError: If the real time is over.
            ScenarioDefect: If the scenario's script is broken.
        """
        with asyncio.Runner() as runner:
            try:
                self._env.advance_to(self._env.time_manager.time())
                while not self._env.is_over and not self._is_last() and self._play_turn(runner):
                    pass
            except RunEnded as ended:
                if not isinstance(ended.cause, WorldOver | SimulatedTimeOver):
                    raise ended.cause from ended.cause.__cause__
            except SimulatedTimeOver:
                pass
            finally:
                self._desk.close_turn()

    def _is_last(self) -> bool:
        return self._config.max_turns is not None and self._turns >= self._config.max_turns

    def _play_turn(self, runner: asyncio.Runner) -> bool:
        """Play a turn and tell whether anything can come after it."""
        env, desk = self._env, self._desk
        began = env.time_manager.time()
        env.turn = self._turns
        self._consent.begin_turn(self._turns)
        self._turns += 1
        desk.acted = False
        self._user(desk.user_turn(env.turn))
        self._check()
        if env.is_over:
            return False
        self._play_agent(desk.agent_turn(env.turn), runner)
        self._check()
        desk.close_turn()
        if env.is_over:
            return False
        return desk.acted or not self._config.skip_idle_time or self._skip_idle_time(env.time_manager.time() - began)

    def _play_agent(self, turn: Turn, runner: asyncio.Runner) -> None:
        began = time.perf_counter()
        with self._agents_own():
            returned: Any = self._agent(turn)
            if inspect.isawaitable(returned):
                returned = runner.run(_awaited(returned))
        # Time passes now, and a thread that the agent has left behind is to do nothing in it.
        self._desk.close_turn()
        if returned is not None:
            raise AgentFailure(
                f"the agent returned {_told(returned)}; it must return None, and act through the turn it is given"
            )
        if self._charges:
            measured = self._config.simulated_generation_time_mode == "measured"
            seconds = time.perf_counter() - began if measured else self._config.generation_seconds
            self._env.pass_time(seconds, "the agents have not come to an end")

    @contextmanager
    def _agents_own(self) -> Iterator[None]:
        """Tell what the agent under test raises from what ends the run for other reasons.

        What asks the whole process to stop is passed on; `SystemExit` of an agent's is none of that.
        """
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # Once the run must end, it does not matter what the agent raises instead.
            if self._desk.ended is not None:
                raise RunEnded(self._desk.ended) from None
            raise AgentFailure(f"the agent raised {_said(error)}") from error

    def _check(self) -> None:
        """End the run if that was due in a turn, also if the agent swallowed it."""
        if self._desk.ended is not None:
            raise RunEnded(self._desk.ended)
        self._env.limits.check()

    def _skip_idle_time(self, seconds: float) -> bool:
        """Jump to what happens next, and tell whether there is such a thing.

        Args:
            seconds: Simulated time that a turn takes in which nobody does anything.
        """
        waiting = self._consent.proposal is not None and self._consent.mode.value != "observe"
        if not self._env.can_anything_happen():
            # What an answer, or the end of an execution, waits for ends by itself.
            return waiting
        jumped = self._env.jump_to_what_happens()
        if seconds > 0:
            self._turns_saved += jumped // seconds
        return True


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


def _said(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}".removesuffix(": ")
    except Exception:  # noqa: BLE001 - an agent's own may raise anything when it is asked for its text
        return type(error).__name__


def _told(value: object) -> str:
    return f"{type(value).__name__} ({value!r:.80})" if isinstance(value, str | int | float) else type(value).__name__
