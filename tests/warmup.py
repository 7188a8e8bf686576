"""Warms up the process that tests fork workers from: importing this module plays a scenario."""

from __future__ import annotations

from itertools import islice

from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario

load_library(registry, bundled_library_dir())
for scenario in islice(registry.registered().values(), 6):
    run_scenario(scenario(), RunnerSettings())
registry.reset()
