"""The built-in agent: one stage observes and proposes, another executes accepted proposals."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pytest_pare.agents import prompts
from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.agents.react import ReActAgent

if TYPE_CHECKING:
    from collections.abc import Callable

    from are.simulation.agents.llm.llm_engine import LLMEngine
    from are.simulation.time_manager import TimeManager

    from pytest_pare.agents.protocols import Proposal, Turn
    from pytest_pare.agents.tools import Toolbox

_OUTCOMES = {
    "accepted": "The user accepted your proposal; it is being carried out.",
    "rejected": "The user rejected your proposal.",
    "expired": "Your proposal has expired: the user did not answer it.",
    "done": "The execution of your proposal has ended, and the user was told: {words}",
    "given up": "The execution of your proposal was given up without a word to the user. {words}",
    "out of turns": "The execution of your proposal took too many turns and was ended, done or not.",
}


class ObserveExecuteAgent:
    """Observes with tools that read, and executes with all tools after the user's acceptance.

    The observer's memory lasts for the whole run, with the results of its proposals and the user's messages. An
    executor's memory lasts for one execution, over all of its turns.

    Args:
        observe_engine: Answers the observer.
        execute_engine: Answers the executor.
        clock: The clock of the simulation.
        observe_max_iterations: Most steps of the observer in a turn; `None` is no limit.
        execute_max_iterations: Most steps of the executor in a turn; `None` is no limit.
        use_custom_logger: Whether each of the two has a logger of its own.
        observer_writes: Returns the names of the writes that the observe stage has as tools.
    """

    def __init__(
        self,
        observe_engine: LLMEngine,
        execute_engine: LLMEngine,
        clock: TimeManager,
        observe_max_iterations: int | None,
        execute_max_iterations: int | None,
        *,
        use_custom_logger: bool = True,
        observer_writes: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._observe_engine = observe_engine
        self._execute_engine = execute_engine
        self._clock = clock
        self._observe_max_iterations = observe_max_iterations
        self._execute_max_iterations = execute_max_iterations
        self._use_custom_logger = use_custom_logger
        self._observer_writes = observer_writes
        self._observer: ReActAgent | None = None
        self._executor: ReActAgent | None = None
        self._reported: Proposal | None = None
        # What the observer's tools were chosen from and by, and these tools.
        self._chosen: tuple[Toolbox | None, frozenset[str]] = None, frozenset()
        self._observers: Toolbox
        self._last_words = ""

    def __call__(self, turn: Turn) -> None:
        """Take a turn."""
        observer = self._observer = self._observer or self._new_observer(turn)
        observer.tell(turn.notifications, *self._news_of(turn.proposal))
        if turn.mode is ProactiveAgentMode.EXECUTE:
            executor = self._executor = self._executor or self._new_executor(turn)
            executor.tell(turn.notifications)
            executor.take_turn(
                cache(lambda: _for_executor(turn)),
                self._execute_max_iterations,
                lambda: _tell_both(turn, observer, executor),
            )
            _, arguments = executor.called[-1] if executor.called else (None, {})
            self._last_words = str(arguments.get("content") or arguments.get("reason") or "")
            return
        self._executor = None
        asked = any(one.kind == "user_message" for one in turn.notifications)
        if turn.mode is ProactiveAgentMode.OBSERVE or asked:
            observer.take_turn(
                lambda: self._for_observer(turn),
                self._observe_max_iterations,
                lambda: observer.tell(turn.news()),
            )

    def _for_observer(self, turn: Turn) -> Toolbox:
        """Return the tools that read, and those of the channel to the user."""
        tools, writes = turn.tools_of_run, self._observer_writes()
        if tools is not self._chosen[0] or writes != self._chosen[1]:
            self._chosen = tools, writes
            self._observers = tools.only(
                lambda tool: (
                    tool.function in ("wait", "send_message_to_user")
                    if tool.is_interface
                    else (tool.operation == "read" or tool.name in writes) and bool(tool.app)
                )
            )
        return self._observers

    def _new_observer(self, turn: Turn) -> ReActAgent:
        prompt = prompts.render("observe", tools=_texts(self._for_observer(turn)))
        return self._new(self._observe_engine, "observe", prompt, ("wait", "send_message_to_user"))

    def _new_executor(self, turn: Turn) -> ReActAgent:
        assert turn.proposal is not None
        prompt = prompts.render(
            "execute", tools=_texts(_for_executor(turn)), proposal=turn.proposal.text, reply=turn.proposal.reply
        )
        ends_turn = ("ask_user", "end_task", "send_message_to_user")
        return self._new(self._execute_engine, "execute", prompt, ends_turn)

    def _new(self, engine: LLMEngine, role: str, prompt: str, ends_turn: tuple[str, ...]) -> ReActAgent:
        return ReActAgent(engine, role, prompt, self._clock, ends_turn, use_custom_logger=self._use_custom_logger)

    def _news_of(self, proposal: Proposal | None) -> list[str]:
        """Return a change of the proposal's status that is new to the observer. The user's text is a notification."""
        news = []
        if proposal is not None and proposal != self._reported and proposal.status in _OUTCOMES:
            news = [_OUTCOMES[proposal.status].replace("{words}", self._last_words).strip()]
        self._reported = proposal
        return news


def _tell_both(turn: Turn, observer: ReActAgent, executor: ReActAgent) -> None:
    news = turn.news()
    observer.tell(news)
    executor.tell(news)


def _for_executor(turn: Turn) -> Toolbox:
    """Return all tools except waiting for the user's next action."""
    return turn.tools_of_run.only(lambda tool: not (tool.is_interface and tool.function == "wait"))


def _texts(tools: Toolbox) -> list[str]:
    return [tool.to_text() for tool in tools.values()]
