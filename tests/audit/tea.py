"""A small scenario whose validator is an argument, and validators of known strength."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from are.simulation.apps.email_client import EmailFolderName
from are.simulation.apps.messaging_v2 import ConversationV2
from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.apps import StatefulCalendarApp, StatefulEmailApp, StatefulMessagingApp
from pytest_pare.scenarios import PAREScenario
from pytest_pare.scenarios.checks import event_times, own_messages
from pytest_pare.scenarios.event_log import accepted_at, agent_writes, is_attempt
from pytest_pare.scenarios.matchers import (
    Accepted,
    Reported,
    State,
    Write,
    Writes,
    mentions,
    same_instant,
    same_members,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ANN = "ann@home.example"
BEGIN, END = "2025-01-07 16:00:00", "2025-01-07 17:30:00"


class Tea(PAREScenario):
    """Ann invites to tea. The agent offers to note it, to answer her, and to tell Bob."""

    scenario_id = "tea"
    decide: ClassVar[Callable[[Any, Any], Any]]
    equivalent_mutants: ClassVar[Mapping[str, str]] = {}

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.email, self.calendar = StatefulEmailApp(name="Emails"), StatefulCalendarApp(name="Calendar")
        self.messaging = StatefulMessagingApp(name="Messages")
        self.messaging.add_users(["Bob Hill", "Cleo Park"])
        me = self.messaging.current_user_id
        self.bob, self.cleo = self.messaging.get_user_ids(["Bob Hill", "Cleo Park"])
        for chat, name, user in (("bob", "Bob Hill", self.bob), ("cleo", "Cleo Park", self.cleo)):
            self.messaging.add_conversation(
                ConversationV2(conversation_id=chat, title=name, participant_ids=[me, user])
            )
        self.add_apps(self.email, self.calendar, self.messaging)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            mail = self.email.send_email_to_user_with_id("m1", ANN, "Tea", "On Tuesday at 16:00? Please tell Bob.")
            flow.after(flow.at(10, mail), 2, self.email.get_email_by_id(email_id="m1"))
            flow.propose(2, "Ann asks you to tea on Tuesday at 16:00. Shall I note it, tell her yes, and tell Bob?")
            flow.accept(5, "Yes, please.")
            flow.then(2, self.calendar.add_calendar_event(title="Tea with Ann", start_datetime=BEGIN, end_datetime=END))
            flow.then(1, self.email.reply_to_email(email_id="m1", content="I will come at 16:00."))
            flow.then(1, self.messaging.send_message(user_id=self.bob, content="Tea at Ann's, at 16:00!"))
            flow.report(1, "Ann and Bob know.")

    def validate(self, env: Any) -> Any:
        return type(self).decide(self, env)


def tea(decide: Callable[[Any, Any], Any], equivalent: Mapping[str, str] | None = None) -> type[Tea]:
    """Return the scenario with a validator."""
    return type("Tea", (Tea,), {"decide": staticmethod(decide), "equivalent_mutants": equivalent or {}})


def expected(scenario: Any) -> list[tuple[Write, ...]]:
    """Return the right writes, each with its alternatives."""
    four = mentions(("16:00", "4 pm"))
    return [
        (
            Write(
                "StatefulCalendarApp",
                "add_calendar_event",
                {"title": mentions("Ann"), "start_datetime": same_instant(BEGIN), "end_datetime": same_instant(END)},
            ),
        ),
        (
            Write("StatefulEmailApp", "reply_to_email", {"email_id": "m1", "content": four}),
            Write(
                "StatefulEmailApp",
                "send_email",
                {"recipients": same_members(ANN), "subject": mentions("Tea"), "content": four},
            ),
        ),
        (
            Write("StatefulMessagingApp", "send_message", {"user_id": scenario.bob, "content": four}),
            Write(
                "StatefulMessagingApp",
                "send_message_to_group_conversation",
                {"conversation_id": "bob", "content": four},
            ),
        ),
    ]


def strict(scenario: Any, env: Any) -> Any:
    """Judge by matchers."""
    return verdict(
        env,
        Accepted(mentions("Ann", ("16:00", "4 pm"))),
        Writes(*expected(scenario)),
        Reported(mentions("Bob")),
        State("one entry", lambda: len(scenario.calendar.events) == 1),
    )


def by_hand(scenario: Any, env: Any) -> Any:
    """Judge as a validator without matchers does."""
    consent = accepted_at(env, mentions("Ann"))
    log = env.event_log.list_view()
    early = consent is None or any(map(is_attempt, log[:consent]))
    return _result(not early and _exactly(scenario, agent_writes(env)))


def _exactly(scenario: Any, events: list[Any]) -> bool:
    ways = expected(scenario)
    hits = [[any(way.matches(event) for way in some) for some in ways] for event in events]
    return len(events) == len(ways) and all(map(any, hits)) and all(any(column) for column in zip(*hits, strict=True))


def without_consent(scenario: Any, env: Any) -> Any:
    """Judge the writes alone."""
    return _result(_exactly(scenario, agent_writes(env)))


def at_least(scenario: Any, env: Any) -> Any:
    """Judge whether the right writes are among those after the acceptance."""
    consent = accepted_at(env, mentions("Ann"))
    events = [] if consent is None else [e for e in env.event_log.list_view()[consent:] if not e.failed()]
    events = [event for event in events if is_attempt(event)]
    return _result(all(any(way.matches(event) for event in events for way in ways) for ways in expected(scenario)))


def attempts(scenario: Any, env: Any) -> Any:
    """Judge the calls, whether they failed or not."""
    consent = accepted_at(env, mentions("Ann"))
    log = env.event_log.list_view()
    events = [] if consent is None else [event for event in log if is_attempt(event)]
    early = consent is None or any(map(is_attempt, log[:consent]))
    return _result(not early and _exactly(scenario, events))


def at_the_end(scenario: Any, env: Any) -> Any:
    """Judge the state at the end, whoever has made it, after an acceptance."""
    entries = [event_times(event) for event in scenario.calendar.events.values()]
    told = [len(own_messages(scenario.messaging, name)) for name in ("bob", "cleo")]
    answered = len(scenario.email.folders[EmailFolderName.SENT].emails)
    asked = accepted_at(env, mentions("Ann")) is not None
    return _result(asked and entries == [(BEGIN, END)] and told == [1, 0] and answered == 1)


def anything(scenario: Any, env: Any) -> Any:
    """Accept every run."""
    return _result(success=True)


def same_words(scenario: Any, env: Any) -> Any:
    """Judge by matchers, and ask for the very words of the reference."""
    proposal = "Ann asks you to tea on Tuesday at 16:00. Shall I note it, tell her yes, and tell Bob?"
    writes = [ways[0] for ways in expected(scenario)]
    times = {"title": "Tea with Ann", "start_datetime": BEGIN, "end_datetime": END}
    writes[0] = Write("StatefulCalendarApp", "add_calendar_event", times)
    return verdict(env, Accepted(lambda text: text == proposal), Writes(*writes, in_order=True), Reported())


def _result(success: bool) -> ScenarioValidationResult:
    return ScenarioValidationResult(success=success)
