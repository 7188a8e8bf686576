"""The scripted engine: answers what is written down, offline and without a key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.agents.react import format_action
from pytest_pare.engines.answers import read_answers
from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    from pytest_pare.engines.reference import Role
    from pytest_pare.scenarios.config import LLMEngineConfig

_FORM = "must be a text, or a mapping of thought, action and action_input"


class ScriptedEngine(LLMEngine):
    """Gives the answers of a list, one for each request, whatever that says.

    Args:
        config: `answers` are a list, a mapping of scenario ids to lists, or the path of a YAML file of either. An
            answer is a text as a model would give it, or a mapping of `thought`, `action` and `action_input`.
        role: Whose engine it is.
        scenario_id: The scenario that is played.

    Raises:
        EngineConfigurationError: If there are no answers for this scenario, or they are not as they must be.
    """

    offline = True

    def __init__(self, config: LLMEngineConfig, role: Role, scenario_id: str) -> None:
        super().__init__(config.model_name)
        self._role = role
        key = f"{role}_engine_config.answers"
        is_file = isinstance(config.answers, str)
        # The name alone goes into traces, which are the same wherever the file is.
        self._source = Path(str(config.answers)).name if is_file else key
        self._answers = _answers(config, key, scenario_id)
        self._given = 0

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the next answer.

        Raises:
            EngineConfigurationError: If all have been given.
        """
        del messages, stop_sequences, kwargs
        if self._given == len(self._answers):
            raise EngineConfigurationError(
                f"the scripted answers of role {self._role} have run out after {self._given} ({self._source})",
                "write down more of them",
            )
        self._given += 1
        return self._answers[self._given - 1], {}


def _answers(config: LLMEngineConfig, key: str, scenario_id: str) -> list[str]:
    """Return the answers for a scenario in the wire format."""
    given: Any = config.answers
    source = key
    if isinstance(given, str):
        source = given
        given = read_answers(Path(given), key)
    if isinstance(given, dict):
        if scenario_id not in given:
            known = ", ".join(sorted(map(str, given))) or "nothing"
            raise EngineConfigurationError(f"{source}: no answers for scenario {scenario_id}; there is {known}")
        source, given = f"{source}: {scenario_id}", given[scenario_id]
    if not isinstance(given, list):
        told = "nothing" if given is None else type(given).__name__
        raise EngineConfigurationError(
            f"{source}: must be a list of answers, or of a mapping by scenario id, got {told}"
        )
    return [_text(answer, f"{source}[{index}]") for index, answer in enumerate(given)]


def _text(answer: object, where: str) -> str:
    if isinstance(answer, str):
        return answer
    if not isinstance(answer, dict):
        raise EngineConfigurationError(f"{where}: {_FORM}, got {type(answer).__name__}")
    unknown = sorted(map(str, answer.keys() - {"thought", "action", "action_input"}))
    if unknown:
        raise EngineConfigurationError(f"{where}: unknown key {unknown[0]}; an answer {_FORM}")
    action, arguments, thought = answer.get("action"), answer.get("action_input") or {}, answer.get("thought") or ""
    if not (isinstance(action, str) and action):
        raise EngineConfigurationError(f"{where}.action: must be the name of a tool")
    if not isinstance(arguments, dict):
        raise EngineConfigurationError(f"{where}.action_input: must be a mapping of the arguments by name")
    if not isinstance(thought, str):
        raise EngineConfigurationError(f"{where}.thought: must be a text")
    try:
        return format_action(thought, action, arguments)
    except (TypeError, ValueError) as error:
        # YAML has dates and sets, which JSON has not.
        raise EngineConfigurationError(f"{where}.action_input: cannot be written as JSON: {error}") from error
