"""The suite file: its keys, how it is read, and its errors."""

from pytest_pare.base.documents import Problem
from pytest_pare.settings.errors import SettingsError
from pytest_pare.settings.gate import Gate
from pytest_pare.settings.loading import load_suite
from pytest_pare.settings.models import Reports, RunnerSettings, ScenarioSelection, SuiteSettings
from pytest_pare.settings.overrides import Override, parse_assignment, parse_sweep
from pytest_pare.settings.suite import Suite
from pytest_pare.settings.variants import Variant

__all__ = [
    "Gate",
    "Override",
    "Problem",
    "Reports",
    "RunnerSettings",
    "ScenarioSelection",
    "SettingsError",
    "Suite",
    "SuiteSettings",
    "Variant",
    "load_suite",
    "parse_assignment",
    "parse_sweep",
]
