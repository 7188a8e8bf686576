"""A run whose agent is a program: it is ready before the run's clock starts, and waits for the next run after it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from pytest_pare.agents.errors import ProgramError, ProgramFailure
from pytest_pare.are.world import DEFAULT_START_TIME
from pytest_pare.simulation.errors import AgentFailure

if TYPE_CHECKING:
    from types import TracebackType

    from pytest_pare.agents.program.agent import ProgramAgent
    from pytest_pare.agents.program.pool import Access, Member
    from pytest_pare.agents.protocols import Turn
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.limits import Limits
    from pytest_pare.simulation.turns import TurnGateway

TWO_AGENTS = (
    "the agent is a program (runner.agent), and another agent was given as an object, such as by the fixture "
    "proactive_agent; leave one out"
)


class ProgramRun:
    """The program of one run, and nothing in a run without one.

    Args:
        scenario: The scenario.
        config: The configuration of the run.

    Attributes:
        reason: Why the run has ended, for the program.
    """

    def __init__(self, scenario: PAREScenario, config: ScenarioRunnerConfig) -> None:
        self.reason = "exception"
        self._scenario = scenario
        self._config = config
        self._member: Member | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        member, self._member = self._member, None
        if member is None:
            return
        from pytest_pare.agents.program import pool

        if kind is not None:
            pool.discard(member)
            return
        member.program.end_run(self.reason)
        pool.give_back(member)

    def start(self) -> ProgramPlayer | ProgramError:
        """Begin the run in a program, and return the agent, or the error of starting it."""
        from pytest_pare.agents.program import pool
        from pytest_pare.agents.program.agent import ProgramAgent

        spec = self._config.agent
        assert spec is not None
        try:
            self._member = pool.take(spec, self._grant, self._begin)
        except ProgramError as error:
            return error
        return ProgramPlayer(ProgramAgent(self._member.program, spec))

    def _begin(self, member: Member) -> None:
        scenario = self._scenario
        params = {
            "scenario_seed": f"{scenario.scenario_id}/{scenario.seed}/{scenario.run_number}",
            "time": _start_of(scenario).isoformat(),
            **self._endpoints(member),
        }
        member.program.begin_run(params)

    # -- endpoints

    def _grant(self) -> Access:
        from pytest_pare.agents.program.pool import Access

        return Access({})

    def _endpoints(self, _member: Member) -> dict[str, Any]:
        return {"mcp": {"url": "http://127.0.0.1:9/mcp/", "token": "none"}, "models": None}


class ProgramPlayer:
    """The agent of a run that a program plays, with the limits of the run."""

    def __init__(self, agent: ProgramAgent) -> None:
        self._agent = agent
        self._limits: Limits | None = None
        self._gateway: TurnGateway | None = None

    def join(self, limits: Limits, gateway: TurnGateway) -> Self:
        """Let the limits of the run hold for the program, and its errors end the run."""
        self._limits, self._gateway = limits, gateway
        self._agent.seconds_left = limits.seconds_left
        return self

    def __call__(self, turn: Turn) -> None:
        """Let the program play a turn.

        Raises:
            AgentFailure: If it fails.
            RunEnded: If it does not follow the protocol, or the run ends meanwhile.
            ScenarioTimeoutError: If the real time of the run is over.
        """
        assert self._limits is not None
        assert self._gateway is not None
        try:
            self._agent(turn)
        except ProgramFailure as failure:
            # If the run's own time is over, that takes precedence.
            self._limits.check()
            raise AgentFailure(str(failure)) from failure
        except ProgramError as error:
            self._gateway.end(error)


def _start_of(scenario: PAREScenario) -> datetime:
    try:
        return datetime.fromtimestamp(scenario.start_time or DEFAULT_START_TIME, tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        # The run itself reports what is wrong with the scenario.
        return datetime.fromtimestamp(DEFAULT_START_TIME, tz=UTC)
