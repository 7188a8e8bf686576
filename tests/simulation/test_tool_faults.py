"""Faults in the agent's tools: what a careless agent suffers from, and a careful one survives."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.app import App
from are.simulation.apps.contacts import Contact
from are.simulation.tool_utils import OperationType, app_tool
from are.simulation.types import event_registered
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.agents.errors import ToolFailure, ToolTimeout, TurnOver
from pytest_pare.agents.protocols import ProactiveAgentMode
from pytest_pare.base.extensions import BUILT_IN
from pytest_pare.base.serialization import to_builtins
from pytest_pare.scenarios.config import NoiseConfig, ToolAugmentationConfig
from pytest_pare.scenarios.errors import ScenarioDefect
from pytest_pare.scenarios.noise_config import Fault, SlowTool
from pytest_pare.scenarios.noise_config import ToolTimeout as Timeout
from pytest_pare.simulation.faults import chance
from pytest_pare.simulation.tool_faults import half
from pytest_pare.simulation.trace import Trace, TraceEvent
from tests.scripted import WAIT, accept, play_scripted, scripted
from tests.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.agents.protocols import Turn
    from pytest_pare.simulation.runner import Run

ADD = "Calendar__add_calendar_event"
FIND = "Contacts__search_contacts"
EVENTS = "Calendar__get_calendar_events_from_to"
DAY = {"start_datetime": "2025-01-06 00:00:00", "end_datetime": "2025-01-07 00:00:00"}
TEA = {"title": "Tea", "start_datetime": "2025-01-06 16:00:00", "end_datetime": "2025-01-06 17:00:00"}
ALWAYS = Fault(rate=1)
HALF = Fault(rate=0.5)
CERTAIN: dict[str, Any] = {
    "tool_failure_probability": 1,
    "tool_timeout": Timeout(rate=1),
    "tool_slow": SlowTool(rate=1),
    "tool_outdated": ALWAYS,
    "tool_partial": ALWAYS,
}
KINDS: dict[str, NoiseConfig] = {
    "tool_failure": NoiseConfig(tool_failure_probability=0.5),
    "tool_timeout": NoiseConfig(tool_timeout=Timeout(rate=0.5)),
    "tool_slow": NoiseConfig(tool_slow=SlowTool(rate=0.5)),
    "tool_outdated": NoiseConfig(tool_outdated=HALF),
    "tool_partial": NoiseConfig(tool_partial=HALF),
}


def contacts(stage: Any) -> None:
    for name in ("Ada", "Bob", "Cem", "Dee"):
        stage.contacts.add_contact(Contact(contact_id=name, first_name=name, last_name="Byron"))


def play(
    agent: Callable[[Turn], None],
    *,
    config: dict[str, Any] | None = None,
    content: Callable[[Any], None] = contacts,
    script: Any = None,
    run_number: int | None = None,
    **noise: Any,
) -> Run:
    """Play with noise and an agent that raises nothing, and other settings as `config`."""
    config = {"noise": NoiseConfig(**noise), **(config or {})}
    run = play_scripted(scripted(), script, agent=agent, config=config, content=content, run_number=run_number)
    assert run.agent_error is None, run.result.rationale
    return run


def run_in_which(kind: str, tool: str, *hits: bool) -> int:
    """Return the first run in which the first calls of a tool are hit like that, at a rate of one half."""
    for number in range(1, 1000):
        drawn = chance(kind, 0, Stage(run_number=number), tool)
        if all((drawn.random() < 0.5) == hit for hit in hits):
            return number
    raise AssertionError("no such run")


def calls(run: Run, function: str) -> list[TraceEvent]:
    return [event for event in run.trace.events if event.kind == "AGENT" and event.function == function]


class Executor:
    """Proposes tea, and does something about it when the user has accepted."""

    def __init__(self, execute: Callable[[Turn], None]) -> None:
        self._execute = execute

    def __call__(self, turn: Turn) -> None:
        if turn.proposal is None:
            turn.propose("Shall I put tea into the calendar?")
        elif turn.mode is ProactiveAgentMode.EXECUTE:
            self._execute(turn)
            turn.report("Tea is in.")


def is_in(turn: Turn) -> bool:
    return any(event["title"] == "Tea" for event in turn.call(EVENTS, DAY)["events"])


def careless(turn: Turn) -> None:
    """Tries once."""
    with suppress(Exception):
        turn.call(ADD, TEA)


def stubborn(turn: Turn) -> None:
    """Tries until it hears of success, without a look at what has become of it."""
    try:
        turn.call(ADD, TEA)
    except (ToolFailure, ToolTimeout):
        stubborn(turn)


def careful(turn: Turn) -> None:
    """Tries while it is not done."""
    try:
        if not is_in(turn):
            turn.call(ADD, TEA)
    except (ToolFailure, ToolTimeout):
        careful(turn)


def teas(agent: Callable[[Turn], None], run_number: int, **noise: Any) -> tuple[Run, int]:
    """Return how often tea is in the calendar in the end."""
    counts = []

    def count(stage: Any, _env: Any) -> None:
        counts.append(sum(event.title == "Tea" for event in stage.calendar.events.values()))

    config = {"noise": NoiseConfig(**noise), "max_turns": 4}
    run = play_scripted(
        scripted(user=[WAIT, accept("Yes.")]),
        agent=Executor(agent), verdict=count, config=config, run_number=run_number,
    )  # fmt: skip
    return run, counts[0]


# -- failures


def test_a_failed_call_does_nothing_and_says_so_in_ares_words() -> None:
    said = []

    def agent(turn: Turn) -> None:
        with pytest.raises(ToolFailure) as caught:
            turn.call(FIND, {"query": "Ada"})
        said.append(str(caught.value))

    run = play(agent, tool_failure_probability=1, config={"max_turns": 1})
    assert said == [f"Calling {FIND} failed with error: Internal error - Retry again later"]
    (call,) = calls(run, "search_contacts")
    assert (call.event_id, call.result, call.fault) == ("", None, "tool_failure")
    assert call.error == f"ToolFailure: {said[0]}"
    assert call.args == {"query": "Ada"}
    assert call.to_lines()[-1].strip() == "fault: tool_failure"
    assert run.result.faults == {"tool_failure": {FIND: 1}}
    assert run.result.read_only_actions == 0


def test_who_does_not_try_again_has_done_nothing() -> None:
    number = run_in_which("tool_failure", ADD, True, False)
    run, count = teas(careless, number, tool_failure_probability=0.5)
    assert (count, run.result.write_actions) == (0, 0)
    assert run.result.faults == {"tool_failure": {ADD: 1}}
    run, count = teas(stubborn, number, tool_failure_probability=0.5)
    assert (count, run.result.write_actions) == (1, 1)


def test_a_failure_that_the_agent_lets_out_is_the_agents() -> None:
    config = {"noise": NoiseConfig(tool_failure_probability=1)}
    run = play_scripted(scripted(), agent=lambda turn: turn.call(FIND, {"query": "Ada"}), config=config)
    assert run.result.status == "failed"
    assert "the agent raised ToolFailure: Calling Contacts__search_contacts" in str(run.result.rationale)


def test_pares_own_noise_in_tools_is_the_same() -> None:
    def agent(turn: Turn) -> None:
        with pytest.raises(ToolFailure):
            turn.call(FIND, {"query": "Ada"})

    tools = ToolAugmentationConfig(tool_failure_probability=1, apply_tool_name_augmentation=False)
    assert play(agent, config={"tool_augmentation_config": tools}).success


def test_a_write_without_consent_counts_whether_or_not_it_fails() -> None:
    def agent(turn: Turn) -> None:
        with suppress(ToolFailure):
            turn.call(ADD, TEA)

    run = play(agent, tool_failure_probability=1, config={"max_turns": 2})
    assert (run.result.writes_without_consent, run.result.write_actions) == (2, 0)


def test_a_write_that_is_refused_is_no_call_that_could_fail() -> None:
    def agent(turn: Turn) -> None:
        with suppress(Exception):
            turn.call(ADD, TEA)

    config = {"writes_without_consent": "refuse", "max_turns": 1}
    run = play(agent, tool_failure_probability=1, config=config)
    assert [call.fault for call in calls(run, "add_calendar_event")] == [None]
    assert run.result.faults == {}


# -- timeouts


def test_a_timeout_takes_time_in_which_things_happen() -> None:
    seen: dict[str, Any] = {}

    def agent(turn: Turn) -> None:
        began = turn.time
        with pytest.raises(TimeoutError) as caught:
            turn.call(FIND, {"query": "Ada"})
        seen["said"] = str(caught.value)
        seen["news"] = [(round((one.time - began).total_seconds()), one.text) for one in turn.news()]

    def script(stage: Any) -> list[Any]:
        return [stage.email.send_email_to_user_only(sender="x@y.z", subject="Hi", content="There.").delayed(20)]

    run = play(agent, script=script, config={"max_turns": 1}, tool_timeout=Timeout(rate=1, seconds=45.5))
    assert seen["said"] == f"{FIND} timed out after 45.5 s"
    ((seconds, text),) = seen["news"]
    assert seconds == 19
    assert "Hi" in text
    assert [(event.function, event.time) for event in run.trace.events] == [
        ("send_email_to_user_only", 20),
        ("search_contacts", 46.5),
    ]


def test_who_takes_a_timeout_for_done_has_done_nothing() -> None:
    number = run_in_which("tool_timeout", ADD, True, False)
    noise = {"tool_timeout": Timeout(rate=0.5)}
    run, count = teas(careless, number, **noise)
    assert (count, run.result.write_actions) == (0, 0)
    assert [(call.event_id, call.fault) for call in calls(run, "add_calendar_event")] == [("", "tool_timeout")]
    assert teas(stubborn, number, **noise)[1] == 1


def test_who_repeats_what_timed_out_without_a_look_does_it_twice() -> None:
    number = run_in_which("tool_timeout", ADD, True, False)
    noise = {"tool_timeout": Timeout(rate=0.5, carried_out=True)}
    run, count = teas(stubborn, number, **noise)
    assert (count, run.result.write_actions) == (2, 2)
    assert [(bool(call.event_id), call.error, call.fault) for call in calls(run, "add_calendar_event")] == [
        (True, None, "tool_timeout"),
        (True, None, None),
    ]
    run, count = teas(careful, number, **noise)
    assert (count, run.result.write_actions) == (1, 1)


def test_nobody_learns_that_what_timed_out_was_wrong() -> None:
    def agent(turn: Turn) -> None:
        for arguments in ({"title": "Tea", "start_datetime": "never", "end_datetime": "never"}, {"colour": "red"}):
            with pytest.raises(ToolTimeout):
                turn.call(ADD, arguments)

    run = play(agent, tool_timeout=Timeout(rate=1, carried_out=True), config={"max_turns": 1})
    tried, never = calls(run, "add_calendar_event")
    assert (bool(tried.event_id), tried.fault) == (True, "tool_timeout")
    assert tried.error is not None
    assert (never.event_id, never.fault) == ("", "tool_timeout")


class Oven(App):
    """Breaks in ways that are not the agent's."""

    @app_tool()
    @event_registered(operation_type=OperationType.WRITE)
    def bake(self) -> None:
        """Bake."""
        raise ScenarioDefect("no oven")

    @app_tool()
    @event_registered(operation_type=OperationType.READ)
    def look(self) -> Any:
        """Look into it."""
        self.looks = getattr(self, "looks", 0) + 1
        return Cake(self.looks)


class Cake:
    def __init__(self, number: int) -> None:
        self.number = number

    def __deepcopy__(self, memo: Any) -> Any:
        raise TypeError("no second one")

    def get_state(self) -> dict[str, Any]:
        return {"number": self.number}


def with_oven(stage: Any) -> None:
    stage.apps.append(Oven(name="Oven"))


def test_a_defect_in_a_call_that_times_out_is_a_defect() -> None:
    def agent(turn: Turn) -> None:
        with suppress(Exception):
            turn.call("Oven__bake")

    run = play_scripted(
        scripted(), agent=agent, content=with_oven,
        config={"noise": NoiseConfig(tool_timeout=Timeout(rate=1, carried_out=True))},
    )  # fmt: skip
    assert isinstance(run.result.exception, ScenarioDefect)


# -- slowness


def test_a_slow_call_gives_its_result_late() -> None:
    got = []

    def agent(turn: Turn) -> None:
        got.append([card["first_name"] for card in turn.call(FIND, {"query": "Ada"})])

    run = play(agent, tool_slow=SlowTool(rate=1, seconds=50), config={"max_turns": 1})
    assert got == [["Ada"]]
    (call,) = calls(run, "search_contacts")
    assert (call.time, call.error, call.fault) == (51, None, "tool_slow")
    assert run.result.faults == {"tool_slow": {FIND: 1}}
    assert run.result.read_only_actions == 1


@pytest.mark.parametrize(("is_careful", "proposals"), [(False, ["Bob is in town."]), (True, [])])
def test_who_does_not_look_up_after_a_slow_call_speaks_of_yesterday(is_careful: bool, proposals: list[str]) -> None:
    def agent(turn: Turn) -> None:
        turn.call(FIND, {"query": "Bob"})
        if not (is_careful and any("left town" in one.text for one in turn.news())):
            turn.propose("Bob is in town.")

    def script(stage: Any) -> list[Any]:
        return [stage.email.send_email_to_user_only(sender="x@y.z", subject="Bob", content="He left town.").delayed(9)]

    run = play(agent, script=script, tool_slow=SlowTool(rate=1), config={"max_turns": 1})
    assert [event.args["content"] for event in run.trace.proposals()] == proposals


def test_a_world_that_ends_in_a_slow_call_ends_the_turn() -> None:
    ended = []

    def agent(turn: Turn) -> None:
        for _ in range(2):
            try:
                turn.call(FIND, {"query": "Ada"})
            except TurnOver as over:
                ended.append(str(over))

    config = {"noise": NoiseConfig(tool_slow=SlowTool(rate=1)), "max_turns": 3}
    run = play_scripted(scripted(), agent=agent, config=config, duration=10)
    assert ended == ["the simulation has ended"] * 2
    assert [(call.event_id, call.fault) for call in calls(run, "search_contacts")] == [("", "tool_slow")]
    assert run.result.number_of_turns == 1
    assert run.success


@pytest.mark.parametrize(
    "noise", [{"tool_slow": SlowTool(rate=1, seconds=400)}, {"tool_timeout": Timeout(rate=1, seconds=400)}]
)
def test_no_agent_catches_its_way_out_of_the_end_of_simulated_time(noise: dict[str, Any]) -> None:
    tries = []

    def agent(turn: Turn) -> None:
        while True:
            tries.append(turn.number)
            try:
                turn.call(FIND, {"query": "Ada"})
            except BaseException:  # noqa: BLE001
                if len(tries) > 5:
                    return

    run = play(agent, **noise)
    # The last of them has found the run to be over before anything could be tried.
    assert set(tries) == {0}
    assert [call.fault for call in calls(run, "search_contacts")] == [*noise] * 2
    assert "max_scenario_duration" in str(calls(run, "search_contacts")[-1].error)
    assert run.success


# -- partial results


def test_who_trusts_the_first_result_misses_half_of_it() -> None:
    counts: dict[str, int] = {}

    def agent(turn: Turn) -> None:
        counts["careless"] = len(turn.call(FIND, {"query": "Byron"}))
        counts["careful"] = max(len(turn.call(FIND, {"query": "Byron"})) for _ in range(2))

    number = run_in_which("tool_partial", FIND, True, True, False)
    run = play(agent, run_number=number, tool_partial=HALF, config={"max_turns": 1})
    assert counts == {"careless": 2, "careful": 4}
    assert run.result.faults == {"tool_partial": {FIND: 2}}
    assert [len(call.result) for call in calls(run, "search_contacts")] == [2, 2, 4]
    assert run.result.read_only_actions == 3


def test_the_trace_has_what_the_agent_got() -> None:
    got = []

    def agent(turn: Turn) -> None:
        got.append(turn.call(FIND, {"query": "Byron"}))
        got.append(turn.call("Contacts__get_contacts"))

    run = play(agent, tool_partial=ALWAYS, config={"max_turns": 1})
    events = [*calls(run, "search_contacts"), *calls(run, "get_contacts")]
    assert [event.result for event in events] == got
    assert [event.fault for event in events] == ["tool_partial"] * 2
    assert len(got[1]["contacts"]) == 2


def test_what_has_nothing_to_cut_is_whole() -> None:
    got = []

    def agent(turn: Turn) -> None:
        got.append(turn.call(FIND, {"query": "Zoe"}))
        got.append(turn.call("Contacts__get_contact", {"contact_id": "Ada"})["first_name"])
        got.append(turn.call(ADD, TEA))

    run = play(agent, tool_partial=ALWAYS, config={"max_turns": 1})
    assert got[:2] == [[], "Ada"]
    assert run.result.faults == {}
    # A write is told whole: its result names what it has made.
    assert run.trace.actions("AGENT", operation="write")[0].result == got[2]


PLAIN = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


def longest_list(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max([len(value) if isinstance(value, list) else 0, *map(longest_list, inner)])


@given(PLAIN)
def test_half_of_a_result_is_less_than_all_of_it(result: Any) -> None:
    before = to_builtins(result)
    part = half(result)
    assert result == before
    if isinstance(result, str | list):
        assert part == (result[: len(result) // 2] if result else None)
    elif longest_list(result) == 0:
        assert part is None
    else:
        assert set(part) == set(result)
        assert len(str(part)) < len(str(result))


def test_half_of_other_sequences() -> None:
    assert half((1, 2, 3)) == (1,)
    assert half({"b", "a", "c"}) == ["a"]
    assert half({"a": [[1, 2, 3]], "b": [4, 5]}) == {"a": [[1]], "b": [4, 5]}
    assert half(frozenset()) is None


# -- outdated results


def test_who_looks_only_once_more_believes_that_nothing_has_changed() -> None:
    number = run_in_which("tool_outdated", EVENTS, True, True, False)
    seen = []

    def agent(turn: Turn) -> None:
        seen.append(is_in(turn))
        made = turn.call(ADD, TEA)
        seen.append(is_in(turn))
        # What the write has returned is the better witness.
        seen.append(turn.call("Calendar__get_calendar_event", {"event_id": made})["title"] == "Tea")
        seen.append(is_in(turn))

    run = play(agent, run_number=number, tool_outdated=HALF, config={"max_turns": 1})
    assert seen == [False, False, True, True]
    assert run.result.faults == {"tool_outdated": {EVENTS: 1}}
    first, second, third = calls(run, "get_calendar_events_from_to")
    assert (first.fault, second.fault, third.fault) == (None, "tool_outdated", None)
    assert second.result == first.result != third.result


def test_an_old_result_is_no_part_of_the_phone_and_stays_old() -> None:
    got = []

    def agent(turn: Turn) -> None:
        for number in range(3):
            got.append(turn.call("Contacts__get_contact", {"contact_id": "Ada"})["phone"])
            turn.call("Contacts__edit_contact", {"contact_id": "Ada", "updates": {"phone": str(number)}})

    run = play(agent, tool_outdated=ALWAYS, config={"max_turns": 1})
    assert got == [None, None, None]
    assert run.result.faults == {"tool_outdated": {"Contacts__get_contact": 2}}


def test_nothing_is_outdated_that_is_asked_for_the_first_time_or_has_not_changed() -> None:
    def agent(turn: Turn) -> None:
        for query in ("Ada", "Bob", "Ada", "Bob"):
            assert [card["first_name"] for card in turn.call(FIND, {"query": query})] == [query]

    run = play(agent, tool_outdated=ALWAYS, config={"max_turns": 1})
    assert run.success
    assert run.result.faults == {}


def test_what_cannot_be_copied_is_remembered_as_plain_values() -> None:
    got: list[Any] = []

    def agent(turn: Turn) -> None:
        got.extend(turn.call("Oven__look") for _ in range(2))

    run = play(agent, content=with_oven, tool_outdated=ALWAYS, config={"max_turns": 1})
    assert got == [{"number": 1}] * 2
    assert run.result.faults == {"tool_outdated": {"Oven__look": 1}}


# -- what is never hit


def test_neither_the_system_nor_the_line_to_the_user_ever_fails_under_any_name() -> None:
    def rename(stage: Any) -> None:
        stage.agent_ui.name, stage.system.name = "Line", "Clock"

    def agent(turn: Turn) -> None:
        assert turn.call("Clock__get_current_time")["current_weekday"] == "Monday"
        turn.call("Clock__wait_for_notification", {"timeout": 5})
        if turn.mode is ProactiveAgentMode.EXECUTE:
            turn.ask("Which?")
            turn.give_up()
        elif turn.proposal is None:
            turn.propose("Shall I?")

    config = {"noise": NoiseConfig(**CERTAIN), "max_turns": 4}
    user = [WAIT, ("Line__accept_proposal", {})]
    run = play_scripted(scripted(user=user), agent=agent, content=rename, config=config)
    assert run.success
    assert run.result.acceptance_count == 1
    assert run.result.faults == {}


def test_the_users_own_tools_do_not_fail() -> None:
    user = [("System__open_app", {"app_name": "Contacts"}), ("Contacts__list_contacts", {})]
    config = {"noise": NoiseConfig(tool_failure_probability=1), "max_turns": 2}
    run = play_scripted(scripted(user=user), agent=lambda turn: None, content=contacts, config=config)
    assert [(event.function, event.error) for event in run.trace.actions("USER")] == [
        ("open_app", None),
        ("list_contacts", None),
    ]


# -- which call is hit


def searching(turn: Turn) -> None:
    """Make the same calls, whatever comes of them, of which the first but one changes what the others return."""
    for number in range(6):
        for name, arguments in ((FIND, {"query": "Byron"}), ("Contacts__edit_contact", None)):
            with suppress(ToolFailure, ToolTimeout):
                turn.call(name, arguments or {"contact_id": "Ada", "updates": {"phone": str(number)}})


def search(noise: NoiseConfig, **fields: Any) -> Run:
    config = {"noise": noise, "max_turns": 1, "max_scenario_duration": 6000}
    return play_scripted(scripted(), agent=searching, content=contacts, config=config, **fields)


def hits(noise: NoiseConfig, **fields: Any) -> list[str | None]:
    return [event.fault for event in search(noise, **fields).trace.events if event.kind == "AGENT"]


def trace(noise: NoiseConfig) -> str:
    return search(noise).trace.to_jsonl()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_trace_and_another_one_another(kind: str) -> None:
    noise = KINDS[kind]
    assert kind in hits(noise)
    assert trace(noise) == trace(noise)
    others = [hits(noise, seed=1), hits(noise, run_number=2), hits(noise, scenario_id="other")]
    if kind != "tool_failure":
        # That kind has no seed of its own.
        fault = getattr(noise, kind)
        others.append(hits(noise.model_copy(update={kind: fault.model_copy(update={"seed": 1})})))
    assert hits(noise) not in others


def test_a_rate_of_zero_changes_nothing() -> None:
    never = Fault(seed=7)
    noise = NoiseConfig(
        tool_failure_probability=0, tool_timeout=Timeout(seed=7, carried_out=True), tool_slow=SlowTool(seed=7),
        tool_outdated=never, tool_partial=never,
    )  # fmt: skip
    assert trace(noise) == trace(NoiseConfig())


def test_a_slow_call_that_takes_no_time_is_no_fault() -> None:
    assert trace(NoiseConfig(tool_slow=SlowTool(rate=1, seconds=0))) == trace(NoiseConfig())


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_hits_the_same_calls_whatever_else_goes_wrong(kind: str) -> None:
    order = list(KINDS)
    before = order[: order.index(kind)]
    alone = hits(KINDS[kind])
    both = KINDS[kind]
    for other in order:
        both = both.model_copy(update=_set(KINDS[other]))
    together = hits(both)
    for by_itself, among_others in zip(alone, together, strict=True):
        # What goes first may hide it, and nothing else.
        assert (among_others == kind) == (by_itself == kind and among_others not in before)


def _set(noise: NoiseConfig) -> dict[str, Any]:
    return {name: getattr(noise, name) for name in noise.model_fields_set}


def test_at_most_one_fault_shows_in_the_order_of_which_goes_first() -> None:
    left = [dict(list(CERTAIN.items())[start:]) for start in range(len(CERTAIN))]
    # Of the calls, the third is the first that could return something older.
    assert [hits(NoiseConfig(**noise))[2] for noise in left] == list(KINDS)
    # There is nothing yet that the first call could return.
    assert hits(NoiseConfig(tool_outdated=ALWAYS, tool_partial=ALWAYS))[0] == "tool_partial"


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**6))
def test_a_higher_rate_hits_all_that_a_lower_one_does(one: float, other: float, seed: int) -> None:
    low, high = sorted((one, other))
    stage = Stage()
    drawn = chance("tool_slow", seed, stage, FIND)
    draws = [drawn.random() for _ in range(20)]
    assert {n for n, draw in enumerate(draws) if draw < low} <= {n for n, draw in enumerate(draws) if draw < high}


def test_what_was_hit_is_named_as_who_acts_knows_it() -> None:
    def event(kind: str, fault: str | None, function: str = "add_event") -> TraceEvent:
        return TraceEvent(0, kind, "id", "Calendar", "CalendarApp", function, {}, None, None, fault=fault)

    entries = (
        event("ENV", "event_late"), event("ENV", "event_late"), event("ENV", None), event("AGENT", "tool_slow"),
        event("AGENT", "tool_slow", "edit"), event("USER", "user_words"), event("USER", "event_late", "open"),
    )  # fmt: skip
    assert Trace("stage", 0, entries).faults() == {
        "event_late": {"Calendar.add_event": 2, "Calendar.open": 1},
        "tool_slow": {"Calendar__add_event": 1, "Calendar__edit": 1},
        "user_words": {"user": 1},
    }


def test_every_kind_of_fault_in_tools_has_settings() -> None:
    assert {kind for kind in NoiseConfig.model_fields if kind.startswith("tool_")} - {"tool_faults"} == {
        "tool_failure_probability" if kind == "tool_failure" else kind for kind in BUILT_IN["tool_fault"]
    }
