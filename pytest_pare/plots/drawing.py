"""Renders a plot from its template: the same data gives the same text."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from pytest_pare.plots.texts import fitting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Environment

WIDTH: Final = 400.0
"""The width of each plot, in units of the drawing. On a phone, one unit is about one pixel."""

SIZE: Final = 12.0
"""The size of the font of labels."""

_LARGE: Final = 14.0

SMALL: Final = 11.0
"""The size of the font of ticks and notes."""


def draw(
    template: str, *, title: str, description: Iterable[str], height: float, standalone: bool, **content: Any
) -> str:
    """Return the SVG text of a plot.

    Args:
        template: The name of the template, without its ending.
        title: The name of the plot, without secrets.
        description: The figures in sentences, without secrets.
        height: The height in units of the drawing.
        standalone: Whether the text is a file of its own: with its style and its ground.
        **content: What the template draws.
    """
    desc = " ".join(description)
    # Ids in a page must differ; equal texts may share one.
    digest = hashlib.sha256(f"{template}\n{title}\n{desc}".encode()).hexdigest()
    text: str = (
        _environment()
        .get_template(f"{template}.svg.jinja")
        .render(
            title=title,
            heading=fitting(title, WIDTH, _LARGE),
            desc=desc,
            id=f"plot-{digest[:12]}",
            width=WIDTH,
            height=height,
            style=style_sheet() if standalone else None,
            **content,
        )
    )
    return text


@cache
def style_sheet() -> str:
    """Return the CSS of plots, for a page that embeds them; `standalone` plots have it in them."""
    return (resources.files("pytest_pare.plots") / "plots.css").read_text(encoding="utf-8")


def _number(value: float) -> str:
    """Return a coordinate with one decimal at most."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")


@cache
def _environment() -> Environment:
    # It takes 30 ms, which a command without a plot need not wait for.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pytest_pare.plots"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["n"] = _number
    return environment
