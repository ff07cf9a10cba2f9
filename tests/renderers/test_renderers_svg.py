"""Pictures by our own helpers: well-formed, inside their frames, whatever the numbers."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.pictures import field
from gradcheck.renderers._axes import powers, round_numbers, span
from gradcheck.renderers._draw_cells import cells, level
from gradcheck.renderers._draw_curve import curve_picture
from gradcheck.renderers._draw_field import covariance_maps, heat_maps
from gradcheck.renderers._draw_layers import layers_picture
from gradcheck.renderers._draw_matrix import matrix_picture
from gradcheck.renderers._draw_scatter import scatter
from gradcheck.renderers._draw_steps import error_against_step
from gradcheck.renderers._palette import DARK, LIGHT
from gradcheck.renderers._pictures import SORTS, of_run
from gradcheck.renderers._run_view import as_run
from gradcheck.renderers._svg import Drawing, beside, element, squares, text
from gradcheck.report import Curve, Field, Finding, Layers, Matrix, Readable, RunReport, StepError

any_float = st.floats(allow_nan=True, allow_infinity=True)


def _inside(drawing: Drawing) -> None:
    """Hold that a drawing is well-formed, has no number that is none, and places nothing far outside itself."""
    root = ET.fromstring(drawing.alone())
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"]
    written = " ".join(v for node in root.iter() for k, v in node.attrib.items() if k in {"d", "x", "y", "cx", "cy"})
    assert "nan" not in written
    assert "inf" not in written
    numbers = [float(n) for n in re.findall(r"(?<![hv])-?\d+\.?\d*", written)]
    assert max(map(abs, numbers), default=0) < 3 * max(drawing.width, drawing.height)


@given(st.integers(1, 5), st.integers(1, 5), st.data())
@settings(max_examples=40, deadline=None)
def test_any_gradient_has_three_maps(rows: int, columns: int, data: st.DataObject) -> None:
    """NaN, infinities, zeros and subnormal numbers make pictures, and the scatter leaves out what has no place."""
    size = rows * columns
    said, numeric = (data.draw(st.lists(any_float, min_size=size, max_size=size)) for _ in range(2))
    drawn = field((rows, columns), said, np.arange(size), numeric, np.zeros(size))
    for panel in heat_maps(drawn):
        _inside(panel)
    dots = scatter(Finding("GC101", "t", field=drawn))
    if dots is not None:
        _inside(dots)


@given(st.lists(st.tuples(any_float, any_float), min_size=2, max_size=9), st.lists(st.floats(-5, 5), max_size=3))
@settings(max_examples=40, deadline=None)
def test_any_function_has_a_curve(values: list[tuple[float, float]], kinks: list[float]) -> None:
    """A function that is infinite or not defined somewhere is drawn where it can be."""
    x = tuple(map(float, range(len(values))))
    value, slope = zip(*values, strict=True)

    _inside(curve_picture(Curve(x, value, slope, tuple(kinks))))


@given(
    st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3).map(tuple), min_size=1, max_size=4), any_float
)
@settings(max_examples=30, deadline=None)
def test_any_net_has_histograms(counts: list[tuple[int, int, int]], spread: float) -> None:
    """Empty layers and spreads that are no number are drawn, too."""
    number = len(counts)

    _inside(layers_picture(Layers("tanh", -1.0, 1.0, tuple(counts), (spread,) * number, (0,) * number)))


@given(st.lists(st.builds(StepError, any_float, any_float, any_float), max_size=9))
@settings(max_examples=40, deadline=None)
def test_any_steps_make_a_picture_or_none(steps: list[StepError]) -> None:
    """Zeros, infinities and equal steps, as for the terminal."""
    drawn = error_against_step([StepError(s.step, abs(s.error), abs(s.allowed)) for s in steps])
    if drawn is not None:
        _inside(drawn)


def test_every_sort_of_picture_is_there(samples: dict[str, Readable]) -> None:
    """A run with a failure of a gradient and a subject of each kind has each of the sorts."""
    run = as_run(samples["run-fail"])
    found = [picture for _, picture in of_run(replace(run, suites=(*run.suites, run.suites[1])))]

    assert {picture.name for picture in found} == set(SORTS)
    for picture in found:
        _inside(picture.whole())


def test_the_diagonal_is_where_both_agree() -> None:
    """A right entry is a dot on the diagonal, a wrong one a cross; the words count them."""
    drawn = scatter(
        Finding("GC101", "t", field=Field((2,), (1, 2), (1, 1), (1.0, 3.0), (1.0, 2.0), (0.0, 1.0), (1e-9, 1e-9)))
    )
    assert drawn is not None
    dots = ET.fromstring(drawn.alone()).findall(".//{*}circle")

    assert len(dots) == 1
    assert drawn.body.count('class="bad"') == 1
    assert "2 entries, 1 of them off the diagonal" in drawn.label


def test_colors_follow_sign_and_size() -> None:
    """Blue below zero, red above, stronger where larger; a twentieth of the scale still shows; NaN is empty."""
    assert [level(v, 1.0) for v in (-1, -0.5, 0, 0.06, 0.5, 1)] == ["v0", "v2", "v5", "v6", "v8", "v10"]
    drawn = cells("t", (1.0, math.nan, -1.0, math.inf), (2, 2), 1.0)

    assert [f'class="{name}"' in drawn.body for name in ("v10", "v0", "odd", "v5")] == [True, True, True, False]


def test_whitening_is_written_into_its_cells() -> None:
    """Small matrices carry their numbers, and rounding beside 1 is written as 0."""
    (drawn,) = covariance_maps((Matrix("after", 2, 2, (1.0, 1e-16, 1e-16, 0.99)),))
    words = [node.text for node in ET.fromstring(drawn.alone()).findall(".//{*}text")]

    assert words == ["after", "1", "0", "0", "0.99", "±1"]


def test_a_run_of_nothing_has_no_matrix() -> None:
    """Where nothing ran there is nothing to draw."""
    assert matrix_picture(RunReport()) is None


@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12))
def test_labels_are_round_and_inside(low: float, width: float) -> None:
    """Between one and eight labels, each inside the interval, at equal distances."""
    high = low + width
    if high > low and width > 1e-9 * abs(low):
        ticks = round_numbers(low, high)
        room = 1e-6 * width
        assert 1 <= len(ticks) <= 8
        assert all(low - room <= tick <= high + room for tick in ticks)


def test_powers_and_spans() -> None:
    """Logarithms are labelled at whole powers; an interval has room around it, and is never empty."""
    assert powers(-10, 0) == [-10, -8, -6, -4, -2, 0]
    assert span([]) == (-1.0, 1.0)
    assert span([math.nan, 2.0, 2.0]) == (1.88, 2.12)


def test_elements_escape_what_they_are_given() -> None:
    """Words and attributes are text, never markup."""
    assert text(0, 0, "<b>&") == '<text x="0" y="0">&lt;b&gt;&amp;</text>'
    assert element("g", a='"') == '<g a="&quot;"/>'
    assert squares([], 1, 1, "x") == ""


def test_drawings_stand_beside_each_other() -> None:
    """Two in a row, the third below; as wide and as high as they are together, and the gap between them."""
    one = Drawing(10, 20, "one", "<g/>")
    whole = beside([one, one, one], 2, "all", gap=5)

    assert (whole.width, whole.height) == (25, 45)
    assert whole.body.count("<g transform") == 3
    assert "translate(15 0)" in whole.body
    assert "translate(0 25)" in whole.body


def test_a_picture_alone_knows_the_dark_but_png_does_not() -> None:
    """No variable is left in a file: programs that draw it need not know them."""
    drawn = Drawing(10, 10, "t", "<g/>")

    assert "var(" not in drawn.alone()
    assert "prefers-color-scheme" in drawn.alone()
    assert "prefers-color-scheme" not in drawn.alone(dark=False)


def test_both_palettes_name_the_same_colors() -> None:
    """A color that only one of them had would be missing in the other."""
    assert LIGHT.keys() == DARK.keys()
