"""The engine of a role in a run that is recorded or replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.engines.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.engines.cassette import Call

    # Asks the live engine: returns the engine's own model name, the answer and its metadata.
    AskLive: TypeAlias = Callable[[], tuple[str, str, dict[str, Any] | None]]


class ReplayEngine(LLMEngine):
    """Returns recorded answers, or those of a live engine where the recorder asks one.

    Args:
        answer: Returns the call that answers a request: a recorded one, or a new one that it asked the live engine for.
        build: Makes the live engine.
        model: The model's name in the configuration.

    Attributes:
        is_replayed: Whether the last answer is a recorded one.
    """

    def __init__(
        self,
        answer: Callable[[list[dict[str, Any]], AskLive], Call],
        build: Callable[[], LLMEngine],
        model: str,
    ) -> None:
        super().__init__(model)
        self._answer = answer
        self._build = build
        self._engine: LLMEngine | None = None
        self.is_replayed = False

    def live(self) -> LLMEngine:
        """Return the live engine, which is built in the first call."""
        if self._engine is None:
            self._engine = self._build()
        return self._engine

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the recorded answer, or the live engine's; `completion_duration` is the real time that it took."""

        def ask() -> tuple[str, str, dict[str, Any] | None]:
            engine = self.live()
            self.is_replayed = False
            answer, metadata = engine(messages, stop_sequences, **kwargs)
            return engine.model_name, answer, metadata

        self.is_replayed = True
        call = self._answer(messages, ask)
        # The engine's own name for the model changes where a run leaves a recording of one model for another.
        self._model_name = call.model
        facts = Facts(call.prompt_tokens, call.completion_tokens, call.cost, call.seconds, call.finish_reason)
        return call.answer, facts.to_metadata()
