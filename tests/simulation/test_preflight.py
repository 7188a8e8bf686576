"""Defects of a scenario that are known before the first turn."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.scenarios.validation_result import ScenarioValidationResult
from are.simulation.types import (
    AgentValidationEvent,
    ConditionCheckEvent,
    Event,
    EventRegisterer,
    OracleEvent,
    StopEvent,
    ValidationEvent,
)

from pytest_pare.apps import (
    StatefulCabApp,
)
from pytest_pare.apps.email import MailboxView
from pytest_pare.scenarios import PAREScenario, checks
from pytest_pare.scenarios.checks import Write, accepted_at, check_consented_writes
from pytest_pare.scenarios.config import LLMEngineConfig, MultiScenarioRunnerConfig
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.runner import Run, run_scenario
from tests.stage import Stage, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import Turn

LINE = "PAREAgentUserInterface"
MAIL = "Emails.send_email_to_user_with_id"
ENGINES: dict[str, Any] = {
    f"{role}_engine_config": LLMEngineConfig(model_name="oracle", provider="oracle")
    for role in ("user", "observe", "execute")
}


def here() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


class Moved(Stage):
    """A course is moved: a mail, a proposal, its acceptance, a write. `left_out` is left out of `self.events`.

    Attributes:
        looks: How often `validate` was called on this instance.
    """

    scenario_id = "moved"
    left_out: tuple[str, ...] = ()
    looks = 0

    def build_events_flow(self) -> None:
        with EventRegisterer.capture_mode():
            self.wrote = here() + 1
            mail = self.email.send_email_to_user_with_id(
                "pool", "desk@pool.example", content="Swimming is on Thursday."
            ).delayed(10)
            ask = self.agent_ui.send_message_to_user("Swimming is on Thursday. Note it?").oracle().depends_on(mail, 4)
            yes = self.agent_ui.accept_proposal("Please.").oracle().depends_on(ask, 4)
            note = self.calendar.add_calendar_event(title="Swimming").oracle().depends_on(yes, 2)
            script = {"mail": mail, "ask": ask, "yes": yes, "note": note, **self.more(mail, ask, yes, note)}
        self.events = [event for name, event in script.items() if name not in self.left_out]

    def more(self, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        return {}

    def writes(self) -> Any:
        return Write("StatefulCalendarApp", "add_calendar_event", {"title": "Swimming"})

    def validate(self, env: Any) -> Any:
        self.looks += 1
        return check_consented_writes(env, self.writes())


def variant(**body: Any) -> Callable[..., PAREScenario]:
    return type("Variant", (Moved,), body)


def run(scenario: PAREScenario, *, oracle: bool = False, script_errors: Any = "fail", agent: Any = None) -> Run:
    # Agents that are slow to act get their turns.
    config = MultiScenarioRunnerConfig(oracle=oracle, skip_idle_time=agent is None, **ENGINES)
    return run_scenario(scenario, config, script_errors, agent=agent)


def defect(scenario: PAREScenario, *, oracle: bool = False) -> str:
    """Return the defect of a scenario, of which nothing is played."""

    def agent(turn: Turn) -> None:
        pytest.fail("the agent was asked")

    played = run(scenario, oracle=oracle, agent=None if oracle else agent)
    assert isinstance(played.result.exception, ScenarioDefect), played.result
    assert played.result.status == "exception"
    assert played.trace.entries == ()
    return told(played).removeprefix(f"{scenario.scenario_id}: ")


@pytest.mark.parametrize("oracle", [False, True])
def test_a_right_scenario_has_none(oracle: bool) -> None:
    played = run(Moved(), oracle=oracle)
    assert played.success
    assert played.warnings == ()


# -- what is not in self.events


def test_a_mail_that_is_left_out_is_told_with_what_waits_for_it_and_its_line() -> None:
    scenario = variant(left_out=("mail",))()
    waiting = ", ".join(
        f"{name} (FILE:LINE)"
        for name in (f"{LINE}.send_message_to_user", f"{LINE}.accept_proposal", "Calendar.add_calendar_event")
    )
    assert defect(scenario) == (
        f"FILE:LINE: {MAIL} is not in self.events, so it never happens, nor does what waits for it: {waiting}; "
        "add it to self.events"
    )
    again: Any = variant(left_out=("mail",))()
    message = str(run(again).result.exception)
    assert f"test_preflight.py:{again.wrote}: {MAIL} is not in self.events" in message


@pytest.mark.parametrize("oracle", [False, True])
def test_each_event_that_is_left_out_is_told(oracle: bool) -> None:
    text = defect(variant(left_out=("mail", "ask"))(), oracle=oracle)
    assert text.count("is not in self.events") == 2
    assert text.count("Calendar.add_calendar_event (FILE:LINE)") == 2


def test_an_acceptance_that_is_left_out() -> None:
    assert defect(variant(left_out=("yes",))()).startswith(f"FILE:LINE: {LINE}.accept_proposal is not in self.events")
    # In oracle mode the environment plays it all the same, as ARE's does.
    played = run(variant(left_out=("yes",))(), oracle=True)
    assert played.success
    assert [warning.partition("is not")[2] for warning in played.warnings] == [
        " in self.events, and happens all the same, after what it depends on; add it to self.events"
    ]


def test_an_answer_that_nothing_waits_for_is_missed_too() -> None:
    text = defect(variant(left_out=("yes", "note"))())
    assert (
        text
        == f"FILE:LINE: {LINE}.accept_proposal is not in self.events, so the user never answers; add it to self.events"
    )


def test_one_of_two_answers_may_be_left_out() -> None:
    def both(self: Any, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        return {"no": self.agent_ui.reject_proposal("No.").oracle().depends_on(ask, 4)}

    played = run(variant(more=both, left_out=("no",))())
    assert played.success
    (warning,) = played.warnings
    assert "reject_proposal is not in self.events, so it never happens; add it to self.events, or do not" in warning


def test_all_of_them_left_out() -> None:
    names = ("mail", "ask", "yes", "note")
    for oracle in (False, True):
        assert defect(variant(left_out=names)(), oracle=oracle) == (
            "FILE:LINE: 4 events made, and self.events is empty, so that nothing happens; set self.events to the list "
            "of them"
        )


def test_a_scenario_in_which_nothing_happens_makes_no_events() -> None:
    assert run(Stage(), oracle=True).success
    assert run(Stage()).success


def test_what_nothing_waits_for_is_a_warning() -> None:
    def more(self: Any, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        other = self.email.send_email_to_user_with_id("x", "desk@pool.example")
        follows = self.email.send_email_to_user_with_id("y", "desk@pool.example").depends_on(mail, 1)
        return {"other": other.delayed(3), "follows": follows}

    played = run(variant(more=more, left_out=("other", "follows"))())
    assert played.success
    never, all_the_same = played.warnings
    assert f"{MAIL} is not in self.events, so it never happens; add it to self.events, or do not make it" in never
    assert f"{MAIL} is not in self.events, and happens all the same" in all_the_same


def test_copies_and_steps_are_the_event_that_they_are_made_of() -> None:
    def more(self: Any, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        plain = self.email.send_email_to_user_with_id("x", "desk@pool.example").depends_on(mail)
        step = self.calendar.get_all_tags().depends_on(mail).oracle().with_id("step")
        return {"copy": plain.copy(), "step": step, "free": OracleEvent(make_event=lambda env: None).depends_on(step)}

    assert run(variant(more=more)(), oracle=False, agent=lambda turn: None).warnings == ()


def test_a_condition_that_is_left_out_behind_a_step_harms_no_agent() -> None:
    def more(self: Any, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        condition = ConditionCheckEvent.from_condition(lambda env: True).depends_on(yes)
        return {"condition": condition, "tags": self.calendar.get_all_tags().oracle().depends_on(condition)}

    played = run(variant(more=more, left_out=("condition",))(), oracle=True)
    assert played.success
    assert run(variant(more=more, left_out=("condition",))(), agent=lambda turn: None).result.exception is None


def test_a_condition_that_is_left_out_and_waits_for_nothing_is_a_defect() -> None:
    def more(self: Any, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        condition = ConditionCheckEvent.from_condition(lambda env: True)
        return {"condition": condition, "stop": StopEvent().depends_on(condition)}

    text = defect(variant(more=more, left_out=("condition",))())
    assert text.startswith("FILE:LINE: condition '<lambda>' is not in self.events, so it never happens, nor does")


@pytest.mark.parametrize("oracle", [False, True])
def test_circles(oracle: bool) -> None:
    def more(self: Any, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        first = self.email.send_email_to_user_with_id("x", "desk@pool.example").with_id("first")
        second = self.email.send_email_to_user_with_id("y", "desk@pool.example").depends_on(first)
        first.depends_on(second)
        return {"first": first, "second": second, "third": StopEvent().depends_on(second)}

    told_twice = f"FILE:LINE: {MAIL} depends on itself, and never happens"
    assert defect(variant(more=more)(), oracle=oracle) == f"{told_twice}\n  {told_twice}"


def test_a_long_chain_is_no_problem() -> None:
    def script(s: Any) -> list[Any]:
        events = [s.user_says("0")]
        for number in range(1, 2000):
            events.append(s.user_says(str(number)).depends_on(events[-1]))
        return events[:1] + events[:0:-1]

    assert run(Stage(script=script), oracle=True).success


@pytest.mark.parametrize("item", [None, "an id", ["nested"]])
def test_what_is_no_event_in_self_events(item: Any) -> None:
    text = defect(variant(more=lambda self, *events: {"item": item})())
    assert text == (
        f"FILE:LINE: build_events_flow() must set self.events to a list of events; item 4 is {type(item).__name__}; "
        "call the app's method within EventRegisterer.capture_mode()"
    )


def test_warnings_are_asked_for_instead() -> None:
    played = run(variant(left_out=("mail",))(), script_errors="warn", oracle=True)
    assert played.result.status == "failed"
    assert any(f"{MAIL} is not in self.events, so it never happens" in warning for warning in played.warnings)


# -- the world behind a step


def follow(make: Callable[[Any], Any]) -> Callable[..., dict[str, Any]]:
    return lambda self, mail, ask, yes, note: {"more": make(self).depends_on(note, 5)}


def reply(stage: Any) -> Any:
    return stage.email.send_email_to_user_with_id("reply", "desk@pool.example", content="Thanks")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (reply, MAIL),
        (lambda s: MailboxView().bind_to_app(s.email).list_emails(), "Emails.list_emails"),
        (lambda s: ValidationEvent(event_id="judge", milestones=[lambda env: True]), "validation event 'judge'"),
        (lambda s: AgentValidationEvent(event_id="judge"), "event 'judge'"),
    ],
)
def test_a_world_event_behind_a_step_never_happens_with_agents(make: Any, name: str) -> None:
    assert defect(variant(more=follow(make))()) == (
        f"FILE:LINE: {name} waits for the reference step Calendar.add_calendar_event (FILE:LINE), and never happens in "
        "a run with agents; let it depend on an event of the world or on a condition, or make it a reference step by "
        "oracle()"
    )


def test_in_oracle_mode_it_does() -> None:
    played = run(variant(more=follow(reply))(), oracle=True)
    assert played.success
    assert [event.function for event in played.trace.events].count("send_email_to_user_with_id") == 2


def test_also_behind_another_event_or_a_condition_or_by_a_placeholder() -> None:
    def more(self: Any, mail: Any, ask: Any, yes: Any, note: Any) -> dict[str, Any]:
        condition = ConditionCheckEvent.from_condition(lambda env: True).depends_on(yes)
        note.with_id("note")
        return {
            "condition": condition,
            "answer": reply(self).depends_on(condition),
            "named": self.email.send_email_to_user_with_id("n", "desk@pool.example", content="{{note}}").delayed(60),
        }

    text = defect(variant(more=more)())
    assert f"{MAIL} waits for the reference step {LINE}.accept_proposal (FILE:LINE)" in text
    assert f"{MAIL} waits for the reference step Calendar.add_calendar_event (FILE:LINE)" in text


def test_the_end_behind_a_step_is_a_warning() -> None:
    played = run(variant(more=follow(lambda s: StopEvent()))())
    assert played.success
    (warning,) = played.warnings
    assert "waits for the reference step Calendar.add_calendar_event" in warning


# -- answers without oracle()


def test_a_plain_answer_is_the_users_step() -> None:
    class Plain(Stage):
        scenario_id = "plain"

        def build_events_flow(self) -> None:
            with EventRegisterer.capture_mode():
                mail = self.email.send_email_to_user_with_id("pool", "desk@pool.example").delayed(1)
                ask = self.agent_ui.send_message_to_user("Note it?").oracle().depends_on(mail, 4)
                yes = self.agent_ui.accept_proposal("Please.").depends_on(ask, 4)
                note = self.calendar.add_calendar_event(title="Swimming").oracle().depends_on(yes, 2)
            self.events = [mail, ask, yes, note]

        def validate(self, env: Any) -> Any:
            return check_consented_writes(env, Write("StatefulCalendarApp", "add_calendar_event"))

    heard: list[int] = []

    def slow(turn: Turn) -> None:
        # It proposes later than the script does.
        heard.extend(turn.number for news in turn.notifications if news.kind == "environment")
        if turn.mode.value == "execute":
            turn.call("Calendar__add_calendar_event", {"title": "Swimming"})
            turn.report("Done.")
        elif heard and turn.number == heard[0] + 2:
            turn.propose("Note it?")

    for played in (run(Plain()), run(Plain(), oracle=True), run(Plain(), agent=slow)):
        assert played.success, played.result
        assert played.warnings == ()
        assert [event.kind for event in played.trace.events if event.function == "accept_proposal"] == ["USER"]


def test_a_plain_answer_that_waits_for_no_step_waits_for_a_proposal() -> None:
    def script(s: Any) -> list[Any]:
        return [s.agent_ui.accept_proposal("Yes").delayed(2)]

    def late(turn: Turn) -> None:
        if turn.number == 2:
            turn.propose("Shall I?")

    def verdict(stage: Any, env: Any) -> ScenarioValidationResult:
        return ScenarioValidationResult(success=accepted_at(env) is not None)

    assert run(Stage(script=script, verdict=verdict), agent=late).success


# -- apps


class Bare(Stage):
    """A stage with some of the apps alone."""

    scenario_id = "bare"
    present: tuple[str, ...] = ("agent_ui", "system", "email")

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        super().init_and_populate_apps()
        self.apps = [getattr(self, name) for name in self.present]


def bare(*present: str, **fields: Any) -> PAREScenario:
    scenario: PAREScenario = type("Bare", (Bare,), {"present": present})(**fields)
    return scenario


def test_an_app_that_an_event_calls_and_that_is_not_there() -> None:
    for make in (
        lambda s: s.calendar.add_calendar_event_by_attendee(who_add="Ines").delayed(2),
        lambda s: s.calendar.add_calendar_event().oracle(),
        lambda s: s.calendar.current_state.list_events().oracle(),
    ):
        text = defect(bare("agent_ui", "system", "email", script=lambda s, make=make: [make(s)]))
        assert text.startswith("FILE:LINE: Calendar.")
        assert text.endswith(
            "calls Calendar (StatefulCalendarApp), and it is not in self.apps; add the app that the event calls"
        )


def test_an_app_that_is_there_as_another_object() -> None:
    scenario = Stage(script=lambda s: [StatefulCabApp(name="Emails").end_ride().delayed(2)])
    assert "calls Emails (StatefulCabApp), and self.apps has Emails as another object; add the app" in defect(scenario)


def test_an_app_is_told_once() -> None:
    def script(s: Any) -> list[Any]:
        return [s.calendar.get_all_tags().oracle().delayed(n) for n in range(3)]

    assert defect(bare("agent_ui", "system", script=script)).count("not in self.apps") == 1


def test_the_line_and_the_home_screen() -> None:
    line = f"FILE:LINE: the scenario has no {LINE}; add one to self.apps"
    home = "FILE:LINE: the scenario has no HomeScreenSystemApp; add one to self.apps"
    assert defect(bare("system", "email")) == line
    assert defect(bare("email")) == f"{home}\n  {line}"
    assert defect(bare("email"), oracle=True) == home
    # What is played without agents needs no line between them.
    assert run(bare("system", "email"), oracle=True).success


def test_a_function_that_is_no_apps_may_happen() -> None:
    def script(s: Any) -> list[Any]:
        return [Event.from_function(lambda: None).delayed(2)]

    assert run(Stage(script=script), agent=lambda turn: None).result.exception is None


# -- the writes that are expected


WRITES = [
    (
        Write("CalendarApp", "add_calendar_event"),
        "CalendarApp.add_calendar_event: no app in self.apps is of a class named 'CalendarApp'; there are "
        "PAREAgentUserInterface, HomeScreenSystemApp, StatefulEmailApp, StatefulCalendarApp, StatefulContactsApp, "
        "StatefulMessagingApp; did you mean 'StatefulCalendarApp'?",
    ),
    (
        Write("StatefulCalendarApp", "add_calender_event"),
        "StatefulCalendarApp.add_calender_event: the agent has no tool 'add_calender_event' there; tools that write: "
        "edit_calendar_event, add_calendar_event, delete_calendar_event; did you mean 'add_calendar_event'?",
    ),
    (
        Write("StatefulCalendarApp", "add_calendar_event", {"titel": "Swimming", "tag": None}),
        "StatefulCalendarApp.add_calendar_event: the tool has no argument 'titel'; it has title, start_datetime, "
        "end_datetime, tag, description, location, attendees; did you mean 'title'?",
    ),
    (
        Write("StatefulCalendarApp", "get_calendar_event"),
        "StatefulCalendarApp.get_calendar_event: this tool only reads; tools that write: edit_calendar_event, "
        "add_calendar_event, delete_calendar_event",
    ),
    (
        Write("StatefulEmailApp", "send_email_to_user_with_id"),
        "StatefulEmailApp.send_email_to_user_with_id: the agent has no tool 'send_email_to_user_with_id' there; tools",
    ),
    (
        Write(LINE, "send_message_to_user"),
        f"{LINE}.send_message_to_user: a message is not a write; test its text by Accepted(...), Reported(...) or "
        "proposal=...",
    ),
]


@pytest.mark.parametrize(("write", "reason"), WRITES, ids=[str(write) for write, _ in WRITES])
@pytest.mark.parametrize("oracle", [False, True])
def test_a_write_that_no_agent_can_make(write: Write, reason: str, oracle: bool) -> None:
    text = defect(variant(writes=lambda self: write)(), oracle=oracle)
    assert text.startswith(f"FILE:LINE: {reason}")
    right = Write("StatefulCalendarApp", "add_calendar_event")
    assert reason in defect(variant(writes=lambda self: (right, write))(), oracle=oracle)


def test_its_line_is_told() -> None:
    line = here() + 1
    write = Write("StatefulCalendarApp", "add_event")
    message = str(run(variant(writes=lambda self: write)()).result.exception)
    assert message.startswith("moved: ")
    assert f"test_preflight.py:{line}: StatefulCalendarApp.add_event: the agent has no tool" in message


def test_a_validator_that_raises_too_early_is_heard_out() -> None:
    def validate(self: Any, env: Any) -> Any:
        wanted = Write("StatefulCalendarApp", "nothing")
        return check_consented_writes(env, wanted, state={"it is there": bool(self.calendar.events["not yet there"])})

    assert "the agent has no tool 'nothing' there" in defect(variant(validate=validate)())


def test_what_a_validator_hides_is_told_in_the_end() -> None:
    def validate(self: Any, env: Any) -> Any:
        if accepted_at(env) is None:
            return ScenarioValidationResult(success=False, rationale="not accepted")
        try:
            return check_consented_writes(env, Write("StatefulCalendarApp", "nothing"))
        except Exception:  # noqa: BLE001 - as PARE's validators do
            return ScenarioValidationResult(success=False)

    for oracle in (False, True):
        played = run(variant(validate=validate)(), oracle=oracle)
        assert isinstance(played.result.exception, ScenarioDefect)
        assert "the agent has no tool 'nothing' there" in str(played.result.exception)
    # An agent that comes not as far is to blame itself.
    idle = run(variant(validate=validate)(), agent=lambda turn: None)
    assert (idle.result.status, idle.result.rationale) == ("failed", "not accepted")


def test_a_write_that_is_looked_for_by_hand_may_be_anybodys() -> None:
    def validate(self: Any, env: Any) -> Any:
        events = env.event_log.list_view()
        came = Write("StatefulEmailApp", "send_email_to_user_with_id", {"email_id": "pool"})
        opened, accepted = Write("StatefulEmailApp", "open_email_by_id"), Write(LINE, "accept_proposal")
        return ScenarioValidationResult(
            success=any(map(came.matches, events)) and any(map(accepted.matches, events)), rationale=str(opened)
        )

    assert run(variant(validate=validate)()).success


def test_looking_at_the_writes_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def validate(self: Any, env: Any) -> Any:
        drawn.append(self.calendar.rng.random())
        self.looks += 1
        self.calendar.get_all_tags()
        return check_consented_writes(env, Write("StatefulCalendarApp", "add_calendar_event"))

    drawn: list[float] = []
    scenario: Any = variant(validate=validate)()
    looked = run(scenario)
    assert (looked.success, scenario.looks, len(drawn)) == (True, 1, 2)
    # Where no module of the scenario's can use `Write`, nothing is called.
    monkeypatch.setitem(globals(), "Write", None)
    monkeypatch.setitem(globals(), "checks", None)
    monkeypatch.setattr("tests.stage.Stage.validate", validate)
    plain: Any = type("Plain", (Moved,), {"validate": lambda self, env: drawn.append(0.5)})()
    run(plain)
    assert len(drawn) == 3
    assert looked.trace.entries == run(variant(validate=validate)()).trace.entries


def test_the_matchers_of_a_class_are_looked_at_once_in_each_world() -> None:
    def validate(self: Any, env: Any) -> Any:
        looks.append(self.seed)
        return check_consented_writes(env, Write("StatefulCalendarApp", self.tool))

    looks: list[int] = []
    made: Any = variant(validate=validate, tool="add_calendar_event")
    for seed, varied in ((1, False), (1, False), (2, False), (2, True), (2, True)):
        scenario = made(seed=seed)
        scenario.variation = varied
        assert run(scenario, oracle=True).success
    # Also once for the verdict of each run.
    assert looks == [1, 1, 1, 2, 2, 2, 2, 2, 2]
    wrong: Any = variant(validate=validate, tool="no_such_tool")
    for _ in range(2):
        assert "no_such_tool" in str(run(wrong(), oracle=True).result.exception)


def test_what_ends_the_process_ends_it() -> None:
    def validate(self: Any, env: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(variant(validate=validate)())
    assert checks.Write is Write
