"""The suite files of a session, read with the overrides of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_pare.base.extensions import ExtensionError, load_all
from pytest_pare.base.redaction import redacted
from pytest_pare.plugin import options
from pytest_pare.settings import Override, SettingsError, Suite, load_suite, parse_assignment, parse_sweep

if TYPE_CHECKING:
    from pathlib import Path


def read_suites(config: pytest.Config, paths: list[Path], *, with_files: bool = True) -> dict[Path, Suite]:
    """Read suite files, with the overrides of the command line.

    Args:
        config: The session's configuration.
        paths: The files.
        with_files: Whether the files that their runs need are checked, too.

    Raises:
        pytest.UsageError: If something in a file or a flag is wrong, or an extension is broken.
    """
    try:
        load_all()
        overrides = _overrides(config)
        suites = {path: load_suite(path, overrides) for path in paths}
        if with_files:
            for suite in suites.values():
                suite.check_files()
    except (ExtensionError, SettingsError) as error:
        raise pytest.UsageError(redacted(str(error))) from error
    return suites


def _overrides(config: pytest.Config) -> list[Override]:
    here = config.invocation_params.dir
    overrides = [
        Override(option.key, value, option.flag, here)
        for option in options.SHORTHANDS
        if (value := config.getoption(option.dest)) is not None
    ]
    if sweep := config.getoption(options.SWEEP.dest):
        overrides.append(parse_sweep(sweep, options.SWEEP.flag))
    overrides += [parse_assignment(text, options.SET.flag, here) for text in config.getoption(options.SET.dest)]
    count = config.getoption(options.BURN_IN.dest)
    return overrides if count is None else [*overrides, *burn_in_overrides(count)]


def burn_in_overrides(count: int) -> list[Override]:
    """Return the overrides of `--pare-burn-in`: more runs, and a gate that each run passes that has a result."""
    flag = options.BURN_IN.flag
    return [Override("runs", count, flag), Override("gate", {"min_success_rate": 0}, flag)]
