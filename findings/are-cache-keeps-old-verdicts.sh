#!/bin/sh
# meta-agents-research-environments 1.2.0: the cache of MultiScenarioRunner (enable_caching, on by default) has no part of
# a scenario's source in its key. After an edit of validate, the verdict of the old one is returned, and nothing is run.
# Expected: a changed validator judges the run anew.
# Seen: "success True, validate called 0" from a validator that rejects every run.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check meta-agents-research-environments==1.2.0
cat > greeting.py <<'PYTHON'
import sys
from are.simulation.apps.agent_user_interface import AgentUserInterface
from are.simulation.multi_scenario_runner import MultiScenarioRunner
from are.simulation.scenarios.config import MultiScenarioRunnerConfig
from are.simulation.scenarios.scenario import Scenario
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import EventRegisterer

ACCEPTS = sys.argv[1] == "accepts"
validated = []


class Greeting(Scenario):
    scenario_id = "greeting"
    start_time = 0
    duration = 1

    def init_and_populate_apps(self, *args, **kwargs):
        self.apps = [AgentUserInterface()]

    def build_events_flow(self):
        with EventRegisterer.capture_mode():
            hello = self.get_typed_app(AgentUserInterface).send_message_to_agent(content="Hello").depends_on(None, 0)
        self.events = [hello]

    def validate(self, env):
        validated.append(True)
        return ScenarioValidationResult(success=ACCEPTS)


scenario = Greeting()
scenario.initialize()
config = MultiScenarioRunnerConfig(oracle=True, model="m", model_provider="mock", max_concurrent_scenarios=1, executor_type="sequential", output_dir="out")
result = MultiScenarioRunner().run(config, [scenario])
(one,) = result.scenario_results.values()
print("success", one.success, "validate called", len(validated), "by default", config.enable_caching)
PYTHON
export ARE_SIMULATION_CACHE_DIR="$directory/cache"
first=$(venv/bin/python greeting.py accepts 2>/dev/null | tail -n 1)
second=$(venv/bin/python greeting.py rejects 2>/dev/null | tail -n 1)
printf '%s\n' "$first" "$second"
test "$first" = "success True validate called 1 by default True"
test "$second" = "success True validate called 0 by default True"
