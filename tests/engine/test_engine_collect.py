"""Which subjects a target declares, and that a stranger's files stand in nobody's way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gradcheck import TargetError
from gradcheck.engine import collect

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file below the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def write(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def names(*targets: str) -> list[str]:
    """Return the names of what is collected."""
    return [item.declaration.name for item in collect(targets)]


DECLARES = "import gradcheck, numpy as np"
RELU = ("import numpy as np", "def relu(x): return np.maximum(x, 0)", "def relu_grad(x): return 1.0 * (x > 0)")


def test_declarations_alone_and_in_lists_count(write: Write) -> None:
    """Once each, in the order of the file, however many names they have."""
    write(
        "layers.py",
        DECLARES,
        "one = gradcheck.subject(np.tanh, kind='activation', name='one')",
        "MANY = [gradcheck.subject(np.sin, kind='activation', name='two'), one, 3]",
    )

    assert names("layers.py") == ["one", "two"]


LAYER = """
class Twice:
    def __init__(self, width): self.width = width
    def forward(self, x): return 2 * x
    def backward(self, dout): return 2 * dout
"""


@pytest.mark.parametrize("name", ["subjects", "SUBJECTS"])
def test_a_list_of_subjects_holds_them_undeclared_too(write: Write, name: str) -> None:
    """Classes, instances and pairs, of the kinds that they tell; what is no subject is passed over."""
    pair = "(lambda x: (x, None), lambda dout, cache: dout)"
    write(
        "mine.py",
        DECLARES,
        LAYER,
        f"{name} = [Twice, Twice(3), {pair}, 'a word', gradcheck.subject(Twice, name='own')]",
    )

    assert sorted(names("mine.py")) == ["<lambda>", "Twice", "Twice", "own"]
    assert {item.declaration.kind for item in collect(["mine.py"])} == {"layer", None}


def test_a_file_of_bare_classes_says_how_they_are_checked(write: Write) -> None:
    """By name, or declared: what to type and what to write, with the names of the file."""
    write("layers.py", LAYER)

    with pytest.raises(TargetError, match="but holds Twice: name one") as error:
        names("layers.py")
    assert "`gradcheck run layers.py:Twice`" in str(error.value)
    assert "SUBJECTS = [gradcheck.subject(Twice)]" in str(error.value)


@pytest.mark.parametrize(
    "lines",
    [
        RELU,
        ("def cube_forward(x): return x**3", "def cube_backward(x): return 3 * x**2"),
        ("def cube(x): return x**3", "d_cube = lambda x: 3 * x**2"),
    ],
    ids=["def", "forward and backward", "lambda"],
)
def test_a_folder_finds_a_function_beside_its_derivative(write: Write, lines: tuple[str, ...]) -> None:
    """A file need not speak of gradcheck; one without such a pair is not run."""
    write("net/acts.py", *lines)
    write("net/script.py", "x, dx = 1.0, 0.1", "def step(x): return x", "raise SystemExit('was run')")

    assert len(names("net")) == 1


def test_a_function_beside_its_derivative_is_an_activation(write: Write) -> None:
    """Nobody has to declare relu where relu_grad stands beside it."""
    write("acts.py", *RELU)
    (item,) = collect(["acts.py"])

    assert (item.declaration.name, item.declaration.kind, item.origin) == ("relu", "activation", "acts.py:relu")


def test_a_declared_function_is_not_found_twice(write: Write) -> None:
    """The declaration wins over what stands beside."""
    write("acts.py", *RELU, "import gradcheck", "S = gradcheck.subject(relu, kind='activation', name='mine')")

    assert names("acts.py") == ["mine"]


def test_a_pointer_says_where_the_subjects_are(write: Write) -> None:
    """``__gradcheck_subjects__`` of a package leads to another module."""
    write("pkg_pointing/__init__.py", "__gradcheck_subjects__ = 'pkg_pointing.catalogue:LIST'", *RELU)
    write("pkg_pointing/catalogue.py", DECLARES, "LIST = [gradcheck.subject(np.tanh, kind='activation', name='t')]")

    try:
        assert names("pkg_pointing") == names("pkg_pointing.catalogue:LIST") == ["t"]
    finally:
        for module in [name for name in sys.modules if name.split(".")[0] == "pkg_pointing"]:
            del sys.modules[module]


def test_a_name_means_a_subject_before_it_means_a_class(write: Write) -> None:
    """``file.py:Norm`` is the declared subject of that name."""
    write(
        "layers.py",
        DECLARES,
        "class Norm:",
        "    def forward(self, x): return x",
        "    def backward(self, dout): return dout",
        "LIST = [gradcheck.subject(Norm(), np.ones((2, 2)))]",
    )
    (item,) = collect(["layers.py:Norm"])

    assert item.declaration.inputs
    assert item.origin == "layers.py:Norm"


def test_a_folder_runs_only_files_that_declare(write: Write) -> None:
    """Scripts, hidden folders and environments are left alone."""
    write("src/a.py", DECLARES, "S = gradcheck.subject(np.sin, kind='activation', name='a')")
    write("src/deep/b.py", DECLARES, "S = gradcheck.subject(np.sin, kind='activation', name='b')")
    write("src/script.py", "raise SystemExit('must not run')")
    write("src/.hidden/c.py", "import gradcheck; raise SystemExit(gradcheck.subject)")
    write("src/env/pyvenv.cfg", "")
    write("src/env/d.py", "import gradcheck; raise SystemExit(gradcheck.subject)")

    assert names("src") == ["a", "b"]


def test_a_file_in_a_package_may_import_relatively(write: Write) -> None:
    """It is imported as the module that it is."""
    write("src/mypkg_rel/__init__.py", "")
    write("src/mypkg_rel/acts.py", *RELU)
    write("src/mypkg_rel/subjects.py", "import gradcheck", "from .acts import relu", "S = gradcheck.subject(relu)")

    assert names("src/mypkg_rel/subjects.py") == ["relu"]


def test_a_file_sees_its_neighbours_and_the_path_stays(write: Write) -> None:
    """The folder of a file is on the path while it is imported, and no longer."""
    before = list(sys.path)
    write("sub/neighbour_of_it.py", "VALUE = 'found'")
    write(
        "sub/subjects.py", DECLARES, "from neighbour_of_it import VALUE", "S = gradcheck.subject(np.sin, name=VALUE)"
    )

    assert names("sub/subjects.py") == ["found"]
    assert sys.path == before


def test_files_named_like_our_folders_disturb_nothing(write: Write) -> None:
    """A stranger's reference.py can even be a target; ours stays what it was."""
    write("reference.py", "raise SystemExit('shadow')")
    write("properties.py", *RELU)

    import gradcheck.reference

    assert names("properties.py") == ["relu"]
    assert gradcheck.reference.__file__ is not None
    assert not gradcheck.reference.__file__.endswith("reference.py")
    with pytest.raises(TargetError, match="raised SystemExit"):
        collect(["reference.py"])


def test_a_file_cannot_end_the_run_as_if_all_were_well(write: Write, tmp_path: Path) -> None:
    """`os._exit(0)` at import is told with its line, exit code 2; a process that the file forks may end so."""
    write("gone.py", "import os", "if os.fork() == 0:", "    os._exit(0)", "os.wait()", "os._exit(0)")
    words = [sys.executable, "-m", "gradcheck", "run", "gone.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2, done.stderr
    assert done.stderr.count("importing") == 1
    assert "gone.py raised SystemExit" in done.stderr
    assert 'gone.py", line 5' in done.stderr


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("no.such.module", "there is no module 'no'"),
        ("json.nothing", "there is no module 'json.nothing'"),
        ("empty.py", "declares nothing to check"),
        ("broken.py", r"importing .*broken.py raised ValueError[\s\S]*line 2[\s\S]*ValueError: of the user"),
        ("needs.py", "there_is_no_such_dependency"),
        ("acts.py:reluu", "did you mean 'relu'"),
        ("acts.py:NUMBER", "which is nothing to check"),
    ],
)
def test_every_failure_is_a_sentence(write: Write, target: str, says: str) -> None:
    """Missing modules, empty files, exceptions at import, and names that are not there."""
    write("empty.py", "")
    write("broken.py", "def f():", "    raise ValueError('of the user')", "f()")
    write("needs.py", "import there_is_no_such_dependency")
    write("acts.py", *RELU, "NUMBER = 3")

    with pytest.raises(TargetError, match=says):
        collect([target])


def test_frames_of_the_import_system_are_left_out(write: Write) -> None:
    """The traceback of an import starts in the user's file."""
    path = write("broken.py", "1 / 0")

    with pytest.raises(TargetError) as caught:
        collect(["broken.py"])

    frames = [line for line in str(caught.value).split("\n") if line.strip().startswith("File ")]
    assert len(frames) == 1
    assert str(path) in frames[0]
