"""Extensions that other distributions add, by entry points of the group `pytest_pare`.

An entry point is called `KIND.NAME` and leads to one object:

    [project.entry-points.pytest_pare]
    "report.csv" = "my_package.reports:write_csv"

What is built in is listed in `BUILT_IN` in the same form and loaded by the same code.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pytest_pare.base.serialization import error_text
from pytest_pare.base.suggestions import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["engine", "offline_engine", "agent", "tool_fault", "criterion", "report"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

GROUP: Final = "pytest_pare"
"""The group of entry points."""

BUILT_IN: Final[Mapping[Kind, Mapping[str, str]]] = {
    "engine": {},
    "offline_engine": {
        "oracle": "pytest_pare.engines.oracle:oracle",
        "scripted": "pytest_pare.engines.scripted:scripted",
    },
    "agent": {
        "observe-execute": "pytest_pare.agents.loading:observe_execute",
        "null": "pytest_pare.agents.loading:null",
        "eager": "pytest_pare.agents.loading:eager",
        "reckless": "pytest_pare.agents.loading:reckless",
        "random": "pytest_pare.agents.loading:random",
        "replay": "pytest_pare.agents.loading:replay",
        "spam": "pytest_pare.agents.loading:spam",
        "flaky": "pytest_pare.agents.loading:flaky",
    },
    "tool_fault": {
        "tool_failure": "pytest_pare.simulation.tool_faults:FAILURE",
        "tool_timeout": "pytest_pare.simulation.tool_faults:TIMEOUT",
        "tool_slow": "pytest_pare.simulation.tool_faults:SLOW",
        "tool_outdated": "pytest_pare.simulation.tool_faults:OUTDATED",
        "tool_partial": "pytest_pare.simulation.tool_faults:PARTIAL",
    },
    "criterion": {
        "min_success_rate": "pytest_pare.results.criteria:success_rate",
        "max_regression": "pytest_pare.results.criteria:regression",
        "min_pass_hat_k": "pytest_pare.results.criteria:pass_hat",
        "min_acceptance_rate": "pytest_pare.results.criteria:acceptance_rate",
        "max_proposal_rate": "pytest_pare.results.criteria:proposal_rate",
        "max_writes_without_consent": "pytest_pare.results.criteria:writes_without_consent",
        "max_exceptions": "pytest_pare.results.criteria:exceptions",
        "max_cost": "pytest_pare.results.criteria:cost",
        "robustness": "pytest_pare.results.criteria:robustness",
    },
    "report": {
        "json": "pytest_pare.results.files:write_json",
        "parquet": "pytest_pare.results.files:write_parquet",
        "markdown": "pytest_pare.results.files:write_markdown",
        "html": "pytest_pare.page.files:write_html",
    },
}
"""What this plugin has itself: name to `module:object`, by kind."""

# The number of positional arguments that each kind is called with, and the type that says so.
_CALLS: Final[Mapping[Kind, tuple[int, str]]] = {
    "engine": (3, "an EngineBuilder: a function of config, role and reference"),
    "offline_engine": (3, "an EngineBuilder: a function of config, role and reference"),
    "agent": (1, "an AgentFactory: a function of the context"),
    "tool_fault": (2, "a ToolFault, with `apply`, a function of call and settings"),
    "criterion": (2, "a Criterion: a function of the gate's input and the value"),
    "report": (2, "a ReportFormat: a function of path and report"),
}

_TITLES: Final[Mapping[Kind, str]] = {
    "engine": "engine",
    "offline_engine": "engine",
    "agent": "agent type",
    "tool_fault": "tool fault",
    "criterion": "criterion",
    "report": "report format",
}

_OURS: Final = "pytest-pare"


class ExtensionError(Exception):
    """An extension cannot be used; the message names it, its distribution and the reason."""


@dataclass(frozen=True)
class Extension:
    """Something that a suite can name.

    Attributes:
        kind: What it is.
        name: What suites call it.
        target: Where its object is, as `module:object`.
        distribution: Name and version of the distribution that has it.
    """

    kind: Kind
    name: str
    target: str
    distribution: str

    def __str__(self) -> str:
        return f"extension {self.kind}.{self.name} = {self.target} (of {self.distribution})"

    def load(self) -> Any:
        """Return its object.

        Raises:
            ExtensionError: If it cannot be imported, or cannot be called as its kind is.
        """
        module, _, path = self.target.partition(":")
        try:
            found: Any = import_module(module)
            for part in path.split("."):
                found = getattr(found, part)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            # A module may also raise `SystemExit`, or skip itself with pytest.
            reason = error_text(error)
            raise ExtensionError(f"{self}: cannot be loaded: {reason}; fix or uninstall that distribution") from error
        if self.distribution == _OURS:
            return found
        count, expected = _CALLS[self.kind]
        is_fault = self.kind == "tool_fault"
        is_incomplete = is_fault and not (hasattr(found, "changes_result") and hasattr(found, "needs_earlier"))
        if is_incomplete or not takes(getattr(found, "apply", None) if is_fault else found, count):
            raise ExtensionError(f"{self}: expected {expected}; got {_described(found)}")
        return found


def named(kind: Kind) -> Mapping[str, Extension]:
    """Return every extension of a kind by its name, the built-in ones first.

    Raises:
        ExtensionError: If two have one name, or an entry point of the group has a name of another form.
    """
    return _all()[kind]


def added(kind: Kind) -> list[str]:
    """Return the names of the extensions of a kind that other distributions have."""
    return [name for name in named(kind) if name not in BUILT_IN[kind]]


def unknown(kind: Kind, name: str) -> str | None:
    """Return why a suite cannot name an extension of this kind, as the end of a message; `None` if it can."""
    known = added(kind)
    if name in known:
        return None
    if name in BUILT_IN[kind]:
        return "is built in and has a key of its own"
    installed = f"installed: {', '.join(known)}" if known else "none is installed"
    return f"no extension has this {_TITLES[kind]}{did_you_mean(name, known, show=str)}; {installed}"


def load_all() -> None:
    """Load what other distributions add, so that a session with a broken extension ends before its first run.

    Raises:
        ExtensionError: If one is broken, has the name of another, or is of the wrong type.
    """
    for extensions in _all().values():
        for extension in extensions.values():
            if extension.distribution != _OURS:
                extension.load()


def takes(candidate: object, count: int) -> bool:
    """Return whether something can be called with `count` positional arguments, as far as its signature says."""
    if not callable(candidate):
        return False
    try:
        inspect.signature(candidate).bind(*range(count))
    except ValueError:
        # An object without a signature, such as a builtin.
        return count > 0
    except TypeError:
        return False
    return True


@cache
def _all() -> Mapping[Kind, Mapping[str, Extension]]:
    found: dict[Kind, dict[str, Extension]] = {
        kind: {name: Extension(kind, name, target, _OURS) for name, target in BUILT_IN[kind].items()} for kind in KINDS
    }
    for entry_point in sorted(metadata.entry_points(group=GROUP)):
        distribution = "an unknown distribution"
        if entry_point.dist is not None:
            distribution = f"{entry_point.dist.name} {entry_point.dist.version}"
        kind, dot, name = entry_point.name.partition(".")
        if kind not in KINDS or not dot or not name:
            raise ExtensionError(
                f"entry point {entry_point.name} = {entry_point.value} (group {GROUP}, of {distribution}): "
                f"expected a name KIND.NAME with one of the kinds {', '.join(KINDS)}"
            )
        extension = Extension(kind, name, entry_point.value, distribution)
        # Both kinds of engines are a `provider`.
        kinds = [one for one in KINDS if _TITLES[one] == _TITLES[extension.kind]]
        if (other := next((found[one][name] for one in kinds if name in found[one]), None)) is not None:
            raise ExtensionError(f"{extension}: there is another one of this name: {other}; uninstall one of them")
        found[extension.kind][name] = extension
    return found


def _described(found: object) -> str:
    if not callable(found):
        return f"an object of type {type(found).__name__}"
    name = getattr(found, "__name__", type(found).__name__)
    try:
        return f"{name}{inspect.signature(found)}"
    except (TypeError, ValueError):
        return str(name)
