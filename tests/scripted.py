"""Engines that answer from a list, for runs in which a test decides what the user and the agent do.

    engines = scripted(observe=[propose("Shall I?")], user=[WAIT, accept("Yes.")], execute=[report("Done.")])
    run = run_scenario(scenario, config, engine_builder=engines)
    assert "Shall I?" in engines.told("user", 1)

An answer is a text in the wire format, or a tool and its arguments. A role whose list is used up waits; an executor
ends its task. An answer that is an exception is raised. Each answer takes `generation_seconds` of simulated time.
`play_scripted` plays such a run on a stage; there any of the roles can be played by the oracle engine instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.agents.react import format_action
from pytest_pare.engines.building import build_engine
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.simulation.runner import run_scenario
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from are.simulation.types import AbstractEvent

    from pytest_pare.engines.reference import Reference, Role
    from pytest_pare.simulation.runner import Run

Call: TypeAlias = tuple[str, dict[str, Any]]
Answer: TypeAlias = str | Call | Exception
Request: TypeAlias = list[tuple[str, str]]

LINE = "PAREAgentUserInterface__"

WAIT: Call = ("wait", {})
"""The user's."""
LOOK_ON: Call = (f"{LINE}wait", {})
"""The observer's."""
GIVE_UP: Call = ("end_task", {})
"""The executor's."""

_IDLE: dict[Role, Call] = {"user": WAIT, "observe": LOOK_ON, "execute": GIVE_UP}


def accept(content: str = "") -> Call:
    return f"{LINE}accept_proposal", {"content": content}


def reject(content: str = "") -> Call:
    return f"{LINE}reject_proposal", {"content": content}


def tell(content: str) -> Call:
    """The user says something to the agent that is neither yes nor no."""
    return f"{LINE}send_message_to_agent", {"content": content}


def propose(content: str) -> Call:
    return f"{LINE}send_message_to_user", {"content": content}


# The same call: what it is depends on whether the agent has the user's consent.
report = propose


def ask(content: str) -> Call:
    return f"{LINE}ask_user", {"content": content}


class Scripted:
    """Builds the engines of a run, and keeps what they were asked.

    Attributes:
        requests: By role, each request as (role of the message, text) pairs.
    """

    def __init__(self, answers: dict[Role, list[Answer]]) -> None:
        self._answers = answers
        self.requests: dict[Role, list[Request]] = {"user": [], "observe": [], "execute": []}

    def __call__(self, config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
        if config.provider == "oracle":
            return build_engine(config, role, reference)
        return _ScriptedEngine(iter(self._answers[role]), _IDLE[role], self.requests[role])

    def told(self, role: Role, number: int = -1) -> str:
        """Return all that stands in a request, the last one if no number is given, as one text."""
        return "\n".join(text for _, text in self.requests[role][number])


class _ScriptedEngine(LLMEngine):
    offline = True

    def __init__(self, answers: Iterable[Answer], idle: Call, requests: list[Request]) -> None:
        super().__init__("scripted")
        self._answers = iter(answers)
        self._idle = idle
        self._requests = requests

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any] | None]:
        self._requests.append([(str(message["role"].value), message["content"]) for message in messages])
        answer = next(self._answers, self._idle)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, str) else format_action("So it is written.", *answer), None


def scripted(user: Iterable[Answer] = (), observe: Iterable[Answer] = (), execute: Iterable[Answer] = ()) -> Scripted:
    """Return engines that answer what is given, one answer for each request."""
    return Scripted({"user": list(user), "observe": list(observe), "execute": list(execute)})


def play_scripted(
    engines: Scripted,
    script: Callable[[Any], list[AbstractEvent]] | None = None,
    *,
    scenario: type[Stage] = Stage,
    oracle: Iterable[Role] = (),
    agent: Any = None,
    config: dict[str, Any] | None = None,
    **fields: Any,
) -> Run:
    """Play `script` on a new stage, whose other constructor arguments are `fields`, with engines that are scripted.

    So that every answer gets its turn, time does not jump and the run has six turns, unless `config` says otherwise.

    Args:
        engines: The engines.
        script: Returns the events.
        scenario: The class of the stage.
        oracle: The roles that the oracle engine plays.
        agent: The agent under test; `None` for the built-in one.
        config: Settings of the run.
    """
    fixed = {"max_turns": 6, "skip_idle_time": False, "simulated_generation_time_mode": "fixed"}
    settings: dict[str, Any] = {**fixed, **(config or {})}
    settings |= {f"{role}_engine_config": LLMEngineConfig(model_name="oracle", provider="oracle") for role in oracle}
    return run_scenario(
        scenario(script=script, **fields), MultiScenarioRunnerConfig(**settings), agent=agent, engine_builder=engines
    )


def play_oracle(
    script: Callable[[Any], list[AbstractEvent]] | None,
    *,
    agent: Any = None,
    config: dict[str, Any] | None = None,
    **fields: Any,
) -> Run:
    """Play `script` as the reference has it: the user, and with no agent of one's own the built-in one too."""
    settings = {"skip_idle_time": True, "max_turns": 20, **(config or {})}
    return play_scripted(
        scripted(), script, oracle=("user", "observe", "execute"), agent=agent, config=settings, **fields
    )
