"""The plots of a suite on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_pare.plots.suite_plots import suite_plots

if TYPE_CHECKING:
    from pytest_pare.page.suites import PageSuite

_SECTIONS: Final = {
    "rates": "rates",
    "noise": "robustness",
    "history": "history",
    "comparison": "baseline",
    "cost": "models",
}


def plots_of(suite: PageSuite) -> dict[str, list[str]]:
    """Return the plots of a suite as SVG texts, by the section of the page that they are in."""
    verdict = suite.report.verdict
    compared = None if verdict is None else verdict.given.comparison
    variants = () if compared is None else compared.variants
    # The history has one rate for all variants, a comparison one for each.
    baseline = variants[0].decision.baseline_rate if len(variants) == 1 else None
    found: dict[str, list[str]] = {}
    for plot in suite_plots([("", suite.report)], suite.history, compared, baseline=baseline):
        found.setdefault(_SECTIONS[plot.kind], []).append(plot.text)
    return found
