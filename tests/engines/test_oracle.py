"""The oracle engine: a scenario is solved through prompts, parsing, tools and screens, at the times it gives."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.types import ConditionCheckEvent, OracleEvent

from pytest_pare.apps import HomeScreenSystemApp, PAREAgentUserInterface, StatefulContactsApp
from pytest_pare.engines.building import ENGINE_PROVIDERS, build_engine
from pytest_pare.engines.errors import EngineConfigurationError
from pytest_pare.engines.oracle import OracleEngine
from pytest_pare.engines.reference import Reference
from pytest_pare.scenarios.config import LLMEngineConfig
from pytest_pare.scenarios.engine_config import OFFLINE_PROVIDERS
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.simulation.limits import Limits
from tests.scripted import WAIT, accept, play_oracle, play_scripted, propose, reject, report, scripted
from tests.stage import Stage, play

if TYPE_CHECKING:
    from pytest_pare.agents.protocols import Turn
    from pytest_pare.simulation.runner import Run

ROLES = ("user", "observe", "execute")
LINE = "PAREAgentUserInterface"


def steps(run: Run, *, line: bool = True) -> list[tuple[float, str, str, dict[str, Any]]]:
    """Return what the user and the agent did and when, without their waiting."""
    return [
        (event.time, event.kind, str(event.function), {k: v for k, v in event.args.items() if v is not None})
        for event in run.trace.events
        if event.kind in ("USER", "AGENT")
        and not str(event.function).startswith("wait")
        and (line or event.app != LINE)
    ]


def mail(stage: Any, subject: str = "Move") -> Any:
    return stage.email.send_email_to_user_only(sender="ada@example.com", subject=subject, content="To Leeds.")


def add(stage: Any, first_name: str = "Ada") -> Any:
    return stage.contacts.add_new_contact(first_name=first_name, last_name="Byron")


def usual(s: Any) -> list[Any]:
    """The user looks around, somebody writes, the agent looks, asks, is told yes, acts by what it got, and reports."""
    opened = s.system.open_app(app_name="Contacts").oracle().delayed(4)
    looked = s.contacts.current_state.list_contacts().oracle().depends_on(opened, delay_seconds=3)
    came = mail(s).delayed(20)
    read = s.email.list_emails().oracle().depends_on([came, looked], delay_seconds=2)
    asked = s.agent_says("Shall I add Ada?").depends_on(read, delay_seconds=3)
    yes = s.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(asked, delay_seconds=15)
    added = add(s).oracle().with_id("added").depends_on(yes, delay_seconds=2)
    edited = (
        s.contacts.edit_contact(contact_id="{{added}}", updates={"city_living": "Leeds"})
        .oracle()
        .depends_on(added, delay_seconds=1)
    )
    return [opened, looked, came, read, asked, yes, added, edited, s.agent_says("Ada is in.").depends_on(edited)]


def twice(s: Any) -> list[Any]:
    """A proposal is rejected, another accepted and reported, and a third follows what the world does meanwhile."""
    asked = s.agent_says("Add Ada?").delayed(5)
    no = s.agent_ui.reject_proposal(content="No.").oracle().depends_on(asked, delay_seconds=5)
    again = s.agent_says("Add Bob?").depends_on(no, delay_seconds=5)
    yes = s.agent_ui.accept_proposal().oracle().depends_on(again, delay_seconds=5)
    added = add(s, "Bob").oracle().depends_on(yes, delay_seconds=5)
    told = s.agent_says("Bob is in.").depends_on(added, delay_seconds=5)
    came = mail(s).delayed(100)
    third = s.agent_says("And Cy?").depends_on([told, came], delay_seconds=5)
    yes_too = s.agent_ui.accept_proposal(content="Cy too.").oracle().depends_on(third, delay_seconds=5)
    return [asked, no, again, yes, added, told, came, third, yes_too, add(s, "Cy").oracle().depends_on(yes_too, 5)]


def waiting(s: Any) -> list[Any]:
    """The execution waits for the world, for a condition, and for the user's answer to a question."""
    asked = s.agent_says("Add Ada?").delayed(5)
    yes = s.agent_ui.accept_proposal().oracle().depends_on(asked, delay_seconds=5)
    came = mail(s).delayed(400)
    added = add(s).oracle().depends_on([yes, came], delay_seconds=2)
    question = s.agent_ui.ask_user(content="And Bob?").oracle().depends_on(added, delay_seconds=3)
    answer = s.user_says("Bob as well.").oracle().depends_on(question, delay_seconds=20)
    bob = add(s, "Bob").oracle().depends_on(answer, delay_seconds=1)
    return [asked, yes, came, added, question, answer, bob, s.agent_says("Both are in.").depends_on(bob)]


def by_the_clock(s: Any) -> list[Any]:
    """Nothing depends on anything; only the times say what comes when, and they are not written in order."""
    return [
        add(s).oracle().delayed(40),
        s.agent_says("Ada is in.").delayed(41),
        s.agent_ui.accept_proposal(content="Yes.").oracle().delayed(30),
        s.agent_says("Add Ada?").delayed(15),
        s.system.go_home().oracle().delayed(3600),
        mail(s).delayed(60),
        s.contacts.get_contacts().oracle().delayed(10),
    ]


@pytest.mark.parametrize("script", [usual, twice, waiting, by_the_clock])
def test_the_oracle_does_what_oracle_mode_does_at_the_same_times(script: Any) -> None:
    # An answer takes no time of its own here, so that nothing but the scenario says when.
    run = play_oracle(script, config={"generation_seconds": 0.0})
    assert run.result.status == "success", run.result.exception
    mode = play(script)
    assert steps(run) == steps(mode)
    assert all(event.error is None for event in run.trace.events)


@pytest.mark.parametrize("iterations", [1, 3, None])
@pytest.mark.parametrize("script", [usual, twice, waiting, by_the_clock])
def test_the_oracle_does_it_with_any_number_of_iterations(script: Any, iterations: int | None) -> None:
    limits = {f"{role}_max_iterations": iterations for role in ROLES}
    run = play_oracle(script, config=limits)
    assert [step[1:] for step in steps(run)] == [step[1:] for step in steps(play(script))]
    assert run.result.writes_without_consent == 0


def test_a_step_waits_for_its_delay_while_its_answer_is_thought_of() -> None:
    run = play_oracle(usual)
    latencies = [call.latency for call in run.trace.calls if "accept_proposal" in str(call.response)]
    assert latencies == [15]
    assert {call.model for call in run.trace.calls} == {"oracle"}


def test_an_acceptance_is_in_time_also_if_thinking_takes_longer() -> None:
    run = play_oracle(usual, config={"generation_seconds": 40.0})
    assert run.result.acceptance_count == 1
    assert run.result.write_actions == 2


def test_every_role_asks_its_own_engine() -> None:
    run = play_oracle(usual)
    roles = {str(event.function): call.role for call in run.trace.calls for event in run.trace.events
             if f"__{event.function}" in str(call.response)}  # fmt: skip
    assert (roles["open_app"], roles["list_emails"], roles["edit_contact"]) == ROLES
    assert roles["list_contacts"] == "user"


# -- what goes wrong


def test_a_step_that_fails_is_played_once_and_what_follows_goes_on() -> None:
    def script(s: Any) -> list[Any]:
        asked = s.agent_says("Shall I?")
        yes = s.agent_ui.accept_proposal().oracle().depends_on(asked)
        wrong = s.contacts.delete_contact(contact_id="nobody").oracle().depends_on(yes, delay_seconds=2)
        return [asked, yes, wrong, add(s).oracle().depends_on(wrong, delay_seconds=2)]

    run = play_oracle(script)
    assert [(event.function, bool(event.error)) for event in run.trace.actions(operation="write")] == [
        ("delete_contact", True), ("add_new_contact", False)
    ]  # fmt: skip


def test_a_step_on_a_screen_that_is_not_shown_is_tried_once() -> None:
    def script(s: Any) -> list[Any]:
        looked = s.contacts.current_state.list_contacts().oracle()
        return [looked, s.user_says("Never mind.").oracle().depends_on(looked, delay_seconds=1)]

    run = play_oracle(script)
    assert [(event.function, event.error) for event in run.trace.events if event.kind == "USER"] == [
        ("Contacts__list_contacts", "UnknownToolError: there is no tool Contacts__list_contacts now"),
        ("send_message_to_agent", None),
    ]


def test_a_write_that_nobody_was_asked_for_is_not_done() -> None:
    run = play_oracle(lambda s: [add(s).oracle()])
    assert run.result.write_actions == 0
    assert steps(run) == []


def broken(s: Any) -> list[Any]:
    def make(env: Any) -> Any:
        raise KeyError("no such mail")

    return [OracleEvent(make_event=make, event_id="bad")]


def test_a_solution_that_raises_is_a_defect_of_the_scenario() -> None:
    run = play_oracle(broken)
    assert isinstance(run.result.exception, ScenarioDefect)
    assert "oracle event bad: KeyError: 'no such mail'" in str(run.result.exception)


@pytest.mark.parametrize(("duration", "config"), [(5, {}), (None, {"max_turns": 0})])
def test_where_nobody_but_the_solution_is_played_its_script_has_to_happen(
    duration: int | None, config: dict[str, Any]
) -> None:
    run = play_oracle(lambda s: [s.user_says("late").delayed(10)], duration=duration, config=config)
    assert isinstance(run.result.exception, ScenarioDefect)
    told = "1 event of the script never happened: PAREAgentUserInterface.send_message_to_agent"
    assert str(run.result.exception) == told


def test_a_solution_that_raises_is_no_matter_where_nobody_plays_it() -> None:
    run = play_scripted(scripted(), broken)
    assert run.result.status == "success"


def test_a_placeholder_that_nothing_has_filled_is_left_and_fails_where_it_is_used() -> None:
    def script(s: Any) -> list[Any]:
        asked = s.agent_says("Shall I?")
        yes = s.agent_ui.accept_proposal().oracle().depends_on(asked)
        wrong = s.contacts.delete_contact(contact_id="nobody").oracle().with_id("wrong").depends_on(yes)
        return [asked, yes, wrong, s.contacts.get_contact(contact_id="{{wrong}}").oracle().depends_on(wrong)]

    (event,) = [event for event in play_oracle(script).trace.events if event.function == "get_contact"]
    assert event.args["contact_id"] == "{{wrong}}"
    assert event.error is not None


# -- waiting


def waits(run: Run) -> list[tuple[str | None, str | None]]:
    return [(event.function, event.mode) for event in run.trace.events if str(event.function).startswith("wait")]


def test_an_executor_waits_for_the_world_and_ends_when_nothing_is_left() -> None:
    run = play_oracle(waiting)
    assert ("wait_for_notification", "execute") in waits(run)
    assert [step[2] for step in steps(run)][-2:] == ["add_new_contact", "send_message_to_user"]
    # Hours of waiting are no waste: they do not count against the length of the run.
    assert run.trace.events[-1].time > 400


def test_an_executor_waits_for_a_condition() -> None:
    def script(s: Any) -> list[Any]:
        asked = s.agent_says("Shall I?")
        yes = s.agent_ui.accept_proposal().oracle().depends_on(asked)
        condition = ConditionCheckEvent.from_condition(lambda env: env.time_manager.time_passed() >= 100)
        return [asked, yes, condition, add(s).oracle().depends_on([yes, condition], delay_seconds=1)]

    run = play_oracle(script)
    (written,) = run.trace.actions(operation="write")
    assert written.time >= 100
    assert run.result.writes_without_consent == 0


def test_an_executor_whose_work_is_done_gives_the_consent_back() -> None:
    run = play_oracle(lambda s: usual(s)[:-1], config={"skip_idle_time": False, "max_turns": 30})
    assert "end_task" in str([call.response for call in run.trace.calls if call.role == "execute"][-1])
    assert [call.role for call in run.trace.calls][-1] == "observe"


class DeafPhone(Stage):
    """A phone on which an agent cannot wait."""

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        class Home(HomeScreenSystemApp):
            def get_tools(self) -> list[Any]:
                return [tool for tool in super().get_tools() if tool.func_name != "wait_for_notification"]

        super().init_and_populate_apps(*args, **kwargs)
        self.system = Home(name="System")
        self.apps[1] = self.system


def test_an_executor_that_cannot_wait_gives_up() -> None:
    run = play_oracle(waiting, scenario=DeafPhone)
    assert "wait_for_notification" not in str(waits(run))
    assert "end_task" in str(next(call.response for call in run.trace.calls if call.role == "execute"))
    assert run.result.write_actions == 0


class OtherNames(Stage):
    """A phone with a line to the user, and apps, of names of its own."""

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        class Line(PAREAgentUserInterface):
            pass

        super().init_and_populate_apps(*args, **kwargs)
        self.agent_ui = Line()
        self.contacts = StatefulContactsApp(name="People I know")
        self.apps = [self.agent_ui, self.system, self.email, self.contacts]
        for tool in self.email.get_tools():
            tool._public_name = f"post.{tool.func_name}"


def test_the_oracle_knows_the_names_that_tools_have_for_the_agents() -> None:
    def script(s: Any) -> list[Any]:
        opened = s.system.open_app(app_name="People I know").oracle()
        looked = s.contacts.current_state.list_contacts().oracle().depends_on(opened)
        read = s.email.list_emails().oracle().depends_on(looked)
        asked = s.agent_says("Shall I?").depends_on(read)
        yes = s.agent_ui.accept_proposal().oracle().depends_on(asked)
        return [opened, looked, read, asked, yes, add(s).oracle().depends_on(yes)]

    run = play_oracle(script, scenario=OtherNames)
    assert [event.error for event in run.trace.events] == [None] * len(run.trace.events)
    assert [step[2] for step in steps(run)] == [
        "open_app", "list_contacts", "list_emails", "send_message_to_user", "accept_proposal", "add_new_contact"
    ]  # fmt: skip
    responses = " ".join(str(call.response) for call in run.trace.calls)
    assert all(name in responses for name in ("post_list_emails", "People_I_know__add_new_contact", "Line__wait"))


# -- with an agent or a user of one's own


def proposer(*turns: int) -> Any:
    """Return an agent that proposes in these turns, and adds Ada once it may."""

    def agent(turn: Turn) -> None:
        if turn.mode.value == "execute":
            turn.call("Contacts__add_new_contact", {"first_name": "Ada", "last_name": "Byron"})
            turn.report("Ada is in.")
        elif turn.number in turns:
            turn.propose(f"Shall I, in turn {turn.number}?")

    return agent


def accepted(run: Run) -> list[tuple[int | None, float]]:
    return [(event.turn, event.time) for event in run.trace.acceptances()]


def asking(s: Any) -> list[Any]:
    came = mail(s).delayed(10)
    asked = s.agent_says("Shall I?").depends_on(came, delay_seconds=1)
    yes = s.agent_ui.accept_proposal(content="Yes.").oracle().depends_on(asked, delay_seconds=5)
    return [came, asked, yes, add(s).oracle().depends_on(yes), s.agent_says("Done.").depends_on(yes)]


def test_a_proposal_that_comes_when_the_solutions_could_is_accepted() -> None:
    # A turn is two seconds: one for the user's engine, one for the agent.
    run = play_oracle(asking, agent=proposer(6), config={"skip_idle_time": False, "max_turns": 10})
    proposal, *_ = run.trace.proposals()
    assert proposal.time > 10
    assert accepted(run) == [(7, proposal.time + 5)]
    assert run.result.write_actions == 1


def test_a_proposal_that_comes_too_early_is_not_accepted_before_nor_after() -> None:
    run = play_oracle(asking, agent=proposer(2), config={"skip_idle_time": False, "max_turns": 15})
    assert accepted(run) == []
    assert run.result.proposal_count == 1


def test_an_agent_that_was_too_early_may_propose_again() -> None:
    run = play_oracle(asking, agent=proposer(2, 8), config={"skip_idle_time": False, "max_turns": 15})
    assert [turn for turn, _ in accepted(run)] == [9]


def test_a_proposal_that_is_still_there_when_it_could_be_made_is_too_early_all_the_same() -> None:
    config = {"skip_idle_time": False, "max_turns": 15, "proposal_lifetime": None}
    assert accepted(play_oracle(asking, agent=proposer(4), config=config)) == []


def test_nothing_is_accepted_that_was_not_proposed() -> None:
    run = play_oracle(asking, agent=proposer(), config={"max_turns": 15})
    assert not [event for event in run.trace.events if event.function == "accept_proposal"]


def test_a_rejection_goes_to_the_proposal_that_the_solution_wants_rejected() -> None:
    run = play_oracle(twice, agent=proposer(3, 20), config={"skip_idle_time": False, "max_turns": 40})
    assert [event.turn for event in run.trace.rejections()] == [4]
    assert [turn for turn, _ in accepted(run)] == [21]


def test_the_oracle_plays_beside_a_user_of_another_kind() -> None:
    engines = scripted(user=[*[WAIT] * 13, accept("Oh yes.")])
    run = play_scripted(engines, usual, oracle=("observe", "execute"), config={"max_turns": 20})
    assert [step[2] for step in steps(run)] == [
        "list_emails", "send_message_to_user", "accept_proposal", "add_new_contact", "edit_contact",
        "send_message_to_user",
    ]  # fmt: skip
    assert run.result.writes_without_consent == 0


def test_the_oracle_does_not_go_on_after_a_rejection_that_the_solution_does_not_know() -> None:
    engines = scripted(user=[*[WAIT] * 13, reject("No.")])
    run = play_scripted(engines, usual, oracle=("observe", "execute"), config={"max_turns": 20})
    assert run.result.rejection_count == 1
    assert run.result.write_actions == 0


def test_an_oracle_user_beside_engines_of_another_kind() -> None:
    engines = scripted(
        observe=[*[("PAREAgentUserInterface__wait", {})] * 12, propose("Shall I?")], execute=[report("Done.")]
    )
    run = play_scripted(engines, usual, oracle=("user",), config={"max_turns": 20})
    assert run.result.acceptance_count == 1
    assert [event.function for event in run.trace.actions(who="USER")] == ["open_app", "list_contacts"]


# -- building


def test_an_engine_that_is_not_there_is_told() -> None:
    reference = Reference([], SimpleNamespace(limits=Limits()), lambda event: False, frozenset())
    oracle = LLMEngineConfig(model_name="oracle", provider="oracle")
    assert isinstance(build_engine(oracle, "user", reference), OracleEngine)
    with pytest.raises(EngineConfigurationError) as caught:
        build_engine(LLMEngineConfig(model_name="gpt-5", provider="orcale"), "observe", reference)
    assert str(caught.value).startswith(
        "there is no provider 'orcale', observe engine gpt-5 (orcale); did you mean oracle"
    )


def test_every_offline_provider_has_a_builder() -> None:
    assert tuple(ENGINE_PROVIDERS) == OFFLINE_PROVIDERS
