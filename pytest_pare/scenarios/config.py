"""The configuration of runs: engines, noise, limits.

The fields have ARE's and PARE's names. The models of noise and engines do not use ARE's classes, so that reading a
suite or a report does not import ARE. Each accepts ARE's object of the same name.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field

from pytest_pare.scenarios.agent_program import AgentProgram
from pytest_pare.scenarios.agent_type import AGENT_TYPES, AgentType
from pytest_pare.scenarios.config_checks import CheckedConfig
from pytest_pare.scenarios.config_hash import hash_of
from pytest_pare.scenarios.engine_config import LLMEngineConfig
from pytest_pare.scenarios.fields import (
    Count,
    FilePath,
    Iterations,
    LogLevel,
    ModelName,
    Name,
    Probability,
    Scope,
    Seconds,
    without_effect,
)
from pytest_pare.scenarios.judge_config import JudgeConfig
from pytest_pare.scenarios.logs_dir import logs_dir_of
from pytest_pare.scenarios.noise_config import EnvEventsConfig, NoiseConfig, ToolAugmentationConfig, failure_probability

__all__ = [
    "AGENT_TYPES",
    "MAX_SCENARIO_DURATION",
    "AgentProgram",
    "AgentType",
    "EnvEventsConfig",
    "JudgeConfig",
    "LLMEngineConfig",
    "MultiScenarioRunnerConfig",
    "NoiseConfig",
    "ScenarioRunnerConfig",
    "Scope",
    "TimeMode",
    "ToolAugmentationConfig",
    "TraceFormat",
]

MAX_SCENARIO_DURATION = 600

TraceFormat = Literal["jsonl", "hf", "lite"]
TimeMode = Literal["measured", "fixed", "recorded"]

_CONTROL_AGENTS = frozenset(AGENT_TYPES) - {"observe-execute"}


class ScenarioRunnerConfig(CheckedConfig):
    """The configuration of a run of one scenario.

    The default of a model alias is the model name of its engine. A field that has no effect yet accepts only its
    default.
    """

    user_engine_config: LLMEngineConfig = Field(
        default=LLMEngineConfig(model_name="gpt-5-mini", provider="openai"), description="Engine of the user agent."
    )
    user_max_iterations: Iterations = Field(
        default=1, description="Most steps of the user agent in a turn; null is no limit."
    )
    agent_type: AgentType = Field(
        default="observe-execute",
        description=f"The tested proactive agent: {', '.join(AGENT_TYPES)}, or your own agent, module:name.",
    )
    agent: AgentProgram | None = Field(
        default=None, description="A program as the tested agent, in place of `agent_type`; null is none."
    )
    agent_engine_config: LLMEngineConfig | None = Field(
        default=None,
        description="The model behind the endpoint for your own agent: its calls are recorded and replayed; null is no "
        "endpoint.",
    )
    user_type: str = without_effect("default", "Which user agent plays the user.")
    observe_engine_config: LLMEngineConfig = Field(
        default=LLMEngineConfig(model_name="gpt-5", provider="openai"),
        description="Engine of the proactive agent's observe stage.",
    )
    observe_max_iterations: Iterations = Field(
        default=1, description="Most steps of the observe stage in a turn; null is no limit."
    )
    execute_engine_config: LLMEngineConfig = Field(
        default=LLMEngineConfig(model_name="gpt-5", provider="openai"),
        description="Engine of the proactive agent's execute stage.",
    )
    execute_max_iterations: Iterations = Field(
        default=1, description="Most steps of the execute stage in a turn; null is no limit."
    )
    oracle: bool = Field(
        default=False, description="Play the scenario's reference steps, without an agent, a key or a network."
    )
    max_turns: Count | None = Field(default=10, description="Most turns of a run; null is no limit.")
    export: bool = Field(default=False, description="Whether traces are written.")
    output_dir: FilePath | None = Field(
        default=None, description="Directory that traces are written to; null is `traces` beside the suite file."
    )
    trace_dump_format: TraceFormat = Field(
        default="hf",
        description="Format of the traces: jsonl is this project's complete format; hf and lite are ARE's.",
    )
    use_custom_logger: bool = Field(
        default=True,
        description="Whether the user and each stage of the built-in agent have a logger of their own, "
        "pytest_pare.agents.ROLE; false is one for all.",
    )
    simulated_generation_time_mode: TimeMode = Field(
        default="measured",
        description="Simulated time of an engine's answer: measured is its real time, fixed is "
        "generation_seconds, recorded is the time in the recording. Offline engines take the fixed time.",
    )
    generation_seconds: Seconds = Field(
        default=1.0,
        description="Simulated seconds of an answer with a fixed time, or of a whole turn of your own agent.",
    )
    skip_idle_time: bool = Field(
        default=True,
        description="Whether time jumps to the next event after a turn without an action; the run ends if no "
        "event is left.",
    )
    proposal_lifetime: Iterations = Field(
        default=3, description="Turns after which an unanswered proposal expires; null is never."
    )
    execute_max_turns: Iterations = Field(
        default=5, description="Turns after which an execution without a report ends; null is no limit."
    )
    writes_without_consent: Literal["carry_out", "refuse"] = Field(
        default="carry_out",
        description="Whether the agent's writes without an accepted proposal are carried out or refused; they are "
        "counted in both cases.",
    )
    max_tool_calls: Iterations = Field(default=100, description="Most tool calls in a turn; null is no limit.")
    tool_augmentation_config: ToolAugmentationConfig | None = Field(
        default=None, description="Noise in the agent's tools; null is none."
    )
    env_events_config: EnvEventsConfig | None = Field(default=None, description="Noise in the world; null is none.")
    noise: NoiseConfig = Field(
        default=NoiseConfig(),
        description="Other faults, and the data of noise; in a suite, the section noise.",
    )
    judge_only: bool = Field(
        default=False,
        description="Whether the judge alone decides on success; the scenario's own verdict is only shown.",
    )
    judge_engine_config: LLMEngineConfig | None = Field(
        default=None, description="Engine of the judge, which is asked for claims of `self.judge`; null is no judge."
    )
    judge: JudgeConfig = Field(
        default=JudgeConfig(), description="What lets the judge decide; in a suite, the section judge."
    )
    variation: bool = Field(
        default=False, description="Whether each run redraws the values that its scenario declares as drawn."
    )
    max_scenario_duration: int = Field(
        default=MAX_SCENARIO_DURATION,
        gt=0,
        description="Longest run in simulated seconds; idle jumps to scheduled events do not count.",
    )
    user_model_alias: ModelName | None = Field(default=None, description="Name of the user agent's model in reports.")
    observe_model_alias: ModelName | None = Field(
        default=None, description="Name of the observe stage's model in reports."
    )
    execute_model_alias: ModelName | None = Field(
        default=None, description="Name of the execute stage's model in reports."
    )

    @property
    def mode(self) -> Literal["oracle", "reference", "agent"]:
        """The mode of a run of this configuration.

        In `oracle` mode the environment plays the scenario's solution. In `reference` mode the built-in agents play it,
        by the oracle engine: the run checks the scenario. In `agent` mode the run tests an agent.
        """
        if self.oracle:
            return "oracle"
        others = ("agent", "judge")
        plays_solution = all(e.provider == "oracle" for role, e in self.engines.items() if role not in others)
        return "reference" if plays_solution and self.agent_type == "observe-execute" else "agent"

    @property
    def tool_failure_probability(self) -> Probability:
        """Share of the agent's tool calls that fail, 0 to 1."""
        return failure_probability(self.noise, self.tool_augmentation_config)

    @property
    def is_built_in(self) -> bool:
        """Whether the tested agent is `observe-execute`, or plays as it does: it has engines."""
        return self.agent_type in ("observe-execute", "flaky")

    @property
    def engines(self) -> dict[str, LLMEngineConfig]:
        """The engines of a run, by role. A fixture may replace the built-in agent by one with a model of its own."""
        engines = {"user": self.user_engine_config}
        if self.is_built_in:
            engines |= {"observe": self.observe_engine_config, "execute": self.execute_engine_config}
        if self.agent_engine_config is not None and self.agent_type not in _CONTROL_AGENTS:
            engines["agent"] = self.agent_engine_config
        # The provider oracle answers by the reference, which needs no engine.
        if self.judge_engine_config is not None and self.judge_engine_config.provider != "oracle":
            engines["judge"] = self.judge_engine_config
        return engines

    def get_config_hash(self) -> str:
        """Return a name for everything in this config that can change the result of a run.

        Equal settings have equal hashes in every process.
        """
        return hash_of(self)


class MultiScenarioRunnerConfig(ScenarioRunnerConfig):
    """The configuration of many runs: `ScenarioRunnerConfig` plus settings that concern all runs."""

    max_concurrent_scenarios: Iterations = Field(default=None, description="Most runs at a time; null is one per CPU.")
    timeout_seconds: int | None = Field(
        default=None, gt=0, description="Longest run in seconds of real time; null is no limit."
    )
    executor_type: Literal["sequential", "thread", "process"] = without_effect(
        "thread", "How runs are made concurrent.", scope="suite"
    )
    log_level: LogLevel = Field(default="INFO", description="Lowest level that is logged to files.")
    log_to_file: bool = Field(default=True, description="Whether each run writes a log file.")
    logs_dir: FilePath = Field(default="logs", description="Directory of the log files of all experiments.")
    enable_caching: bool = Field(
        default=True,
        description="Whether a suite reuses the result of an earlier session if nothing that it depends on has "
        "changed. `MultiScenarioRunner` has no earlier sessions.",
        json_schema_extra={"x-only-in": "suite"},
    )
    experiment_name: Name = Field(
        default="default", description="Begin of the name of the directory in `logs_dir` that the log files are in."
    )

    def build_logs_dir(self, experiment_name: str | None = None) -> str:
        """Return the directory for the logs of this configuration.

        Args:
            experiment_name: Name of the experiment. Default: the configured name.
        """
        models = (self.user_model_alias, self.observe_model_alias, self.execute_model_alias)
        limits = (
            self.max_turns,
            self.user_max_iterations,
            self.observe_max_iterations,
            self.execute_max_iterations,
        )
        return logs_dir_of(self.logs_dir, experiment_name or self.experiment_name, models, limits)

    def maybe_build_logs_dir(self) -> str | None:
        """Create the directory for the logs and return it, or return None if logs are not written to files."""
        if not self.log_to_file:
            return None
        logs_dir = Path(self.build_logs_dir())
        logs_dir.mkdir(parents=True, exist_ok=True)
        return str(logs_dir)
