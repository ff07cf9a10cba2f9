"""The picture of activations by layer and initialization."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("matplotlib")


def test_the_picture_shows_what_the_lecture_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """W-FIGURE: an SVG file; small weights fade, big ones saturate, Xavier and He keep their own unit's spread."""
    import figure

    monkeypatch.setattr(figure, "WIDTH", 60)
    monkeypatch.setattr(figure, "DEPTH", 5)
    monkeypatch.setattr(figure, "EXAMPLES", 50)
    spreads = figure.draw(tmp_path / "figure.svg")
    last = {title: values[-1] / values[0] for title, values in spreads.items()}

    assert (tmp_path / "figure.svg").read_text().lstrip().startswith("<?xml")
    assert last["small random, tanh"] < 0.01
    assert spreads["big random, tanh"][-1] > 0.9
    assert 0.3 < last["Xavier, tanh"] < 1.1
    assert last["Xavier, ReLU"] < 0.5 < last["He, ReLU"]
