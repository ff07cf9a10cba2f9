"""An import that changes the whole process is found, and named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gradcheck.doctor import State, _disturbances
from gradcheck.doctor._disturbances import disturbances
from gradcheck.doctor._probes import PROBES, taken

MODULES = {
    "printer": "import hypothesis.core as core\nclass Mute(core.RepresentationPrinter): pass\n"
    "core.RepresentationPrinter = Mute",
    "largest example": "import hypothesis.internal.conjecture.engine as e\ne.BUFFER_SIZE *= 2",
    "profile": "from hypothesis import settings\nsettings.register_profile('theirs', max_examples=3)\n"
    "settings.load_profile('theirs')",
    "error state": "import numpy as np\nnp.seterr(all='ignore')",
    "print options": "import numpy as np\nnp.set_printoptions(precision=2)",
}
"""What a probe notices -> a module that does it."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on the path, and leave the real plugins and frameworks alone: they take their time."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_disturbances, "FRAMEWORKS", ())
    monkeypatch.setattr(_disturbances, "_plugins", list)
    return tmp_path


def test_every_disturber_is_named(site: Path) -> None:
    """Each module does one thing, in one process after the other, and is told to do that and nothing else."""
    targets = []
    for number, code in enumerate(MODULES.values()):
        (site / f"m{number}.py").write_text(f"{code}\nimport numpy as np, gradcheck\nS = gradcheck.subject(np.tanh, ")
        with (site / f"m{number}.py").open("a") as file:
            file.write("kind='activation')\nprint('{noise}')\n")
        targets.append(f"m{number}.py")
    lines = list(disturbances(targets))

    assert [(line.topic, line.said) for line in lines] == [
        (f"target m{number}.py", PROBES[name].means) for number, name in enumerate(MODULES)
    ]


def test_flush_to_zero_has_a_culprit(site: Path) -> None:
    """The target that brings it in is named."""
    pytest.importorskip("torch", reason="it has a switch for it")
    (site / "fast.py").write_text(
        "import torch, numpy as np, gradcheck\ntorch.set_flush_denormal(True)\n"
        "S = gradcheck.subject(np.tanh, kind='activation')"
    )
    (line,) = disturbances(["fast.py"])

    assert (line.topic, line.state) == ("target fast.py", State.ATTENTION)
    assert "subnormal" in line.said


@pytest.mark.parametrize(
    ("group", "owner", "way_out"),
    [("hypothesis", "Hypothesis", "HYPOTHESIS_NO_PLUGINS=1"), ("pytest11", "pytest", "`pytest -p no:loud`")],
)
def test_a_plugin_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, owner: str, way_out: str
) -> None:
    """What would be imported by itself is imported alone; the remedy is that of its sort."""
    info = tmp_path / "loud-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\nloud = loud_plugin\n")
    (tmp_path / "loud_plugin.py").write_text(MODULES["printer"])
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(_disturbances, "FRAMEWORKS", ())
    monkeypatch.setattr(_disturbances, "GROUPS", (group,))
    lines = list(disturbances())

    assert [line.topic for line in lines] == [f"plugin of {owner} loud"]
    assert way_out in lines[0].remedy


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError('broken \\x1b[31m')", "RuntimeError: "),
        ("import os; os._exit(4)", "SystemExit: 4"),
        ("while True: pass", "takes longer than"),
    ],
)
def test_an_import_that_breaks_is_told(site: Path, code: str, said: str) -> None:
    """An exception, an attempt to end the process, and no end at all."""
    (site / "m.py").write_text(code + "\nimport gradcheck\ngradcheck.subject")
    (line,) = disturbances(["m.py"], patience=4.0 if "while" in code else 60.0)

    assert line.state is State.ATTENTION
    assert said in line.said


def test_nothing_is_told_where_nothing_happens(site: Path) -> None:
    """One line names what was imported."""
    (line,) = disturbances()

    assert (line.topic, line.state) == ("imports", State.OK)


def test_this_process_is_as_it_was() -> None:
    """Every probe reads something here; none of the imports above was made here."""
    assert taken().keys() == PROBES.keys()
    assert "loud_plugin" not in sys.modules
