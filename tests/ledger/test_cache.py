"""Results of earlier ledgers by their keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.ledger.cache import Place, cache_key, index_results, result_at

if TYPE_CHECKING:
    from pathlib import Path

HEADER = {"pare_ledger": 1, "session": "s"}
A, B, C = "a" * 32, "b" * 32, "c" * 32


def entry(key: str | None, status: str = "success", **more: Any) -> dict[str, Any]:
    result = {"success": status == "success", "rationale": f'"key":"{C}"'}
    line = {"run": "dig", "status": status, "id": {}, "config": "0", "result": result}
    return line | ({} if key is None else {"key": key}) | more


def ledger(path: Path, *lines: dict[str, Any], header: dict[str, Any] = HEADER) -> Path:
    encoded = (json.dumps(line, separators=(",", ":"), ensure_ascii=False) for line in (header, *lines))
    path.write_text("\n".join(encoded) + "\n", encoding="utf-8")
    return path


def test_the_newest_result_counts(tmp_path: Path) -> None:
    old = ledger(tmp_path / "old.jsonl", entry(A, setup_seconds=1.0), entry(B, "failed"), entry(None))
    new = ledger(tmp_path / "new.jsonl", entry(A, reused="first", problem="a full disk", trace="t"))
    found = index_results([old, new])
    assert set(found) == {A, B}
    one, other = result_at(found[A]), result_at(found[B])
    assert one is not None
    assert other is not None
    assert (one.session, one.record["trace"], other.session) == ("first", "t", "old")
    assert set(one.record) == {"result", "key", "trace"}
    assert (one.record["result"]["success"], other.record["result"]["success"]) == (True, False)
    assert one.record["result"]["proposal_count"] == 0


def test_what_has_no_result(tmp_path: Path) -> None:
    exception = {"exception_type": "ValueError", "exception_message": "no"}
    mixed = ledger(
        tmp_path / "mixed.jsonl",
        entry(A, "exception", result=exception),
        entry(A),
        entry(B),
        entry(B, "failed"),
        entry(C, "exception", result=exception),
    )
    assert index_results([mixed]) == {}, "exceptions, and keys with several attempts"
    assert index_results([ledger(tmp_path / "later.jsonl", entry(A), header={"pare_ledger": 2})]) == {}
    assert index_results([tmp_path / "absent.jsonl"]) == {}


def test_lines_that_are_damaged(tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsonl"
    good = json.dumps(entry(A), separators=(",", ":"))
    torn.write_text(json.dumps(HEADER) + "\n" + good[:-1])
    assert result_at(index_results([torn])[A]) is None
    assert result_at(Place(tmp_path / "absent.jsonl", 0)) is None
    changed = ledger(tmp_path / "changed.jsonl", entry(A, result=3))
    assert result_at(index_results([changed])[A]) is None
    expected = ledger(tmp_path / "xfailed.jsonl", entry(A, "xfailed", result={"exception_type": "ValueError"}))
    assert result_at(index_results([expected])[A]) is None


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text(), min_size=1))
def test_a_key_depends_on_the_parts_and_not_on_their_order(parts: dict[str, Any]) -> None:
    assert cache_key(dict(reversed(parts.items()))) == cache_key(parts)
    name, value = next(iter(parts.items()))
    assert cache_key({**parts, name: [value]}) != cache_key(parts)
