"""The project of a directory as pytest finds it: its rootdir, its settings file, and the suite files in it.

It imports only the standard library, because every start of pytest imports it.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

INI_CONFIG = "pare_config"
INI_ALIAS = "pare_import_alias"
INI_OTEL = "pare_otel"

SUITE_FILE_NAME = "pare.yaml"
SUITE_FILE_SUFFIX = ".pare.yaml"

PARE_DIR = ".pare"
"""What the plugin keeps in a rootdir."""

# Files that make their directory pytest's rootdir, each with the text that it must contain, and the sections that may
# hold settings.
_SETTINGS_FILES = {
    "pytest.toml": ("", ("pytest",)),
    ".pytest.toml": ("", ("pytest",)),
    "pytest.ini": ("", ("pytest",)),
    ".pytest.ini": ("", ("pytest",)),
    "pyproject.toml": ("[tool.pytest", ("tool.pytest.ini_options", "tool.pytest")),
    "tox.ini": ("[pytest]", ("pytest",)),
    "setup.cfg": ("[tool:pytest]", ("tool:pytest",)),
}


class Project:
    """A project of pytest's.

    Attributes:
        rootdir: Its rootdir.
        settings_file: The file with pytest's settings, in the rootdir; `None` if the project has none.
    """

    def __init__(self, rootdir: Path, settings_file: Path | None) -> None:
        self.rootdir = rootdir
        self.settings_file = settings_file


def is_suite_file(arg: str) -> bool:
    """Return whether a path or a node id on the command line has a suite's file name."""
    name = Path(arg.partition("::")[0]).name
    return name == SUITE_FILE_NAME or name.endswith(SUITE_FILE_SUFFIX)


def find_project(start: Path, marker: str | None = None) -> Project | None:
    """Return the project around a directory, by the rules of pytest.

    It is the nearest directory with settings of pytest; or else the nearest one with a `pyproject.toml`; or else the
    nearest one with a `setup.py`.

    Args:
        start: The directory, absolute.
        marker: The name of a directory that makes its parent a rootdir, as settings do.
    """
    upwards = (start, *start.parents)
    for directory in upwards:
        for name, (text, _) in _SETTINGS_FILES.items():
            file = directory / name
            if file.is_file() and text in file.read_text(encoding="utf-8", errors="replace"):
                return Project(directory, file)
        if marker is not None and (directory / marker).is_dir():
            return Project(directory, None)
    for name in ("pyproject.toml", "setup.py"):
        for directory in upwards:
            if (directory / name).is_file():
                return Project(directory, None)
    return None


def read_ini(settings_file: Path) -> dict[str, Any]:
    """Return the ini values in pytest's settings file by their names: texts, or what TOML has.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is not what its name says; the message has the reason.
    """
    text = settings_file.read_text(encoding="utf-8")
    _, sections = _SETTINGS_FILES[settings_file.name]
    if settings_file.suffix == ".toml":
        import tomllib

        document = tomllib.loads(text)
        for section in sections:
            found: Any = document
            for part in section.split("."):
                found = found.get(part, {}) if isinstance(found, dict) else {}
            if found:
                return dict(found)
        return {}
    import configparser

    # As pytest reads it: a percent sign has no meaning.
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(" ".join(str(error).split())) from error
    return dict(next((parser[section] for section in sections if parser.has_section(section)), {}))


def paths_of(value: Any, base: Path) -> list[Path]:
    """Return the paths in an ini value of the type `paths`, relative ones below `base`."""
    names = shlex.split(value) if isinstance(value, str) else value if isinstance(value, list) else []
    return [base / str(name) for name in names]


def suite_files(project: Project) -> list[Path]:
    """Return the suite files of a project: those of the ini value `pare_config`, or else those in the rootdir.

    Raises:
        OSError: If the settings file cannot be read.
        ValueError: If it is not what its name says; the message has the reason.
    """
    values = {} if project.settings_file is None else read_ini(project.settings_file)
    return paths_of(values.get(INI_CONFIG), project.rootdir) or suite_files_in(project.rootdir)


def suite_files_in(directory: Path) -> list[Path]:
    """Return the files in a directory that have a suite's name, sorted."""
    return sorted(path for path in directory.iterdir() if is_suite_file(path.name) and path.is_file())
