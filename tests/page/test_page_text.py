"""The text of a page: one file, the same for the same input, which no text of a run can change or leave."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare.page.documents import Documents, packed
from pytest_pare.page.render import unfinished_page
from tests.page.made_pages import entry, page_of
from tests.page.pages import Page, read_page

HOSTILE = (
    "</script><script>document.title = 'marked'</script><!--<script>",
    "<img src=x onerror=\"document.title = 'marked'\">",
    "]]> & &lt; \u2028\u2029 \x00 \ud83d half, and a whole one: 🌱",
    "{{ 7 * 7 }} {% raw %}",
)
ASSETS = {one.name: one.read_text() for one in (resources.files("pytest_pare.page") / "assets").iterdir()}


def checked(page: Page) -> Page:
    """Check that the policy of a page allows its scripts and styles, and no other ones."""
    code = [one for one in page.elements if one.tag == "style" or "type" not in one.attributes]
    # All assets, and the style of plots.
    assert len(code) == len(ASSETS) + 1
    hashes = {
        tag: {
            f"'sha256-{base64.b64encode(hashlib.sha256(one.text.encode()).digest()).decode()}'"
            for one in code
            if one.tag == tag
        }
        for tag in ("script", "style")
    }
    policy = {
        name: set(values.split()) for name, _, values in (part.partition(" ") for part in page.policy.split("; "))
    }
    assert policy == {
        "default-src": {"'none'"},
        "script-src": hashes["script"],
        "style-src": hashes["style"],
        "img-src": {"data:"},
        "base-uri": {"'none'"},
        "form-action": {"'none'"},
    }
    return page


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_leaves_its_script_element(text: str) -> None:
    # An id can be encoded; other texts need not be.
    name = text.replace("\ud83d", "?")
    documents = Documents({"run-0": packed({"run": {"reason": text}})}, {(0, f"{name}[run1]"): "run-0"}, {}, {}, {})
    page = checked(read_page(page_of([entry(name, 1, text)], documents)))
    (run,) = page.data["runs"]
    assert run["scenario"] == name
    assert run["reason"] == text
    assert page.document(run["document"])["run"]["reason"] == text
    (data,) = (one.text for one in page.elements if one.attributes.get("id") == "data")
    assert not set("<>&\u2028\u2029") & set(data)


@given(st.text(st.characters(codec=None)), st.text(min_size=1))
def test_every_text_is_in_the_page_as_it_is(reason: str, name: str) -> None:
    page = read_page(page_of([entry(name, 1, reason or "none")]))
    assert page.data["runs"][0]["scenario"] == name
    assert len(page.elements) == len(read_page(page_of([entry("a", 1)])).elements)


def test_equal_results_give_equal_bytes() -> None:
    entries = [entry("water", 1), entry("water", 2, "too dry")]
    assert page_of(entries) == page_of(entries)
    assert packed({"a": [1]}) == packed({"a": [1]})
    assert page_of(entries) != page_of(entries[:1])


def test_a_row_has_what_its_reason_may_not_say() -> None:
    one = entry("water", 1, "the agent proposed nothing")
    assert one.result is not None
    one.result.usage = {"agent": {"calls": 3, "live": True, "prompt_tokens": 9, "completion_tokens": 1, "cost": 0.5}}
    one.result.usage["agent"]["finish_reasons"] = {"length": 2, "stop": 1}
    one.result.faults = {"tool_failure": {"Calendar__add": 2}, "user_busy": {"user": 1}}
    (row,) = read_page(page_of([one])).data["runs"]
    assert {name: row[name] for name in ("cut", "faults", "tokens", "cost")} == {
        "cut": 2,
        "faults": 3,
        "tokens": 10,
        "cost": 0.5,
    }


def test_the_results_of_many_runs_are_small() -> None:
    why = "write add_calendar_event: start_datetime: expected '2025-01-08 14:00:00', got '2025-01-08 15:00:00'; " * 8
    entries = [
        entry(f"scenario_{number // 10}", number % 10 + 1, why if number % 2 else None) for number in range(1000)
    ]
    size = len(page_of(entries).encode())
    assert size < 1_000_000 + 2_000 * len(entries)
    assert size - len(page_of(entries[:1]).encode()) < 1_000 * len(entries)


def test_the_page_of_a_session_without_a_verdict_says_so() -> None:
    page = checked(read_page(unfinished_page("a & b.yaml", "the session has not come to its verdict")))
    assert page.data["suites"][0]["verdict"]["word"] == "UNFINISHED"
    assert "<title>a &amp; b.yaml" in page.text
    assert page.data["runs"] == []


def test_the_page_loads_nothing_and_makes_no_markup_from_texts() -> None:
    code = "\n".join(ASSETS.values())
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", code) == []
    # The name space of SVG is no address.
    assert set(re.findall(r"https?://[^\"'\s]+", code)) <= {"http://www.w3.org/2000/svg"}
    assert re.findall(r"\bfetch\(|XMLHttpRequest|@import|url\(", code) == []
    page = read_page(page_of([entry("water", 1)]))
    assert re.search(r'<[^>]+\s(style|on\w+|src|href)="(?!#)', page.text.partition("<script")[0]) is None


# -- colours


def colours(css: str) -> dict[str, tuple[str, str]]:
    return {
        name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2.2."""

    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_is_computed_as_in_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["bg", "surface", "raised"])
@pytest.mark.parametrize("ink", ["ink", "muted", "accent", "good", "bad", "warn", "calm"])
def test_texts_can_be_read_in_both_schemes(ink: str, ground: str, scheme: str) -> None:
    place = ("light", "dark").index(scheme)
    known = colours(ASSETS["page.css"])
    assert contrast(known[ink][place], known[ground][place]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1])
def test_texts_on_coloured_grounds_can_be_read(scheme: int) -> None:
    known = {name: pair[scheme] for name, pair in colours(ASSETS["page.css"]).items()}
    pairs = [("on-accent", "accent"), *((tone, f"{tone}-ground") for tone in ("good", "bad", "warn", "calm"))]
    assert {pair: ratio for pair in pairs if (ratio := contrast(known[pair[0]], known[pair[1]])) < 4.5} == {}


def test_the_data_of_a_page_is_json_of_a_known_version() -> None:
    data: dict[str, Any] = read_page(page_of([entry("water", 1)])).data
    assert data["version"] == 1
    assert json.loads(json.dumps(data)) == data
