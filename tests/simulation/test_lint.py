"""The linter for scenarios."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import EventRegisterer
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulCalendarApp,
    StatefulEmailApp,
    StatefulNotesApp,
)
from pytest_pare.scenarios import PAREScenario
from pytest_pare.scenarios.config import ScenarioRunnerConfig
from pytest_pare.scenarios.dates_in_text import wrong_weekdays
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.lint import lint
from pytest_pare.simulation.runner import run_scenario

WEDNESDAY = date(2025, 3, 12)


class Tidy(PAREScenario):
    """The pool mails a date, and nothing is to do."""

    tags: tuple[str, ...] = ("app:email", "app:calendar", "level:easy")
    text = "The course begins on Wednesday, 12 March."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.line, self.inbox = PAREAgentUserInterface(), StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.calendar.add_calendar_event(
            title="Swimming", start_datetime="2025-01-08 18:00:00", end_datetime="2025-01-08 19:00:00"
        )
        self.apps = [self.line, HomeScreenSystemApp(name="System"), self.inbox, self.calendar]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            mail = self.inbox.send_email_to_user_with_id("pool", "desk@pool.example", content=self.text).delayed(10)
            read = self.inbox.get_email_by_id("pool").oracle().depends_on(mail, delay_seconds=4)
        self.events = [mail, read]

    def validate(self, env: Any) -> ScenarioValidationResult:
        return ScenarioValidationResult(success=True)


class Untidy(Tidy):
    tags = ("app:mail",)
    duration = 12.0
    text = "The course begins on Thursday, 12 March."
    user_goal = "Swim on Friday the 31st of February."

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps()
        assert self.apps
        self.apps.append(StatefulNotesApp(name="Notes"))


Untidy.__doc__ = None


def linted(cls: type[PAREScenario]) -> list[str]:
    scenario = cls()
    scenario.initialize()
    return lint(scenario)


def test_a_tidy_scenario_has_no_findings() -> None:
    assert linted(Tidy) == []


def test_each_finding_has_its_place_and_says_what_to_do() -> None:
    *findings, goal = linted(Untidy)
    lines = [finding.partition("test_lint.py:")[2] for finding in findings]
    at = Untidy.init_and_populate_apps.__code__.co_firstlineno
    flow = Tidy.build_events_flow.__code__.co_firstlineno
    assert lines == [
        f"{flow}: Untidy has no docstring; say in a sentence what happens and what is right",
        f"{at}: the tag app:mail names no app on the phone; there are calendar, email, emails, note, notes; did you "
        "mean 'email'?",
        f"{at}: the app Notes (StatefulNotesApp) is empty, and no event uses it; give it content, or leave it out",
        f"{flow + 3}: Emails.get_email_by_id is due after 14 s, and the scenario ends after its duration of 12 s; set "
        "a longer duration, or an earlier time",
        f"{flow + 2}: Emails.send_email_to_user_with_id: 'Thursday, 12 March': 2025-03-12 is a Wednesday",
    ]
    assert goal.endswith("'Friday the 31st of February': there is no such date")


def test_a_scenario_without_tags_is_a_finding() -> None:
    class NoTags(Tidy):
        """A sentence."""

        tags = ()

    assert [finding.partition(": ")[2] for finding in linted(NoTags)] == [
        'NoTags has no tags; give it some, such as tags = ("app:email", "level:easy")'
    ]


def test_findings_are_defects_only_of_a_strict_run() -> None:
    config = ScenarioRunnerConfig(oracle=True)
    assert run_scenario(Tidy(), config, strict=True).result.success
    strict = run_scenario(Untidy(), config, strict=True)
    assert isinstance(strict.result.exception, ScenarioDefect)
    assert "has no docstring" in str(strict.result.exception)
    warned = run_scenario(Untidy(), config, "warn", strict=True)
    assert any("has no docstring" in warning for warning in warned.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "Wednesday, 12 March 2025",
        "on wed 12th of Mar.",
        "Wednesday, March 12th, 2025",
        "Wednesday (2025-03-12)",
        "2025-03-12 (Wed)",
        "Saturday, 7 Sept, on the 3rd, Monday",
        "Sunday, 28 December",
        "from Wed, 1 Jan to Tue, 31 Dec 2024",
        "Mon and Tue, 3 May flowers",
    ],
)
def test_right_weekdays(text: str) -> None:
    today = date(2024, 9, 1) if "Sept" in text else WEDNESDAY
    found = [one for one in wrong_weekdays(text, today) if "May" not in one.text]
    assert found == []


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 6), st.sampled_from(["%A, %d %B %Y", "%a %Y-%m-%d"])
)
def test_a_weekday_is_wrong_if_it_is_not_that_of_the_date(day: date, other: int, form: str) -> None:
    shown = day.strftime(form)
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    text = (
        shown.replace(day.strftime("%A"), names[other])
        if "%A" in form
        else shown.replace(day.strftime("%a"), names[other][:3])
    )
    found = list(wrong_weekdays(f"Come on {text}, please.", WEDNESDAY))
    assert [one.date for one in found] == [day.isoformat()] * (other != day.weekday())
