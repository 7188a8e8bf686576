"""The scripted engine: it returns the answers of a list, offline and without a key."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from are.simulation.agents.llm.llm_engine import LLMEngine

from pytest_pare.agents.react import format_action
from pytest_pare.base.documents import DocumentError, dotted
from pytest_pare.engines.answers import read_answers, wrong_answers
from pytest_pare.engines.errors import EngineConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_pare.engines.reference import Reference, Role
    from pytest_pare.scenarios.config import LLMEngineConfig


def scripted(config: LLMEngineConfig, role: Role, reference: Reference) -> LLMEngine:
    """Return the engine that answers from a file."""
    return ScriptedEngine(config, role, reference.scenario_id)


class ScriptedEngine(LLMEngine):
    """Returns the answers of a list in their order, one for each request.

    Args:
        config: `answers` are a list, a mapping of scenario ids to lists, or the path of a YAML file of either. An
            answer is a text like a model's, or a mapping of `thought`, `action` and `action_input`; of a judge, a
            mapping of `holds` and `reason`.
        role: The role of the engine.
        scenario_id: The scenario that is played.

    Raises:
        EngineConfigurationError: If there are no answers for this scenario, or they are invalid.
    """

    offline = True

    def __init__(self, config: LLMEngineConfig, role: Role, scenario_id: str) -> None:
        super().__init__(config.model_name)
        self._script = Script(config, role, scenario_id)

    def chat_completion(
        self, messages: list[dict[str, Any]], stop_sequences: Any = (), **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the next answer.

        Raises:
            EngineConfigurationError: If none is left.
        """
        del messages, stop_sequences, kwargs
        return _text(self._script.next_answer()), {}


class Script:
    """The scripted answers of a role, in their order. Several threads may take them.

    Args:
        config: `answers` are a list, a mapping of scenario ids to lists, or the path of a YAML file of either.
        role: The role.
        scenario_id: The scenario that is played.

    Raises:
        EngineConfigurationError: If there are no answers for this scenario, or they are invalid.
    """

    def __init__(self, config: LLMEngineConfig, role: Role, scenario_id: str) -> None:
        self._role = role
        key = f"{role}_engine_config.answers"
        is_file = isinstance(config.answers, str)
        # Only the file's name: it is part of traces, which are equal on all machines.
        self._source = Path(str(config.answers)).name if is_file else key
        self._answers = _answers(config, key, role, scenario_id)
        self._given = 0
        self._lock = threading.Lock()

    def next_answer(self) -> Any:
        """Return the next answer.

        Raises:
            EngineConfigurationError: If none is left.
        """
        with self._lock:
            if self._given == len(self._answers):
                raise EngineConfigurationError(
                    f"the scripted answers of role {self._role} have run out after {self._given} ({self._source})",
                    "write down more of them",
                )
            self._given += 1
            return self._answers[self._given - 1]


def _answers(config: LLMEngineConfig, key: str, role: Role, scenario_id: str) -> list[Any]:
    """Return the answers for a scenario."""
    given: Any = config.answers
    source = key
    if isinstance(given, str):
        source = given
        try:
            given = read_answers(Path(given), role)
        except DocumentError as error:
            raise EngineConfigurationError(f"{key}: {_first(map(str, error.problems))}") from error
    elif wrong := [f"{dotted((key, *location))}: {message}" for location, message in wrong_answers(given, role)]:
        raise EngineConfigurationError(_first(wrong))
    if isinstance(given, dict):
        if scenario_id not in given:
            known = ", ".join(sorted(map(str, given))) or "nothing"
            raise EngineConfigurationError(f"{source}: no answers for scenario {scenario_id}; there is {known}")
        given = given[scenario_id]
    return list(given)


def _first(problems: Iterable[str]) -> str:
    first, *others = problems
    return first + f" (and {len(others)} more)" * bool(others)


def _text(answer: Any) -> str:
    if isinstance(answer, str):
        return answer
    if "holds" in answer:
        return json.dumps({"holds": answer["holds"], "reason": answer.get("reason", "")}, ensure_ascii=False)
    return format_action(answer.get("thought") or "", answer["action"], answer.get("action_input") or {})
