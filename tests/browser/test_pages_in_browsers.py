"""The report page in real browsers: what it shows, its links, its keys, its accessibility, and hostile texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.project import CAUSES, HOSTILE, write_page
from tests.forks import Forks
from tests.page.made_pages import entry, page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.firefox import Firefox

RUNS = 2 * (len(CAUSES) + 1) * 2
FAILED = "dinner_moved[plain-run1]"
PASSED = "dinner_moved[plain-run2]"
STATES = {
    "overview": "",
    "filtered": "#status=failed&app=email",
    "no match": "#q=zebra",
    "failed run": f"#run={FAILED}",
    "step": f"#run={FAILED}&step=5",
    "passed run": f"#run={PASSED}",
    "defect": "#run=parcel_at_the_depot[plain-run1]",
    "cut answer": "#run=ride_to_the_pier[plain-run1]",
    "hostile run": "#run=hostile[plain-run1]",
    "two runs": f"#diff={FAILED}&with={PASSED}",
    "no such run": "#run=nobody",
}


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory, _shim: Callable[[], str]) -> Path:
    """The page of a session with a live model, noise and failures, whose project is gone."""
    return write_page(tmp_path_factory.mktemp("report"), Forks(_shim).command)


@pytest.fixture
def open_page(chromium: Browser, page_file: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page at a hash; no page may have an error, or break its content security policy."""
    errors: list[str] = []
    contexts = []

    def opened(state: str = "", *, width: int = 1200, scheme: str = "light", file: Path = page_file) -> Page:
        context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else errors.append(request.url))
        page.goto(file.as_uri() + state)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


def shown(page: Page) -> list[str]:
    """Return the runs in the table."""
    names: list[str] = page.locator("tr[data-run]").evaluate_all("rows => rows.map(row => row.dataset.run)")
    return names


def test_the_overview_has_the_verdict_and_each_run(open_page: Callable[..., Page]) -> None:
    page = open_page()
    assert page.title() == "pare.yaml · pytest-pare"
    expect(page.locator(".verdict")).to_contain_text("FAIL")
    expect(page.locator(".verdict")).to_contain_text(f"of {RUNS} runs succeeded")
    assert len(shown(page)) == RUNS
    reasons = page.locator("#reasons").inner_text()
    assert "the agent proposed nothing" in reasons
    assert "write before the user accepted" in reasons
    assert "answers cut at max_tokens in" in reasons
    page.locator("#reasons a").first.click()
    assert "reason=" in page.url
    assert 0 < len(shown(page)) < RUNS
    # The table is below the window until the link moves there.
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_focused()
    expect(page.locator("tr[data-run]").first).to_be_in_viewport()


def test_the_head_of_a_run_has_the_cause_that_the_verdict_does_not_name(open_page: Callable[..., Page]) -> None:
    page = open_page()
    causes = {
        "ride_to_the_pier": "2 answers of the agent's model were cut at max_tokens",
        "theatre_cancelled": "in 2 answers its model called no tool, the last: 'Noted: the tickets are for Friday.'",
        "bags_of_soil": "after Shopping.add_to_cart failed, the agent reported: 'All six bags are in your cart.'",
        "parcel_at_the_depot": "the scenario has a defect, so the agent was not judged",
    }
    for scenario, cause in causes.items():
        page.evaluate("hash => { location.hash = hash }", f"#run={scenario}[plain-run1]")
        expect(page.locator(".run-head")).to_contain_text(cause)
    # What the agent has not done after the defect is not its mistake.
    expect(page.locator(".run-head")).not_to_contain_text("reference")


def test_a_filtered_table_can_be_shared(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.locator("#search").fill("dinner")
    expect(page.locator("tr[data-run]")).to_have_count(4)
    expect(page.locator(".matches")).to_contain_text("4 of 28 runs")
    page.get_by_role("button", name=re.compile("^failed")).click()
    page.locator("#sort-name").click()
    page.locator("#sort-name").click()
    wanted = shown(page)
    assert PASSED not in wanted
    assert wanted == sorted(wanted, reverse=True)
    again = open_page(page.evaluate("location.hash"))
    assert shown(again) == wanted
    again.get_by_role("button", name="Clear the filters").click()
    assert len(shown(again)) == RUNS
    # The order stays, unlike the filters.
    of_cab = [name for name in shown(again) if name.startswith(("ride", "theatre"))]
    assert shown(open_page("#app=cab&sort=-name")) == of_cab


def test_the_keyboard_walks_from_the_table_to_a_run_and_back(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the results")
    page.keyboard.press("/")
    page.keyboard.type("new_number")
    expect(page.locator("tr[data-run]")).to_have_count(4)
    page.locator("#search").blur()
    page.keyboard.press("j")
    page.keyboard.press("j")
    name = str(page.evaluate("document.activeElement.closest('tr').dataset.run"))
    page.keyboard.press("Enter")
    heading = page.locator("main h2").first
    expect(heading).to_contain_text(name)
    expect(heading).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("tr[data-run]")).to_have_count(4)
    assert page.evaluate("document.activeElement.closest('tr').dataset.run") == name


def test_a_long_table_is_drawn_to_its_end(open_page: Callable[..., Page], tmp_path: Path) -> None:
    names = [(f"scenario_{number // 25}", number % 25 + 1) for number in range(1000)]
    file = tmp_path / "long.html"
    file.write_text(page_of([entry(*name) for name in names]), encoding="utf-8")
    for state in ("", "#flat=1"):
        page = open_page(state, file=file)
        expect(page.locator("tr[data-run]")).to_have_count(1000)
        assert sorted(shown(page)) == sorted(f"{scenario}[run{run}]" for scenario, run in names)
    # Its row is drawn at once, to get the focus back.
    page = open_page("#run=scenario_39[run25]", file=file)
    page.keyboard.press("Escape")
    expect(page.locator("tr[data-run]")).to_have_count(1000)
    assert page.evaluate("document.activeElement.closest('tr').dataset.run") == "scenario_39[run25]"


def test_a_run_leads_back_to_a_table_without_rows(open_page: Callable[..., Page]) -> None:
    page = open_page(f"#run={FAILED}&q=zebra")
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_contain_text("No run matches these filters.")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 400)])
def test_no_state_of_the_page_is_inaccessible(open_page: Callable[..., Page], scheme: str, width: int) -> None:
    axe, found = Axe(), {}
    page = open_page(scheme=scheme, width=width)
    for name, state in STATES.items():
        page.evaluate("hash => { location.hash = hash || '#' }", state)
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        results = axe.run(page)
        if results.violations_count:
            found[name] = results.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px too wide"
    assert found == {}


@pytest.mark.parametrize("with_policy", [True, False])
def test_hostile_texts_are_texts(open_page: Callable[..., Page], page_file: Path, *, with_policy: bool) -> None:
    file = page_file
    if not with_policy:
        # The page must not depend on its policy alone.
        less, count = re.subn('<meta http-equiv="Content-Security-Policy"[^>]*>', "", file.read_text("utf-8"))
        assert count == 1
        file = file.with_name("without_policy.html")
        file.write_text(less, encoding="utf-8")
    page = open_page("#run=hostile[plain-run1]", file=file)
    expect(page.locator("main")).to_contain_text(HOSTILE)
    assert page.evaluate("document.documentElement.dataset.marked") is None
    assert page.locator("main img, main script, main b").count() == 0


def test_the_page_works_in_firefox(firefox: Firefox, page_file: Path) -> None:
    firefox.open(page_file.as_uri())
    assert firefox.wait_for("document.querySelectorAll('tr[data-run]').length") == RUNS
    firefox.evaluate(f"(location.hash = '#run={FAILED}')")
    assert firefox.wait_for("document.querySelector('#step-1') !== null")
    assert FAILED in firefox.evaluate("document.querySelector('main h2').textContent")
    firefox.evaluate("(location.hash = '#run=hostile[plain-run1]')")
    assert firefox.wait_for("document.querySelector('main').textContent.includes('half a pair')")
    assert firefox.evaluate("document.documentElement.dataset.marked || null") is None
