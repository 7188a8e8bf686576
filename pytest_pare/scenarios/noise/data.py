"""What noise is made of: a file of mails, conversations and products.

The file is the bundled one, or another of the same format, PARE's too. A part of the format that nothing here uses may
be missing, and what the format does not have may be there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, NoReturn

from pydantic import AfterValidator, Field, ValidationError

from pytest_pare.base.documents import DocumentError, Location, read_text
from pytest_pare.base.json_documents import parse_json, with_lines
from pytest_pare.scenarios.noise.content import Content, Record

ENVIRONMENT_VARIABLE = "ENV_AUGMENTATION_DATA_PATH"


class NoiseError(ValueError):
    """Noise that was asked for cannot be made."""

    kind: ClassVar[Literal["configuration"]] = "configuration"


class NoPlaceForNoise(NoiseError):  # noqa: N818 - for the scenario it is no error
    """The scenario has no app in which noise can come."""


ToolName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def _all_different(names: dict[str, str]) -> dict[str, str]:
    if len(set(names.values())) < len(names):
        raise ValueError("must give each tool a name of its own")
    return names


class NoiseData(Record):
    """All that noise is made of.

    Attributes:
        apps: The content of each app, in the order of the file.
        tool_names_mapping: Name of a tool to another name for it.
        tool_descriptions_mapping: Name of a tool to another description of it.
    """

    apps: tuple[Content, ...]
    tool_names_mapping: Annotated[dict[str, ToolName], AfterValidator(_all_different)] = Field(default_factory=dict)
    tool_descriptions_mapping: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of_apps(cls, apps: Sequence[Any]) -> NoiseData:
        """Return data for the value of the key `apps`, as JSON holds it or as `NoiseData` does.

        Raises:
            NoiseError: If it is not what the format says.
        """
        try:
            return cls(apps=tuple(apps))
        except ValidationError as error:
            _refuse("noise data", error)

    def updated(self, given: Mapping[str, Any]) -> NoiseData:
        """Return these data with what `given`, a scenario's `augmentation_data`, has in its place.

        Raises:
            NoiseError: If it is not what the format says.
        """
        try:
            return type(self).model_validate({**dict(self), **given})
        except ValidationError as error:
            _refuse("augmentation_data", error)


def load_noise_data(path: Path | None = None) -> NoiseData:
    """Return the noise data of a file, which is read again when it has changed.

    Args:
        path: The file; `None` is the one that the environment variable `ENV_AUGMENTATION_DATA_PATH` names, and the
            bundled one where it names none.

    Raises:
        NoiseError: If the file cannot be read, or is not what the format says.
    """
    if path is not None:
        return _loaded(path, "noise.data")
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return _loaded(Path(named), ENVIRONMENT_VARIABLE) if named else _bundled()


def _loaded(path: Path, key: str) -> NoiseData:
    """Return the data of the file that the setting `key` names."""
    try:
        # Where the paths are relative, and what they lead to, may change in a session.
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
    """Return where the first thing is that is wrong."""
    location = error.errors()[0]["loc"]
    # The third part is pydantic's own mark of which class it tried.
    return (*location[:2], *location[3:]) if location[:1] == ("apps",) else location


def _refuse(name: str, error: ValidationError) -> NoReturn:
    """Raise with the first thing that is wrong, in words."""
    first, *others = error.errors()
    location = map(str, _location(error))
    words = first["msg"].removeprefix("Value error, ").removeprefix("Field is ").removeprefix("Field ")
    said = "is missing" if first["type"] == "missing" else words[:1].lower() + words[1:]
    more = f" (and {len(others)} more)" if others else ""
    raise NoiseError(": ".join(part for part in (name, ".".join(location), said + more) if part)) from error
