"""Noise data: mails, conversations, products, and other names of tools.

The file is the bundled one, or another file in the same format, such as PARE's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, Field, ValidationError

from pytest_pare.base.documents import DocumentError, Location, read_text
from pytest_pare.base.json_documents import parse_json, with_lines
from pytest_pare.scenarios.errors import NoiseError
from pytest_pare.scenarios.noise.content import Content, Record
from pytest_pare.scenarios.noise_config import ENVIRONMENT_VARIABLE

ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def _all_different(names: dict[str, str]) -> dict[str, str]:
    if len(set(names.values())) < len(names):
        raise ValueError("must give each tool a name of its own")
    return names


class NoiseData(Record):
    """The data of noise.

    Attributes:
        apps: The content of each app, in the order of the file.
        tool_names_mapping: Other names for tools, by name.
        tool_descriptions_mapping: Other descriptions of tools, by name.
    """

    apps: tuple[Content, ...]
    tool_names_mapping: Annotated[dict[str, ToolName], AfterValidator(_all_different)] = Field(default_factory=dict)
    tool_descriptions_mapping: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of_apps(cls, apps: Sequence[Any]) -> NoiseData:
        """Return data with the value of the key `apps`, from JSON or from other data.

        Raises:
            NoiseError: If the value does not have the format.
        """
        try:
            return cls(apps=tuple(apps))
        except ValidationError as error:
            _refuse("noise data", error)

    def updated(self, given: Mapping[str, Any]) -> NoiseData:
        """Return these data with the keys of `given`, a scenario's `augmentation_data`, replaced.

        Raises:
            NoiseError: If `given` does not have the format.
        """
        try:
            return type(self).model_validate({**dict(self), **given})
        except ValidationError as error:
            _refuse("augmentation_data", error)


def load_noise_data(path: Path | None = None) -> NoiseData:
    """Return the noise data of a file. A changed file is read again.

    Args:
        path: The file. Default: the one in the environment variable `ENV_AUGMENTATION_DATA_PATH`, or else the bundled
            one.

    Raises:
        NoiseError: If the file cannot be read or does not have the format.
    """
    if path is not None:
        return _loaded(path, "noise.data")
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return _loaded(Path(named), ENVIRONMENT_VARIABLE) if named else _bundled()


def _loaded(path: Path, key: str) -> NoiseData:
    """Return the data of the file in the setting `key`."""
    try:
        # The working directory and the targets of links may change in a session.
        found = path.stat()
        return _parsed(str(path.resolve()), found.st_mtime_ns, found.st_size)
    except OSError as error:
        raise NoiseError(f"{key}: {path}: cannot be read: {error.strerror}") from error
    except DocumentError as error:
        raise NoiseError(f"{key}: {error.problems[0]}") from error
    except ValidationError as error:
        _, line = with_lines(read_text(path, str(path)), str(path)).locate(_location(error))
        _refuse(f"{key}: {path}:{line}", error)


@lru_cache(maxsize=8)
def _parsed(path: str, _mtime_ns: int, _size: int) -> NoiseData:
    return NoiseData.model_validate(parse_json(read_text(Path(path), path), path))


@cache
def _bundled() -> NoiseData:
    with as_file(files("pytest_pare") / "data" / "noise.json") as path:
        return _loaded(path, "the bundled noise data")


def _location(error: ValidationError) -> Location:
    """Return the location of the first error."""
    location = error.errors()[0]["loc"]
    # The third part is pydantic's tag of the class.
    return (*location[:2], *location[3:]) if location[:1] == ("apps",) else location


def _refuse(name: str, error: ValidationError) -> NoReturn:
    """Raise a NoiseError with the first error."""
    first, *others = error.errors()
    location = map(str, _location(error))
    words = first["msg"].removeprefix("Value error, ").removeprefix("Field is ").removeprefix("Field ")
    said = "is missing" if first["type"] == "missing" else words[:1].lower() + words[1:]
    more = f" (and {len(others)} more)" if others else ""
    raise NoiseError(": ".join(part for part in (name, ".".join(location), said + more) if part)) from error
