"""Defects of scenarios, and scenarios that are not run, are reported as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Example, Session

SWIMMING = """\
from are.simulation.types import EventRegisterer
from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulCalendarApp, StatefulEmailApp
from pytest_pare.scenarios import PAREScenario, register_scenario
from pytest_pare.scenarios.checks import Write, check_consented_writes, mentions


class Course(PAREScenario):
    left_out, tool = None, "edit_calendar_event"

    def init_and_populate_apps(self, *args, **kwargs):
        self.line, self.inbox = PAREAgentUserInterface(), StatefulEmailApp(name="Emails")
        self.calendar = StatefulCalendarApp(name="Calendar")
        self.course = self.calendar.add_calendar_event(
            title="Swimming", start_datetime="2025-01-08 18:00:00", end_datetime="2025-01-08 19:00:00"
        )
        self.apps = [self.line, HomeScreenSystemApp(name="System"), self.inbox, self.calendar]

    def build_events_flow(self):
        with EventRegisterer.capture_mode():
            mail = self.inbox.send_email_to_user_with_id("pool", "desk@pool.example", content="Moved.").delayed(10)
            ask = self.line.send_message_to_user("Swimming is on Thursday now. Move it?").oracle().depends_on(mail, 4)
            yes = self.line.accept_proposal("Please do.").oracle().depends_on(ask, 4)
            move = self.calendar.edit_calendar_event(self.course, tag="moved").oracle().depends_on(yes, 2)
        script = {"mail": mail, "ask": ask, "yes": yes, "move": move}
        self.events = [event for name, event in script.items() if name != self.left_out]

    def validate(self, env):
        wanted = Write("StatefulCalendarApp", self.tool, {"event_id": self.course, "tag": "moved"})
        return check_consented_writes(env, wanted, proposal=mentions("swimming"))


@register_scenario("as_it_should_be")
class Right(Course):
    pass


@register_scenario("mail_left_out")
class NoMail(Course):
    left_out = "mail"


@register_scenario("acceptance_left_out")
class NoYes(Course):
    left_out = "yes"


@register_scenario("write_of_no_tool")
class NoTool(Course):
    tool = "edit_calender_event"
"""

MOVER = """\
def agent(turn):
    if turn.mode.value == "execute":
        course = turn.call("Calendar__search_events", {"query": "Swimming"})[0]
        turn.call("Calendar__edit_calendar_event", {"event_id": course["event_id"], "tag": "moved"})
        turn.report("Moved.")
    elif any("pool" in news.text.lower() for news in turn.notifications if news.kind == "environment"):
        turn.propose("The swimming course is on Thursday now. Shall I move it?")
"""


def test_defects_are_exceptions_and_no_failures_of_the_agent(example: Example) -> None:
    example.write("scenarios/swimming.py", SWIMMING).write("mover.py", MOVER)
    session = example.suite("runner: {agent_type: 'mover:agent'}").run("pare.yaml", "-v", "-o", "pythonpath=.")
    assert session.outcomes() == {"passed": 1, "failed": 3}
    assert "pare.yaml::as_it_should_be PASSED" in session.out
    lines = SWIMMING.splitlines()
    for scenario_id, event, line in (
        ("mail_left_out", "Emails.send_email_to_user_with_id is not in self.events", "            mail ="),
        ("acceptance_left_out", "PAREAgentUserInterface.accept_proposal is not in self.events", "            yes ="),
        ("write_of_no_tool", "StatefulCalendarApp.edit_calender_event: the agent has no tool", "        wanted ="),
    ):
        number = next(n for n, text in enumerate(lines, 1) if text.startswith(line))
        assert f"ScenarioDefect: {scenario_id}: scenarios/swimming.py:{number}: {event}" in session.words
        assert any(text.startswith(f"EXCEPTION  {scenario_id}: ScenarioDefect") for text in session.open_runs)
    assert "Failed                    0" in "\n".join(session.summary)
    assert "Success rate          100.0 %" in "\n".join(session.summary)
    assert session.out.count("no event had happened") == 3
    assert session.has_no_traceback_of_ours()


LEFT = """
def build_events_flow(self):
    with EventRegisterer.capture_mode():
        self.agent_ui.send_message_to_agent("left out")
        self.events = [self.agent_ui.send_message_to_user("Shall I?").oracle()]
"""


@pytest.mark.parametrize("is_error", [False, True])
def test_what_may_be_on_purpose_is_a_warning_or_a_clean_error(example: Example, is_error: bool) -> None:
    session = example.scenario("a", methods=LEFT).run("pare.yaml", *(["-W", "error"] if is_error else []))
    assert "PAREAgentUserInterface.send_message_to_agent is not in self.events, so it never happens" in session.words
    assert "PAREScriptWarning" in session.out
    assert session.code == int(is_error)
    assert session.has_no_traceback_of_ours()


# -- scenarios that are not run


FORGOTTEN = """\
from abc import abstractmethod
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from pytest_pare.scenarios import PAREScenario
from registered import Other


class Base(PAREScenario):
    def validate(self, env):
        return ScenarioValidationResult(success=True)


class Forgotten(Base):
    pass


class _Private(Base):
    pass


class WithoutVerdict(PAREScenario):
    pass


class Abstract(Base):
    @abstractmethod
    def more(self): ...


Alias = Forgotten
Made = type("NoSuchName", (Base,), {})
"""

OTHER = """
from pytest_pare.scenarios import PAREScenario

class Other(PAREScenario):
    pass
"""

TEXT = (
    "the scenario class Forgotten is not registered, so it does not run; decorate it with @register_scenario(...), or "
    "begin its name with an underscore if it is a base class"
)


@pytest.fixture
def library(example: Example) -> Example:
    """A library with a scenario that is run, and one that is forgotten."""
    example.write("registered.py", OTHER)
    return example.scenario("a").write("scenarios/forgotten.py", FORGOTTEN)


def warned(session: Session) -> list[str]:
    return [line.strip() for line in session.result.outlines if "PARELibraryWarning" in line]


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_a_scenario_that_is_not_registered_is_reported_once(library: Example, arguments: tuple[str, ...]) -> None:
    # Two suites have the library.
    session = library.suite(name="b.pare.yaml").run("pare.yaml", "b.pare.yaml", "-o", "pythonpath=.", *arguments)
    path = library.path / "scenarios" / "forgotten.py"
    assert warned(session) == [f"{path}:12: PARELibraryWarning: {TEXT}"]
    assert session.outcomes() == {"passed": 2, "warnings": 1}
    assert session.code == 0


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_it_is_a_clean_error_where_warnings_are(library: Example, arguments: tuple[str, ...]) -> None:
    session = library.run("pare.yaml", "-W", "error::UserWarning", "-o", "pythonpath=.", *arguments)
    path = library.path / "scenarios" / "forgotten.py"
    assert f"{path}:12: {TEXT} (-W or filterwarnings makes an error of this warning)" in session.out
    assert "errors" in session.outcomes()
    assert session.code != 0
    assert session.has_no_traceback_of_ours()


def test_the_warning_can_be_turned_off(library: Example) -> None:
    session = library.run("pare.yaml", "-W", "ignore::pytest_pare.PARELibraryWarning", "-o", "pythonpath=.")
    assert session.outcomes() == {"passed": 1}


def test_a_scenario_in_a_test_module_is_reported(example: Example) -> None:
    example.scenario("a").scenario("b", name="scenarios/test_b.py").scenario("c", name="scenarios/test_more/c.py")
    example.scenario("d", name="scenarios/_d.py").write("scenarios/test_broken.py", "def (")
    example.write("scenarios/test_e.py", "TEXT = '''\n@register_scenario('e')\nclass E: ...\n'''\n")
    session = example.run("pare.yaml")
    messages = [line.partition("PARELibraryWarning: ")[2] for line in warned(session)]
    reason = "because a library leaves out files and folders whose names begin with test_; rename the file or folder"
    assert messages == [f"the scenario class Scenario does not run, {reason}"] * 2
    assert all(f"scenarios/{name}.py:" in session.out for name in ("test_b", "test_more/c"))
    assert session.outcomes() == {"passed": 1, "warnings": 2}


def test_a_library_without_a_scenario_among_several_is_reported(example: Example) -> None:
    example.scenario("a").write("empty/helper.py", "X = 1\n").write("broken/b.py", "import nothing_of_this_name\n")
    session = example.suite("scenarios: {paths: [scenarios, empty]}").run("pare.yaml")
    (line,) = warned(session)
    assert line.startswith(f"{example.path / 'empty'}:1: ")
    assert line.endswith("this library has no scenario; remove it from the suite or correct its path")
    # A module that could not be imported is reported already.
    assert warned(example.suite("scenarios: {paths: [scenarios, broken]}").run("pare.yaml")) == []


def test_a_library_of_its_own_needs_no_warning(example: Example) -> None:
    session = example.write("empty/helper.py", "X = 1\n").suite("scenarios: {paths: [empty]}").run("pare.yaml")
    assert warned(session) == []
    assert "no scenario is selected, of 0 in the library" in session.out
