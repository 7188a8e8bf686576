"""The items of an audit: one for the reference run of each scenario, and one for each change of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_pare.audit.report import trial_lines
from pytest_pare.audit.trial import ATTRIBUTE
from pytest_pare.base.redaction import redacted, redacted_plain
from pytest_pare.plugin.items import BrokenModule, marks_of, register_marks
from pytest_pare.settings import SettingsError
from pytest_pare.settings.selection import load_selected

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from pytest_pare.audit.audit import Audit
    from pytest_pare.scenarios.scenario import PAREScenario
    from pytest_pare.settings import Suite

REFERENCE = "reference"
"""The name in brackets of the item of the reference run."""


class _NotRight(Exception):  # noqa: N818 - pytest shows its text alone
    """The text of a failed item."""


class AuditFile(pytest.File):
    """A suite file in an audit."""

    def __init__(self, *args: Any, suite: Suite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.suite = suite

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Import the libraries, play each reference run, and return an item for each change of it.

        Raises:
            CollectError: If a library, the split file or the selection is wrong.
        """
        try:
            classes, failures = load_selected(self.suite, self.config.rootpath)
        except (SettingsError, OSError, ImportError) as error:
            raise self.CollectError(redacted(str(error))) from error
        register_marks(self.config, classes.values())
        named = self._named()
        for scenario_id, cls in classes.items():
            if named is None or scenario_id in named:
                yield from self._items(scenario_id, cls)
        for failure in failures:
            yield BrokenModule.from_parent(self, name=failure.path.name, failure=failure)

    def _named(self) -> set[str] | None:
        """Return the scenarios that node ids on the command line name, so that no other is played; `None` for all."""
        here = self.config.invocation_params.dir
        args = [arg.partition("::") for arg in self.config.args]
        names = [name for path, _, name in args if self.path.is_relative_to(here / path)]
        return {name.partition("[")[0] for name in names} if names and all(names) else None

    def _items(self, scenario_id: str, cls: type[PAREScenario]) -> Iterable[pytest.Item]:
        from pytest_pare.audit.audit import audit_in_suite
        from pytest_pare.audit.reference import AuditImpossible

        audit: Audit | None = None
        problem = ""
        try:
            audit = audit_in_suite(scenario_id, cls, self.suite.settings)
            problem = "\n".join(f"{scenario_id}: {one}" for one in audit.problems)
        except AuditImpossible as error:
            problem = f"{scenario_id}: {error}"
        cases = () if audit is None else audit.cases
        for name in (REFERENCE, *cases):
            item = AuditItem.from_parent(
                self, name=f"{scenario_id}[{name}]", scenario_id=scenario_id, case=name, audit=audit, problem=problem
            )
            for mark in marks_of(cls):
                # That runs with an agent are expected to fail says nothing of a validator.
                if mark.name != "xfail":
                    decorator = pytest.MarkDecorator(mark, _ispytest=True) if isinstance(mark, pytest.Mark) else mark
                    item.add_marker(decorator)
            yield item


class AuditItem(pytest.Item):
    """A change of a reference run, or the reference run itself.

    Attributes:
        trial: The result, as builtins, once it was played; `None` for the reference run.
    """

    def __init__(
        self, *args: Any, scenario_id: str, case: str, audit: Audit | None, problem: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._scenario_id = scenario_id
        self._case = case
        self._audit = audit
        self._problem = problem
        self.trial: dict[str, Any] | None = None

    def runtest(self) -> None:
        """Play the case, and fail if the validator misjudges it."""
        if self._case == REFERENCE or self._audit is None:
            if self._problem:
                raise _NotRight(self._problem)
            return
        trial = self._audit.play(self._case)
        self.trial = redacted_plain(trial.to_dict())
        if trial.fails:
            raise _NotRight("\n".join([*trial_lines(trial), f"  validator: {self._place()}"]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the text of a failure; of any other error, its traceback."""
        if isinstance(excinfo.value, _NotRight):
            return redacted(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the suite file, the line of the section that selects the scenario (from 0), and the name."""
        suite: Suite = self.parent.suite  # type: ignore[union-attr]
        return self.path, suite.document.locate(("scenarios",))[1] - 1, self.name

    def _place(self) -> str:
        from pytest_pare.scenarios.registry import registry

        place = registry.place_of(self._scenario_id)
        return f"{place.file}:{place.line}"


class AuditReports:
    """Attaches the result of a case to its report, which travels to the controller."""

    @staticmethod
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result."""
        report = yield
        if call.when == "call" and isinstance(item, AuditItem) and item.trial is not None:
            setattr(report, ATTRIBUTE, item.trial)
        return report
