"""The traces of the bundled scenarios and the schedules of noise are the ones on record, byte for byte.

`python -m tests.e2e.test_digests` writes the file again after a change that is meant to alter them; the diff of the
file names the scenarios and seeds.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any, get_args

from pytest_pare.are.world import World
from pytest_pare.scenarios.config import EnvEventsConfig
from pytest_pare.scenarios.errors import NoPlaceForNoise
from pytest_pare.scenarios.expander import PAREEnvEventsExpander, Schedule
from pytest_pare.scenarios.library import bundled_library_dir, bundled_split
from pytest_pare.scenarios.noise.data import load_noise_data
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.simulation.trace import Trace
from tests.unpacked import unpacked_text

RECORD = Path(__file__).parents[1] / "data" / "digests.json"
SEEDS = 30

NOISE = """\
noise:
  tool_failure_probability: 0.1
  tool_timeout: {rate: 0.05, seconds: 30}
  tool_slow: {rate: 0.1, seconds: 20}
  event_late: {rate: 0.2, seconds: 60}
  user_busy: {rate: 0.2, turns: 1}
  user_words: {rate: 0.2}
"""

# What is played: the reference steps of all scenarios as they are; of the core also under noise and with delays, and an
# agent that has no script.
SUITES = {
    "reference": "runner: {%s}",
    "noise": "runner: {env_events_config: {num_env_events_per_minute: 5}, %s}\n" + NOISE,
    "delays": "runner: {generation_seconds: 10, %s}",
    "eager": "runner: {agent_type: eager, %s}",
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def traces(directory: Path) -> dict[str, dict[str, str]]:
    """Play the suites in one session; return the digest of each scenario's trace by suite."""
    for name, rest in SUITES.items():
        split = "full" if name == "reference" else "core"
        text = f"scenarios: {{bundled: true, split: {split}}}\n" + rest % f"export: true, output_dir: {name}"
        (directory / f"{name}.pare.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    for name in SUITES:
        command += ["--pare-config", f"{name}.pare.yaml"]
    # The record was made with another hash seed and in another time zone.
    env = os.environ | {"PYTHONHASHSEED": "random", "TZ": "Asia/Tokyo"}
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, dict[str, str]] = {}
    for name in SUITES:
        texts = [unpacked_text(path) for path in sorted((directory / name).iterdir())]
        found[name] = dict(sorted((Trace.from_jsonl(text).scenario_id, digest(text)) for text in texts))
    return found


def schedules() -> dict[str, str]:
    """Return the digest of the noise that each seed draws for the scenarios of the core, for both schedules."""
    load_library(registry, bundled_library_dir())
    ids = bundled_split("core").read_text(encoding="utf-8").split("\n")[1:-1]
    data = load_noise_data()
    lines: dict[str, list[str]] = {str(seed): [] for seed in range(SEEDS)}
    for scenario_id in ids:
        with World(scenario_id).active():
            scenario: Any = registry.get_scenario(scenario_id)()
            scenario.initialize()
            own = tuple(scenario.events)
            for seed, schedule in product(range(SEEDS), get_args(Schedule)):
                scenario.events = [*own]
                config = EnvEventsConfig(num_env_events_per_minute=10, env_events_seed=seed)
                with suppress(NoPlaceForNoise):
                    PAREEnvEventsExpander(config, schedule).add_env_events_to_scenario(scenario, data)
                lines[str(seed)] += map(line, scenario.events[len(own) :])
    return {seed: digest("\n".join(of_seed)) for seed, of_seed in lines.items()}


def line(event: Any) -> str:
    action = event.action
    return json.dumps(
        [event.event_id, event.event_relative_time, action.function_name, action.args],
        sort_keys=True,
        default=lambda value: type(value).__name__,
    )


def test_traces_are_those_on_record(tmp_path: Path) -> None:
    assert traces(tmp_path) == json.loads(RECORD.read_text(encoding="utf-8"))["traces"]


def test_noise_schedules_are_those_on_record() -> None:
    assert schedules() == json.loads(RECORD.read_text(encoding="utf-8"))["schedules"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        facts = {"traces": traces(Path(place)), "schedules": schedules()}
    RECORD.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
