"""Projects that are written and run inside a test."""

from __future__ import annotations

import re
import sys
import textwrap
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.base.redaction import redacted
from pytest_pare.engines.litellm_client import load_litellm
from pytest_pare.ledger.lines import open_runs
from pytest_pare.plugin import requirements
from pytest_pare.scenarios.registration import SCENARIOS_DIR_VARIABLE
from pytest_pare.scenarios.registry import registry
from tests.forks import Forks

if TYPE_CHECKING:
    from collections.abc import Mapping

# Modules that a session within a test is the first to import are dropped after it, which costs that time in each test.
# What LiteLLM imports first takes the place of the standard library's finder of plugins, and would be dropped alone.
for module in (
    "email.policy",
    "importlib_metadata._adapters",
    "hypothesis",
    "pytest_pare.plugin.pare_fixture",
    "pytest_pare.results.files",
    "pytest_pare.plugin.session",
    "pytest_pare.simulation.runner",
    "pytest_pare.plugin.summary",
    "xdist.dsession",
):
    import_module(module)
load_litellm()

# To read what is installed takes a third of a short session, and sessions in one process find the same.
_INSTALLED, _PROBLEM_LINES, _ENTRY_POINTS = requirements.installed, requirements.problem_lines, metadata.entry_points
_installed_on = cache(lambda path: _INSTALLED())
_problem_lines_on = cache(lambda path: _PROBLEM_LINES(_installed_on(path)))
_entry_points_on = cache(lambda path, parameters: _ENTRY_POINTS(**dict(parameters)))


def _problem_lines(distributions: Mapping[str, Any]) -> list[str]:
    path = tuple(sys.path)
    return _problem_lines_on(path) if distributions is _installed_on(path) else _PROBLEM_LINES(distributions)


def _entry_points(**parameters: Any) -> Any:
    # A directory changes when something is installed there.
    path = tuple((name, Path(name).stat().st_mtime_ns if Path(name).exists() else 0) for name in sys.path)
    return _entry_points_on(path, tuple(parameters.items()))


_SCENARIO = """\
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import ConditionCheckEvent, EventRegisterer
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface
from pytest_pare.scenarios import PAREScenario, register_scenario
import os, signal, time
import pytest
{head}

@register_scenario({scenario_id!r})
{marks}
class Scenario(PAREScenario):
    def init_and_populate_apps(self, *args, **kwargs):
        self.agent_ui = PAREAgentUserInterface()
        self.apps = [self.agent_ui, HomeScreenSystemApp(name="System")]

    def build_events_flow(self):
        with EventRegisterer.capture_mode():
            offer = self.agent_ui.send_message_to_user(content="May I water the plants?").oracle().delayed(5)
        self.events = [offer]

    def validate(self, env):
{validate}

{methods}
"""

# What `validate` can be made of, in a word.
_VALIDATE = {
    "pass": "return ScenarioValidationResult(success=True)",
    "fail": "return ScenarioValidationResult(success=False, rationale='the plants are dry')",
    "raise": "raise ValueError('no such plant')",
    "none": "return None",
    "die": "os.kill(os.getpid(), signal.SIGKILL)",
}


@dataclass
class Session:
    """A pytest session that is over.

    Attributes:
        result: What pytester kept of it.
        listed: The lines on what did not pass, with the reasons that pytest has printed; `None` if the session was a
            process of its own.
    """

    result: pytest.RunResult
    listed: list[str] | None = None

    @property
    def code(self) -> int:
        return int(self.result.ret)

    @property
    def out(self) -> str:
        return self.result.stdout.str()

    @property
    def words(self) -> str:
        """The output on one line, as failure texts are wrapped."""
        return " ".join(self.out.split())

    @property
    def err(self) -> str:
        return self.result.stderr.str()

    @property
    def header(self) -> list[str]:
        """The plugin's lines of the header."""
        return [line.removeprefix("pare: ") for line in self.result.outlines if line.startswith("pare: ")]

    @property
    def summary(self) -> list[str]:
        """The lines of the summary, without the rule above it, and what pytest prints below."""
        lines = self.result.outlines
        begin = next(n for n, line in enumerate(lines) if line.startswith("==") and " pare: " in line)
        length = next((n for n, line in enumerate(lines[begin + 1 :]) if line.startswith("==")), None)
        return lines[begin + 1 :][:length]

    @property
    def verdict(self) -> list[str]:
        """The gate's lines, without those on files that were written, and without the interval of the success rate."""
        text = re.sub(r"^(wrote|pare:) .*\n(  .*\n)*", "", "\n".join([*self.summary, ""]), flags=re.MULTILINE)
        lines = text.splitlines()
        lines = lines[next(n for n, line in enumerate(lines) if line.startswith("gate ")) :]
        return self._without_interval(lines)

    @staticmethod
    def _without_interval(lines: list[str]) -> list[str]:
        length = next((n for n, line in enumerate(lines[1:], 1) if not line.startswith("  ")), len(lines))
        first = re.sub(r", 95 % CI [\d.]+ to [\d.]+", "", " ".join(line.strip() for line in lines[:length]))
        return [*textwrap.wrap(first, 80, subsequent_indent="  "), *lines[length:]]

    @property
    def open_runs(self) -> list[str]:
        """The lines on what did not pass, each with its reason, as `pytest-pare report` prints them."""
        lines = self.summary if self.listed is None else self.listed
        return [line for line in lines if re.match(r"(FAILED|EXCEPTION|NO |RERUN|USER FAULT|skipped|xfailed)", line)]

    def outcomes(self) -> dict[str, int]:
        return self.result.parseoutcomes()

    def has_no_traceback_of_ours(self) -> bool:
        text = self.out + self.err
        return not any(sign in text for sign in ("Traceback", "INTERNALERROR", "pytest_pare/", "are/simulation"))


class Listing:
    """A plugin that keeps what the report of the first suite says if pytest prints no failures."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        collector = config.pluginmanager.get_plugin("pare-collector")
        judged = [] if collector is None else [one for one in collector.suites.values() if one.verdict is not None]
        self.lines = [redacted(line) for _, line in open_runs(judged[0])] if judged else []


@dataclass
class Example:
    """A project with scenarios and suites.

    Attributes:
        pytester: The directory that it is in, and what runs it.
        forks: How its sessions get their processes.
    """

    pytester: pytest.Pytester
    forks: Forks

    @property
    def path(self) -> Path:
        return self.pytester.path

    def write(self, name: str, text: str) -> Example:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return self

    def suite(self, text: str = "", name: str = "pare.yaml") -> Example:
        return self.write(name, text)

    def scenario(
        self,
        scenario_id: str,
        validate: str = "pass",
        *,
        marks: str = "",
        head: str = "",
        methods: str = "",
        name: str | None = None,
    ) -> Example:
        """Write a module with one scenario, of which only what matters to a test is given.

        Args:
            scenario_id: Its id, and the name of its module.
            validate: A key of `_VALIDATE`, or the body of the method.
            marks: Decorators of the class.
            head: What the module begins with, after the imports.
            methods: Methods that override those above them.
            name: Path of the module, if it is to be another.
        """
        text = _SCENARIO.format(
            scenario_id=scenario_id,
            validate=indent(dedent(_VALIDATE.get(validate, validate)).strip(), " " * 8),
            marks=dedent(marks),
            head=dedent(head),
            methods=indent(dedent(methods), " " * 4),
        )
        return self.write(name or f"scenarios/{scenario_id}.py", text)

    def run(self, *args: str) -> Session:
        """Run pytest in this process."""
        # Modules that are imported in the session are dropped after it, by pytester: so must what they registered.
        registry.reset()
        with warnings.catch_warnings():
            # Those of the outer session make errors of them.
            warnings.resetwarnings()
            listing = Listing()
            result = self.pytester.runpytest_inprocess(*args, no_reraise_ctrlc=True, plugins=[listing])
            return Session(result, listing.lines)

    def run_process(self, *args: str) -> Session:
        """Run pytest in a process of its own."""
        if self.forks.are_possible:
            result = self.pytester.run(*self.forks.command(["-m", "pytest", *args]), timeout=180)
            # A shim tells the signal that has ended its process as a shell does.
            result.ret = 128 - result.ret if result.ret > 128 else result.ret
            return Session(result)
        return Session(self.pytester.runpytest_subprocess(*args, timeout=180))

    def collected(self, *args: str) -> list[str]:
        """Return the node ids that pytest collects."""
        lines = self.run("--collect-only", "-q", *args).result.outlines
        return [line for line in lines if "::" in line]


@pytest.fixture
def example(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, forks: Forks) -> Example:
    """A project with an empty suite file `pare.yaml`, whose library is `scenarios/`."""
    # In CI, pytest tells each failure whole, a second time in its short summary.
    for variable in (SCENARIOS_DIR_VARIABLE, "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(requirements, "installed", lambda: _installed_on(tuple(sys.path)))
    monkeypatch.setattr(requirements, "problem_lines", _problem_lines)
    monkeypatch.setattr(metadata, "entry_points", _entry_points)
    pytester.makeini("[pytest]")
    return Example(pytester, forks).suite()
