"""The variants of a suite: cells of its matrix, levels of its sweep, or pairs of both."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import Any

from pydantic import ValidationError

from pytest_pare.base.documents import Location, dotted, shown
from pytest_pare.base.extensions import unknown
from pytest_pare.base.suggestions import did_you_mean
from pytest_pare.scenarios.effects import why_no_stage, why_without_effect
from pytest_pare.settings.engines import without_other_models
from pytest_pare.settings.errors import describe, location_of, number_hint, unknown_key
from pytest_pare.settings.keys import KEYS, NUMBER_KEYS, is_fault_option
from pytest_pare.settings.models import RunnerSettings, SuiteSettings

RUN_NUMBER = re.compile(r"(?:^|-)run(\d+)\Z")
"""The number of a run, at the end of the part of a node id that distinguishes runs of a scenario."""

# The names that can stand in a node id, and in an expression of `-k`.
_NAME = re.compile(r"[A-Za-z0-9._-]+")

_OF_RUNNER = frozenset(key.removeprefix("runner.") for key in KEYS if re.fullmatch(r"runner\.\w+", key))
_OF_CELL = _OF_RUNNER | {"noise"}

# A location in the suite, and what is wrong there.
Finding = tuple[Location, str]


@dataclass(frozen=True)
class Variant:
    """A combination of settings that a suite runs its scenarios with.

    Attributes:
        name: Name in node ids and reports; empty where the suite names no variants.
        settings: The suite's settings in this variant.
        level: The key of the sweep and its value in this variant; `None` without a sweep.
        cell: Name of the matrix's cell; empty without a matrix.
    """

    name: str
    settings: SuiteSettings
    level: tuple[str, float] | None = None
    cell: str = ""

    def __repr__(self) -> str:
        # Plugins print it as a parameter of a test, and compare it with that of an earlier session.
        return f"Variant({self.name!r})"


class VariantsError(ValueError):
    """A matrix or a sweep that cannot be used."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        # An error of all levels is reported once.
        self.findings = list(dict.fromkeys(findings))
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(f"{dotted(location)}: {message}" for location, message in self.findings)


@dataclass(frozen=True)
class _Change:
    """The changes of a cell or a level: `overlay` has the sections of a suite; `place` is its location in the suite."""

    place: Location
    name: str
    overlay: dict[str, Any]
    level: tuple[str, float] | None = None

    def finding(self, location: Location, message: str) -> Finding:
        """Return an error at a location of the changed suite as an error of the change."""
        if self.level is None:
            inner = location[1:] if location[:1] == ("runner",) else location
            is_changed = bool(inner) and inner[0] in {**self.overlay, **self.overlay["runner"]}
            place: Location = (*self.place, *inner) if is_changed else self.place
        else:
            is_changed = dotted(location) == self.level[0]
            place = self.place if is_changed else self.place[:-1]
        return place, message if is_changed else f"{dotted(location)}: {message}"


def variants_of(settings: SuiteSettings) -> tuple[Variant, ...]:
    """Return the variants of a suite, in the order of its matrix, each with the levels of the sweep in ascending order.

    Without a matrix and a sweep there is one variant, which has no name.

    Raises:
        VariantsError: A name, a key or a value in the matrix or the sweep is wrong.
    """
    if not settings.matrix and not settings.sweep:
        return (Variant("", settings),)
    base = settings.model_dump(
        by_alias=True, exclude_unset=True, exclude={"matrix": True, "runner": {"noise", "judge"}}
    )
    cells = [_cell(name, cell) for name, cell in settings.matrix.items()]
    wrong = [*_wrong_in_matrix(settings.matrix), *_wrong_in_sweep(settings.sweep)]
    levels = [] if any(location[0] == "sweep" for location, _ in wrong) else list(_levels(settings.sweep))
    for change in (*cells, *levels):
        wrong += _changed(base, change)[1]
    if wrong:
        raise VariantsError(wrong)
    variants = []
    for changes in product(*filter(None, (cells, levels))):
        changed, combined = _changed(base, *changes)
        wrong += [(location, f"with {dotted(changes[0].place)}: {message}") for location, message in combined]
        if changed is not None:
            cell = changes[0].name if cells else ""
            variants.append(Variant("-".join(one.name for one in changes), changed, changes[-1].level, cell))
    if wrong := wrong or list(_without_effect(settings.sweep, variants)):
        raise VariantsError(wrong)
    return tuple(variants)


def without_stage(
    settings: SuiteSettings, variants: Iterable[Variant], overrides: Iterable[Location]
) -> Iterator[Finding]:
    """Yield the settings for stages of the built-in agent that apply to no variant with that agent.

    Args:
        settings: The settings of the suite, with the overrides applied.
        variants: Its variants.
        overrides: The locations of the overrides.
    """
    overridden = {location[1:2] for location in overrides if location[0] == "runner"}
    # The file's settings for its own agent stay valid if an override names another agent for this session.
    swapped = bool(overridden & {(), ("agent_type",), ("agent",)})
    runners = {variant.cell: variant.settings.runner for variant in variants}
    set_for: dict[Location, list[RunnerSettings]] = {
        ("runner", key): list(runners.values())
        for key in RunnerSettings.model_fields
        if key in settings.runner.model_fields_set and (not swapped or overridden & {(), (key,)})
    }
    for name, cell in settings.matrix.items():
        if not swapped or not {"agent_type", "agent"}.isdisjoint(cell):
            set_for |= {("matrix", name, key): [runners[name]] for key in cell}
    for location, affected in set_for.items():
        reasons = [why_no_stage(f"runner.{location[-1]}", runner) for runner in affected]
        if None not in reasons:
            yield location, f"has no effect: {reasons[0]}; leave it out"


def _wrong_in_matrix(matrix: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for name, cell in matrix.items():
        if not name:
            yield ("matrix",), "a variant must have a name"
        elif not _NAME.fullmatch(name):
            yield ("matrix", name), "the name of a variant has only letters, digits, dots, underscores and hyphens"
        elif RUN_NUMBER.search(name):
            yield ("matrix", name), "the name of a variant must not end like the number of a run"
        for key in (key for key in cell if key not in _OF_CELL):
            hint = did_you_mean(key, sorted(_OF_CELL), show=str) or "; a variant has keys of runner, and noise"
            yield ("matrix", name, key), f"unknown key{hint}"


def _wrong_in_sweep(sweep: dict[str, list[Any]]) -> Iterator[Finding]:
    first, *others = sweep or [""]
    for key in others:
        yield ("sweep", key), f"a sweep has one key, and {first} is there already"
    for key, levels in sweep.items():
        message = _wrong_with_key(key)
        if message is not None:
            # Without a valid key, there is nothing to check the levels against.
            yield ("sweep", key), message
            continue
        for index, level in enumerate(levels):
            if isinstance(level, bool) or not isinstance(level, int | float):
                yield ("sweep", key, index), f"must be a number, got {shown(level)}{number_hint(level)}"
            elif not math.isfinite(level):
                yield ("sweep", key, index), f"must be a finite number, got {shown(level)}"
            elif level in levels[:index]:
                yield ("sweep", key, index), f"{shown(level)} is there already"
        if len(levels) < 2:
            yield ("sweep", key), "must have at least two levels"


def _wrong_with_key(key: str) -> str | None:
    if is_fault_option(key):
        return unknown("tool_fault", key.split(".")[2])
    if key not in KEYS:
        return unknown_key(key)
    if not key.startswith(("runner.", "noise.")):
        return "must be a number of runner or of noise"
    if key in NUMBER_KEYS:
        return None
    if any(known.startswith(f"{key}.") for known in KEYS):
        return "must be a number" + (f"; did you mean {key}.rate?" if f"{key}.rate" in KEYS else "")
    return "is no number; compare its values in a matrix"


def _without_effect(sweep: dict[str, list[Any]], variants: list[Variant]) -> Iterator[Finding]:
    # Its curve would be flat, and show as robust an agent that never met the noise.
    for key in sweep:
        reasons = {one.cell: why_without_effect(key, one.settings.runner, one.settings.noise) for one in variants}
        for cell, reason in reasons.items():
            where = "" if len(set(reasons.values())) == 1 else f" in the variant {cell}"
            if reason is not None:
                yield ("sweep", key), f"changes nothing{where}: {reason}"


def _cell(name: str, cell: dict[str, Any]) -> _Change:
    overlay: dict[str, Any] = {"runner": {key: cell[key] for key in cell if key in _OF_RUNNER}}
    return _Change(("matrix", name), name, overlay | {key: cell[key] for key in cell if key == "noise"})


def _levels(sweep: dict[str, list[Any]]) -> Iterator[_Change]:
    for key, levels in sweep.items():
        parts = key.split(".")
        # All faults have the same names for their numbers, so the fault's name is a part of it.
        called = key.removeprefix("noise.") if parts[0] == "noise" else parts[-1]
        for level, index in sorted((level, index) for index, level in enumerate(levels)):
            overlay: Any = reduce(lambda inner, part: {part: inner}, reversed(parts), level)
            name = f"{called}_{str(level).removesuffix('.0')}"
            yield _Change(("sweep", key, index), name, overlay, (key, float(level)))


def _changed(base: dict[str, Any], *changes: _Change) -> tuple[SuiteSettings | None, list[Finding]]:
    """Return the settings of a suite with changes applied, or the errors of the last change."""
    try:
        return SuiteSettings.model_validate(reduce(_suite_overlaid, (one.overlay for one in changes), base)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [changes[-1].finding(location_of(one), describe(one)) for one in details]


def _suite_overlaid(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    overlaid: dict[str, Any] = _overlaid(without_other_models(under, _overlaid(under, over)), over)
    return overlaid


def _overlaid(under: Any, over: Any) -> Any:
    """Return a value with another laid over it: a mapping key by key, anything else as a whole."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return {**under, **{key: _overlaid(under.get(key), value) for key, value in over.items()}}
