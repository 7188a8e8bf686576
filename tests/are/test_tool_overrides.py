"""What overrides a tool is used, whether or not the author repeats its decorators; or the app is refused."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from are.simulation.apps import SandboxLocalFileSystem
from are.simulation.apps.apartment_listing import ApartmentListingApp
from are.simulation.apps.cab import CabApp
from are.simulation.apps.calendar_v2 import CalendarV2
from are.simulation.apps.messaging_v2 import MessagingAppV2
from are.simulation.apps.shopping import ShoppingApp
from are.simulation.tool_utils import OperationType, app_tool, data_tool
from are.simulation.types import EventRegisterer, EventType, event_registered

from pytest_pare.apps import (
    HomeScreenSystemApp,
    PAREAgentUserInterface,
    StatefulApartmentApp,
    StatefulCabApp,
    StatefulCalendarApp,
    StatefulEmailApp,
    StatefulMessagingApp,
    StatefulShoppingApp,
)
from pytest_pare.apps.email import ComposeEmail, EmailDetail, MailboxView
from pytest_pare.are.tool_overrides import OVERRIDDEN
from pytest_pare.are.world import DEFAULT_START_TIME
from pytest_pare.scenarios import PAREScenario
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.runner import run_scenario
from tests.apps.phone import described, kinds_of, mark_of, phone

STRANGER = {"recipients": ["press@paper.example"], "subject": "The figures"}
COLLEAGUE = {"recipients": ["ada@office.example"], "subject": "The figures"}


def refuse_strangers(recipients: list[str] | None) -> None:
    if any(not one.endswith("@office.example") for one in recipients or []):
        raise ValueError("outside of the office")


class OfficeMail(StatefulEmailApp):
    def send_email(self, recipients=None, subject="", content="", cc=None, attachment_paths=None):  # type: ignore[no-untyped-def]
        refuse_strangers(recipients)
        return super().send_email(recipients, f"[office] {subject}", content, cc, attachment_paths)

    def send_email_to_user_with_id(self, email_id: str, sender: str, *rest: Any, **more: Any) -> str:
        refuse_strangers([sender])
        return str(super().send_email_to_user_with_id(email_id, sender, *rest, **more))

    def add_email(self, *args: Any) -> None:
        args[0].subject = f"[filed] {args[0].subject}"
        super().add_email(*args)


class OfficeMailbox(MailboxView):
    def list_emails(self, offset: int = 0, limit: int = 10) -> Any:
        """List what the office has let in.

        :returns: The emails.
        """
        return super().list_emails(offset, min(limit, 1))


class OfficeDetail(EmailDetail):
    def delete(self) -> str:
        raise ValueError("the office keeps its mails")


class ScreenedMail(OfficeMail):
    root = OfficeMailbox

    def go_back(self) -> str:
        return f"{super().go_back()} So it is."


def sent(app: StatefulEmailApp) -> list[str]:
    return [email.subject for email in app.list_emails("SENT").emails]


@pytest.mark.parametrize("app_class", [OfficeMail, ScreenedMail])
def test_an_agents_tool(app_class: type[StatefulEmailApp]) -> None:
    with phone(lambda: app_class(name="Emails")) as it:
        it.agent_refused(ValueError, "send_email", "outside of the office", **STRANGER)
        it.agent("send_email", **COLLEAGUE)
        assert sent(it.app) == ["[filed] [office] The figures"]
        # A direct call is the agent's too, as that of the original is.
        it.app.send_email(["bob@office.example"])
        assert described(it.log()[-1:]) == [("AGENT", "send_email", False)]


def test_the_agent_is_offered_the_override_as_the_original() -> None:
    with phone(lambda: OfficeMail(name="Emails")) as it, phone(lambda: StatefulEmailApp(name="Emails")) as other:
        ours, theirs = ({tool.name: tool for tool in held.app.get_tools()} for held in (it, other))
    # In the same order.
    assert list(ours) == list(theirs)
    tool, original = ours["Emails__send_email"], theirs["Emails__send_email"]
    assert (tool.function_description, tool.write_operation) == (original.function_description, True)
    assert [(a.name, a.arg_type, a.description, a.default) for a in tool.args] == [
        (a.name, a.arg_type, a.description, a.default) for a in original.args
    ]


@pytest.mark.parametrize(
    ("app_class", "original", "tools"),
    [
        (StatefulApartmentApp, ApartmentListingApp, ["search_apartments"]),
        (StatefulCabApp, CabApp, ["get_quotation"]),
        (StatefulCalendarApp, CalendarV2, ["add_calendar_event"]),
        (StatefulMessagingApp, MessagingAppV2, ["lookup_user_id"]),
        (StatefulShoppingApp, ShoppingApp, ["list_all_products"]),
    ],
)
def test_tools_of_this_project_in_ares_words_and_place(app_class: Any, original: Any, tools: list[str]) -> None:
    """A prompt, and with it a recording, changes only where what the agent is told changes."""
    ours, theirs = ({tool.name: tool for tool in app.get_tools()} for app in (app_class(name="X"), original(name="X")))
    for name in (f"X__{tool}" for tool in tools):
        assert (ours[name].function_description, ours[name].args) == (
            theirs[name].function_description,
            theirs[name].args,
        )
    # What has words of its own comes first.
    in_place = [
        n for n, tool in ours.items() if hasattr(tool.function, OVERRIDDEN) or tool.function.__module__[:4] == "are."
    ]
    assert {f"X__{tool}" for tool in tools} <= set(in_place)
    assert in_place == [name for name in theirs if name in in_place]


def test_a_method_for_events_of_the_world() -> None:
    with phone(lambda: OfficeMail(name="Emails")) as it:
        with EventRegisterer.capture_mode():
            event = it.app.send_email_to_user_with_id(email_id="m", sender="ada@office.example", subject="Hi")
            refused = it.app.send_email_to_user_with_id(email_id="n", sender="press@paper.example")
        for one in (event, refused):
            it.env.process_event(one.at_absolute_time(DEFAULT_START_TIME))
        assert described(it.log()[-2:]) == [
            ("ENV", "send_email_to_user_with_id", False),
            ("ENV", "send_email_to_user_with_id", True),
        ]
        assert [email.email_id for email in it.app.list_emails().emails] == ["m"]
        mail = it.app.get_email_by_id("m")
        it.app.add_email(mail)
        assert (described(it.log()[-1:]), mail.subject) == ([("AGENT", "add_email", False)], "[filed] Hi")


def test_a_tool_of_a_screen_and_where_it_leads() -> None:
    with phone(lambda: ScreenedMail(name="Emails")) as it:
        for number in range(3):
            it.app.send_email_to_user_with_id(str(number), "ada@office.example")
        assert it.do("list_emails").total_returned_emails == 1
        # The screen leads where the one leads that it extends.
        it.do("open_email_by_id", email_id="1")
        assert it.screen == "EmailDetail"
        assert it.do("go_back") == "Back on OfficeMailbox. So it is."
        assert it.app.get_reachable_states(it.app.current_state) == [
            ComposeEmail,
            EmailDetail,
            MailboxView,
        ]


def test_a_tool_of_a_screen_that_fails() -> None:
    with phone(lambda: OfficeMail(name="Emails")) as it:
        it.app.send_email_to_user_with_id("m", "ada@office.example")
        it.app.set_current_state(OfficeDetail("m"))
        it.refuse(ValueError, "delete", "the office keeps its mails")
        assert {"delete", "move", "reply"} <= it.own_tools()
    assert mark_of(OfficeDetail.delete) == "WRITE"


def test_the_home_screen_and_the_line_to_the_agent() -> None:
    class Home(HomeScreenSystemApp):
        def open_app(self, app_name: str) -> str:
            return f"Welcome! {super().open_app(app_name)}"

    class Line(PAREAgentUserInterface):
        def accept_proposal(self, content: str = "") -> str:
            return str(super().accept_proposal(f"{content} Please."))

        def wait(self) -> str:
            return "Patience."

    class Office(Scenario):
        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            self.apps = [Home(name="System"), Line(), OfficeMail(name="Emails")]

    scenario = Office()
    scenario.initialize()
    home: Any = scenario.apps[0]
    line: Any = scenario.apps[1]
    assert kinds_of(Home.open_app) == kinds_of(Line.accept_proposal) == ["user_tool"]
    assert kinds_of(Line.wait) == ["app_tool"]
    with EventRegisterer.capture_mode():
        assert (line.wait().event_type, home.open_app("Emails").event_type) == (EventType.ENV, EventType.ENV)
    tools = {tool.name: tool for tool in (*line.get_tools(), *line.get_user_tools())}
    assert tools["Line__wait"]() == "Patience."


class Partly(StatefulEmailApp):
    """Its author remembers one decorator each time."""

    @app_tool()
    def send_email(self, recipients: list[str] | None = None, *rest: Any, **more: Any) -> str:
        """Send an email to the office.

        :param recipients: Who it goes to.
        :returns: Id of the email.
        """
        refuse_strangers(recipients)
        return str(super().send_email(recipients, *rest, **more))

    @event_registered(operation_type=OperationType.READ, event_type=EventType.ENV)
    def delete_email(self, email_id: str, folder_name: str = "INBOX") -> str:
        return f"{email_id} stays in {folder_name}"

    @data_tool()
    def move_email(self, email_id: str, source_folder_name: str = "INBOX", dest_folder_name: str = "DRAFT") -> str:
        return f"{email_id} stays in {source_folder_name}, out of {dest_folder_name}"


def test_what_one_decorator_says_is_kept_and_the_others_are_inherited() -> None:
    with phone(lambda: Partly(name="Emails")) as it:
        it.agent_refused(ValueError, "send_email", "outside of the office", **STRANGER)
        it.agent("send_email", **COLLEAGUE)
        assert it.agent("move_email", email_id="m") == "m stays in INBOX, out of DRAFT"
        tools = {tool.name: tool for tool in it.app.get_tools()}
        assert tools["Emails__delete_email"](email_id="m") == "m stays in INBOX"
        assert described(it.log()[-1:]) == [("ENV", "delete_email", False)]
        assert tools["Emails__send_email"].function_description.startswith("Send an email to the office.")
    assert mark_of(Partly.delete_email) == "READ"
    assert kinds_of(Partly.move_email) == ["app_tool", "data_tool"]


class Discreet:
    """An override that comes from a mixin."""

    def send_email(self, recipients: list[str] | None = None, *rest: Any, **more: Any) -> str:
        refuse_strangers(recipients)
        return str(super().send_email(recipients, *rest, **more))  # type: ignore[misc]


class DiscreetMail(Discreet, StatefulEmailApp):
    pass


class Formatted(StatefulApartmentApp):
    def save_apartment(self, apartment_id: str) -> None:
        super().save_apartment(apartment_id.lower())


def test_an_override_of_a_mixin() -> None:
    with phone(lambda: DiscreetMail(name="Emails")) as it:
        it.agent_refused(ValueError, "send_email", "outside of the office", **STRANGER)
    # The mixin stays as it is for others.
    assert kinds_of(Discreet.send_email) == []


class Narrow(StatefulEmailApp):
    def send_email(self, recipients: list[str], subject: str) -> str:
        return str(super().send_email(recipients, subject, "Read in a hurry."))


def test_an_override_with_fewer_arguments() -> None:
    with phone(lambda: Narrow(name="Emails")) as it:
        (tool,) = (tool for tool in it.app.get_tools() if tool.name == "Emails__send_email")
        assert [(arg.name, arg.arg_type) for arg in tool.args] == [("recipients", "list[str]"), ("subject", "str")]
        it.agent("send_email", recipients=["a@b.c"], subject="Hi")
        assert it.log()[-1].get_args() == {"self": it.app, "recipients": ["a@b.c"], "subject": "Hi"}
        assert sent(it.app) == ["Hi"]


def test_what_the_agent_reads_of_the_result_is_inherited() -> None:
    with phone(lambda: Formatted(name="Flats")) as it:
        it.app.add_new_apartment("Loft", "Harbour", "B2", 900.0, 2, 1, 70)
        (apartment_id,) = it.app.apartments
        assert it.agent("save_apartment", apartment_id=apartment_id.upper()) == "Successfully saved apartment"


# -- apps that are built on ARE's alone, and what cannot be a tool


class Scenario(PAREScenario):
    scenario_id = "office"
    app: Any = None

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.apps = [PAREAgentUserInterface(), HomeScreenSystemApp(name="System"), self.app()]

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            self.events = [self.apps[-1].add_calendar_event("Lunch").oracle()] if self.app is Calendar else []

    def validate(self, env: Any) -> Any:
        return None


class Calendar(CalendarV2):
    """ARE's calendar, which has no screens, with a rule of its own."""

    def add_calendar_event(self, title: str = "Event", *rest: Any, **more: Any) -> str:
        return str(super().add_calendar_event(f"{title}!", *rest, **more))


def test_an_app_of_ares_inherits_at_initialize() -> None:
    scenario = Scenario(app=Calendar)
    run = run_scenario(scenario, MultiScenarioRunnerConfig(oracle=True))
    assert [(event.kind, event.function, event.error) for event in run.trace.events] == [
        ("AGENT", "add_calendar_event", None)
    ]
    assert [event.title for event in scenario.apps[-1].events.values()] == ["Lunch!"]


def without_sending() -> StatefulEmailApp:
    class NoMail(StatefulEmailApp):
        send_email = None

    return NoMail(name="Emails")


def with_a_static_method() -> StatefulEmailApp:
    class StaticMail(StatefulEmailApp):
        @staticmethod
        def list_emails() -> None:
            """Nothing."""

    return StaticMail(name="Emails")


def with_a_partial() -> SandboxLocalFileSystem:
    class Files(SandboxLocalFileSystem):
        mkdir = functools.partial(print)

    return Files(name="Files")


def with_an_instance_attribute() -> StatefulEmailApp:
    app = StatefulEmailApp(name="Emails")
    app.send_email = lambda *_: "sent"
    return app


def with_a_class_that_is_changed() -> StatefulEmailApp:
    class Mail(StatefulEmailApp):
        pass

    Mail.send_email = property(lambda _: "sent")
    return Mail(name="Emails")


def with_a_screen_that_is_changed() -> StatefulEmailApp:
    class Box(MailboxView):
        pass

    class BoxedMail(StatefulEmailApp):
        root = Box
        transitions = {Box: {}, **StatefulEmailApp.transitions}  # noqa: RUF012 - as an author writes it

    Box.list_emails = None  # type: ignore[method-assign,assignment]
    return BoxedMail(name="Emails")


EVENT = "@event_registered()"


@pytest.mark.parametrize(
    ("app", "problem"),
    [
        (
            without_sending,
            f"NoMail.send_email overrides a tool without @app_tool() and {EVENT}, so it would not be used",
        ),
        (with_a_static_method, f"StaticMail.list_emails overrides a tool without @app_tool() and {EVENT}"),
        (with_a_partial, f"Files.mkdir overrides a tool without @app_tool() and {EVENT}"),
        (with_a_class_that_is_changed, f"Mail.send_email overrides a tool without @app_tool() and {EVENT}"),
        (with_a_screen_that_is_changed, f"Box.list_emails overrides a tool without @user_tool() and {EVENT}"),
        (
            with_an_instance_attribute,
            f"StatefulEmailApp.send_email is overridden on the instance without @app_tool() and {EVENT}, so it would "
            "not be used; override it in a subclass",
        ),
    ],
)
def test_what_cannot_be_a_tool_is_refused(app: Any, problem: str) -> None:
    with pytest.raises(ScenarioDefect) as caught:
        Scenario(app=app).initialize()
    assert str(caught.value).startswith(f"office: {problem}")
