"""The hash of everything in a configuration that can change the result of a run."""

import hashlib
import json
from typing import Any

NOT_HASHED = frozenset(
    {
        # Their model aliases are hashed instead: a model that moves to another provider keeps its hash. The agent's
        # model has no alias, so that its name is hashed. The engine of the judge is hashed.
        "user_engine_config",
        "observe_engine_config",
        "execute_engine_config",
        # Of these, only what is set and is the same on every machine is hashed.
        "agent",
        "agent_engine_config",
        "judge",
        # Hashed if it is on.
        "variation",
        # They do not change a result. `timeout_seconds` can end a run and is hashed.
        "max_concurrent_scenarios",
        "executor_type",
        "log_level",
        "log_to_file",
        "logs_dir",
        "use_custom_logger",
        "experiment_name",
        "output_dir",
        "export",
        "trace_dump_format",
        "enable_caching",
    }
)
"""The fields of a configuration that its hash leaves out."""


def hash_of(config: Any) -> str:
    """Return 32 hex digits that are equal for equal configurations of runs, in every process."""
    settings = config.model_dump(mode="json", exclude=set(NOT_HASHED))
    settings["engines"] = {role: engine.options for role, engine in config.engines.items()}
    if config.agent is not None:
        # Its directory is absolute, and another one on each machine. `turn_timeout` can end a run.
        settings["agent"] = config.agent.model_dump(mode="json", exclude={"cwd", "name", "start_timeout"})
    if "agent" in config.engines:
        settings["agent_model"] = config.engines["agent"].model_name
    if config.judge.calibration is not None:
        settings["judge"] = "calibrated"
    if config.variation:
        settings["variation"] = True
    # 128 bits of SHA-256 fit into a file name and do not collide. With 8 digits, two of 77,000 configurations share a
    # hash with a probability of one half.
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
