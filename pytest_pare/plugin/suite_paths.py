"""Finds the suite files of a session, and makes pytest collect them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_pare.base.project import INI_CONFIG, Project, find_project, is_suite_file
from pytest_pare.plugin import options


def suite_paths(config: pytest.Config, flags: list[str]) -> list[Path]:
    """Return the suite files that take part, and make pytest collect them.

    - Files of `--pare-config` always take part. Without a path on the command line, nothing else is collected. A node
      id selects some scenarios of such a file.
    - Files of the ini value behave as `testpaths`: they take part, beside the usual tests, when pytest is started in
      the rootdir without a path; and when a path on the command line leads to them.
    - A file with a suite's name on the command line takes part.

    Raises:
        pytest.UsageError: If a file does not exist, is not a file, or lies outside the rootdir.
    """
    here = config.invocation_params.dir
    flagged = [given_path(here, flag) for flag in flags]
    configured = configured_paths(config)
    named = [given_path(here, arg) for arg in config.args if is_suite_file(arg)]
    _check(
        config,
        [
            *((options.CONFIG.flag, path) for path in flagged),
            *((f"ini value {INI_CONFIG}", path) for path in configured),
            *(("command line", path) for path in named),
        ],
    )
    without_path = config.args_source is not pytest.Config.ArgsSource.ARGS
    if flagged and without_path:
        config.args[:] = map(str, _unique(flagged))
        return _unique(flagged)
    reached = [given_path(here, arg) for arg in config.args]
    additional = flagged
    if without_path and here == config.rootpath:
        additional = configured
    else:
        configured = [path for path in configured if _leads_to(reached, path)]
    config.args.extend(str(path) for path in _unique(additional) if not _leads_to(reached, path))
    return _unique([*flagged, *configured, *named])


def configured_paths(config: pytest.Config) -> list[Path]:
    """Return the suite files of the ini value, whether they take part or not."""
    return _unique([given_path(config.invocation_params.dir, str(path)) for path in config.getini(INI_CONFIG)])


def _check(config: pytest.Config, sources: list[tuple[str, Path]]) -> None:
    """Refuse paths that are not files in the project.

    Raises:
        pytest.UsageError: If there is one; the message names the flag or the ini value.
    """
    for source, path in sources:
        if path.is_dir():
            raise pytest.UsageError(f"{source}: {path} is a directory; name the suite file in it")
        if not path.is_file():
            raise pytest.UsageError(f"{source}: there is no file {path}")
    found = _project(config)
    project, settings = found.rootdir, found.settings_file
    for source, path in sources:
        if not (path.is_relative_to(project) and path.is_relative_to(config.rootpath)):
            hint = f"--rootdir={os.path.commonpath([path.parent, project])}" + (f" -c {settings}" if settings else "")
            raise pytest.UsageError(
                f"{source}: {path} lies outside the project in {project}, "
                f"whose settings and conftest.py would be lost; move it there, or add {hint}"
            )
    split: str | None = config.getoption("pare_split")
    if (
        split
        and config.rootpath != project
        and not given_path(config.invocation_params.dir, split).is_relative_to(project)
    ):
        raise pytest.UsageError(
            f"--pare-split: {split} lies outside the project in {project}, and pytest looks for its settings there; "
            f"write --pare-split={split}, with an equals sign"
        )


def _project(config: pytest.Config) -> Project:
    """Return the project that pytest finds without the plugin's flags.

    `config.rootpath` cannot take its place. Pytest searches for the rootdir before it loads plugins, so it takes a
    flag's value after a space for a path argument, and may pass over the settings of the project in which it was
    started. A check against `config.rootpath` would miss exactly that. pytest's function for the search is private
    (`_pytest.config.findpaths`), so `find_project` applies the same rules to the path arguments alone.
    """
    if config.getoption("rootdir") or config.getoption("inifilename"):
        return Project(config.rootpath, config.inipath)
    here = config.invocation_params.dir
    start = here
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        named = [path for arg in config.args if (path := given_path(here, arg)).exists()]
        start = Path(os.path.commonpath([p if p.is_dir() else p.parent for p in named] or [here]))
    return find_project(start) or Project(Path(os.path.commonpath([here, start])), None)


def given_path(here: Path, arg: str) -> Path:
    """Return the path that an argument names, which may be a node id, relative to a directory."""
    # As pytest does: links are not resolved, so that node ids have the names that the user typed.
    return Path(os.path.abspath(here / arg.partition("::")[0]))  # noqa: PTH100


def _leads_to(reached: list[Path], path: Path) -> bool:
    return any(path.is_relative_to(start) for start in reached)


def _unique(paths: list[Path]) -> list[Path]:
    return list(dict.fromkeys(paths))
