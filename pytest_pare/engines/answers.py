"""Files of scripted answers, read without ARE: before a session, too."""

from pathlib import Path
from typing import Any

import yaml

from pytest_pare.engines.errors import EngineConfigurationError


def read_answers(path: Path, key: str) -> Any:
    """Return what a file of answers says.

    Args:
        path: The file.
        key: What names it, for the message if it is not there.

    Raises:
        EngineConfigurationError: If it cannot be read, or is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise EngineConfigurationError(f"{key}: {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EngineConfigurationError(f"{path}: is not UTF-8 text") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = str(path) if mark is None else f"{path}:{mark.line + 1}"
        raise EngineConfigurationError(f"{place}: broken YAML: {getattr(error, 'problem', None) or error}") from error
    except (ValueError, RecursionError) as error:
        # What looks like a date and is none, or nested without end.
        raise EngineConfigurationError(f"{path}: broken YAML: {error}") from error
