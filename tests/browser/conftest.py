"""The browsers that open the report page. A test without its browser is skipped, with what to install."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.firefox import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.browser.firefox import Firefox

# Milliseconds; five seconds, the default, can be short on a busy machine.
expect.set_options(timeout=30_000)


def _program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no {names[0]} on this machine: apt-get install {names[0]}")
    return found


# For a module: while it runs, this thread has an event loop, which other tests must not find.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A chromium without a window."""
    program = _program("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A Firefox without a window."""
    program = _program("firefox-esr", "firefox")
    with running(program, tmp_path_factory.mktemp("profile")) as started:
        yield started
