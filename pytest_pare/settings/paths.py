"""Paths in settings: relative in the suite file, absolute in the loaded suite."""

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from pytest_pare.base.documents import Location
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.settings.keys import is_path, key_of

PAGE_NAME: Final = "index.html"
"""The name of a report page in a directory."""


def absolute_paths(value: Any, base_dir: Path, location: Location = ()) -> Any:
    """Return settings with the paths in them made absolute; the same object if there is no relative path in it.

    Args:
        value: All settings of a suite, or the value at a location of them, as models or as plain values.
        base_dir: What the paths are relative to.
        location: The location.
    """
    if isinstance(value, str):
        key = key_of(location)
        # An absolute path has no slash at its end.
        named = f"{value}{PAGE_NAME}" if key == "reports.html" and value.endswith("/") else value
        absolute = str((base_dir / named).resolve()) if is_path(key, value) else value
        return value if absolute == value else absolute
    if isinstance(value, list):
        items = [absolute_paths(item, base_dir, (*location, index)) for index, item in enumerate(value)]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if isinstance(value, BaseModel):
        keys = {name: field.alias or name for name, field in type(value).model_fields.items()}
        # A default of the section `runner` stays as it is, so that equal configs are equal on every machine.
        names = value.model_fields_set if isinstance(value, MultiScenarioRunnerConfig) else keys
        inner = {name: (keys[name], getattr(value, name)) for name in keys if name in names}
    elif isinstance(value, dict):
        inner = {name: (name, item) for name, item in value.items()}
    else:
        return value
    changed = {
        name: new
        for name, (key, old) in inner.items()
        if (new := absolute_paths(old, base_dir, (*location, key))) is not old
    }
    if not changed:
        return value
    return value.model_copy(update=changed) if isinstance(value, BaseModel) else {**value, **changed}
