"""The keys of a suite file, by the kind of their values, and the key at a location of it."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from pytest_pare.base.documents import Location, dotted
from pytest_pare.scenarios.library import BUNDLED_SPLITS
from pytest_pare.settings.gate import REFERENCES
from pytest_pare.settings.models import SuiteSettings


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the keys of a section, and of the sections in it, with the types of their values."""
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        if key in ("runner.noise", "runner.judge"):
            continue
        yield key, field.annotation
        # The field is a section itself, or a section or None.
        for part in parts_of(field.annotation):
            if isinstance(part, type(BaseModel)):
                yield from _fields(part, f"{key}.")


def parts_of(annotation: Any) -> Iterator[Any]:
    """Yield the types that a value of an annotated field may have."""
    if get_origin(annotation) in (Annotated, Union, UnionType):
        for part in get_args(annotation):
            yield from parts_of(part)
    else:
        yield annotation


def _takes(annotation: Any, *types: type) -> bool:
    return not {*map(id, types)}.isdisjoint(map(id, parts_of(annotation)))


# Every key of a suite file, dotted.
KEYS = frozenset(key for key, _ in _fields(SuiteSettings))

# The sections whose keys are names of extensions. Validation checks the names.
_OF_EXTENSIONS = ("noise.tool_faults", "gate.criteria", "reports.formats")

# The keys whose values can be numbers.
NUMBER_KEYS = frozenset(key for key, annotation in _fields(SuiteSettings) if _takes(annotation, int, float))

# The keys whose values are true or false.
FLAG_KEYS = frozenset(key for key, annotation in _fields(SuiteSettings) if _takes(annotation, bool))

# The keys whose values are paths; with [], lists of paths.
PATH_KEYS = frozenset(
    {
        "cassettes.dir",
        "ledger.dir",
        "gate.baseline",
        "judge.calibration",
        "noise.data",
        "reports.formats[]",
        "reports.html",
        "reports.json",
        "reports.markdown",
        "reports.parquet",
        "runner.agent.cwd",
        "runner.logs_dir",
        "runner.output_dir",
        "runner.agent_engine_config.answers",
        "runner.execute_engine_config.answers",
        "runner.judge_engine_config.answers",
        "runner.observe_engine_config.answers",
        "runner.user_engine_config.answers",
        "scenarios.paths[]",
        "scenarios.split",
    }
)


def is_path(key: str, value: str) -> bool:
    """Return whether the value of a key is a path; a baseline may be a reference, and a split a bundled one."""
    if key == "gate.baseline":
        return bool(value) and not value.startswith(REFERENCES)
    return bool(value) and key in PATH_KEYS and not (key == "scenarios.split" and value in BUNDLED_SPLITS)


def is_key(key: str) -> bool:
    """Return whether a suite file can have a key: one of `KEYS`, or one in a section of extensions."""
    return key in KEYS or any(key.startswith(f"{section}.") for section in _OF_EXTENSIONS)


def is_fault_option(key: str) -> bool:
    """Return whether a key is `rate`, `seed` or an option of a tool fault of an extension."""
    return re.fullmatch(r"noise\.tool_faults\.[^.]+\.[^.]+", key) is not None


def key_of(location: Location) -> str:
    """Return the key at a location of a suite, with [] for positions in lists.

    At a location in a matrix, it is the key that the variant changes; in the config of a run, the suite's key.
    """
    if location[:1] == ("matrix",) and len(location) > 2:
        location = location[2:] if location[2] == "noise" else ("runner", *location[2:])
    if location[:2] == ("reports", "formats"):
        location = ("reports", "formats", *([0] if len(location) > 2 else []))
    if location[:2] in (("runner", "noise"), ("runner", "judge")):
        location = location[1:]
    return re.sub(r"\[\d+\]", "[]", dotted(location))
