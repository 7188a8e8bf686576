"""From the command line to the suite files of a session, and to what pytest is to collect."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_pare import options

_CONFIG_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


def suite_paths(config: pytest.Config, flags: list[str], ini: list[Path]) -> list[Path]:
    """Return the suite files that take part, and make pytest collect them.

    - Files of `--pare-config` always take part. Without a path on the command line, nothing else is collected; a node
      id of such a file narrows it.
    - Files of the ini value behave as `testpaths`: they take part when pytest is started in the rootdir without a path,
      beside what it would collect anyway, or when a path on the command line leads to them.
    - A file with a suite's name on the command line takes part.

    Raises:
        pytest.UsageError: If a file does not exist, is not a file, or lies outside the rootdir.
    """
    here = config.invocation_params.dir
    named = {arg: path for arg in config.args if _is_suite_name(path := _path(here, arg))}
    flagged = [_path(here, flag) for flag in flags]
    configured = [path.resolve() for path in ini]
    for path, source in [
        *((path, options.CONFIG.flag) for path in flagged),
        *((path, f"ini value {options.INI_CONFIG}") for path in configured),
        *((path, "command line") for path in named.values()),
    ]:
        _check(config, path, source)
    without_path = config.args_source is not pytest.Config.ArgsSource.ARGS
    if flagged and without_path:
        config.args[:] = map(str, flagged)
        return _unique(flagged)
    reached = [_path(here, arg) for arg in config.args]
    if without_path and here == config.rootpath:
        additional = configured
    else:
        additional = flagged
        configured = [path for path in configured if _leads_to(reached, path)]
    config.args.extend(str(path) for path in _unique(additional) if not _leads_to(reached, path))
    return _unique([*flagged, *configured, *named.values()])


def _check(config: pytest.Config, path: Path, source: str) -> None:
    if path.is_dir():
        raise pytest.UsageError(f"{source}: {path} is a directory; name the suite file in it")
    if not path.is_file():
        raise pytest.UsageError(f"{source}: there is no file {path}")
    here = config.invocation_params.dir
    is_outside = not path.is_relative_to(config.rootpath)
    if not is_outside and not config.getoption("rootdir") and not path.is_relative_to(here):
        # The file took part in pytest's search for the rootdir; without it, a configuration nearer by had been found.
        between = [here, *(parent for parent in here.parents if parent.is_relative_to(config.rootpath))]
        passed_over = [
            d / name for d in between if d != config.rootpath for name in _CONFIG_FILES if (d / name).is_file()
        ]
        is_outside = config.inipath is None and bool(passed_over)
        is_outside |= not here.is_relative_to(config.rootpath)
    if is_outside:
        common = next(parent for parent in path.parents if here.is_relative_to(parent))
        raise pytest.UsageError(
            f"{source}: {path} lies outside the project in {here}, whose settings and conftest.py would be lost; "
            f"move it there, or say --rootdir={common}"
        )


def _is_suite_name(path: Path) -> bool:
    return path.name == options.SUITE_FILE_NAME or path.name.endswith(options.SUITE_FILE_SUFFIX)


def _path(here: Path, arg: str) -> Path:
    return (here / arg.partition("::")[0]).resolve()


def _leads_to(reached: list[Path], path: Path) -> bool:
    return any(path.is_relative_to(start) for start in reached)


def _unique(paths: list[Path]) -> list[Path]:
    return list(dict.fromkeys(paths))
