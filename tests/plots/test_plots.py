"""Plots: figures in words, escaped texts, equal bytes, and nothing beyond the edge."""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_pare import plots
from pytest_pare.plots import CostRow, CurvePoint, Difference, Figure, HistoryPoint, RateRow
from pytest_pare.plots.texts import fitting, label, percent, points, width_of
from tests.docs.plot import PLOT, drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</svg><script>alert(1)</script> & \"quotes\" 'too' \x00\x1b[31m \ud800 \u202e"
SECRET = "sk-abcdefghij0123456789abcdef"


def rates_of(name: str, *, standalone: bool = False) -> str:
    rows = [
        RateRow(name, Figure(0.75, 0.5, 0.9), Figure(0.4, 0.2, 0.6), Figure(0.12, 0.1, 0.15), 12),
        RateRow("other", Figure(None)),
    ]
    return plots.rates(rows, title=name, standalone=standalone)


def curve_of(name: str, *, standalone: bool = False) -> str:
    levels = [CurvePoint(level, Figure(1 - level, 0.9 - level, 1 - level / 2), name) for level in (0.0, 0.1, 0.5)]
    lone = CurvePoint(0.1, Figure(None), "lone")
    return plots.curve([*levels, lone], title=name, axis=name, standalone=standalone)


def history_of(name: str, *, standalone: bool = False) -> str:
    verdicts = ("PASS", "FAIL", "INCONCLUSIVE", name)
    sessions = [
        HistoryPoint(f"2026-12-0{number + 1}", Figure(0.8, 0.7, 0.9), f"{name} {number // 2}", verdict)
        for number, verdict in enumerate(verdicts)
    ]
    return plots.history(sessions, baseline=0.85, title=name, standalone=standalone)


def comparison_of(name: str, *, standalone: bool = False) -> str:
    rows = [Difference(name, -0.15, -0.25, -0.05, "FAIL"), Difference("calm", 0.0, -0.05, 0.05, "PASS")]
    return plots.comparison(rows, allowed=0.1, title=name, standalone=standalone)


def costs_of(name: str, *, standalone: bool = False) -> str:
    rows = [CostRow(name, 0.0123, 10, 12), CostRow("dear", 0.4, 12, 12), CostRow("unknown", None, 0, 2)]
    return plots.costs(rows, title=name, standalone=standalone)


EACH = pytest.mark.parametrize("draw", [rates_of, curve_of, history_of, comparison_of, costs_of])


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]


def desc(svg: str) -> str:
    return ET.fromstring(svg).findtext(f"{SVG}desc") or ""


@EACH
@pytest.mark.parametrize("standalone", [False, True])
def test_a_plot_is_the_same_twice_and_shows_hostile_names_as_text(draw: Callable[..., str], standalone: bool) -> None:
    svg = draw(HOSTILE, standalone=standalone)
    assert svg == draw(HOSTILE, standalone=standalone)
    root = ET.fromstring(svg)
    allowed = {"svg", "title", "desc", "style", "rect", "g", "text", "line", "path", "polyline", "circle"}
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= allowed
    assert not [name for one in root.iter() for name in one.attrib if name == "style" or name.startswith("on")]
    assert (root.find(f"{SVG}style") is not None) == standalone
    assert "<script>alert(1)</script>" in (root.findtext(f"{SVG}title") or "")


@EACH
def test_a_plot_has_a_name_and_a_description_for_screen_readers(draw: Callable[..., str]) -> None:
    root = ET.fromstring(draw("mine"))
    assert root.attrib["role"] == "img"
    ids = [root.find(f"{SVG}{tag}").attrib["id"] for tag in ("title", "desc")]  # type: ignore[union-attr]
    assert root.attrib["aria-labelledby"].split() == ids
    assert root.findtext(f"{SVG}title") == "mine"
    assert root.attrib["viewBox"].startswith("0 0 400 ")
    assert root.attrib["width"] == "100%"


def test_ids_of_two_plots_differ() -> None:
    first, second = (ET.fromstring(rates_of(name)).attrib["aria-labelledby"] for name in ("a", "b"))
    assert not set(first.split()) & set(second.split())


@EACH
def test_secrets_are_redacted_before_a_name_is_cut(draw: Callable[..., str]) -> None:
    svg = draw(f"{'long ' * 8} {SECRET} {'name ' * 20}", standalone=True)
    assert SECRET[3:12] not in svg
    assert "[redacted]" in svg


@EACH
@pytest.mark.parametrize("name", ["m", "W" * 300, "漢字" * 80])
def test_no_text_is_beyond_the_edge(draw: Callable[..., str], name: str) -> None:
    root = ET.fromstring(draw(name, standalone=True))
    for one in root.iter(f"{SVG}text"):
        classes = one.attrib["class"].split()
        width = width_of(one.text or "", 14 if "plot-title" in classes else 11 if "plot-note" in classes else 12)
        share = 0.5 if "plot-middle" in classes else 1 if "plot-end" in classes else 0
        begin = float(one.attrib["x"]) - share * width
        assert begin > -12, one.text
        assert begin + width < 412, one.text


def test_the_figures_of_rates_are_in_words_and_in_their_row() -> None:
    svg = rates_of("gpt")
    assert desc(svg) == (
        "gpt (12 runs): success 75.0 % (50.0 % to 90.0 %), acceptance 40.0 % (20.0 % to 60.0 %), "
        "proposals per turn 0.120 (0.100 to 0.150). "
        "other: success n/a, acceptance n/a, proposals per turn n/a."
    )
    assert texts(svg)[-9:] == ["gpt", "12 runs", "75 %", "40 %", "0.12", "other", "n/a", "n/a", "n/a"]


def test_a_rate_is_drawn_at_its_place() -> None:
    root = ET.fromstring(plots.rates([RateRow("a", Figure(0.5, 0.0, 1.0))]))
    first = {one.text: float(one.attrib["x"]) for one in list(root.iter(f"{SVG}text"))[1:4]}
    (dot,) = root.iter(f"{SVG}circle")
    assert float(dot.attrib["cx"]) == first["50"]
    (whisker,) = (one for one in root.iter(f"{SVG}path") if one.attrib["class"] == "plot-whisker")
    assert whisker.attrib["d"].startswith(f"M{first['0']:g} ")
    assert f"H{first['100']:g}M" in whisker.attrib["d"]


def test_a_curve_names_each_level_and_leaves_out_what_was_not_judged() -> None:
    svg = curve_of("gpt")
    assert desc(svg) == (
        "gpt: level 0, success 100.0 % (90.0 % to 100.0 %); level 0.1, success 90.0 % (80.0 % to 95.0 %); "
        "level 0.5, success 50.0 % (40.0 % to 75.0 %). lone: level 0.1, success n/a."
    )
    root = ET.fromstring(svg)
    assert len([one for one in root.iter(f"{SVG}path") if one.attrib["class"] == "plot-band"]) == 1
    assert {"0", "0.1", "0.5", "gpt", "lone"} <= set(texts(svg))


def test_series_differ_in_more_than_their_colour() -> None:
    many = [CurvePoint(level, Figure(0.5, 0.4, 0.6), f"v{number}") for number, level in product(range(12), (0, 1))]
    root = ET.fromstring(plots.curve(many))
    groups = [one for one in root.iter(f"{SVG}g") if one.attrib.get("class", "").startswith("plot-s")]
    marks = {
        (group.attrib["class"], path.attrib["d"])
        for group in groups
        for path in group.iter(f"{SVG}path")
        if path.attrib["class"] == "plot-mark"
    }
    assert len(marks) == 12
    # Each colour has two shapes, and each whisker a place of its own.
    assert len({d for _, d in marks}) == 6
    whiskers = [one.attrib["d"].partition(" ")[0] for one in root.iter(f"{SVG}path") if "V" in one.attrib["d"]]
    assert len(set(whiskers)) == len(whiskers) == 24


def test_a_history_names_verdicts_versions_and_the_baseline() -> None:
    svg = history_of("v")
    assert desc(svg).startswith("2026-12-01, agent v 0: success 80.0 % (70.0 % to 90.0 %), PASS. 2026-12-02, ")
    assert desc(svg).endswith("The baseline has 85.0 %.")
    shown = texts(svg)
    assert [one for one in shown if one.startswith("v ")] == ["v 0", "v 1"]
    assert shown[-5:] == ["PASS", "FAIL", "INCONCLUSIVE", "no verdict", "baseline 85 %"]
    root = ET.fromstring(svg)
    marks = {one.attrib["d"] for one in root.iter(f"{SVG}path") if "plot-mark" in one.attrib["class"]}
    assert len(marks) == 4, "a verdict has a shape of its own"


def test_a_comparison_names_the_allowed_drop() -> None:
    assert desc(comparison_of("gpt")) == (
        "gpt: -15.0 points (-25.0 to -5.0), FAIL. calm: 0.0 points (-5.0 to +5.0), PASS. The allowed drop: 10.0 points."
    )


def test_costs_are_bars_from_zero_in_words() -> None:
    svg = costs_of("cheap")
    assert desc(svg) == (
        "cheap: $0.012 per run, known for 10 of 12 runs. dear: $0.40 per run, known for 12 of 12 runs. "
        "unknown: unknown cost, known for 0 of 2 runs."
    )
    assert texts(svg)[1:6] == ["$0", "$0.1", "$0.2", "$0.3", "$0.4"]
    widths = [float(one.attrib["width"]) for one in ET.fromstring(svg).iter(f"{SVG}rect")]
    assert widths == [10.3, 336.0, 0.0]


@pytest.mark.parametrize(
    "svg", [plots.rates([]), plots.curve([]), plots.history([]), plots.comparison([], allowed=0.1), plots.costs([])]
)
def test_a_plot_without_data_says_so(svg: str) -> None:
    ET.fromstring(svg)
    assert desc(svg).startswith(("There are no", "There is no"))


@given(st.integers(1, 30), st.integers(1, 30))
def test_any_number_of_rows_is_drawn(rows: int, sessions: int) -> None:
    figure = Figure(0.5, 0.25, 0.75)
    root = ET.fromstring(plots.rates([RateRow(f"v{number}", figure, figure, figure) for number in range(rows)]))
    assert len(list(root.iter(f"{SVG}circle"))) == 3 * rows
    lowest = max(float(one.attrib["y"]) for one in root.iter(f"{SVG}text"))
    assert lowest < float(root.attrib["viewBox"].split()[3])
    svg = plots.history([HistoryPoint(f"2026-12-{day + 1:02}", figure, f"1.{day}") for day in range(sessions)])
    below = [
        (float(one.attrib["x"]), width_of(one.text or "", 11) / 2)
        for one in ET.fromstring(svg).iter(f"{SVG}text")
        if (one.text or "").startswith("2026")
    ]
    assert all(a + wide < b - narrow for (a, wide), (b, narrow) in pairwise(below))


@given(st.text(max_size=60), st.floats(10, 300))
def test_a_name_fits_its_place(text: str, width: float) -> None:
    name = label(text)
    cut = fitting(name, width, 12)
    assert width_of(cut, 12) <= max(width, width_of("…", 12))
    assert cut == name or "…" in cut


@given(st.floats(0, 1))
def test_a_rate_is_never_rounded_to_all_or_nothing(rate: float) -> None:
    for decimals in (0, 1):
        number = float(percent(rate, decimals).removesuffix(" %"))
        assert (number in (0, 100)) == (rate in (0, 1))


def test_a_difference_has_a_sign() -> None:
    assert [points(one) for one in (0.05, -0.123, 0.0001, 0.0)] == ["+5.0", "-12.3", "0.0", "0.0"]


# -- colours


def colours() -> Iterator[tuple[str, str, str]]:
    """Yield selector, light and dark colour of each rule."""
    rules = re.sub(r"/\*.*?\*/", "", plots.style_sheet(), flags=re.DOTALL)
    for selector, body in re.findall(r"([^{}]+)\{([^}]*)\}", rules):
        for light, dark in re.findall(r"light-dark\((#\w+), (#\w+)\)", body):
            yield selector.strip(), light, dark


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_texts_and_marks_have_the_contrast_that_wcag_aa_needs() -> None:
    found = list(colours())
    assert len(found) > 15
    for selector, light, dark in found:
        if "ground" in selector or "grid" in selector:
            continue
        needed = 4.5 if "text" in selector or "note" in selector else 3.0
        # Those of the page, and of a file.
        for colour, grounds in ((light, ("#ffffff", "#f6f7f6")), (dark, ("#121716", "#1a2120"))):
            assert min(contrast(colour, ground) for ground in grounds) >= needed, (selector, colour)


def test_programs_without_light_dark_get_the_light_colours() -> None:
    rules = plots.style_sheet()
    for name, first, second in re.findall(r"(fill|stroke|color): (#\w+); \1: light-dark\((#\w+),", rules):
        assert first == second, name
    assert rules.count("light-dark(#") == len(re.findall(r"(fill|stroke|color): #\w+; \1: light-dark\(", rules))


# -- the plot in the manual


def test_the_plot_in_the_manual_is_what_its_code_draws() -> None:
    assert PLOT.read_text(encoding="utf-8") == drawn(), "run `python -m tests.docs.plot`"
