"""A run whose agent is a program: it is ready before the run's clock starts, and waits for the next run after it."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from pytest_pare.agents.errors import ProgramError, ProgramFailure
from pytest_pare.are.world import DEFAULT_START_TIME
from pytest_pare.endpoints import server
from pytest_pare.simulation.errors import AgentFailure, RunEnded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from pytest_pare.agents.program.pool import Access, Member
    from pytest_pare.agents.protocols import Turn
    from pytest_pare.scenarios.agent_program import AgentProgram
    from pytest_pare.scenarios.config import ScenarioRunnerConfig
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.simulation.limits import Limits
    from pytest_pare.simulation.run_backend import RunBackend

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
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        member, self._member = self._member, None
        server.revoke(self._token)
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

        spec = self._config.agent
        assert spec is not None
        self._token = server.issue()
        try:
            kind = "tools" if self._config.agent_engine_config is None else "tools and models"
            self._member = pool.take(spec, self._grant, self._begin, kind)
        except ProgramError as error:
            return error
        return ProgramPlayer(self._member, spec, self._token)

    def _begin(self, member: Member) -> None:
        scenario = self._scenario
        has_models = self._config.agent_engine_config is not None
        params = {
            "scenario_seed": f"{scenario.scenario_id}/{scenario.seed}/{scenario.run_number}",
            "time": _start_of(scenario).isoformat(),
            "mcp": {"url": server.mcp_url(), "token": self._token},
            "models": {"url": server.models_url(), "token": self._token} if has_models else None,
        }
        member.program.begin_run(params)

    def _grant(self) -> Access:
        from pytest_pare.agents.program.pool import Access

        token = server.issue()
        variables = {"PARE_MCP_URL": server.mcp_url(), "PARE_MCP_TOKEN": token}
        if self._config.agent_engine_config is not None:
            variables |= {
                "OPENAI_BASE_URL": server.models_url(),
                "OPENAI_API_KEY": token,
                # The tracing of OpenAI's Agents SDK has an address of its own.
                "OPENAI_AGENTS_DISABLE_TRACING": "1",
            }
        return Access(variables, token, lambda: server.revoke(token))


class ProgramPlayer:
    """The agent of a run that a program plays.

    Args:
        member: The program.
        spec: Its settings.
        token: The token of the run.
    """

    def __init__(self, member: Member, spec: AgentProgram, token: str) -> None:
        from pytest_pare.agents.program.agent import ProgramAgent

        self._agent = ProgramAgent(member.program, spec)
        self._tokens = (token, member.access.token)

    @contextmanager
    def connected(self, limits: Limits, backend: RunBackend) -> Iterator[None]:
        """Let the limits of the run hold for the program, and its tokens lead to the run."""
        self._agent.seconds_left = limits.seconds_left
        self._agent.is_over = lambda: backend.has_ended
        self._agent.seconds_of_model = backend.seconds_of_model
        for token in self._tokens:
            server.bind(token, backend)
        try:
            yield
        finally:
            for token in self._tokens:
                server.unbind(token)

    def __call__(self, turn: Turn) -> None:
        """Let the program play a turn.

        Raises:
            AgentFailure: If it fails.
            RunEnded: If it does not follow the protocol, or the run ends meanwhile.
        """
        try:
            self._agent(turn)
        except ProgramFailure as failure:
            raise AgentFailure(str(failure)) from failure
        except ProgramError as error:
            raise RunEnded(error) from None


@contextmanager
def connected(agent: object, limits: Limits, backend: RunBackend) -> Iterator[None]:
    """Connect the program of a run with the run; other agents need no connection.

    Args:
        agent: The agent under test.
        limits: The limits of the run.
        backend: What the run offers by HTTP.
    """
    with agent.connected(limits, backend) if isinstance(agent, ProgramPlayer) else nullcontext():
        yield


def _start_of(scenario: PAREScenario) -> datetime:
    try:
        return datetime.fromtimestamp(scenario.start_time or DEFAULT_START_TIME, tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        # The run itself reports what is wrong with the scenario.
        return datetime.fromtimestamp(DEFAULT_START_TIME, tz=UTC)
