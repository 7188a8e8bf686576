"""The audit of scenarios whose validators have known weaknesses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from are.simulation.apps.shopping import Item, Product
from are.simulation.scenarios.validation_result import ScenarioValidationResult

from pytest_pare.apps import StatefulCalendarApp, StatefulReminderApp, StatefulShoppingApp
from pytest_pare.audit.audit import audit_in_suite, audit_of
from pytest_pare.audit.reference import AuditImpossible
from pytest_pare.audit.report import report_lines
from pytest_pare.audit.score import score_of
from pytest_pare.audit.trial import Outcome, Status, Trial
from pytest_pare.scenarios import PAREScenario
from pytest_pare.scenarios.event_log import agent_writes
from pytest_pare.scenarios.matchers import Accepted, Rejected, Silent, Write, Writes, equal, mentions, verdict
from pytest_pare.settings import SuiteSettings
from tests.audit import tea

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_pare.audit.audit import Audit


def played(audit: Audit, *, mutants_only: bool = False) -> dict[str, Trial]:
    return {i: audit.play(i) for i, case in audit.cases.items() if not (mutants_only and case.is_right)}


def failing(trials: dict[str, Trial]) -> list[str]:
    return [case_id for case_id, trial in trials.items() if trial.fails]


def test_strict_validator_has_no_survivor_and_refuses_no_alternative() -> None:
    audit = audit_of(tea.tea(tea.strict))
    trials = played(audit)
    assert failing(trials) == []
    score = score_of(trials.values())
    assert list(score.groups) == [
        *("omission", "nothing", "consent", "users-work", "spam", "repetition", "failing-write", "argument"),
        "extra-write",
    ]
    assert list(score.kinds) == ["order", "notation", "retry", "tool", "text", "reads"]
    assert (score.mutants.total, score.alternatives.total, score.void.total()) == (56, 33, 11)
    assert score.share == 1
    assert {trial.said for trial in trials.values() if trial.status is Status.VOID} == {"the change has no effect"}
    assert trials["read:get_email_by_id"].status is Status.APART
    # The calendar takes no other notation of a time than that without zeros.
    assert trials["alternative:notation:add_calendar_event.start_datetime.iso"].status is Status.VOID
    assert trials["alternative:notation:add_calendar_event.start_datetime.without-zeros"].status is Status.RIGHT
    # Ids and changes are the same in every process: they name no generated id but those of the scenario.
    again = audit_of(tea.tea(tea.strict))
    assert [(i, case.change) for i, case in audit.cases.items()] == [(i, c.change) for i, c in again.cases.items()]
    trial = trials["argument:add_calendar_event.start_datetime.hour-earlier"]
    assert (
        trial.change
        == "Calendar.add_calendar_event: start_datetime='2025-01-07 15:00:00' instead of '2025-01-07 16:00:00'"
    )
    assert "start_datetime: expected a value that is the moment" in trial.said


@pytest.mark.parametrize(
    ("validator", "groups"),
    [
        (tea.by_hand, set()),
        (tea.without_consent, {"omission", "consent", "spam", "argument"}),
        (tea.at_least, {"repetition", "extra-write"}),
        (tea.attempts, {"failing-write"}),
        (tea.at_the_end, {"consent", "users-work", "argument", "extra-write"}),
        (
            tea.anything,
            {
                *("omission", "nothing", "consent", "users-work", "spam", "repetition", "failing-write", "argument"),
                "extra-write",
            },
        ),
    ],
)
def test_weak_validators_let_mutants_survive(validator: Callable[[Any, Any], Any], groups: set[str]) -> None:
    trials = played(audit_of(tea.tea(validator)), mutants_only=True)
    assert {trials[case_id].group for case_id in failing(trials)} == groups
    assert {trials[case_id].status for case_id in failing(trials)} <= {Status.SURVIVED}


def test_strict_words_refuse_alternatives() -> None:
    audit = audit_of(tea.tea(tea.same_words))
    trials = {i: audit.play(i) for i, case in audit.cases.items() if case.is_right or case.group == "order"}
    assert {(trials[i].status, trials[i].group) for i in failing(trials)} == {
        (Status.REFUSED, "notation"),
        (Status.REFUSED, "tool"),
        (Status.REFUSED, "text"),
    }
    # The validator declares an order, so that the other order is wrong.
    assert trials["order:add_calendar_event+reply_to_email"].status is Status.RIGHT
    assert "alternative:order:add_calendar_event+reply_to_email" not in trials


def test_excuses_are_limited_and_checked() -> None:
    equivalent = {
        "repetition:*": "Twice is as good.",
        "extra-write:Emails*": "Hi is never wrong.",
        "omission:send_message": "It is rejected anyway.",
        "typo:*": "There is none.",
        "nothing": " ",
    }
    audit = audit_of(tea.tea(tea.at_least, equivalent))
    assert audit.problems == [
        "equivalent_mutants: 'typo:*' matches no case",
        "equivalent_mutants: 'nothing' needs a reason; say why the changed run is right as well",
    ]
    some = ("repetition", "omission", "extra-write:E")
    trials = [audit.play(case_id) for case_id in audit.cases if case_id.startswith(some)]
    assert [trial.status for trial in trials] == [
        *(Status.RIGHT, Status.RIGHT, Status.RIGHT, Status.BAD_EXCUSE),
        *[Status.EXCUSED] * 5,
    ]
    score = score_of(trials)
    assert (score.excused, score.has_too_many_excuses) == (5, True)
    lines = list(report_lines(trials))
    assert "equivalent, as their scenarios say: 5" in lines
    assert "  tea[repetition:send_message]: Twice is as good." in lines
    assert "more than 5% of the cases are taken out of the count; mend validators instead" in lines
    assert "tea[omission:send_message] is rejected anyway; take its entry out of equivalent_mutants" in lines


def test_validator_without_a_verdict_is_reported() -> None:
    def decide(scenario: Any, env: Any) -> Any:
        # A run without the entry raises.
        (entry,) = [event for event in agent_writes(env) if event.action.class_name == "StatefulCalendarApp"]
        return ScenarioValidationResult(success=entry.get_args()["title"] == "Tea with Ann")

    trial = audit_of(tea.tea(decide)).play("omission:add_calendar_event")
    assert (trial.status, trial.said) == (
        Status.RAISED,
        "validate() raised ValueError: not enough values to unpack (expected 1, got 0)",
    )


def test_validator_that_ends_the_process_is_reported() -> None:
    def decide(scenario: Any, env: Any) -> Any:
        if not any(event.action.class_name == "StatefulCalendarApp" for event in agent_writes(env)):
            raise SystemExit(0)
        return ScenarioValidationResult(success=True)

    assert audit_of(tea.tea(decide)).play("omission:add_calendar_event").status is Status.RAISED


@pytest.mark.parametrize("entries", [["argument:*"], "argument:*", None, {3: "a reason"}])
def test_equivalent_mutants_are_a_dictionary(entries: Any) -> None:
    scenario: Any = tea.tea(tea.strict)
    scenario.equivalent_mutants = entries
    (problem,) = audit_of(scenario).problems
    assert problem.startswith("equivalent_mutants: expected a dictionary of reasons by ids of cases, got")


def test_scenario_that_is_built_only_sometimes_has_no_score() -> None:
    made: list[None] = []

    def make(least: int) -> Any:
        made.append(None)
        if len(made) > least:
            raise RuntimeError("no more tea")
        return tea.tea(tea.strict)()

    with pytest.raises(AuditImpossible, match="RuntimeError: no more tea"):
        audit_of(partial(make, 1))
    made.clear()
    audit = audit_of(partial(make, 9))
    made.extend([None] * 9)
    assert audit.play("nothing").status is Status.RAISED
    void = Trial("tea", "nothing", "nothing", "", is_alternative=False, counts=True, outcome="void", said="")
    assert next(report_lines([void])) == "mutants rejected:      none"
    assert "no case had an effect: nothing is known of the validators" in report_lines([void])


def test_failing_reference_run_cannot_be_audited() -> None:
    with pytest.raises(AuditImpossible, match="the reference run does not succeed: Ann is angry"):
        audit_of(tea.tea(lambda *_: ScenarioValidationResult(success=False, rationale="Ann is angry")))


class Shop(PAREScenario):
    """The agent buys lamps; there is tea in the cart already, and it must be bought first."""

    scenario_id = "shop"

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.shop, self.reminders = StatefulShoppingApp(name="Shop"), StatefulReminderApp(name="Reminders")
        for product, price in (("lamp", 20.0), ("tea", 3.0)):
            item = Item(price=price, available=True, item_id=f"{product}-1")
            self.shop.products[product] = Product(name=product, product_id=product, variants={item.item_id: item})
        self.shop.add_to_cart("tea-1", 1)
        self.add_apps(self.shop, self.reminders)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            flow.at(1, self.shop.update_item(item_id="lamp-1", new_price=15.0))
            flow.propose(1, "Lamps are cheaper. Shall I pay the tea, and put two lamps into the cart?")
            flow.accept(1, "Yes")
            flow.then(1, self.shop.checkout())
            flow.then(1, self.shop.add_to_cart(item_id="lamp-1", quantity=2))

    def validate(self, env: Any) -> Any:
        writes = (
            Write("StatefulShoppingApp", "checkout"),
            Write("StatefulShoppingApp", "add_to_cart", {"item_id": "lamp-1", "quantity": 2}),
        )
        return verdict(env, Accepted(mentions("lamps")), Writes(*writes, in_order=self.seed == 1))


def test_order_matters_where_the_result_differs() -> None:
    weak, strict = (audit_of(partial(Shop, seed=seed)).play("order:checkout+add_to_cart") for seed in (0, 1))
    assert (weak.status, weak.change) == (Status.SURVIVED, "Shop.add_to_cart happens before Shop.checkout")
    assert strict.status is Status.RIGHT
    assert strict.said.startswith("writes in the wrong order")


class Quiet(PAREScenario):
    """An advertisement arrives; the agent reads it and stays silent."""

    scenario_id = "quiet"
    loud = False

    def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
        self.shop, self.calendar = StatefulShoppingApp(name="Shop"), StatefulCalendarApp(name="Calendar")
        item = Item(price=20.0, available=True, item_id="lamp-1")
        self.shop.products["lamp"] = Product(name="lamp", product_id="lamp", variants={"lamp-1": item})
        self.add_apps(self.shop, self.calendar)

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            cheaper = flow.at(1, self.shop.update_item(item_id="lamp-1", new_price=15.0))
            flow.after(cheaper, 1, self.shop.list_all_products())

    def validate(self, env: Any) -> Any:
        return ScenarioValidationResult(success=True) if self.seed else verdict(env, Silent())


def test_silence_is_audited_by_proposals_and_writes() -> None:
    strict = played(audit_of(Quiet))
    assert failing(strict) == []
    assert [i for i, trial in strict.items() if trial.status is Status.RIGHT] == [
        *("spam", "spam:in-the-end", "extra-write:Shop.add_to_cart:in-the-end"),
        *("extra-write:Calendar.add_calendar_event:in-the-end", "alternative:reads:in-the-end"),
    ]
    assert len(failing(played(audit_of(lambda: Quiet(seed=1))))) == 4


class No(Quiet):
    """The user rejects a first offer, and accepts another; `seed` 1 stays with the rejection."""

    scenario_id = "no"

    def build_events_flow(self) -> None:
        with self.flow() as flow:
            flow.at(1, self.shop.update_item(item_id="lamp-1", new_price=15.0))
            flow.propose(1, "Lamps are cheaper. Shall I buy one?")
            flow.reject(1, "No, put it into the cart.")
            if not self.seed:
                flow.propose(1, "Shall I put one lamp into the cart?")
                flow.accept(1, "Yes")
                flow.fails(self.shop.add_to_cart, error="Try again.")
                for _ in range(2):
                    flow.then(1, self.shop.add_to_cart(item_id="lamp-1", quantity=1))

    def validate(self, env: Any) -> Any:
        if self.seed:
            return verdict(env, Rejected(mentions("buy")))
        cart = Write("StatefulShoppingApp", "add_to_cart", {"item_id": "lamp-1", "quantity": equal(1)})
        return verdict(env, Rejected(mentions("buy")), Accepted(mentions("cart")), Writes(cart))


def test_rejections_and_failing_tools_are_audited() -> None:
    trials = played(audit_of(No))
    assert failing(trials) == []
    assert trials["consent:after-rejection"].said.startswith("write after the user rejected the proposal, at +4 s")
    assert trials["omission:send_message_to_user-1"].status is Status.RIGHT
    # A scripted failure is no write that a mutant changes, and there is one already.
    assert [i for i in trials if i.startswith(("omission:add", "alternative:retry"))] == ["omission:add_to_cart-2"]
    rejected = played(audit_of(lambda: No(seed=1)))
    assert failing(rejected) == []
    assert {"consent:accepted", "consent:silence", "extra-write:Shop.add_to_cart:in-the-end"} <= rejected.keys()
    assert all(rejected[i].status is Status.RIGHT for i in rejected if rejected[i].group == "consent")


def test_a_change_that_cannot_be_played_is_named() -> None:
    trial = Trial(
        scenario_id="tea",
        case_id="order:a+b",
        group="order",
        change="b before a",
        is_alternative=False,
        counts=True,
        outcome=Outcome.UNPLAYABLE,
        said="ValueError: no event",
    )
    assert (trial.status, trial.fails) == (Status.UNPLAYABLE, False)
    lines = list(report_lines([trial]))
    assert lines[2:4] == [
        "cannot be played:      1, so that nothing is known of these changes",
        "  tea[order:a+b]: ValueError: no event",
    ]
    assert score_of([trial]).proves_nothing


def test_a_suite_sets_the_world_and_the_id() -> None:
    strict: Any = tea.tea(tea.strict)

    class Visit(strict):
        def init_and_populate_apps(self, *args: Any, **kwargs: Any) -> None:
            super().init_and_populate_apps()
            self.guest = self.draw.person("Clara Berg")

    guests = {}
    for variation in (False, True):
        settings = SuiteSettings.model_validate({"runner": {"variation": variation}})
        scenario: Any = audit_in_suite("visit", Visit, settings).reference.scenario
        assert scenario.scenario_id == "visit"
        guests[variation] = scenario.guest.name
    assert guests[False] == "Clara Berg" != guests[True]
