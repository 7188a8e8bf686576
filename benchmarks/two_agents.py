"""A run with a user and an agent in simulated time, compared with the same calls in ARE's loop."""

from __future__ import annotations

import logging
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.figures import Figure

if TYPE_CHECKING:
    from are.simulation.agents.default_agent.base_agent import BaseAgent
    from are.simulation.agents.llm.llm_engine import LLMEngine
    from are.simulation.apps.app import App
    from are.simulation.types import AbstractEnvironment, SimulatedGenerationTimeConfig

    from pytest_pare.scenarios import PAREScenario

HEADING = "the same scripted calls in simulated time, and on ARE's loop with answers that really take 2 s"

Call = tuple[str, dict[str, Any]]

_INTERFACE = "PAREAgentUserInterface"
_TELL: Call = (f"{_INTERFACE}__send_message_to_agent", {"content": "Keep an eye on my mail, please."})
_ACCEPT: Call = (f"{_INTERFACE}__accept_proposal", {"content": "Yes."})
_WAIT: Call = (f"{_INTERFACE}__wait", {})
_LIST: Call = ("Emails__list_emails", {})
_REPORT: Call = (f"{_INTERFACE}__send_message_to_user", {"content": "Both have an answer."})
_ASK: Call = (f"{_INTERFACE}__send_message_to_user", {"content": "Shall I answer the orders that come in?"})


def _answer(number: int) -> Call:
    return "Emails__reply_to_email", {"email_id": f"order-{number}", "content": "It is on its way."}


# The calls of the user and of the agent in each turn. Each call is one answer of an engine. A mail arrives half an
# answer after the third, the eighth, the thirteenth and the eighteenth turn, and is answered after that.
USER: tuple[Call, ...] = (_TELL, _TELL, _TELL, _TELL, _ACCEPT, _TELL, _TELL, _TELL, _ACCEPT, _TELL)
AGENT: tuple[Call, ...] = (
    *(_LIST, _WAIT, _LIST, _ASK, _answer(1), _answer(2), _REPORT),
    *(_ASK, _answer(3), _answer(4)),
)
MAILS_AFTER = (3.5, 8.5, 13.5, 18.5)


@dataclass(frozen=True)
class Size:
    """The size of a run.

    Attributes:
        turns: Number of turns of the script.
        answer_seconds: Seconds of an engine's answer.
    """

    turns: int
    answer_seconds: float


class Played(NamedTuple):
    """The result of a run.

    Attributes:
        calls: The calls in order: the caller, the function, the arguments and the success.
        success: The verdict of the scenario.
        seconds: The wall-clock time, including the creation of the world.
        processor_seconds: The processor time.
    """

    calls: list[tuple[str, str, str, bool]]
    success: bool | None
    seconds: float
    processor_seconds: float


def measure(*, quick: bool = False) -> list[Figure]:
    """Play the script with pytest-pare and with ARE, in this process.

    Both play the same scenario class and end with its verdict. ARE plays it in its `Environment` in the mode for
    agents, where a thread ticks once a second of real time, with two of its `BaseAgent`s that take turns. Their engines
    sleep for the time of a model's answer, and mails arrive meanwhile. This compares waiting, not work.

    To compare work, ARE also plays it without waiting: with a `SimulatedGenerationTimeConfig`, its agents stop the
    clock while an engine answers, and set it forward afterwards. The figures without waiting are processor times, which
    other processes on the machine do not change.
    """
    size = Size(turns=3, answer_seconds=0.5) if quick else Size(turns=len(AGENT), answer_seconds=2.0)
    repeats = 3 if quick else 50
    logging.disable(logging.CRITICAL)
    try:
        # The first run fills caches.
        ours = [play_with_pare(size) for _ in range(repeats + 1)][1:]
        forward = [play_with_are(size, sleeps=False) for _ in range(1 if quick else 5)]
        waited = play_with_are(size, sleeps=True)
    finally:
        logging.disable(logging.NOTSET)
    require_same([waited, *forward, *ours])
    if not quick and not waited.success:
        raise RuntimeError("the script is no solution of its scenario")
    milliseconds = 1000 * statistics.median(played.processor_seconds for played in ours)
    answers = f"{size.turns} turns, {2 * size.turns} answers of {size.answer_seconds:g} s"
    return [
        Figure(f"ARE in real time, {answers}", waited.seconds, "s"),
        Figure(
            f"ARE, clock set forward by the answers, median of {len(forward)}",
            1000 * statistics.median(played.processor_seconds for played in forward),
            "ms",
        ),
        Figure(f"pytest-pare, the same, median of {repeats}", milliseconds, "ms"),
        Figure("ARE in real time / pytest-pare", 1000 * waited.seconds / milliseconds, "x", at_least=500),
        Figure("pytest-pare, a turn", milliseconds / size.turns, "ms"),
    ]


def require_same(runs: list[Played]) -> None:
    """Check that the runs can be compared.

    Raises:
        RuntimeError: If the calls or the verdicts of two runs differ.
    """
    first = runs[0]
    for played in runs[1:]:
        if played.calls != first.calls:
            pairs = zip([*first.calls, None], [*played.calls, None], strict=False)
            one, other = next(pair for pair in pairs if pair[0] != pair[1])
            raise RuntimeError(f"the runs did not make the same calls: {one} and {other}")
        if played.success != first.success:
            raise RuntimeError(f"the runs did not end with the same verdict: {first.success} and {played.success}")


def play_with_pare(size: Size) -> Played:
    """Play the script with `run_scenario`."""
    from pytest_pare.scenarios import ScenarioRunnerConfig
    from pytest_pare.simulation.runner import run_scenario

    config = ScenarioRunnerConfig(
        max_turns=size.turns, simulated_generation_time_mode="fixed", generation_seconds=size.answer_seconds
    )
    began = _times()
    scenario = _scenario(size)
    user, agent = _engine(USER), _engine(AGENT)
    result = run_scenario(scenario, config, engine_builder=lambda _, role, __: user if role == "user" else agent).result
    taken = _times(began)
    if result.exception is not None:
        raise result.exception
    return Played(_calls(scenario.environment), result.success, *taken)


def play_with_are(size: Size, *, sleeps: bool) -> Played:
    """Play the script in ARE's loop. The engines sleep, or set the clock forward while the world stands still."""
    from are.simulation.environment import Environment, EnvironmentConfig
    from are.simulation.types import SimulatedGenerationTimeConfig

    began = _times()
    scenario = _scenario(size)
    scenario.initialize()
    env = Environment(EnvironmentConfig(start_time=scenario.start_time, duration=None))
    env.run(scenario, wait_for_end=False)
    forward = None if sleeps else SimulatedGenerationTimeConfig(mode="fixed", seconds=size.answer_seconds)
    seconds = size.answer_seconds if sleeps else 0.0
    agents = [
        _base_agent(env, script, tools, seconds, forward)
        for script, tools in ((USER, _user_tools(scenario.apps)), (AGENT, scenario.get_tools()))
    ]
    for turn in range(size.turns):
        for agent in agents:
            agent.iterations = 0
            agent.run("Take your turn.", reset=turn == 0)
    success = scenario.validate(env).success
    env.stop()
    taken = _times(began)
    # The rest of the second that the thread sleeps is not part of the run.
    env.join()
    return Played(_calls(env), success, *taken)


def _times(since: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
    """Return the wall-clock time and the processor time since `since`."""
    return time.perf_counter() - since[0], time.process_time() - since[1]


def _base_agent(
    env: Any, script: tuple[Call, ...], tools: list[Any], seconds: float, forward: SimulatedGenerationTimeConfig | None
) -> BaseAgent:
    """Return an agent of ARE that makes one step per run."""
    from are.simulation.agents.default_agent.base_agent import BaseAgent, TerminationStep
    from are.simulation.agents.default_agent.tools.json_action_executor import JsonActionExecutor
    from are.simulation.tool_utils import AppToolAdapter

    agent = BaseAgent(
        _engine(script, seconds),
        system_prompts={"system_prompt": "You act on a phone. The tools:\n<<tool_descriptions>>"},
        tools={tool.name: AppToolAdapter(tool) for tool in tools},
        termination_step=TerminationStep(condition=lambda agent: agent.iterations >= 1),
        action_executor=JsonActionExecutor(use_custom_logger=False),
        time_manager=env.time_manager,
        simulated_generation_time_config=forward,
        use_custom_logger=False,
    )
    agent.pause_env, agent.resume_env = env.pause, env.resume_with_offset
    return agent


def _user_tools(apps: list[App]) -> list[Any]:
    """Return the user's tools of the channel to the agent. ARE has no screens."""
    return [tool for app in apps if app.name == _INTERFACE for tool in app.get_user_tools()]


def _calls(env: AbstractEnvironment) -> list[tuple[str, str, str, bool]]:
    from are.simulation.types import EventType

    calls = []
    for event in env.event_log.list_view():
        if event.event_type in (EventType.USER, EventType.AGENT):
            arguments = {name: value for name, value in event.get_args().items() if name != "self"}
            calls.append((event.event_type.value, event.function_name(), str(arguments), event.failed()))
    return calls


def _engine(script: tuple[Call, ...], seconds: float = 0.0) -> LLMEngine:
    """Return an engine that answers with the calls of `script`, after `seconds` of real time."""
    from are.simulation.agents.llm.llm_engine import LLMEngine

    from pytest_pare.agents.react import format_action

    class Scripted(LLMEngine):
        # In pytest-pare, the configuration sets the time of its answers.
        offline = True
        answers = iter([format_action("It is in the script.", *call) for call in script])

        def chat_completion(self, *_: Any, **__: Any) -> tuple[str, dict[str, Any] | None]:
            if seconds:
                time.sleep(seconds)
            return next(self.answers), None

    return Scripted("scripted")


def _scenario(size: Size) -> Any:
    return _scenario_class()(mails_at=tuple(size.answer_seconds * answers for answers in MAILS_AFTER))


def _scenario_class() -> type[PAREScenario]:
    from are.simulation.types import EventRegisterer

    from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulEmailApp
    from pytest_pare.scenarios import PAREScenario
    from pytest_pare.scenarios.checks import Write, check_consented_writes

    class Orders(PAREScenario):
        """Orders arrive by mail, and each needs an answer."""

        scenario_id = "orders"
        mails_at: tuple[float, ...] = ()

        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.emails = StatefulEmailApp(name="Emails")
            self.apps = [
                PAREAgentUserInterface(),
                HomeScreenSystemApp(name="System"),
                self.emails,
                StatefulCalendarApp(name="Calendar"),
            ]

        def build_events_flow(self) -> None:
            with EventRegisterer.capture_mode():
                self.events = [
                    self.emails.send_email_to_user_with_id(
                        email_id=f"order-{number}",
                        sender=f"{number}@shop.example",
                        subject="Order",
                        content="One vase.",
                    ).delayed(seconds)
                    for number, seconds in enumerate(self.mails_at, start=1)
                ]

        def validate(self, env: AbstractEnvironment) -> Any:
            self.environment = env
            replies = [
                Write("StatefulEmailApp", "reply_to_email", {"email_id": f"order-{number}"}) for number in (1, 2, 3, 4)
            ]
            return check_consented_writes(env, *replies)

    return Orders
