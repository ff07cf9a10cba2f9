"""Which pictures a report has, each with its name, its words, and how it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..report import Finding, Pictures, RunReport
from ._draw_curve import about_curve, curve_picture
from ._draw_field import about_field, about_matrices, covariance_maps, heat_maps
from ._draw_layers import about_layers, layers_picture
from ._draw_scatter import scatter
from ._draw_steps import error_against_step
from ._escape import visible
from ._svg import Drawing, beside


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, of one or more panels; ``name`` is that of its sort."""

    name: str
    title: str
    caption: str
    panels: tuple[Drawing, ...]

    def whole(self) -> Drawing:
        """Return the panels as one drawing."""
        if len(self.panels) == 1:
            return self.panels[0]
        columns = _COLUMNS.get(self.name, len(self.panels))
        return beside(self.panels, columns, f"{self.title}: {self.caption}")


SORTS = {
    "field": "heat maps of a wrong gradient: analytic, numeric, difference",
    "scatter": "analytic against numeric, with the band that the numeric can be off",
    "steps": "the error against the step",
    "curve": "an activation, its derivative and its kinks",
    "layers": "activations of a deep net, layer by layer, as an initializer starts it",
    "initializations": "the same of every initializer of a run, below each other",
    "covariance": "the covariance before and after a preprocessor",
    "matrix": "subjects by laws",
}
"""Sort of picture -> what it shows."""


_COLUMNS = {"layers": 1, "initializations": 2}
"""Panels beside each other, where it is not all of them."""
COMPARED = 12
"""Initializers that are compared in one picture."""


def of_finding(finding: Finding) -> Iterator[Picture]:
    """Yield the pictures of a finding."""
    path = finding.path or "the gradient"
    if finding.field is not None and len(finding.field.analytic) > 1:
        panels = tuple(heat_maps(finding.field))
        yield Picture("field", f"gradient of {path}", about_field(finding.field), panels)
    if (drawn := scatter(finding)) is not None and len(finding.entries) > 1:
        caption = "analytic against numeric; crosses are wrong, the dashed line is where both agree"
        yield Picture("scatter", f"entries of {path}", caption, (drawn,))
    if (drawn := error_against_step(finding.steps)) is not None:
        caption = "error against step; dashed: what truncation and rounding explain"
        yield Picture("steps", f"worst entry of {path}", caption, (drawn,))


def of_subject(pictures: Pictures | None) -> Iterator[Picture]:
    """Yield the pictures of a subject."""
    if pictures is None:
        return
    if pictures.curve is not None and pictures.curve.x:
        yield Picture(
            "curve", "function and derivative", about_curve(pictures.curve), (curve_picture(pictures.curve),)
        )
    if pictures.layers:
        told = [about_layers(layers) for layers in pictures.layers]
        caption = "; ".join([*told, "a lone peak is cut off"])
        yield Picture("layers", "activations per layer", caption, tuple(map(layers_picture, pictures.layers)))
    if pictures.matrices:
        panels = tuple(covariance_maps(pictures.matrices))
        yield Picture("covariance", "covariance", about_matrices(pictures.matrices), panels)


OF_RUN = ("initializations", "matrix")
"""Sorts that are not of one subject."""


def side_by_side(run: RunReport) -> Picture | None:
    """Return the layers of every initializer of a run, to be compared; None where there are not two of them."""
    started = [suite for suite in run.suites if suite.pictures is not None and suite.pictures.layers][:COMPARED]
    if len(started) < 2:
        return None
    named = [
        replace(layers, title=f"{visible(suite.subject)}, {layers.title}")
        for suite in started
        for layers in (suite.pictures.layers if suite.pictures is not None else ())
    ]
    caption = f"activations of ten layers, as {len(started)} initializers start them; a lone peak is cut off"
    return Picture("initializations", "side by side", caption, tuple(map(layers_picture, named)))


def of_run(run: RunReport) -> Iterator[tuple[str, Picture]]:
    """Yield every picture of a run with the subject that it is of."""
    from ._draw_matrix import matrix_picture
    from ._run_view import problems

    for problem in problems(run):
        for picture in of_finding(problem.finding):
            yield problem.suite.subject, picture
    for suite in run.suites:
        for picture in of_subject(suite.pictures):
            yield suite.subject, picture
    if (compared := side_by_side(run)) is not None:
        yield "run", compared
    if (drawn := matrix_picture(run)) is not None:
        yield "run", Picture("matrix", "subjects by laws", drawn.label, (drawn,))
