"""Keys that belong to a model or an agent, and not to one that replaces it."""

from collections.abc import Mapping
from typing import Any

from pytest_pare.scenarios.engine_config import keys_of_other_model

_ROLES = ("user", "observe", "execute", "agent", "judge")


def without_other_models(data: Mapping[Any, Any], changed: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the sections of a suite without the keys of models and agents that the changed sections replace.

    These are the keys that `keys_of_other_model` names, and the model's alias; `agent_type` if a program is named, and
    the program if another `agent_type` is.

    Args:
        data: The sections before the changes.
        changed: The sections after them.
    """
    before, after = data.get("runner"), changed.get("runner")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return dict(data)
    kept = dict(before)
    for role in _ROLES:
        engine, other = before.get(f"{role}_engine_config"), after.get(f"{role}_engine_config")
        if isinstance(engine, dict) and isinstance(other, dict):
            keys = keys_of_other_model(engine, other)
            kept[f"{role}_engine_config"] = {key: value for key, value in engine.items() if key not in keys}
            if engine.get("model_name") != other.get("model_name"):
                kept.pop(f"{role}_model_alias", None)
    for key, other in (("agent", "agent_type"), ("agent_type", "agent")):
        if _names(key, before, after) and not _names(other, before, after):
            kept.pop(other, None)
    return {**data, "runner": kept}


def _names(key: str, before: Mapping[Any, Any], after: Mapping[Any, Any]) -> bool:
    # `agent: null` is no program, and `agent_type: null` is the agent of that name.
    return key in after and after[key] != before.get(key, ...) and (key, after[key]) != ("agent", None)
