"""The plugin's entry point: pytest hooks that import the rest only for sessions with suites.

A session without a suite imports none of ARE, polars, pydantic and yaml.
"""

from __future__ import annotations

import os
import sys
from copy import copy
from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.project import INI_ALIAS, INI_CONFIG, INI_OTEL, is_suite_file
from pytest_pare.plugin import options
from pytest_pare.plugin.fixtures import _pare_model_variables as _pare_model_variables
from pytest_pare.plugin.fixtures import (
    agent_engine_config,
    env_events_config,
    execute_engine_config,
    judge_engine_config,
    noise_config,
    observe_engine_config,
    pare,
    pare_config,
    pare_run_number,
    pare_runner_config,
    pare_variant,
    proactive_agent,
    tool_augmentation_config,
    user_engine_config,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_pare.plugin.audit_session import AuditSession
    from pytest_pare.plugin.session import SuiteSession

__all__ = [
    "agent_engine_config",
    "env_events_config",
    "execute_engine_config",
    "judge_engine_config",
    "noise_config",
    "observe_engine_config",
    "pare",
    "pare_config",
    "pare_run_number",
    "pare_runner_config",
    "pare_variant",
    "proactive_agent",
    "tool_augmentation_config",
    "user_engine_config",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags and the ini values."""
    group = parser.getgroup("pare", "simulated scenarios for AI agents (pytest-pare)")
    for option in options.OPTIONS:
        group.addoption(option.flag, dest=option.dest, **option.settings)
    parser.addini(INI_CONFIG, options.INI_HELP, type="paths", default=[])
    parser.addini(INI_OTEL, options.INI_OTEL_HELP, type="bool", default=False)
    parser.addini(INI_ALIAS, options.INI_ALIAS_HELP, type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Parse the command line again if a word behind `--pare-resume` was taken as its value."""
    if options.with_value(args):
        known = early_config.known_args_namespace
        early_config.known_args_namespace = parser.parse_known_args(args, namespace=copy(early_config.option))
        # pytest sets it after it has parsed.
        early_config.known_args_namespace.confcutdir = known.confcutdir


def pytest_configure(config: pytest.Config) -> None:
    """Find and read the suites of this session, and register their plugin if there are any."""
    if config.getini(INI_ALIAS):
        from pytest_pare.compat import install

        install()
    if config.getoption(options.OTEL.dest) or config.getini(INI_OTEL):
        from pytest_pare.plugin import telemetry

        telemetry.register(config)
    try:
        session = _session(config)
    except pytest.UsageError as error:
        from pytest_pare.base.redaction import redacted

        raise pytest.UsageError(redacted(str(error))) from error
    if session is not None:
        config.pluginmanager.register(session, "pare-session")


def pytest_unconfigure() -> None:
    """End the programs that have played agents in this process, and the server of its runs, if there are any."""
    pool = sys.modules.get("pytest_pare.agents.program.pool")
    if pool is not None:
        pool.close_all()
    server = sys.modules.get("pytest_pare.endpoints.server")
    if server is not None:
        server.close()


def _session(config: pytest.Config) -> SuiteSession | AuditSession | None:
    # What the controller tells a worker that is no copy of it; see `hosts`.
    if "pare" in getattr(config, "workerinput", {}):
        from pytest_pare.plugin import remote_worker

        remote_worker.join(config)
        session = _created(config, _suite_paths(config))
        remote_worker.check(config, session.suites)
        return session
    paths = _suite_paths(config)
    return _created(config, paths) if paths else None


def _created(config: pytest.Config, paths: list[Path]) -> SuiteSession | AuditSession:
    from pytest_pare.base.garbage import importing

    # The pydantic of ARE's pins checks the schemas that it makes itself, for 4 % of a start. Later versions do not.
    os.environ.setdefault("PYDANTIC_SKIP_VALIDATING_CORE_SCHEMAS", "1")
    with importing():
        if config.getoption(options.AUDIT.dest):
            from pytest_pare.plugin.audit_session import AuditSession

            return AuditSession.create(config, paths)
        from pytest_pare.plugin.session import SuiteSession

        return SuiteSession.create(config, paths)


def _suite_paths(config: pytest.Config) -> list[Path]:
    """Return the suite files of this session in their order.

    Raises:
        pytest.UsageError: If one is missing, or a flag changes suites and there is no suite.
    """
    flags: list[str] = config.getoption(options.CONFIG.dest)
    if flags or config.getini(INI_CONFIG) or any(map(is_suite_file, config.args)):
        from pytest_pare.plugin.suite_paths import suite_paths

        return suite_paths(config, flags)
    given = [o.flag for o in options.CHANGES if config.getoption(o.dest) not in (None, [])]
    if given:
        raise pytest.UsageError(f"{given[0]} changes a suite, and there is none; add --pare-config FILE")
    return []
