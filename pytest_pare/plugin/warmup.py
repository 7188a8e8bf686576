"""Warms up a process before workers are forked: importing this module plays scenarios.

The first run of a process describes the tools of the apps, and the first answer builds the classes of a model's
answers. Forked workers share the result. Without the warm-up, each of them would take half a second, and memory of its
own.
"""

from __future__ import annotations

from itertools import islice

from are.simulation.core.mdconvert import MarkdownConverter

from pytest_pare.engines.litellm_client import prepare_litellm
from pytest_pare.scenarios.library import bundled_library_dir
from pytest_pare.scenarios.registration import load_library
from pytest_pare.scenarios.registry import registry
from pytest_pare.settings import RunnerSettings
from pytest_pare.simulation.runner import run_scenario

_SCENARIOS = 6


def _play() -> None:
    load_library(registry, bundled_library_dir())
    for scenario in islice(registry.registered().values(), _SCENARIOS):
        run_scenario(scenario(), RunnerSettings())
    # A suite may have scenarios with the same ids.
    registry.reset()


# Imports the readers of documents. First, because registering a class clears the caches of all abstract classes.
MarkdownConverter()
_play()
prepare_litellm()
