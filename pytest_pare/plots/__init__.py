"""Plots of rates, noise, history and cost: plain data in, SVG text out.

Texts are escaped and without secrets, and equal data makes equal bytes. An embedded plot, the default, has no style of
its own: the page that holds it needs `style_sheet`. A standalone one is a file, with colours for light and dark.
"""

from __future__ import annotations

from pytest_pare.plots.comparison_plot import Difference, comparison
from pytest_pare.plots.cost_plot import CostRow, costs
from pytest_pare.plots.drawing import style_sheet
from pytest_pare.plots.figures import Figure
from pytest_pare.plots.history_plot import HistoryPoint, history
from pytest_pare.plots.noise_plot import CurvePoint, curve
from pytest_pare.plots.rate_plot import RateRow, rates
from pytest_pare.plots.suite_plots import KINDS, Plot, suite_plots

__all__ = [
    "KINDS",
    "CostRow",
    "CurvePoint",
    "Difference",
    "Figure",
    "HistoryPoint",
    "Plot",
    "RateRow",
    "comparison",
    "costs",
    "curve",
    "history",
    "rates",
    "style_sheet",
    "suite_plots",
]
