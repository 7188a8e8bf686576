"""The sections of a suite file."""

from typing import Annotated, Any, Literal, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_pare.base.extensions import BUILT_IN
from pytest_pare.scenarios.config import JudgeConfig, NoiseConfig
from pytest_pare.scenarios.fields import FilePath, Name, Setting, only_extensions
from pytest_pare.settings.gate import Gate
from pytest_pare.settings.ledger import LedgerSettings
from pytest_pare.settings.runner import ORACLE, RunnerSettings
from pytest_pare.settings.runs import RunRange, Runs

__all__ = [
    "ORACLE",
    "Cassettes",
    "RecordMode",
    "Reports",
    "RunnerSettings",
    "ScenarioSelection",
    "SuiteSettings",
]


class _Section(Setting):
    model_config = ConfigDict(frozen=True)


class ScenarioSelection(_Section):
    """Which scenarios a suite runs. With neither `paths` nor `bundled`, they come from the default library."""

    paths: list[FilePath] = Field(
        default=[], description="Directories of scenario libraries, relative to the suite file."
    )
    bundled: bool = Field(default=False, description="Whether the library that ships with pytest-pare is used.")
    split: FilePath | None = Field(
        default=None,
        description="Text file with one scenario id per line; # begins a comment. Relative to the suite file. smoke, "
        "core and full are splits of the bundled library.",
    )
    include: list[Name] = Field(
        default=[], description="Globs; a scenario is selected if one matches its id. An empty list selects all."
    )
    exclude: list[Name] = Field(default=[], description="Globs; a scenario is left out if one matches its id.")
    tags: list[Name] = Field(
        default=[],
        description="Globs such as app:email; a scenario is selected if each of them matches one of its tags.",
    )
    limit: int | None = Field(default=None, ge=1, description="Largest number of scenarios; null is no limit.")
    script_errors: Literal["fail", "warn"] = Field(
        default="fail",
        description="How a run with a defect of the scenario ends, such as an event of its script that raises: fail is "
        "an exception, warn only gives a warning.",
    )
    strict: bool = Field(
        default=False,
        description="Whether the findings of the linter are defects of the scenario, too: no docstring, no tags, an "
        "unused app, a date with a wrong weekday, an event after the end.",
    )


class Reports(_Section):
    """Where the results are written."""

    # The attributes have other names than the keys, because `json` is a method of pydantic's models.
    json_path: FilePath | None = Field(
        default=None, alias="json", description="JSON report, relative to the suite file; null writes none."
    )
    parquet_path: FilePath | None = Field(
        default=None,
        alias="parquet",
        description="Parquet table of the runs, relative to the suite file; null writes none.",
    )
    markdown_path: FilePath | None = Field(
        default=None,
        alias="markdown",
        description="Summary in Markdown, short enough for a comment on a pull request, relative to the suite file; "
        "null writes none.",
    )
    html_path: FilePath | None = Field(
        default=None,
        alias="html",
        description="Report page, relative to the suite file; in a directory, which exists or ends with a slash, it is "
        "index.html. Suites with the same file share a page. null writes none.",
    )
    github: bool = Field(
        default=False,
        description="Whether a job of GitHub Actions gets annotations and a step summary; without effect elsewhere.",
    )
    known_agents: bool = Field(
        default=False,
        description="Whether the reports have a table of the control agents' results on the suite's scenarios.",
    )
    formats: dict[Name, FilePath] = Field(
        default={},
        description="Report files of extensions: format to file, relative to the suite file.",
    )

    @property
    def paths(self) -> dict[str, str]:
        """The files, by the name of their format."""
        own = {name: getattr(self, f"{name}_path") for name in BUILT_IN["report"]}
        return {name: path for name, path in own.items() if path is not None} | self.formats

    @field_validator("formats")
    @classmethod
    def _refuse_unknown_formats(cls, formats: dict[str, str]) -> dict[str, str]:
        return only_extensions("report", formats)


RecordMode = Literal["none", "once", "new", "all"]


class Cassettes(_Section):
    """Recorded answers of live engines."""

    dir: FilePath = Field(default="cassettes", description="Directory of the cassettes, relative to the suite file.")
    mode: RecordMode = Field(
        default="none",
        description="none replays, and a request without a recorded answer is an error; once records runs without a "
        "cassette; new records missing answers; all records every answer again.",
    )
    on_drift: Literal["fail", "rerecord", "warn"] = Field(
        default="fail",
        description="How a run goes on if a request differs from the recorded one: fail ends it with an exception, "
        "rerecord calls the engine from there on, warn uses the recorded answer and gives a warning.",
    )


class SuiteSettings(_Section):
    """All settings of a suite file."""

    scenarios: ScenarioSelection = Field(default=ScenarioSelection(), description="Which scenarios are run.")
    runs: Runs = Field(
        default=1,
        description="How often each scenario is run. `{min: 1, max: 3}` stops as soon as the comparison with the "
        "baseline is decided.",
    )
    runner: RunnerSettings = Field(default=RunnerSettings(), description="How they are run.")
    noise: NoiseConfig = Field(default=NoiseConfig(), description="Faults around the agent.")
    judge: JudgeConfig = Field(default=JudgeConfig(), description="What lets the judge decide on success.")
    matrix: dict[str, dict[str, Any]] = Field(
        default={},
        description="Variants by name, each with the settings that it changes: keys of `runner`, and `noise`.",
    )
    sweep: dict[str, list[Any]] = Field(
        default={}, description="A numeric key of `runner` or `noise`, and its levels; each level is a variant."
    )
    live: bool = Field(default=False, description="Whether engines may call models, which may cost money.")
    cassettes: Cassettes | None = Field(default=None, description="Recorded answers of live engines; null uses none.")
    agent_version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = Field(
        default=None,
        description="Version of the agent under test, such as its release; null takes the commit of the rootdir.",
    )
    ledger: LedgerSettings | None = Field(
        default=LedgerSettings(), description="The record of each session and its runs; false writes none."
    )
    gate: Gate = Field(default=Gate(), description="The conditions that the session must meet.")
    reports: Reports = Field(default=Reports(), description="Where the results are written.")

    @property
    def most_runs(self) -> int:
        """The largest number of runs of each scenario."""
        return self.runs.max if isinstance(self.runs, RunRange) else self.runs

    @property
    def least_runs(self) -> int:
        """The smallest number of runs of each scenario."""
        return self.runs.min if isinstance(self.runs, RunRange) else self.runs

    @model_validator(mode="before")
    @classmethod
    def _read_nothing_as_default(cls, data: object) -> object:
        # In YAML, a section whose keys are all commented out is null.
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or not _is_section(cls, key)}

    @field_validator("ledger", mode="before")
    @classmethod
    def _read_false_as_no_ledger(cls, ledger: object) -> object:
        # A section without keys is the default, as for other sections.
        return None if ledger is False else {} if ledger is None else ledger

    @field_validator("matrix", mode="before")
    @classmethod
    def _read_nothing_as_no_change(cls, matrix: object) -> object:
        return {k: {} if v is None else v for k, v in matrix.items()} if isinstance(matrix, dict) else matrix

    @field_validator("runner", mode="before")
    @classmethod
    def _refuse_a_second_spelling(cls, runner: object) -> object:
        if isinstance(runner, dict) and "noise" in runner:
            raise PydanticCustomError("extra_forbidden", "is a section of its own", {"keys": ("noise",)})
        if isinstance(runner, dict) and "judge" in runner:
            raise PydanticCustomError("own_section", "is a section of its own, beside runner", {"keys": ("judge",)})
        return runner

    @model_validator(mode="after")
    def _share_defaults(self) -> Self:
        # Each run compares its sections with those of the runner, which takes no time for the same object.
        for name in ("judge", "noise"):
            own, runners = getattr(self, name), getattr(self.runner, name)
            if own == runners and own.model_fields_set == runners.model_fields_set:
                vars(self)[name] = runners
        return self

    @model_validator(mode="after")
    def _refuse_recordings(self) -> Self:
        if self.runner.simulated_generation_time_mode == "recorded" and self.cassettes is None:
            raise PydanticCustomError(
                "no_recordings",
                "there are no recordings without cassettes; add that section, or use fixed or measured",
                {"keys": ("runner", "simulated_generation_time_mode")},
            )
        return self

    @model_validator(mode="after")
    def _refuse_uncalibrated_judge(self) -> Self:
        if self.runner.judge_only and self.judge.calibration is None:
            raise PydanticCustomError(
                "not_calibrated",
                "a judge that is not calibrated must not decide alone; set judge.calibration to a file of pytest-pare "
                "judge calibrate, or leave out this key",
                {"keys": ("runner", "judge_only")},
            )
        return self

    @model_validator(mode="after")
    def _refuse_gate_without_curve(self) -> Self:
        # A sweep of less than two levels is found wrong on its own.
        if self.gate.robustness is not None and not self.sweep:
            raise PydanticCustomError(
                "no_curve",
                "there is no robustness curve without a sweep of two levels at least; add that section, or leave out "
                "this key",
                {"keys": ("gate", "robustness")},
            )
        return self

    @model_validator(mode="after")
    def _refuse_too_few_runs(self) -> Self:
        wanted = self.gate.min_pass_hat_k
        if wanted is not None and wanted.k > self.least_runs:
            key = "runs.min" if isinstance(self.runs, RunRange) else "runs"
            raise PydanticCustomError(
                "too_few_runs",
                "needs {k} runs of each scenario, and {key} is {runs}; raise {key}, or lower this key",
                {"keys": ("gate", "min_pass_hat_k", "k"), "k": wanted.k, "key": key, "runs": self.least_runs},
            )
        return self

    @model_validator(mode="after")
    def _refuse_to_stop_without_baseline(self) -> Self:
        if isinstance(self.runs, RunRange) and self.gate.baseline is None:
            raise PydanticCustomError(
                "no_baseline",
                "there is nothing to stop for without a baseline; set gate.baseline, add --pare-baseline=FILE, or "
                "write runs: {max}",
                {"keys": ("runs",), "max": self.runs.max},
            )
        return self

    @model_validator(mode="after")
    def _refuse_surprises(self) -> Self:
        if self.live or self.runner.oracle or (self.cassettes is not None and self.cassettes.mode == "none"):
            return self
        for role, engine in self.runner.engines.items():
            if engine.is_live:
                raise PydanticCustomError(
                    "not_live",
                    "calls a model ({provider}, {model}), which may cost money: set live: true in the suite, add "
                    "--pare-live, or replay cassettes",
                    {
                        "keys": ("runner", f"{role}_engine_config"),
                        "provider": engine.provider or "no provider",
                        "model": engine.model_name,
                    },
                )
        return self


def _is_section(model: type[BaseModel], key: str) -> bool:
    annotation = model.model_fields[key].annotation if key in model.model_fields else None
    return isinstance(annotation, type(BaseModel)) or get_origin(annotation) is dict
