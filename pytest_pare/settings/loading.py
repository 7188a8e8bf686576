"""From a suite file and what the command line sets over it to settings."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from pydantic import ValidationError

from pytest_pare.base.documents import (
    Document,
    DocumentError,
    Location,
    Problem,
    display,
    dotted,
    parse_yaml,
    read_text,
    shown,
)
from pytest_pare.engines.answers import left_empty, read_answers, wrong_answers
from pytest_pare.scenarios.noise.data import NoiseError, load_noise_data
from pytest_pare.settings.engines import without_other_models
from pytest_pare.settings.errors import SettingsError, describe, location_of, unknown_key
from pytest_pare.settings.models import FLAG_KEYS, KEYS, PATH_KEYS, SuiteSettings, key_of
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
    value: object = field(repr=False)
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
    settings: SuiteSettings = field(repr=False)
    overrides: tuple[Override, ...] = field(default=(), repr=False)
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
            text = read_text(path, display(path))
        except DocumentError as error:
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
        checks: dict[Location, Callable[[], Iterable[Finding]]] = {}
        for variant in self.variants:
            for location, check in _checks(variant.settings, self.resolve):
                section, *key = location
                cell = self.settings.matrix.get(variant.cell, {})
                changed = cell.get(str(key[0] if section == "runner" else section))
                is_cells = isinstance(changed, dict) and key[-1] in changed
                own: Location = tuple(key) if section == "runner" else location
                checks[("matrix", variant.cell, *own) if is_cells else location] = check
        problems = [
            _problem(self.path, self.document, self.overrides, (*location, *inner), message)
            for location, check in checks.items()
            for inner, message in check()
        ]
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
    try:
        text = read_text(path, display(path))
    except DocumentError as error:
        raise SettingsError(error.problems) from error
    document = parse_yaml(text, display(path), takes_flag=_takes_flag)
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        message = f"a suite must be a mapping of sections, got {shown(data)}"
        raise SettingsError([_problem(path, document, (), (), message)])
    # Twice: an override can name another model, of which the file says nothing.
    data = _overridden(without_other_models(data, _overridden(data, overrides)), overrides)
    problems = [*document.problems, *_left_empty(document, display(path))]
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


def _checks(
    settings: SuiteSettings, resolve: Callable[[str], Path]
) -> Iterator[tuple[Location, Callable[[], Iterable[Finding]]]]:
    """Yield the location of each file, and of answers, that runs need, with what finds faults in it."""
    if settings.noise.data is not None:
        yield ("noise", "data"), partial(_faults_in_noise, resolve(settings.noise.data))
    for role, engine in settings.runner.engines.items():
        # Without answers, a fixture has to give them.
        if engine.provider == "scripted" and engine.answers is not None and not settings.runner.oracle:
            location = ("runner", f"{role}_engine_config", "answers")
            if isinstance(engine.answers, str):
                yield location, partial(_faults_in_answers, resolve(engine.answers))
            else:
                yield location, partial(wrong_answers, engine.answers)


def _faults_in_noise(path: Path) -> Iterator[Finding]:
    try:
        load_noise_data(path)
    except NoiseError as error:
        yield (), str(error).removeprefix("noise.data: ")


def _faults_in_answers(path: Path) -> Iterator[Finding]:
    try:
        read_answers(path)
    except DocumentError as error:
        yield from (((), str(problem)) for problem in error.problems)


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
    document = parse_yaml(text, source, override.location, _takes_flag)
    if problems := [*document.problems, *_left_empty(document, source)]:
        # No line: what is given to an option has but one.
        raise SettingsError(replace(problem, line=None) for problem in problems)
    return replace(override, value=document.data)


def _takes_flag(location: Location) -> bool:
    return key_of(location) in FLAG_KEYS


def _left_empty(document: Document, source: str) -> Iterator[Problem]:
    """Yield what is left empty where `null` means something: an agent, and an argument in a scripted answer."""
    in_answers = dict(left_empty(document))
    for line, location in document.empty:
        key = key_of(location)
        if key == "runner.agent_type":
            yield Problem(source, line, dotted(location), "must be text, got nothing")
        elif ".answers." in key.replace("[", ".") and location in in_answers:
            yield Problem(source, line, dotted(location), in_answers[location])


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
        sweep[key] = [_level(text.strip()) for text in levels.split(",")] if levels.strip() else []
    return Override("sweep", sweep, source)


def _level(text: str) -> object:
    if not re.match(r"[-+]?0[0-9]|.*_", text):  # Python reads these differently from YAML.
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


def _overridden(data: dict[object, object], overrides: Sequence[Override]) -> dict[object, object]:
    for override in overrides:
        data = _updated(data, override.location, _anchored(override.location, override.value, override.base_dir))
    return data


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
        return [_anchored((*location, index), item, base_dir) for index, item in enumerate(value)]
    return str((base_dir / value).absolute()) if key_of(location) in PATH_KEYS and isinstance(value, str) else value
