"""The report page on 1,000 runs with their timelines, opened in a chromium without a window."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import Figure
from benchmarks.processes import cpu_seconds
from pytest_pare.scenarios.library import bundled_split

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HEADING = "the report page of a session with 1,000 runs and their timelines; real time in chromium"

_PLAY = ["-m", "pytest", "--pare-config", "pare.yaml", "-q", "-p", "no:cacheprovider"]
_TABLE = "document.querySelectorAll('tr[data-run]').length"
# What a run shows at last: its steps.
_DRAWN = "document.querySelector('#step-1')"


def measure(*, quick: bool = False) -> list[Figure]:
    """Play a session with and without a page, and open the page and some of its runs.

    Raises:
        RuntimeError: If there is no chromium, or the page does not show what was played.
    """
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("report_page needs chromium: apt-get install chromium")
    split, runs, repeats = ("smoke", 1, 2) if quick else ("full", 16, 9)
    scenarios = len(bundled_split(split).read_text(encoding="utf-8").split("\n")[1:-1])
    count = scenarios * runs
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / "pare.yaml").write_text(f"scenarios: {{bundled: true, split: {split}}}\nruns: {runs}\n")
        (project / "pytest.ini").write_text("[pytest]\n")
        plain = cpu_seconds([*_PLAY, "--pare-set=ledger.traces=all"], project)
        written = cpu_seconds([*_PLAY, "--pare-html=page.html"], project)
        page = project / "page.html"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            opened = [_opened(browser, page, count) for _ in range(repeats)]
            first, every = (statistics.median(seconds) for seconds in zip(*opened, strict=True))
            drawn = statistics.median(_drawn(browser, page, count, repeats))
            browser.close()
        size = page.stat().st_size
    return [
        Figure(f"{count} runs: from opening the page to its table", first, "s", at_most=1.0),
        Figure("until the last row of the table", every, "s"),
        Figure("from a link of the table to the steps of its run", drawn, "s", at_most=0.3),
        Figure("size of the page, per run", size / count / 1000, "kB"),
        Figure("a session that writes the page, beside one that keeps the traces", written / plain, "x", at_most=1.5),
    ]


def _opened(browser: Browser, path: Path, count: int) -> tuple[float, float]:
    """Return the seconds since the navigation until the first rows, and until all rows are drawn."""
    page = browser.new_page()
    page.goto(path.as_uri(), wait_until="commit")
    first, every = page.evaluate(
        f"""async () => {{
            const drawn = least => new Promise(resolve => {{
                const look = () => {_TABLE} >= least
                    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now() / 1000)))
                    : setTimeout(look, 5);
                look();
            }});
            return [await drawn(1), await drawn({count})];
        }}"""
    )
    page.close()
    return float(first), float(every)


def _drawn(browser: Browser, path: Path, count: int, repeats: int) -> list[float]:
    page = browser.new_page()
    page.goto(path.as_uri())
    _await_rows(page, count)
    seconds = []
    for number in range(repeats):
        row = page.locator("tr[data-run] a.row").nth(number * (count // repeats))
        seconds.append(
            row.evaluate(
                f"""link => new Promise(resolve => {{
                    const began = performance.now();
                    link.click();
                    const look = () => {_DRAWN}
                        ? requestAnimationFrame(() => setTimeout(() => resolve((performance.now() - began) / 1000)))
                        : setTimeout(look, 1);
                    look();
                }})"""
            )
        )
        page.keyboard.press("Escape")
        _await_rows(page, count)
    page.close()
    return seconds


def _await_rows(page: Page, count: int) -> None:
    # Not by `wait_for_function`, which evaluates a text: the page's policy forbids that.
    page.locator("tr[data-run]").nth(count - 1).wait_for(state="attached")
