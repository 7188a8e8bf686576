"""Which scenarios a shard has, and what merging accepts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.ledger.errors import LedgerError
from pytest_pare.ledger.header import Commit, Header
from pytest_pare.ledger.merging import merge, missing_shards
from pytest_pare.ledger.outcomes import Outcome
from pytest_pare.ledger.plan import ScenarioSource, SuitePlan
from pytest_pare.ledger.reader import Ledger, read_ledger
from pytest_pare.ledger.run_id import RunId
from pytest_pare.ledger.shards import Shard, assign
from pytest_pare.ledger.writer import LedgerWriter, write_ledger
from pytest_pare.results.validation_result import PAREScenarioValidationResult, result_to_record
from pytest_pare.scenarios.config import MultiScenarioRunnerConfig

if TYPE_CHECKING:
    from pathlib import Path

IDS = st.lists(st.text("abcdef_", min_size=1), min_size=1, max_size=40, unique=True)
PLAN = SuitePlan("pare.yaml", settings={"runner.max_turns": 10}, sources={"a": ScenarioSource("1", "a.py", 3)})


@pytest.mark.parametrize("text", ["", "2", "0/5", "6/5", "2/5/1", "-1/5", "2/0", "a/b", "1 / 2", "1/9999999"])
def test_texts_that_name_no_shard(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be NUMBER/OF, such as 2/5"):
        Shard.parse(text)


def test_a_shard() -> None:
    assert Shard.parse("2/5") == (2, 5)
    assert str(Shard(2, 5)) == "2/5"


@given(IDS, st.integers(1, 9), st.randoms())
def test_each_scenario_has_one_shard_in_any_order(ids: list[str], of: int, random: Any) -> None:
    shards = assign(ids, of, {})
    assert shards.keys() == set(ids)
    assert set(shards.values()) <= set(range(1, of + 1))
    random.shuffle(ids)
    assert assign(ids, of, {}) == shards


@given(IDS, st.integers(1, 9))
def test_without_durations_a_new_scenario_moves_no_other(ids: list[str], of: int) -> None:
    assert assign([*ids, "new"], of, {}).items() >= assign(ids, of, {}).items()


@given(IDS, st.integers(1, 9), st.data())
def test_with_durations_no_shard_takes_much_longer_than_it_must(ids: list[str], of: int, data: st.DataObject) -> None:
    seconds = {one: data.draw(st.floats(0.1, 100)) for one in ids}
    load = Counter(dict.fromkeys(range(1, of + 1), 0.0))
    for one, number in assign(ids, of, seconds).items():
        load[number] += seconds[one]  # type: ignore[assignment]
    # The last scenario of a shard begins when no shard has less to do than it.
    assert max(load.values()) <= sum(seconds.values()) / of + max(seconds.values())


def test_scenarios_without_a_known_duration_take_the_mean() -> None:
    assert assign("abcd", 2, {"a": 10.0, "b": 2.0}) == {"a": 1, "c": 2, "d": 2, "b": 1}


# -- merging


def shard_of(path: Path, number: int, of: int = 2, *, runs: tuple[str, ...] | None = None, **changed: Any) -> Ledger:
    """Write and read the ledger of a shard with one successful run, of the scenario with its number."""
    header = Header(f"s{number}", "2026-01-02T03:04:05+00:00", {"python": "3"}, None, {}, PLAN, "7", (number, of))
    writer = LedgerWriter(path / f"{number}-of-{of}-{len(list(path.iterdir()))}.jsonl")
    writer.begin(replace(header, **changed))
    own = runs or (f"s{number}",)
    writer.plan(own, (), [f"s{one}" for one in range(1, of + 1)])
    config = MultiScenarioRunnerConfig().model_dump(mode="json")
    for node in own:
        result = PAREScenarioValidationResult(success=True)
        record = {"result": result_to_record(result), "config": config, "setup_seconds": 0.5}
        writer.note(node, RunId(node), Outcome("success", result, config), record)
    writer.end({"partial": [f"--pare-shard {number}/{of}", "-k s"], "interrupted": False, "duration": 1.5})
    return read_ledger(writer.path)


def test_all_shards_are_a_session(tmp_path: Path) -> None:
    merged = merge([shard_of(tmp_path, 2), shard_of(tmp_path, 1)])
    assert list(merged.results.outcomes) == ["pare.yaml::s1", "pare.yaml::s2"]
    assert merged.judge().passed
    assert merged.judge().given.partial == ("-k s",)
    assert merged.results.setup_seconds == 1.0
    assert merged.header.shard is None
    write_ledger(tmp_path / "merged" / "one.jsonl", merged)
    again = read_ledger(tmp_path / "merged" / "one.jsonl")
    assert again.judge().to_dict() == merged.judge().to_dict()
    assert again.records == merged.records
    with pytest.raises(LedgerError, match="not a shard; merge the ledgers of sessions with --pare-shard"):
        merge([again])


def test_a_missing_shard_cannot_pass(tmp_path: Path) -> None:
    ledgers = [shard_of(tmp_path, number, 4) for number in (1, 3)]
    assert missing_shards(ledgers) == [2, 4]
    verdict = merge(ledgers).judge()
    assert verdict.word == "FAIL"
    assert verdict.given.no_result == 2


def test_a_shard_that_was_killed_cannot_pass(tmp_path: Path) -> None:
    killed = shard_of(tmp_path, 2)
    killed.end = {}
    verdict = merge([shard_of(tmp_path, 1), killed]).judge()
    assert verdict.reasons == ("the session was interrupted",)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"plan": replace(PLAN, name="other.yaml")}, "suite: pare.yaml there, other.yaml here"),
        ({"plan": replace(PLAN, runs=3)}, "runs: 1 there, 3 here"),
        ({"plan": replace(PLAN, settings={"runner.max_turns": 9})}, "runner.max_turns: 10 there, 9 here"),
        ({"plan": replace(PLAN, settings={})}, "runner.max_turns: 10 there, absent here"),
        (
            {"plan": replace(PLAN, sources={"a": ScenarioSource("2", "a.py", 3)})},
            "scenario a: 1 there, 2 here",
        ),
        (
            {"plan": replace(PLAN, gate=PLAN.gate.model_copy(update={"min_success_rate": 0.5}))},
            "gate.min_success_rate: None there, 0.5 here",
        ),
        ({"versions": {"python": "4"}}, "python: 3 there, 4 here"),
        ({"commit": Commit("abc", dirty=True)}, "commit: None there, abc here"),
        ({"agent_version": "8"}, "agent: 7 there, 8 here"),
        ({"shard": (2, 3)}, "shards: 2 there, 3 here"),
    ],
)
def test_shards_of_another_session(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    first, other = shard_of(tmp_path, 1), shard_of(tmp_path, 2, **changed)
    with pytest.raises(LedgerError) as caught:
        merge([first, other])
    assert str(caught.value) == f"{other.path}: a shard of another session than {first.path}: {message}"


def test_only_some_differences_are_listed(tmp_path: Path) -> None:
    settings = {f"runner.{number}": number for number in range(9)}
    other = shard_of(tmp_path, 2, plan=replace(PLAN, settings=settings))
    with pytest.raises(LedgerError, match=r"; 7 more$"):
        merge([shard_of(tmp_path, 1), other])


def test_nothing_counts_twice(tmp_path: Path) -> None:
    first, same = shard_of(tmp_path, 1), shard_of(tmp_path, 1)
    with pytest.raises(LedgerError, match=r"the same shard as .+; leave one out"):
        merge([first, same])
    other = shard_of(tmp_path, 2, runs=("s1",))
    with pytest.raises(LedgerError, match=r"the run pare.yaml::s1 is in another shard, too"):
        merge([first, other])
