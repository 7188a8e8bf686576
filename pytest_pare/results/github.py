"""What GitHub Actions shows of a step: annotations and the step summary, within GitHub's limits.

Commands to the runner are lines on standard output, see `Workflow commands for GitHub Actions` in GitHub's manual.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pytest_pare.base.redaction import redacted
from pytest_pare.results.markdown import Limit, fit
from pytest_pare.results.text import plural, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_pare.results.markdown import Block

STEP_SUMMARY: Final = Limit(1024 * 1024, "bytes", lambda text: len(text.encode()))
"""The limit of a step's summary. A longer one is lost as a whole."""

# GitHub counts characters; in UTF-16, some count twice, so that no other way to count them exceeds the limit.
COMMENT: Final = Limit(65_536, "characters", lambda text: len(text.encode("utf-16-le")) // 2)
"""The limit of a comment on a pull request. A longer one is refused."""

_MOST_ANNOTATIONS: Final = 10
_LONGEST: Final = 1000
# The variable with the path of the step's summary, and that with the root of the checkout.
_SUMMARY_FILE: Final = "GITHUB_STEP_SUMMARY"
_WORKSPACE: Final = "GITHUB_WORKSPACE"


@dataclass(frozen=True)
class Annotation:
    """A message at a line of a file.

    Attributes:
        level: Its kind.
        title: Its title.
        message: Its text, which may have several lines.
        path: The file.
        line: The line, from 1.
    """

    level: Literal["error", "warning"]
    title: str
    message: str
    path: Path
    line: int = 1


def commands(annotations: Iterable[Annotation], environment: Mapping[str, str]) -> list[str]:
    """Return the commands that make annotations; none outside of GitHub Actions.

    GitHub drops all after the tenth error and the tenth warning of a step. If there are more, the last one says so.

    Args:
        annotations: The annotations, the most important ones first.
        environment: The variables of the process.
    """
    if environment.get("GITHUB_ACTIONS") != "true":
        return []
    by_level: dict[str, list[Annotation]] = {"error": [], "warning": []}
    for annotation in annotations:
        by_level[annotation.level].append(annotation)
    shown = []
    for level, every in by_level.items():
        first, left_out = every[:_MOST_ANNOTATIONS], len(every) - _MOST_ANNOTATIONS
        if left_out > 0:
            last = first[-1]
            first[-1] = replace(last, message=f"{last.message}\n{plural(left_out, f'more {level}')}: see the summary")
        shown += first
    workspace = Path(environment.get(_WORKSPACE) or Path.cwd())
    return [_command(one, workspace) for one in shown]


def append_step_summary(blocks: Iterable[Block], environment: Mapping[str, str]) -> bool:
    """Append a document to the step's summary, if there is one.

    Returns:
        Whether nothing is lost: False if the summary has no room for the first block.

    Raises:
        OSError: If the file cannot be read or written.
    """
    name = environment.get(_SUMMARY_FILE)
    if not name:
        return True
    path = Path(name)
    used = path.stat().st_size if path.exists() else 0
    text = fit(blocks, STEP_SUMMARY, used + 1)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        # What is there already may not end with a line feed.
        file.write(f"\n{text}" if text else "")
    return bool(text)


def _command(annotation: Annotation, workspace: Path) -> str:
    path = annotation.path
    if path.is_relative_to(workspace):
        path = path.relative_to(workspace)
    properties = {"file": path.as_posix(), "line": str(annotation.line), "title": annotation.title}
    listed = ",".join(f"{name}={_escaped(printable(redacted(text)), ':,')}" for name, text in properties.items())
    message = "\n".join(map(printable, redacted(annotation.message).splitlines()))
    short = message if len(message) <= _LONGEST else f"{message[: _LONGEST - 3]}..."
    return f"::{annotation.level} {listed}::{_escaped(short)}"


def _escaped(text: str, signs: str = "") -> str:
    """Return a text as in a command. A value of a property must not have the signs that separate these."""
    for sign in f"%\r\n{signs}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
