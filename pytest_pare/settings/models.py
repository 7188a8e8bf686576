"""The sections of a suite file, and the names of their keys."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from pytest_pare.scenarios.config import MultiScenarioRunnerConfig, Name, Probability, Scope

# A null character is the one thing that the operating system does not take for a path at all.
FilePath = Annotated[str, Field(pattern=r"^[^\x00]+$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ScenarioSelection(_Section):
    """Which scenarios a suite runs. With neither `paths` nor `bundled`, they come from the default library."""

    paths: list[FilePath] = Field(
        default=[], description="Directories of scenario libraries, relative to the suite file."
    )
    bundled: bool = Field(default=False, description="Whether the library that ships with pytest-pare takes part.")
    split: FilePath | None = Field(
        default=None,
        description="Text file with one scenario id a line; # begins a comment. Relative to the suite file.",
    )
    include: list[Name] = Field(
        default=[], description="Globs; a scenario is selected if one matches its id, or if there are none."
    )
    exclude: list[Name] = Field(default=[], description="Globs; a scenario is left out if one matches its id.")
    limit: int | None = Field(default=None, ge=1, description="Most scenarios that are selected; null is no limit.")
    script_errors: Literal["fail", "warn"] = Field(
        default="fail", description="What becomes of a run if an event of the scenario's own script raises."
    )


class RunnerSettings(MultiScenarioRunnerConfig):
    """How a suite runs its scenarios: `MultiScenarioRunnerConfig`, with the reference check as the default."""

    model_config = ConfigDict(frozen=True)

    _enforced: ClassVar[tuple[Scope, ...]] = ("anywhere", "suite")

    oracle: bool = Field(
        default=True,
        description="Play the scenario's own reference steps, with no agent, key or network. "
        "So far the only possibility: this version has no agents.",
    )

    @field_validator("oracle")
    @classmethod
    def _refuse_agents(cls, oracle: bool) -> bool:
        if not oracle:
            raise PydanticCustomError("no_agents", "this version has no agents: leave oracle out, or set it to true")
        return oracle


class Gate(_Section):
    """What makes a session fail."""

    min_success_rate: Probability | None = Field(
        default=None, description="Least share of runs that succeed, a fraction from 0 to 1; null sets no gate."
    )

    @field_validator("min_success_rate", mode="before")
    @classmethod
    def _hint_at_percent(cls, rate: object) -> object:
        if isinstance(rate, int | float) and 1 < rate <= 100:
            raise PydanticCustomError(
                "percent",
                "must be a fraction from 0 to 1, got {rate}; write {fraction} for {rate} %",
                {"rate": f"{rate:g}", "fraction": f"{rate / 100:g}"},
            )
        return rate


class Reports(_Section):
    """Files that the results are written to."""

    # The attributes cannot have the keys' names: `json` is a method of pydantic's.
    json_path: FilePath | None = Field(
        default=None, alias="json", description="JSON report, relative to the suite file; null writes none."
    )
    parquet_path: FilePath | None = Field(
        default=None,
        alias="parquet",
        description="Parquet table of the runs, relative to the suite file; null writes none.",
    )


class SuiteSettings(_Section):
    """Everything that a suite file can say."""

    scenarios: ScenarioSelection = Field(default=ScenarioSelection(), description="Which scenarios are run.")
    runs: int = Field(default=1, ge=1, description="How often each scenario is run.")
    runner: RunnerSettings = Field(default=RunnerSettings(), description="How they are run.")
    gate: Gate = Field(default=Gate(), description="What makes the session fail.")
    reports: Reports = Field(default=Reports(), description="Files that the results are written to.")

    @model_validator(mode="before")
    @classmethod
    def _read_nothing_as_default(cls, data: object) -> object:
        # A section whose keys are all commented out is null in YAML.
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        yield key
        # The field is a section itself, or a section or None.
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type(BaseModel)):
                yield from _keys(part, f"{key}.")


# Every key of a suite file, dotted.
KEYS = frozenset(_keys(SuiteSettings))

# The keys whose values are paths, or lists of paths.
PATH_KEYS = frozenset({"scenarios.paths", "scenarios.split", "reports.json", "reports.parquet"})
