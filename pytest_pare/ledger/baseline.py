"""`Baseline`: accepted runs of a suite, in a file that is committed with it.

The file is JSON with sorted keys. It has one line for the runs of each scenario and variant, so that a diff shows which
scenarios changed, and holds outcomes rather than rates.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import Field

from pytest_pare.base.documents import DocumentError, Location, Problem, display, dotted, read_text
from pytest_pare.base.json_documents import parse_json, with_lines
from pytest_pare.base.records import Amount, from_fields
from pytest_pare.base.run_files import write_whole
from pytest_pare.results.run_set import ComparedRun, RunSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

VERSION: Final = 1
"""The version of the format."""

_KEY: Final = "pare_baseline"
# Decimals of US dollars and of seconds.
_DECIMALS: Final = 6
_WRITE_NEW: Final = "write a new one with pytest-pare accept --replace"

_Positive = Annotated[int, Field(strict=True, ge=1)]
_Count = Annotated[int, Field(strict=True, ge=0)]
_Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Acceptance:
    """A session that was accepted into a baseline.

    Attributes:
        date: When it was accepted, such as 2026-12-01.
        session: Id of the session.
        reason: Why, as the user wrote it.
        commit: The commit that was tested; None if unknown.
        runs: The number of runs that it added.
    """

    date: _Text
    session: _Text
    reason: _Text
    commit: str | None
    runs: _Count


@dataclass(frozen=True)
class Baseline:
    """Accepted runs of a suite.

    Attributes:
        suite: The suite file, relative to the rootdir.
        runs: The runs. A run of a later session has a number after those of the earlier ones, as a further draw of the
            same rate.
        accepted: The sessions that they are from, in the order of their acceptance.
    """

    suite: str
    runs: RunSet
    accepted: tuple[Acceptance, ...]


@dataclass(frozen=True)
class _File:
    accepted: list[Any]
    agent_version: str | None
    pare_baseline: _Positive
    scenarios: dict[str, Any]
    settings: dict[str, Any]
    suite: _Text
    versions: dict[str, str]


@dataclass(frozen=True)
class _Scenario:
    digest: str
    runs: dict[str, Any]


@dataclass(frozen=True)
class _Columns:
    """The runs of a scenario and a variant: each field has a value for each of them, or null if all are unknown."""

    category: tuple[str | None, ...] | None
    cost: tuple[Amount | None, ...] | None
    duration: tuple[Amount | None, ...] | None
    number: tuple[_Positive, ...]
    outcome: tuple[Literal["success", "failed", "exception", "no_validation"], ...]
    tokens: tuple[_Count | None, ...] | None
    turns: tuple[_Count, ...]


_COLUMNS: Final = tuple(one.name for one in fields(_Columns))


class _WrongError(Exception):
    def __init__(self, location: Location, message: str) -> None:
        super().__init__(message)
        self.location = location


def baseline_file(suite: str) -> PurePosixPath:
    """Return the file of a suite's baseline, relative to the rootdir: `baselines/agents/pare.json`.

    Args:
        suite: The suite file, relative to the rootdir, such as `agents/pare.yaml`.
    """
    return PurePosixPath("baselines") / f"{suite.removesuffix('.yaml')}.json"


def read(path: Path) -> Baseline:
    """Return the baseline in a file.

    Raises:
        DocumentError: If it cannot be read, or is no baseline; see `parse`.
    """
    source = display(path)
    return parse(read_text(path, source), source)


def parse(text: str, source: str) -> Baseline:
    """Return the baseline of a text.

    Args:
        text: The text.
        source: Its name in messages, and that of its runs.

    Raises:
        DocumentError: If it is empty, no JSON, of a later version, or has keys or values of another kind than `render`
            writes; with the line.
    """
    if not text.strip():
        raise DocumentError([Problem(source, None, "", f"is empty; {_WRITE_NEW}")])
    data = parse_json(text, source)
    try:
        return _baseline(data, source)
    except _WrongError as error:
        line = with_lines(text, source).locate(error.location)[1]
        raise DocumentError([Problem(source, line, dotted(error.location), str(error))]) from None


def _baseline(data: object, source: str) -> Baseline:
    if not isinstance(data, dict) or _KEY not in data:
        raise _WrongError((), f"is no baseline: the key {_KEY} is missing; {_WRITE_NEW}")
    version = data[_KEY]
    if isinstance(version, int) and version > VERSION:
        message = f"is of version {version}, and this pytest-pare reads version {VERSION}; update pytest-pare"
        raise _WrongError((_KEY,), message)
    file = _checked(_File, data, ())
    scenarios = {name: _checked(_Scenario, value, ("scenarios", name)) for name, value in file.scenarios.items()}
    runs = [
        run
        for name, scenario in scenarios.items()
        for variant, values in scenario.runs.items()
        for run in _runs(values, name, variant)
    ]
    accepted = [_checked(Acceptance, value, ("accepted", index)) for index, value in enumerate(file.accepted)]
    hashes = {name: scenario.digest for name, scenario in scenarios.items()}
    return Baseline(
        suite=file.suite,
        runs=RunSet(source, runs, hashes, file.agent_version, file.versions, file.settings),
        accepted=tuple(accepted),
    )


def _checked(cls: type[T], values: object, location: Location) -> T:
    if not isinstance(values, dict):
        raise _WrongError(location, f"expected a mapping, got {type(values).__name__}")
    try:
        return from_fields(cls, values)
    except ValueError as error:
        raise _WrongError(location, f"{error}; {_WRITE_NEW}") from None


def _runs(values: object, scenario_id: str, variant: str) -> Iterator[ComparedRun]:
    location = ("scenarios", scenario_id, "runs", variant)
    columns = _checked(_Columns, values, location)
    count = len(columns.number)
    for name in _COLUMNS:
        column = getattr(columns, name)
        if column is not None and len(column) != count:
            message = f"expected {count} values, one for each number, got {len(column)}; {_WRITE_NEW}"
            raise _WrongError((*location, name), message)
    if twice := sorted({number for number in columns.number if columns.number.count(number) > 1}):
        raise _WrongError((*location, "number"), f"has run {twice[0]} twice; {_WRITE_NEW}")
    for index in range(count):
        row: dict[str, Any] = {
            name: None if (column := getattr(columns, name)) is None else column[index] for name in _COLUMNS
        }
        yield ComparedRun(scenario_id, variant, run_number=row.pop("number"), **row)


def render(baseline: Baseline) -> str:
    """Return the text of a baseline, the same for the same runs in any order."""
    by_scenario: dict[str, dict[str, list[ComparedRun]]] = {name: {} for name in baseline.runs.scenarios}
    for run in baseline.runs.runs:
        by_scenario[run.scenario_id].setdefault(run.variant, []).append(run)
    scenarios = {
        name: {
            "digest": baseline.runs.scenarios[name],
            "runs": {variant: _Line(_columns(runs)) for variant, runs in variants.items()},
        }
        for name, variants in by_scenario.items()
    }
    content = {
        "accepted": [_Line(asdict(one)) for one in baseline.accepted],
        "agent_version": baseline.runs.agent_version,
        _KEY: VERSION,
        "scenarios": scenarios,
        "settings": dict(baseline.runs.settings),
        "suite": baseline.suite,
        "versions": dict(baseline.runs.versions),
    }
    return _text(content) + "\n"


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline to a file, which appears whole or not at all; its directory is created.

    Raises:
        OSError: If it cannot be written.
    """
    write_whole(path, render(baseline))


class _Line(dict[str, Any]):
    """A mapping that is written on one line."""


def _columns(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    rows = [{**vars(run), "number": run.number} for run in sorted(runs, key=lambda run: run.number)]
    columns = {name: [_short(row[name]) for row in rows] for name in _COLUMNS}
    return {name: None if all(value is None for value in column) else column for name, column in columns.items()}


def _short(value: object) -> object:
    return round(value, _DECIMALS) if isinstance(value, float) else value


def _text(value: object, indent: str = "") -> str:
    inner = f"{indent}  "
    if isinstance(value, dict) and value and not isinstance(value, _Line):
        parts = [f"{inner}{_json(key)}: {_text(value[key], inner)}" for key in sorted(value)]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(one, _Line) for one in value):
        return "[\n" + ",\n".join(inner + _text(one, inner) for one in value) + f"\n{indent}]"
    return _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, allow_nan=False)
