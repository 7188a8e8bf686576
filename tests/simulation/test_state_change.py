"""Changes of plain values: applied, they give the value after them; they are small, and people can read them."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.simulation.state_change import applied, change_of, entries_of, without_secrets

KEY = st.sampled_from(["id", "mail_id", "title", "a", "-", "=", ""]) | st.text(max_size=2)
LEAF = st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | st.text(max_size=3)
VALUE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=15,
)
# Lists of objects whose ids come back in another order, with other content, or twice.
OBJECT = st.fixed_dictionaries({"mail_id": st.integers(0, 6), "title": st.sampled_from("ab")})
OBJECTS = st.lists(OBJECT, max_size=7)


@given(VALUE, VALUE)
def test_a_change_applied_gives_the_value_after_it(before: Any, after: Any) -> None:
    text = json.dumps(before)
    change = change_of(before, after)
    assert applied(before, change) == after
    assert json.dumps(before) == text
    assert applied(before, json.loads(json.dumps(change))) == after
    assert (change is None) == (before == after)
    assert bool(entries_of(change)) == (before != after)


@given(OBJECTS, OBJECTS)
def test_objects_of_lists_may_come_in_any_order(before: Any, after: Any) -> None:
    assert applied(before, change_of(before, after)) == after


def mail(number: int, **fields: Any) -> dict[str, Any]:
    return {"mail_id": f"m{number}", "title": f"Mail {number}", "is_read": False, "content": "Hello. " * 20, **fields}


def test_a_new_object_is_one_small_change() -> None:
    mails = [mail(number) for number in range(50)]
    before, after = {"inbox": mails}, {"inbox": [*mails[:30], mail(99, title="News"), *mails[30:]]}
    change = change_of(before, after)
    assert change == ["{", None, {"inbox": ["[", [30, ["+", [mail(99, title="News")]], 20]]}]
    ((path, old, new),) = entries_of(change)
    assert (path, old) == ("inbox", None)
    assert (new or "").startswith("title: News, is_read: false, content: Hello.")


def test_changed_and_removed_objects_are_found_beside_a_new_one() -> None:
    before = [mail(1), mail(2), mail(3), mail(4)]
    after = [mail(9), mail(1), mail(3, is_read=True), mail(4)]
    entries = entries_of(change_of(before, after))
    assert [(path, old is None, new) for path, old, new in entries[1:]] == [
        ("", False, None),
        ("Mail 3/is_read", False, "true"),
    ]
    assert len(json.dumps(change_of(before, after))) < 700


@pytest.mark.parametrize(
    ("before", "after", "entries"),
    [
        ({"a": 1}, {"a": 2}, [("a", "1", "2")]),
        ({"a": "x"}, {}, [("a", "x", None)]),
        ({}, {"a": {"title": "T", "b": 1}}, [("T", None, "title: T, b: 1")]),
        ({}, {"x": {"first_name": "Elena", "last_name": "Rossi", "age": 1}},
         [("Elena Rossi", None, "first_name: Elena, last_name: Rossi, age: 1")]),
        ([1, 2], [1, 3, 2], [("", None, "3")]),
        ({"x": [{"n": 1}, {"n": 2}]}, {"x": [{"n": 1}, {"n": 3}]}, [("x/2/n", "2", "3")]),
        ({"chats": {"c1": {"title": "Ann", "seen": 0}}}, {"chats": {"c1": {"title": "Ann", "seen": 1}}},
         [("chats/Ann/seen", "0", "1")]),
        ({"sent_time": 1736154000.0, "price": 1736154000.0}, {"sent_time": 1736154060.0, "price": 1},
         [("sent_time", "2025-01-06 09:00:00", "2025-01-06 09:01:00"), ("price", "1736154000.0", "1")]),
        ({}, {"k": {"some_id": "7", "empty": [], "n": None, "due_at": 1736154000}},
         [("k", None, "due_at: 2025-01-06 09:00:00")]),
    ],
)  # fmt: skip
def test_entries_are_readable(before: Any, after: Any, entries: Any) -> None:
    assert entries_of(change_of(before, after)) == entries


def test_long_texts_are_cut_after_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "correct-horse-battery")
    text = "x" * 985 + " correct-horse-battery"
    ((_, _, shown),) = entries_of(change_of({}, {"a": text}))
    assert shown == "x" * 985 + " [redacted]"
    ((_, _, shown),) = entries_of(change_of({}, {"a": text + text}))
    assert shown is not None
    assert (len(shown), shown[-3:], "correct" in shown) == (1000, "...", False)


def test_secrets_are_redacted_by_their_key_too() -> None:
    before = {"password": "hunter-one", "more": {"password": "hunter-two"}, "list": [{"id": 1, "password": "hunter-3"}]}
    after = {"password": "hunter-4", "more": {}, "list": [{"id": 1, "password": "hunter-5"}, {"password": "hunter-6"}]}
    change = without_secrets(change_of(before, after))
    assert "hunter" not in json.dumps(change)
    assert applied(before, change)["password"] == "[redacted]"
    assert without_secrets(change_of({"a": 1}, {"a": 2})) == change_of({"a": 1}, {"a": 2})
    assert without_secrets(None) is None


def test_equal_values_give_equal_bytes() -> None:
    rng = random.Random(0)
    before = [mail(number) for number in range(40)]
    after = rng.sample(before, 30)
    assert json.dumps(change_of(before, after)) == json.dumps(change_of(json.loads(json.dumps(before)), after))


@pytest.mark.parametrize("change", [["~"], ["{"], ["[", [["~", ["=", 1]]]], ["{", None, {"b": ["=", 1]}], 7, {"a": 1}])
def test_what_is_no_change_of_the_value_is_refused(change: Any) -> None:
    with pytest.raises(ValueError, match=r"^no change of this value: "):
        applied({"a": 1}, change)


def test_a_large_list_with_many_changes_takes_no_more_steps_than_it_must() -> None:
    before = [mail(number) for number in range(5000)]
    after = [mail(number, is_read=number % 2 == 0) for number in range(1, 5000)] + [mail(5001)]
    steps = change_of(before, after)[1]
    assert applied(before, ["[", steps]) == after
    assert sum(step[0] == "~" for step in steps if not isinstance(step, int)) == 2499
