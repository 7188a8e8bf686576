"""The section `runner` of a suite file."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from pytest_pare.scenarios.config import (
    JudgeConfig,
    LLMEngineConfig,
    MultiScenarioRunnerConfig,
    NoiseConfig,
    Scope,
    TimeMode,
    TraceFormat,
)
from pytest_pare.scenarios.fields import FilePath, Iterations

ORACLE = LLMEngineConfig(model_name="oracle", provider="oracle")


def _description(name: str) -> str:
    return str(MultiScenarioRunnerConfig.model_fields[name].description)


class RunnerSettings(MultiScenarioRunnerConfig):
    """How a suite runs its scenarios: `MultiScenarioRunnerConfig`, with defaults that are offline and reproducible."""

    model_config = ConfigDict(frozen=True)

    _enforced: ClassVar[tuple[Scope, ...]] = ("anywhere", "suite")

    user_engine_config: LLMEngineConfig = Field(default=ORACLE, description="Engine of the user agent.")
    observe_engine_config: LLMEngineConfig = Field(
        default=ORACLE, description="Engine of the proactive agent's observe stage."
    )
    execute_engine_config: LLMEngineConfig = Field(
        default=ORACLE, description="Engine of the proactive agent's execute stage."
    )
    observe_max_iterations: Iterations = Field(
        default=5, description="Largest number of steps of the observe stage in a turn; null is no limit."
    )
    execute_max_iterations: Iterations = Field(
        default=10, description="Largest number of steps of the execute stage in a turn; null is no limit."
    )
    simulated_generation_time_mode: TimeMode = Field(
        default="fixed",
        description=str(MultiScenarioRunnerConfig.model_fields["simulated_generation_time_mode"].description),
    )
    max_concurrent_scenarios: Iterations = Field(
        default=1, description="Most runs at a time in each process, in threads; null is one per CPU."
    )
    trace_dump_format: TraceFormat = Field(default="jsonl", description=_description("trace_dump_format"))
    log_to_file: bool = Field(
        default=False,
        description="Whether each run writes a log file, in a directory below logs_dir that is named after the "
        "experiment, the models and the limits.",
    )
    logs_dir: FilePath = Field(default="logs", description="Directory of the log files, relative to the suite file.")
    enable_caching: bool = Field(
        default=False,
        description="Whether the result of an earlier session is reused if nothing that it depends on has changed.",
    )
    # Set by code alone: a suite file has a section of its own for each.
    noise: SkipJsonSchema[NoiseConfig] = Field(default=NoiseConfig(), description=_description("noise"))
    judge: SkipJsonSchema[JudgeConfig] = Field(default=JudgeConfig(), description=_description("judge"))
