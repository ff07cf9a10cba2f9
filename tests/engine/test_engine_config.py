"""``[tool.gradcheck]``: every key is understood, every mistake is one sentence, every value knows its origin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import _settings as of_hypothesis
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import InvalidArgument
from gradcheck.engine import Source, collect, configured
from gradcheck.engine.config import KEYS, PROFILES, Configuration, bytes_of, refuse_stale, rows
from gradcheck.engine.config._ci import VARIABLES, service
from gradcheck.engine.config._file import line_of

LAYERS = """
import numpy as np
class Affine:
    def __init__(self, d_in=3, d_out=2):
        self.w = np.ones((d_in, d_out))
    def forward(self, x):
        self.x = x
        return x @ self.w
    def backward(self, dout):
        self.dw = self.x.T @ dout
        return dout @ self.w.T
def relu(x): return np.maximum(x, 0)
def relu_grad(x): return 1.0 * (x > 0)
def picky(): raise RuntimeError("not today")
def f_forward(x, w): return x * w, (x, w)
def f_backward(dout, cache): return dout * cache[1], dout * cache[0]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a project with a package, whose table is still to be written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layers_configured.py").write_text(LAYERS)
    return tmp_path


def of(text: str, **command_line: object) -> Configuration:
    """Return what a table says, in no service, with options such as ``seed=3``."""
    Path("pyproject.toml").write_text(f"[tool.gradcheck]\n{text}\n")
    given_options = {f"--{name.replace('_', '-')}": value for name, value in command_line.items()}
    return configured(given_options, environment={})


def test_every_setting_has_an_origin(project: Path) -> None:
    """Default, profile, file and line, environment, option: the strongest wins, and says so."""
    of(
        'seed = 1\ntimeout = 2\nprofile = "nightly"\nfail-on = ["vacuous"]\n'
        "[tool.gradcheck.profiles.nightly]\njobs = 2"
    )
    found = configured({"--seed": 5, "--jobs": None}, environment={"GRADCHECK_TIMEOUT": "7.5"})
    expected = {
        "seed": (5, "--seed"),
        "timeout": (7.5, "environment GRADCHECK_TIMEOUT"),
        "profile": ("nightly", "pyproject.toml:4"),
        "jobs": (2, "pyproject.toml:7"),
        "max-examples": (2000, "profile nightly"),
        "min-checks": (0, "default"),
        "fail-on": (("vacuous",), "pyproject.toml:5"),
    }

    assert {name: (found[name], found.origin(name)) for name in expected} == expected
    assert {name for name, _, _ in rows(found)} == {key.name for key in KEYS} - {"profiles"}


def test_the_file_is_stronger_than_a_profile_of_ours(project: Path) -> None:
    """Who writes a number means it; who writes it under the profile means it there."""
    assert of('profile = "ci"')["max-examples"] == PROFILES["ci"]["max-examples"]
    assert of('profile = "ci"\nmax-examples = 7')["max-examples"] == 7
    assert of('profile = "ci"\nmax-examples = 7\n[tool.gradcheck.profiles.ci]\nmax-examples = 9')["max-examples"] == 9
    assert of("[tool.gradcheck.profiles.mine]\nseed = 9", profile="mine")["seed"] == 9


def test_the_profile_is_chosen_where_hypothesis_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables are those of Hypothesis, and the origin names the one that told."""
    assert of_hypothesis._CI_VARS == VARIABLES
    for name, value in VARIABLES.items():
        assert service({name: value or "1"}) == name
        assert service({name: "something else"}) == (name if value is None else None)
    assert configured(environment={"CI": "true"}).origin("profile") == "environment CI"
    assert configured({"--profile": "dev"}, environment={"CI": "true"})["profile"] == "dev"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("slect = []", r"pyproject.toml:2: \[tool.gradcheck\] has the unknown key 'slect'; did you mean 'select'"),
        ("max_examples = 3", "did you mean 'max-examples'"),
        ("xyz = 3", "the keys are subjects, profile, seed"),
        ("seed = -1", "pyproject.toml:2: seed = -1 must be a whole number, 0 or more"),
        ("seed = true", "must be a whole number"),
        ('seed = "3"', "must be a whole number"),
        ("timeout = 0", "a number of seconds, more than 0"),
        ("timeout = inf", "a number of seconds, more than 0"),
        ("select = [3]", 'a list of strings, such as \\["GC1", "GC502"\\]'),
        ('fail-on = ["doubt"]', 'each one of "inconclusive", "vacuous"'),
        ('memory = "a lot"', "an amount of 64 MiB or more"),
        ('memory = "1 MiB"', "an amount of 64 MiB or more"),
        ("jobs = 0", 'a number of processes, 1 or more, or "auto"'),
        ("reports = {html = 1}", "a list of FORMAT=PATH"),
        ('annotations = "yes"', '"auto" or "always" or "never"'),
        ("cases = 3", "a folder"),
        ('profile = "nigthly"', "pyproject.toml:2: profile = 'nigthly' is not a profile; did you mean 'nightly'"),
        ("profiles = 3", "profiles must be tables"),
        ("[tool.gradcheck.profiles.ci]\nsubjects = []", r"pyproject.toml:3: \[tool.gradcheck.profiles.ci\] has the"),
        ("[tool.gradcheck.profiles.mine]\nmax-examples = 0", "pyproject.toml:3: max-examples = 0 must be a whole"),
        ("subjects = 3", r"subjects = 3 must be a list"),
        ("subjects = [3]", r"subjects\[0\] = 3 must be a target, or a table"),
        ("subjects = [{ name = 'x' }]", r"subjects\[0\] has no `target`"),
        ("subjects = [{ target = 'm:f', input = [] }]", "unknown key 'input'; did you mean 'inputs'"),
        ("subjects = [{ target = 'm:f', traits = 3 }]", r"subjects\[0\].traits = 3 must be a table of traits"),
        ("subjects = [{ target = ['m:f'] }]", "or a pair of them"),
        ("subjects = [{target='m:f', name='a'}, {target='m:g', name='a'}]", "two subjects are called 'a'"),
        ("expected-failures = 3", "must be a table"),
        ('expected-failures.GC501 = "why"', "must be a table of one subject"),
        ('[tool.gradcheck.expected-failures.f]\nGC501 = " "', "pyproject.toml:3: .* gives no reason"),
    ],
)
def test_a_mistake_is_one_sentence(project: Path, text: str, says: str) -> None:
    """Unknown keys, wrong types and wrong values, each with its line and what to write."""
    with pytest.raises(InvalidArgument, match=says) as caught:
        of(text)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{target='layers_configured:Afine', inputs=[[1.0]]}", "did you mean 'Affine'"),
        ("'nowhere_at_all'", "there is no module 'nowhere_at_all'"),
        ("{target='layers_configured:relu', kind='activaton'}", "is not a kind of subject"),
        ("{target='layers_configured:relu', traits={monoton=true}}", "did you mean 'monotone'"),
        ("{target='layers_configured:relu', options={derivativ='x'}}", "did you mean derivative="),
        ("{target='layers_configured:relu', options={derivative='layers_configured'}}", "names no one thing"),
        ("{target='layers_configured:picky', arguments=[1]}", "raised TypeError"),
        ("{target='layers_configured:relu', inputs=[{shap=[3]}]}", "unknown key 'shap'; did you mean 'shape'"),
        ("{target='layers_configured:relu', inputs=[{low=3}]}", "is no array"),
        ("{target='layers_configured:relu', inputs=[{file='x.npy'}]}", "is no array"),
        ("{target='layers_configured:relu', inputs=[['a']]}", "is no array of numbers"),
    ],
)
def test_a_subject_that_cannot_be_meant_says_where(project: Path, entry: str, says: str) -> None:
    """What is found out when the code is imported names the entry as well."""
    with pytest.raises(InvalidArgument, match=rf"pyproject.toml:2: [\s\S]*{says}"):
        collect(of(f"subjects = [{entry}]").sources())


def test_subjects_are_declared_as_in_a_file(project: Path) -> None:
    """Classes with arguments, pairs, derivatives by name, arrays by shape, by numbers and from a file."""
    np.save(project / "x.npy", np.arange(3.0))
    found = collect(
        of(
            """subjects = [
    "layers_configured:relu",
    { target = "layers_configured:Affine", arguments = [4, 5], inputs = [{ shape = [2, 4] }] },
    { target = "layers_configured:Affine", name = "plain", inputs = [{ shape = [2, 3], low = 1, high = 2 }] },
    { target = ["layers_configured:f_forward", "layers_configured:f_backward"], inputs = [[1.0, 2.0], 3.0] },
    { target = "layers_configured:relu", name = "r", kind = "activation", traits = { kinks = [0.0] }, \
options = { derivative = "layers_configured:relu_grad", rtol = 0.1 }, inputs = [{ file = "x.npy" }] },
    { target = "layers_configured.py:relu", name = "labels", inputs = [[0, 1], \
{ shape = [9], dtype = "int64", high = 4 }] },
]"""
        ).sources()
    )
    relu, affine, plain, pair, declared, labels = (item.declaration for item in found)

    assert [item.origin for item in found][:3] == ["layers_configured:relu", "Affine", "plain"]
    assert (relu.kind, affine.thing.w.shape, affine.inputs[0].shape) == ("activation", (4, 5), (2, 4))
    assert plain.thing.w.shape == (3, 2)
    assert 1 <= plain.inputs[0].min() <= plain.inputs[0].max() <= 2
    assert [part.__name__ for part in pair.thing] == ["f_forward", "f_backward"]
    assert pair.inputs[1] == 3.0
    assert declared.traits.kinks == (0.0,)
    assert declared.options["derivative"].__name__ == "relu_grad"
    assert declared.inputs[0].tolist() == [0, 1, 2]
    assert [x.dtype.kind for x in labels.inputs] == ["i", "i"]
    assert labels.inputs[1].max() < 4


def test_a_subject_survives_the_way_to_another_process(project: Path) -> None:
    """What is sent as JSON is what was meant, infinities included."""
    import json

    (source,) = of(
        "subjects = [{ target = 'layers_configured:relu', kind = 'activation', traits = { range = [0.0, inf] } }]"
    ).sources()

    assert collect([Source.revived(json.loads(json.dumps(source.data())))])[0].declaration.traits.range == (0, np.inf)


def test_a_subject_is_asked_for_by_its_name(project: Path) -> None:
    """A target of the command line that is a configured name means that subject, with all that is declared."""
    found = of("subjects = [{ target = 'layers_configured:relu', name = 'mine', inputs = [[1.0]] }]")

    assert collect(found.sources(["mine"]))[0].declaration.inputs
    assert collect(found.sources(["layers_configured:relu"]))[0].declaration.kind == "activation"
    with pytest.raises(InvalidArgument, match="declares no subjects"):
        of("").sources()


def test_expected_failures_belong_to_subjects(project: Path) -> None:
    """They are declared with the subject of that name; one of a subject that is not there is an error."""
    found = of(
        "subjects = ['layers_configured']\n[tool.gradcheck.expected-failures.relu]\nGC502 = 'see #41'\n"
        "[tool.gradcheck.expected-failures.rleu]\nGC502 = 'see #41'"
    )
    items = collect(found.sources())

    assert [dict(item.declaration.expected_failures) for item in items] == [{"GC502": "see #41"}]
    with pytest.raises(
        InvalidArgument, match=r"pyproject.toml:5: .*'rleu', which is not checked; did you mean 'relu'"
    ):
        refuse_stale(found.expected, [item.declaration.name for item in items], found.file)


def test_paths_start_from_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest file above counts, from any folder; what is given on the command line starts from here."""
    of('cases = "kept"\nreports = ["html=out/r.html"]\nsubjects = ["layers_configured.py:relu"]')
    (project / "deep").mkdir()
    (project / "deep" / "pyproject.toml").write_text("[project]\nname = 'gradcheck-plugin'\n")
    monkeypatch.chdir(project / "deep")
    found = configured(environment={})

    assert Path(str(found.cases)) == project / "kept"
    assert found["reports"] == (f"html={(project / 'out/r.html').as_posix()}",)
    assert collect(found.sources())[0].declaration.name == "relu"
    assert configured({"--cases": "off"}).cases is None
    assert configured({"--cases": "here"}).cases == "here"


def test_a_file_of_ours_in_another_encoding_is_not_passed_over(project: Path) -> None:
    """One letter that is no UTF-8 would drop every setting without a word; a file of somebody else's may have it."""
    Path("pyproject.toml").write_bytes("[tool.gradcheck]\nseed = 3  # für später\n".encode("latin-1"))
    with pytest.raises(InvalidArgument, match=r"pyproject\.toml' cannot be read: 'utf-8' codec"):
        configured(environment={})
    Path("pyproject.toml").write_bytes("[project]\nname = 'für'\n".encode("latin-1"))

    assert configured(environment={})["seed"] == 0


def test_a_file_is_no_folder_of_cases(project: Path) -> None:
    """What fails could not be stored there: that is said before anything runs."""
    Path("taken").write_text("")
    with pytest.raises(InvalidArgument, match="cases = 'taken' is a file; name a folder"):
        _ = configured({"--cases": "taken"}, environment={}).cases


@pytest.mark.parametrize(
    ("text", "says"),
    [("[tool.gradcheck", "cannot be read"), ("[project]", "has no table"), (None, "cannot be read: No such file")],
)
def test_a_file_that_is_asked_for_must_be_one(project: Path, text: str | None, says: str) -> None:
    """Broken TOML, no table of ours, no file."""
    if text is not None:
        Path("other.toml").write_text(f"{text}\n# gradcheck")
    with pytest.raises(InvalidArgument, match=says):
        configured(file=Path("other.toml"), environment={})


def test_amounts_of_memory() -> None:
    """Units are binary or decimal; auto is a share of the machine; off is no limit."""
    assert bytes_of("2GB") == 2 * 10**9
    assert bytes_of("1.5 GiB") == 3 * 2**29
    assert bytes_of("off") is None
    assert bytes_of("auto") is None or bytes_of("auto") > 2**27


@given(st.lists(st.sampled_from(["seed", "jobs", "timeout", "profiles.ci.seed"]), min_size=1, unique=True), st.data())
def test_the_line_of_a_key_is_where_it_stands(keys: list[str], data: st.DataObject) -> None:
    """Whatever stands above: comments, other tables, keys of the same name elsewhere."""
    noise = data.draw(st.lists(st.sampled_from(["", "# seed = 3", "[other]", "seed = 9"]), max_size=4))
    text = "\n".join([*noise, "[tool.gradcheck]", *(f"{key} = 1" for key in keys)])
    for k, key in enumerate(keys):
        assert line_of(text, ("tool", "gradcheck", *key.split("."))) == len(noise) + 2 + k


def test_reading_imports_nothing_heavy(project: Path) -> None:
    """The plugin and ``config show`` read the file in every run; NumPy and Hypothesis stay away."""
    of("seed = 3")
    code = (
        "import sys; from gradcheck.engine import configured; assert configured()['seed'] == 3\n"
        "print(sorted({'numpy', 'hypothesis', 'rich', 'pytest', 'scipy', 'click'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
