"""From a suite file and what the command line sets over it to settings."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from pydantic import ValidationError

from pytest_pare.engines.answers import read_answers
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.scenarios.noise.data import NoiseError, load_noise_data
from pytest_pare.settings.document import Document, display, parse_yaml, read_text
from pytest_pare.settings.errors import (
    Location,
    Problem,
    SettingsError,
    describe,
    dotted,
    location_of,
    shown,
    unknown_key,
)
from pytest_pare.settings.models import KEYS, PATH_KEYS, SuiteSettings
from pytest_pare.settings.variants import Finding, Variant, VariantsError, variants_of, without_stage


@dataclass(frozen=True)
class Override:
    """A value that is set over the suite file's.

    Attributes:
        key: Dotted key, such as `runner.oracle`.
        value: The value, as the file would have it.
        source: Where it was set, such as `--pare-runs`.
        base_dir: What paths in the value are relative to; None is the directory of the suite file.

    Raises:
        SettingsError: There is no such key.
    """

    key: str
    value: object
    source: str
    base_dir: Path | None = None

    def __post_init__(self) -> None:
        parts = self.key.split(".")
        for length in range(1, len(parts) + 1):
            key = ".".join(parts[:length])
            if key not in KEYS:
                raise SettingsError([Problem(self.source, None, key, unknown_key(key))])

    @property
    def location(self) -> Location:
        """The key in its parts."""
        return tuple(self.key.split("."))


@dataclass(frozen=True)
class Suite:
    """A suite file, read.

    Attributes:
        path: The file.
        settings: What it says, with the overrides applied.
        overrides: What was set over the file; later ones win.
        document: The file's text, which knows where each key stands.
    """

    path: Path
    settings: SuiteSettings
    overrides: tuple[Override, ...] = ()
    document: Document = field(default=Document(), repr=False, compare=False)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The ways in which it runs its scenarios; one without a name if the suite names none."""
        return variants_of(self.settings)

    def error(self, location: Location, message: str) -> SettingsError:
        """Return an error that says where the value at a location was set."""
        return SettingsError([_problem(self.path, self.document, self.overrides, location, message)])

    def resolve(self, path: str) -> Path:
        """Return a path of the settings as an absolute one."""
        return (self.path.parent / path).resolve()

    def library_dirs(self) -> list[Path]:
        """Return the directories of scenario libraries.

        Raises:
            SettingsError: One is not a directory that can be read.
        """
        dirs = []
        for index, path in enumerate(self.settings.scenarios.paths):
            directory = self.resolve(path)
            try:
                os.scandir(directory).close()
            except OSError as error:
                raise self.error(("scenarios", "paths", index), f"{display(directory)}: {error.strerror}") from error
            dirs.append(directory)
        return dirs

    def split_ids(self) -> list[str] | None:
        """Return the scenario ids of the split file in its order, or None if there is no split.

        Raises:
            SettingsError: The file cannot be read, is empty or names a scenario twice.
        """
        split = self.settings.scenarios.split
        if split is None:
            return None
        path = self.resolve(split)
        try:
            text = read_text(path)
        except SettingsError as error:
            raise self.error(("scenarios", "split"), str(error)) from error
        lines: dict[str, int] = {}
        problems = []
        for number, line in enumerate(text.split("\n"), start=1):
            scenario_id = re.sub(r"(^|\s)#.*", "", line).strip()
            if scenario_id in lines:
                message = f"listed twice, first in line {lines[scenario_id]}"
                problems.append(Problem(display(path), number, scenario_id, message))
            elif scenario_id:
                lines[scenario_id] = number
        if problems:
            raise SettingsError(problems)
        if not lines:
            raise self.error(("scenarios", "split"), f"{display(path)}: names no scenario")
        return list(lines)

    def check_files(self) -> None:
        """Read the files of noise and of answers that its variants need, so that no run is begun that they would end.

        Raises:
            SettingsError: Some cannot be read, or are not what the format says.
        """
        readers: dict[Location, Callable[[], object]] = {}
        for variant in self.variants:
            for location, read in _readers(variant.settings, self.resolve):
                section, *key = location
                cell = self.settings.matrix.get(variant.cell, {})
                changed = cell.get(str(key[0] if section == "runner" else section))
                is_cells = isinstance(changed, dict) and key[-1] in changed
                own: Location = tuple(key) if section == "runner" else location
                readers[("matrix", variant.cell, *own) if is_cells else location] = read
        problems = []
        for location, read in readers.items():
            try:
                read()
            except (NoiseError, EngineConfigurationError) as error:
                # The key is told with its place.
                message = str(error).removeprefix(f"{dotted(location[-2:])}: ")
                problems.append(_problem(self.path, self.document, self.overrides, location, message))
        if problems:
            raise SettingsError(problems)

    @property
    def cassettes_dir(self) -> Path | None:
        """Directory of the recordings, if it has any."""
        return None if self.settings.cassettes is None else self.resolve(self.settings.cassettes.dir)

    @property
    def json_report(self) -> Path | None:
        """File for the JSON report, if one is wanted."""
        return self._report(self.settings.reports.json_path)

    @property
    def parquet_report(self) -> Path | None:
        """File for the Parquet table, if one is wanted."""
        return self._report(self.settings.reports.parquet_path)

    def _report(self, path: str | None) -> Path | None:
        return None if path is None else self.resolve(path)


def load_suite(path: Path, overrides: Sequence[Override] = ()) -> Suite:
    """Read a suite file.

    Args:
        path: The file.
        overrides: What is set over it; later ones win.

    Raises:
        SettingsError: The file cannot be read, or something in it or in an override is wrong.
    """
    document = parse_yaml(read_text(path), display(path))
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        message = f"a suite must be a mapping of sections, got {shown(data)}"
        raise SettingsError([_problem(path, document, (), (), message)])
    for override in overrides:
        data = _updated(data, override.location, _anchored(override.location, override.value, override.base_dir))
    problems = list(document.problems)
    findings: list[Finding] = []
    try:
        suite = Suite(path, SuiteSettings.model_validate(data), tuple(overrides), document)
        # The variants are made now, so that what is wrong with them is said with the rest.
        findings = list(without_stage(suite.settings, suite.variants, {one.location for one in overrides}))
    except ValidationError as error:
        findings = [(location_of(details), describe(details)) for details in error.errors(include_url=False)]
    except VariantsError as error:
        findings = error.findings
    problems += [_problem(path, document, overrides, location, message) for location, message in findings]
    if problems:
        raise SettingsError(problems)
    return suite


def _readers(
    settings: SuiteSettings, resolve: Callable[[str], Path]
) -> Iterator[tuple[Location, Callable[[], object]]]:
    """Yield where a suite says what is read before its runs, and what reads it."""
    if settings.noise.data is not None:
        yield ("noise", "data"), partial(load_noise_data, resolve(settings.noise.data))
    for role, engine in settings.runner.engines.items():
        if engine.provider == "scripted" and isinstance(engine.answers, str) and not settings.runner.oracle:
            key = (f"{role}_engine_config", "answers")
            yield ("runner", *key), partial(read_answers, resolve(engine.answers), dotted(key))


def parse_assignment(assignment: str, source: str, base_dir: Path | None = None) -> Override:
    """Read `KEY=VALUE`, where the value is YAML.

    Args:
        assignment: The text.
        source: The option that it was given to.
        base_dir: What paths in the value are relative to; None is the directory of the suite file.

    Raises:
        SettingsError: It is no assignment, the key does not exist, or the value is not YAML.
    """
    key, equals, text = assignment.partition("=")
    key = key.strip()
    if not key or not equals:
        message = f"must be KEY=VALUE, such as runner.max_scenario_duration=30, got {shown(assignment)}"
        raise SettingsError([Problem(source, None, "", message)])
    override = Override(key, None, source, base_dir)  # An unknown key is the first thing to complain about.
    document = parse_yaml(text, source)
    if document.problems:
        # No line: what is given to an option has but one.
        raise SettingsError(
            Problem(source, None, f"{key}.{problem.key}".removesuffix("."), problem.message)
            for problem in document.problems
        )
    return replace(override, value=document.data)


def parse_sweep(assignments: Sequence[str], source: str) -> Override:
    """Read `KEY=L1,L2,...`, given once or more.

    Raises:
        SettingsError: One of them has no key.
    """
    sweep: dict[str, list[object]] = {}
    for assignment in assignments:
        key, equals, levels = assignment.partition("=")
        key = key.strip()
        if not key or not equals:
            message = f"must be KEY=L1,L2,..., such as noise.tool_failure_probability=0,0.2, got {shown(assignment)}"
            raise SettingsError([Problem(source, None, "", message)])
        sweep[key] = [_number(text.strip()) for text in levels.split(",")] if levels.strip() else []
    return Override("sweep", sweep, source)


def _number(text: str) -> object:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _problem(
    path: Path, document: Document, overrides: Sequence[Override], location: Location, message: str
) -> Problem:
    """Blame what set the value at a location: an override if there is one, or else the file."""
    depth, line = document.locate(location)
    for override in reversed(overrides):
        # An override of a key around the location replaced what the file has there. One that merely is near is to blame
        # if it is nearer than anything in the file: `runner.x.y` is why there is a `runner.x` that lacks a `z`.
        shared = max(n for n in range(len(override.location) + 1) if override.location[:n] == location[:n])
        if shared == len(override.location) or shared > depth:
            return Problem(override.source, None, dotted(location), message)
    return Problem(display(path), line, dotted(location), message)


def _updated(data: Mapping[object, object], location: Location, value: object) -> dict[object, object]:
    """Return data with another value at a location."""
    first, *rest = location
    if rest:
        inner = data.get(first)
        if inner is not None and not isinstance(inner, dict):
            return dict(data)  # This is wrong in the file, and to be reported as such.
        value = _updated(inner or {}, tuple(rest), value)
    return {**data, first: value}


def _anchored(location: Location, value: object, base_dir: Path | None) -> object:
    """Return a value with the paths in it made absolute."""
    if base_dir is None:
        return value
    if isinstance(value, dict):
        return {name: _anchored((*location, name), inner, base_dir) for name, inner in value.items()}
    if isinstance(value, list):
        return [_anchored((*location, "[]"), item, base_dir) for item in value]
    return str((base_dir / value).absolute()) if _is_path(location) and isinstance(value, str) else value


def _is_path(location: Location) -> bool:
    if location[0] == "matrix":
        location = location[2:] if location[2:3] == ("noise",) else ("runner", *location[2:])
    return dotted(location).replace(".[]", "[]") in PATH_KEYS
