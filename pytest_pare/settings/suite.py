"""A suite: its file, its settings, and the files that they name."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from pytest_pare.base.documents import Document, DocumentError, Location, Problem, display, dotted, read_text
from pytest_pare.engines.answers import read_answers, wrong_answers
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.errors import NoiseError
from pytest_pare.scenarios.library import BUNDLED_SPLITS, bundled_split
from pytest_pare.settings.errors import SettingsError
from pytest_pare.settings.ledger import LEDGER_DIR, KeptTraces
from pytest_pare.settings.models import SuiteSettings
from pytest_pare.settings.overrides import Override
from pytest_pare.settings.paths import PAGE_NAME, absolute_paths
from pytest_pare.settings.variants import Finding, Variant, variants_of

# A page must not take the place of a suite or a module, as `--pare-html pare.yaml` would have it.
_OF_PROJECTS: Final = (".cfg", ".ini", ".py", ".toml", ".yaml", ".yml")


@dataclass(frozen=True)
class Suite:
    """A suite file, read.

    Attributes:
        path: The file.
        settings: Its settings, with the overrides applied. Every path in them is absolute.
        overrides: The values that replace those of the file; later ones win.
        document: The file's text, with the line of each key.
    """

    path: Path
    settings: SuiteSettings = field(repr=False)
    overrides: tuple[Override, ...] = field(default=(), repr=False)
    document: Document = field(default=Document(), repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "settings", absolute_paths(self.settings, self.path.parent))

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """Its variants; one without a name if the suite names none."""
        return variants_of(self.settings)

    def error(self, location: Location, message: str) -> SettingsError:
        """Return an error that names the place where the value at a location was set."""
        return SettingsError([problem_at(self.path, self.document, self.overrides, location, message)])

    def library_dirs(self) -> list[Path]:
        """Return the directories of scenario libraries.

        Raises:
            SettingsError: If one is not a directory that can be read.
        """
        dirs = []
        for index, path in enumerate(self.settings.scenarios.paths):
            directory = Path(path)
            try:
                os.scandir(directory).close()
            except OSError as error:
                raise self.error(("scenarios", "paths", index), f"{display(directory)}: {error.strerror}") from error
            dirs.append(directory)
        return dirs

    def split_ids(self) -> list[str] | None:
        """Return the scenario ids of the split file in its order, or None if there is no split.

        Raises:
            SettingsError: If the file cannot be read, is empty or names a scenario twice.
        """
        split = self.settings.scenarios.split
        if split is None:
            return None
        path = bundled_split(split) if split in BUNDLED_SPLITS else Path(split)
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
        """Check the files that it names, such as those of noise and of answers, so that a wrong one stops the session.

        Raises:
            SettingsError: If a file cannot be read or does not follow its format, an engine cannot be used, or the page
                would replace a file such as the suite.
        """
        page = self.settings.reports.html_path
        if page is not None and Path(page).suffix in _OF_PROJECTS:
            message = f"{display(Path(page))} is no name of a page; name a file such as page.html"
            raise self.error(("reports", "html"), message)
        checks: dict[Location, Callable[[], Iterable[Finding]]] = {}
        for variant in self.variants:
            for location, check in _checks(variant.settings):
                section, *key = location
                cell = self.settings.matrix.get(variant.cell, {})
                changed = cell.get(str(key[0] if section == "runner" else section))
                is_cells = isinstance(changed, dict) and key[-1] in changed
                own: Location = tuple(key) if section == "runner" else location
                checks[("matrix", variant.cell, *own) if is_cells else location] = check
        problems = [
            problem_at(self.path, self.document, self.overrides, (*location, *inner), message)
            for location, check in checks.items()
            for inner, message in check()
        ]
        if problems:
            raise SettingsError(problems)

    @property
    def cassettes_dir(self) -> Path | None:
        """Directory of the cassettes; `None` if the suite has none."""
        return None if self.settings.cassettes is None else Path(self.settings.cassettes.dir)

    def ledger_dir(self, rootdir: Path) -> Path | None:
        """Return the directory of the ledgers; `None` if the suite keeps none."""
        ledger = self.settings.ledger
        if ledger is None:
            return None
        return rootdir / LEDGER_DIR if ledger.dir is None else Path(ledger.dir)

    @property
    def reports(self) -> dict[str, Path]:
        """The report files, by the name of their format."""
        paths = {name: Path(path) for name, path in self.settings.reports.paths.items()}
        if "html" in paths and paths["html"].is_dir():
            paths["html"] /= PAGE_NAME
        return paths

    @cached_property
    def kept_traces(self) -> KeptTraces:
        """The runs whose traces the session keeps: all for a report page, unless the ledger keeps none."""
        ledger = self.settings.ledger
        if ledger is None or ledger.traces == "none":
            return "none"
        return "all" if "html" in self.settings.reports.paths else ledger.traces

    @cached_property
    def traces_dir(self) -> Path:
        """Directory of the traces where `runner.output_dir` is null."""
        return self.path.parent.resolve() / "traces"

    def logs_dir(self, config: MultiScenarioRunnerConfig) -> Path | None:
        """Return the directory for the log files of runs; `None` if they write none.

        Args:
            config: The config of the runs. A fixture may have made it with PARE's default of `log_to_file`, which is
                true: in a suite, runs write a log file only if it is set.
        """
        if "log_to_file" not in config.model_fields_set or not config.log_to_file:
            return None
        return self.path.parent.resolve() / config.build_logs_dir()


def problem_at(
    path: Path, document: Document, overrides: Sequence[Override], location: Location, message: str
) -> Problem:
    """Return the problem of a value at its source: an override if one set it, or else the file.

    Args:
        path: The file.
        document: Its text.
        overrides: The overrides of the file; later ones win.
        location: The location of the value.
        message: What is wrong with it.
    """
    depth, line = document.locate(location)
    for override in reversed(overrides):
        # An override of a key around the location replaced the file's value there. Another one is the source if it is
        # nearer to the location than any key of the file: `runner.x.y` creates a `runner.x` that lacks a `z`.
        shared = max(n for n in range(len(override.location) + 1) if override.location[:n] == location[:n])
        if shared == len(override.location) or shared > depth:
            return Problem(override.source, None, dotted(location), message)
    return Problem(display(path), line, dotted(location), message)


def _checks(settings: SuiteSettings) -> Iterator[tuple[Location, Callable[[], Iterable[Finding]]]]:
    """Yield the location of each file, and of answers and engines, that runs need, with the function that checks it."""
    if settings.noise.data is not None:
        yield ("noise", "data"), partial(_wrong_noise, Path(settings.noise.data))
    if settings.judge.calibration is not None and not settings.runner.oracle:
        judge = settings.runner.engines.get("judge")
        model = None if judge is None else judge.model_name
        yield ("judge", "calibration"), partial(_wrong_calibration, Path(settings.judge.calibration), model)
    for role, engine in settings.runner.engines.items():
        if role == "agent" and engine.provider == "oracle" and not settings.runner.oracle:
            yield ("runner", "agent_engine_config", "provider"), _wrong_oracle
        # Where answers are missing, a fixture gives them.
        if engine.provider == "scripted" and engine.answers is not None and not settings.runner.oracle:
            location = ("runner", f"{role}_engine_config", "answers")
            if isinstance(engine.answers, str):
                yield location, partial(_wrong_answers_file, Path(engine.answers), role)
            else:
                yield location, partial(wrong_answers, engine.answers, role)


def _wrong_oracle() -> Iterator[Finding]:
    yield (), "oracle plays the steps of the built-in agent; name the provider of a model, or scripted with answers"


def _wrong_noise(path: Path) -> Iterator[Finding]:
    from pytest_pare.scenarios.noise.data import load_noise_data

    try:
        load_noise_data(path)
    except NoiseError as error:
        yield (), str(error).removeprefix("noise.data: ")


def _wrong_calibration(path: Path, model: str | None) -> Iterator[Finding]:
    from pytest_pare.judge.calibration import problem_with

    if (problem := problem_with(path, model)) is not None:
        yield (), f"{display(path)}: {problem}"


def _wrong_answers_file(path: Path, role: str) -> Iterator[Finding]:
    try:
        read_answers(path, role)
    except DocumentError as error:
        yield from (((), str(problem)) for problem in error.problems)
