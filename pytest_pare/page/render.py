"""Renders a page: one HTML text with all data, styles and scripts in it.

Nothing of it is loaded from elsewhere. A Content-Security-Policy allows the scripts and styles of this package alone,
so that no text of a run can act as one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pytest_pare.base.redaction import redacted_json
from pytest_pare.plots import style_sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION: Final = 1
"""Version of the data in a page. It is raised if the meaning of a key changes, or if one is removed."""

_STYLES: Final = ("page.css", "run.css")
# Each is a scope of its own. The first ones draw a run, and two runs side by side: they set `drawRun` and `drawDiff`.
_OF_RUNS: Final = ("elements.js", "words.js", "steps.js", "timeline.js", "turns.js", "run.js", "diff.js")
_SCRIPTS: Final = (*_OF_RUNS, "dom.js", "verdict.js", "overview.js", "filters.js", "table.js", "page.js")
# What could end a script element, begin a comment in it, or be another sign in a reader of XML.
_ESCAPED: Final = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})


def page_text(data: Mapping[str, Any], documents: Mapping[str, str], plots: Sequence[str] = ()) -> str:
    """Return the text of a page; equal arguments give equal texts.

    Args:
        data: The overview, as `data.page_data` returns it.
        documents: Key to the packed document of a run.
        plots: SVG texts.
    """
    styles = [*(text for name in _STYLES if (text := _asset(name))), style_sheet()]
    scripts = [_scoped(text) for name in _SCRIPTS if (text := _asset(name))]
    policy = {
        "default-src": "'none'",
        "script-src": " ".join(map(_hash, scripts)),
        "style-src": " ".join(map(_hash, styles)),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    safe = redacted_json(json.dumps({"version": VERSION, **data}, separators=(",", ":"), allow_nan=False), (",", ":"))
    plain = json.loads(safe)
    page: str = _template().render(
        title=plain["title"],
        suites=plain["suites"],
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
        styles=[Markup(text) for text in styles],  # noqa: S704 - files of this package
        scripts=[Markup(text) for text in scripts],  # noqa: S704 - files of this package
        data=Markup(safe.translate(_ESCAPED)),  # noqa: S704 - escaped
        documents=documents,
        plots=[Markup(text) for text in plots],  # noqa: S704 - `plots` escapes the texts in them
    )
    # Half of a surrogate pair in a name; in JSON it is escaped.
    return page.encode("utf-8", "replace").decode("utf-8")


def unfinished_page(suite: str, reason: str) -> str:
    """Return the page of a session that has not come to its verdict.

    Args:
        suite: The suite file.
        reason: Why there is none.
    """
    verdict = {"word": "UNFINISHED", "lines": [f"UNFINISHED: {reason}"]}
    return page_text({"title": suite, "suites": [{"name": suite, "verdict": verdict}], "runs": []}, {})


def _scoped(script: str) -> str:
    return f'(() => {{\n"use strict";\n{script}}})();\n'


def _hash(text: str) -> str:
    # The browser hashes what stands between the tags.
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    file = resources.files("pytest_pare.page") / "assets" / name
    return file.read_text(encoding="utf-8") if file.is_file() else ""


@cache
def _template() -> Any:
    environment = Environment(
        loader=PackageLoader("pytest_pare.page"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("page.html.jinja")
