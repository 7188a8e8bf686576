"""Take the pictures of the report page in the manual: `python -m tests.browser.pictures`; it needs chromium."""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.project import write_page

IMAGES = Path(__file__).parents[2] / "docs/images"
_RUN = "dinner_moved[plain-run1]"
# Name, hash, colour scheme, width and height of a picture.
PICTURES: Final[tuple[tuple[str, str, Literal["light", "dark"], int, int], ...]] = (
    ("page-overview", "", "light", 1100, 900),
    ("page-run", f"#run={_RUN}", "dark", 1100, 900),
    ("page-diff", f"#diff={_RUN}&with=dinner_moved[plain-run2]", "light", 1100, 760),
    ("page-narrow", f"#run={_RUN}&step=14", "light", 400, 760),
)
_COLOURS = 128


def main() -> None:
    """Take all pictures of the page of one session."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        page_file = write_page(Path(directory))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, state, scheme, width, height in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(page_file.as_uri() + state)
            page.wait_for_selector("main h2")
            page.wait_for_selector("[aria-busy=true]", state="detached")
            picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
            # A page has few colours; a palette of them makes a third of the size.
            few = picture.quantize(_COLOURS, dither=Image.Dither.NONE)
            few.save(IMAGES / f"{name}.png", optimize=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
