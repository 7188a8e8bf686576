"""Finds conflicts between installed distributions: broken requirements and shared files.

ARE pins its requirements. An installer that adds an agent framework can break ARE or the framework, with exit status
0; the first sign is an import error in a run.
"""

from __future__ import annotations

import shlex
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TESTED = {"pydantic": "2.14.4", "mcp": "2.3.0", "python-dotenv": "1.2.2"}
"""Versions beyond ARE's pins with which everything works; mcp 1.11.0 cannot be imported beside that pydantic."""

_ARE = "meta-agents-research-environments"
_POLARS, _POLARS_OF_ARE = "polars", "polars-lts-cpu"
_MOST_LINES = 4


class Distribution(NamedTuple):
    """An installed distribution.

    Attributes:
        name: Its name, not normalized.
        version: Its version.
        requires: Its requirements, without those of its extras.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()


class Broken(NamedTuple):
    """A requirement that is not met.

    Attributes:
        distribution: The distribution that has the requirement.
        requirement: The requirement.
        found: The version that is installed; `None` if there is none.
    """

    distribution: Distribution
    requirement: Requirement
    found: str | None

    def __str__(self) -> str:
        name, version, _ = self.distribution
        required = f"{self.requirement.name}{self.requirement.specifier}"
        return f"{name} {version} requires {required}, and {self.found or 'no version of it'} is installed"


def installed() -> dict[str, Distribution]:
    """Return the distributions that this process finds, by their normalized names."""
    found: dict[str, Distribution] = {}
    for one in metadata.distributions():
        # The library also parses the project's description, which takes ten times longer.
        fields = _text(one).partition("\n\n")[0]
        values = [line.partition(": ")[::2] for line in fields.splitlines()]
        names = [value for field, value in values if field == "Name"]
        versions = [value for field, value in values if field == "Version"]
        # An interrupted installer leaves directories without these.
        if names and versions:
            required = (value for field, value in values if field == "Requires-Dist")
            requires = tuple(one for one in required if "extra" not in one.partition(";")[2])
            found.setdefault(canonicalize_name(names[0]), Distribution(names[0], versions[0], requires))
    return found


def _text(distribution: metadata.Distribution) -> str:
    try:
        # The second is that of a development install by setuptools.
        return distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    except ValueError:
        return ""


def problem_lines(distributions: Mapping[str, Distribution]) -> list[str]:
    """Return the conflicts of some distributions, and the commands that solve them.

    Args:
        distributions: By normalized name.
    """
    broken = list(broken_requirements(distributions))
    lines = [str(one) for one in broken[:_MOST_LINES]]
    if more := sorted({one.distribution.name for one in broken[_MOST_LINES:]}):
        lines.append(f"broken requirements have also {', '.join(more)}; pip check lists all")
    if broken:
        lines.append(f"try: pip install {shlex.join(_remedies(broken))}")
    if _POLARS in distributions and _POLARS_OF_ARE in distributions:
        one, other = distributions[_POLARS], distributions[_POLARS_OF_ARE]
        lines += [
            f"{one.name} {one.version} and {other.name} {other.version} own the same files, and ARE needs the second",
            f"try: pip uninstall --yes {_POLARS} {_POLARS_OF_ARE} && pip install {_POLARS_OF_ARE}=={other.version}",
        ]
    return lines


def broken_requirements(distributions: Mapping[str, Distribution]) -> Iterator[Broken]:
    """Yield the requirements that are not met, except for pins of ARE that newer tested versions replace.

    Args:
        distributions: By normalized name.
    """
    overridden = {name for name in TESTED if name in distributions and _is_tested(name, distributions[name].version)}
    if "mcp" not in overridden:
        overridden.discard("pydantic")
    for name, distribution in sorted(distributions.items()):
        for requirement in _requirements(distribution):
            required: str = canonicalize_name(requirement.name)
            if required == _POLARS and _POLARS not in distributions:
                # It installs the same module.
                required = _POLARS_OF_ARE
            found = distributions.get(required)
            if name == _ARE and required in overridden:
                continue
            if found is None or not _is_met(requirement, found.version):
                yield Broken(distribution, requirement, None if found is None else found.version)


def _requirements(distribution: Distribution) -> Iterator[Requirement]:
    for text in distribution.requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            # Installers report it.
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement


def _is_met(requirement: Requirement, version: str) -> bool:
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        # Old versions may be any text, which cannot be compared.
        return True


def _is_tested(name: str, version: str) -> bool:
    """Return whether a version is the tested one, or a later one with the same major version."""
    try:
        found, tested = Version(version), Version(TESTED[name])
    except InvalidVersion:
        return False
    return found >= tested and found.major == tested.major


def _remedies(broken: Iterable[Broken]) -> list[str]:
    """Return the requirements to install: tested versions where they work, or else the required ones."""
    remedies: dict[str, None] = {}
    for distribution, requirement, _ in broken:
        name = canonicalize_name(requirement.name)
        is_ares = canonicalize_name(distribution.name) == _ARE
        if name in TESTED and (is_ares or requirement.specifier.contains(TESTED[name])):
            both = ["pydantic", "mcp"] if name in ("pydantic", "mcp") else [name]
            remedies |= dict.fromkeys(f"{one}=={TESTED[one]}" for one in both)
        else:
            wanted = _POLARS_OF_ARE if name == _POLARS else requirement.name
            remedies[f"{wanted}{requirement.specifier}"] = None
    return list(remedies)
