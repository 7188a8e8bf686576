"""`SuitePlan`: what a suite runs, and how its results are judged."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pytest_pare.base.redaction import redacted_plain
from pytest_pare.results.rounds import Rounds
from pytest_pare.scenarios.config_hash import NOT_HASHED
from pytest_pare.settings.gate import Gate
from pytest_pare.settings.runs import RunRange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_pare.settings import Suite


@dataclass(frozen=True)
class VariantKey:
    """A variant of a suite, without its settings.

    Attributes:
        name: Its name; empty where the suite names no variants.
        cell: Name of the matrix's cell; empty without a matrix.
        level: The key of the sweep and its value in this variant; `None` without a sweep.
    """

    name: str = ""
    cell: str = ""
    level: tuple[str, float] | None = None


@dataclass(frozen=True)
class ScenarioSource:
    """The source of a scenario.

    Attributes:
        digest: The hash of its module and of what that imports, by `scenarios.source_hash`.
        path: Its module, relative to the rootdir if it is below it.
        line: The line of its class.
        tags: Its tags.
    """

    digest: str
    path: str
    line: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class SuitePlan:
    """The part of a suite that its results depend on. A ledger holds it, so that results can be read without the suite.

    Attributes:
        name: The suite file, relative to the rootdir.
        split: Name of the set of scenarios that it runs.
        runs: How often each scenario is run.
        variants: Its variants.
        sweep: The key of its sweep to the levels; empty without a sweep.
        gate: The conditions that the session must meet; a file in it is relative to the rootdir if it is inside.
        selected: The number of scenarios that it selects before its limit; `None` if it is unknown.
        settings: Dotted key to value of each setting that runs depend on. Paths are relative to the suite file.
        sources: The source of each collected scenario, by its id; empty before the collection.
        first_look: The number of runs of each scenario after which the session may stop; `None` if it may not.
    """

    name: str
    split: str = "full"
    runs: int = 1
    variants: tuple[VariantKey, ...] = (VariantKey(),)
    sweep: dict[str, list[float]] = field(default_factory=dict)
    gate: Gate = field(default_factory=Gate)
    selected: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, ScenarioSource] = field(default_factory=dict)
    first_look: int | None = None

    @classmethod
    def of(cls, name: str, suite: Suite, selected: int | None = None) -> SuitePlan:
        """Return the plan of a suite.

        Args:
            name: The suite file, relative to the rootdir.
            suite: The file, read.
            selected: As in `SuitePlan`.
        """
        settings, rootdir = suite.settings, suite.path.parents[len(PurePath(name).parts) - 1].resolve()
        variants = tuple(VariantKey(one.name, one.cell, one.level) for one in suite.variants)
        return cls(
            name,
            split_name(suite),
            settings.most_runs,
            variants,
            settings.sweep,
            _portable(settings.gate, rootdir),
            selected,
            settings_of(suite, rootdir),
            first_look=settings.runs.min if isinstance(settings.runs, RunRange) else None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as builtins for JSON."""
        return {
            **vars(self),
            "variants": [vars(one) for one in self.variants],
            "gate": self.gate.model_dump(mode="json", by_alias=True),
            "sources": {name: vars(one) for name, one in self.sources.items()},
        }

    @property
    def rounds(self) -> Rounds | None:
        """The rounds of a session that may stop early; `None` if it may not."""
        return None if self.first_look is None else Rounds(self.first_look, self.runs)

    @property
    def digest(self) -> str:
        """16 hex digits that are equal for equal settings, numbers of runs and sources."""
        known = {**self.settings, "runs": self.runs, **{name: one.digest for name, one in self.sources.items()}}
        text = json.dumps(known, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _portable(gate: Gate, rootdir: Path) -> Gate:
    return gate.model_copy(update={"baseline": _relative(gate.baseline, rootdir, rootdir)})


def _relative(value: Any, rootdir: Path, start: Path) -> Any:
    """Return a setting with paths in the rootdir relative to a directory, as they are on every machine."""
    if isinstance(value, list):
        return [_relative(one, rootdir, start) for one in value]
    if isinstance(value, str) and value.startswith(f"{rootdir}{os.sep}"):
        return PurePath(os.path.relpath(value, start)).as_posix()
    return value


# They decide what is done with results, or how often and where runs are played, and not what comes of a run.
_NOT_OF_RUNS: Any = {
    "runs": True,
    "gate": True,
    "reports": True,
    "ledger": True,
    "live": True,
    "runner": {name for name in NOT_HASHED if not name.endswith("_engine_config")} | {"noise"},
}


def settings_of(suite: Suite, rootdir: Path, left_out: Any = _NOT_OF_RUNS) -> dict[str, Any]:
    """Return dotted key to value of each setting of a suite that runs depend on, without secrets.

    Paths in the rootdir are relative to the suite file, so that other machines have the same settings. Of a file that a
    setting names, the content counts too: `KEY (content)` is its hash.

    Args:
        suite: The suite.
        rootdir: The rootdir of the session.
        left_out: The sections and keys that are left out.
    """
    values = redacted_plain(suite.settings.model_dump(mode="json", by_alias=True, exclude=left_out))
    directory = suite.path.parent.resolve()
    flat: dict[str, Any] = {}
    if suite.settings.judge.calibration is None:
        # Plans of earlier versions have no such key.
        del values["judge"]
    if suite.settings.runner.variation:
        # In the plans of earlier versions, and without variation, it is not there.
        values["runner"]["variation"] = True
    for key, value in flattened(values):
        flat[key] = _relative(value, rootdir, directory)
        if isinstance(value, str) and os.path.isabs(value) and os.path.isfile(value):  # noqa: PTH117, PTH113 - any text
            flat[f"{key} (content)"] = hashlib.sha256(Path(value).read_bytes()).hexdigest()[:16]
    return flat


def flattened(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted key and value of each setting in nested ones.

    Args:
        value: The settings.
        key: The key before them; empty for none.
    """
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from flattened(inner, f"{key}.{name}" if key else str(name))
    else:
        yield key, value


def split_name(suite: Suite) -> str:
    """Return the name of the set of scenarios that a suite runs, for its report."""
    selection = suite.settings.scenarios
    if selection.split is not None:
        return PurePath(selection.split).stem
    return "custom" if selection.include or selection.exclude or selection.limit else "full"
