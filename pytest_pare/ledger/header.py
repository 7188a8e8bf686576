"""The header of a ledger: the session that wrote it."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pytest_pare.ledger.plan import SuitePlan

if TYPE_CHECKING:
    from pathlib import Path

# What the result of a run may depend on.
_DISTRIBUTIONS = ("pytest-pare", "meta-agents-research-environments", "litellm", "pytest", "pytest-xdist")
_GIT_SECONDS = 10.0


@dataclass(frozen=True)
class Commit:
    """The state of a git repository.

    Attributes:
        id: The commit that is checked out.
        dirty: Whether files differ from it, or are untracked and not ignored.
    """

    id: str
    dirty: bool


@dataclass(frozen=True)
class Header:
    """The first line of a ledger.

    Attributes:
        session: Name of the session, and of the file.
        began: When the session began, as ISO 8601 in UTC.
        versions: Distribution to its version; `python` is the interpreter's.
        commit: The commit of the rootdir; `None` outside of a git repository.
        host: Name, system and number of processors of the machine.
        agent_version: The version of the agent that the suite declares; `None` if it declares none.
        plan: What the suite runs.
        shard: Number of this shard and number of all shards; `None` for a session without shards.
        resumed_from: The session that this one resumes; `None` if it resumes none.
    """

    session: str
    began: str
    versions: dict[str, str]
    commit: Commit | None
    host: dict[str, str | int | None]
    plan: SuitePlan
    agent_version: str | None = None
    shard: tuple[int, int] | None = None
    resumed_from: str | None = None

    @property
    def agent(self) -> str | None:
        """The version of the agent: the declared one, or a commit without changes; `None` if it is unknown."""
        if self.agent_version is not None:
            return self.agent_version
        return None if self.commit is None or self.commit.dirty else self.commit.id

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Header:
        """Return the header from the values of `to_dict`.

        Raises:
            ValueError: If a value is not as this version writes it.
        """
        return _adapter().validate_python(values)

    def to_dict(self) -> dict[str, Any]:
        """Return the header as builtins for JSON."""
        commit = None if self.commit is None else vars(self.commit)
        return {**vars(self), "commit": commit, "plan": self.plan.to_dict(), "digest": self.plan.digest}


@cache
def _adapter() -> TypeAdapter[Header]:
    return TypeAdapter(Header)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the distributions that the result of a run may depend on."""
    found = {"python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def host() -> dict[str, str | int | None]:
    """Return name, system and number of processors of this machine."""
    return {
        "name": platform.node(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": os.cpu_count(),
    }


def commit_of(directory: Path) -> Commit | None:
    """Return the commit of a directory; `None` if it is in no git repository, or git is missing or too slow."""
    command = ("git", "--no-optional-locks", "-C", str(directory), "status", "--porcelain=v2", "--branch")
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_GIT_SECONDS)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    oid = next((line.split()[-1] for line in lines if line.startswith("# branch.oid")), "(initial)")
    if oid == "(initial)":
        return None
    return Commit(oid, dirty=any(not line.startswith("#") for line in lines))
