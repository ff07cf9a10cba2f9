"""What the shell offers when Tab is pressed: what exists, without importing anything of anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, ZshComplete
from gradcheck.properties import laws

from gradcheck.cli import main
from gradcheck.cli._complete import _of_laws

ACTS = "def relu(x): ...\ndef relu_grad(x): ...\nclass Norm: ...\nSUBJECTS = []\nraise SystemExit('imported')\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a file, a configured subject and a stored case, as the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADCHECK_CASES", raising=False)
    (tmp_path / "src" / ".hidden").mkdir(parents=True)
    (tmp_path / "src" / "acts.py").write_text(ACTS)
    (tmp_path / "src" / "notes.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.gradcheck]\nsubjects = ["src/acts.py", {target = "src/acts.py:Norm", name = "norm"}]\n'
    )
    cases = tmp_path / ".gradcheck" / "cases"
    cases.mkdir(parents=True)
    (cases / "GC502-0a.json").write_text(json.dumps({"format": "gradcheck-case", "subject": 'my "relu"'}))
    return tmp_path


def offered(*words: str) -> list[str]:
    """Return what is offered for the last of `words`, where a word is a word."""
    complete = ZshComplete(main, {}, "gradcheck", "_GRADCHECK_COMPLETE")
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize("command", ["run", "fuzz", "list", "infer"])
def test_targets_are_files_folders_names_and_configured_subjects(command: str) -> None:
    """Python files alone, nothing hidden; in a file the names that it gives at its top."""
    assert offered(command, "") == ["norm", "src/acts.py", "src/"]
    assert offered(command, "src/") == ["src/acts.py"]
    assert offered(command, "src/acts.py:") == [f"src/acts.py:{n}" for n in ("Norm", "SUBJECTS", "relu", "relu_grad")]
    assert offered(command, "src/acts.py:re") == ["src/acts.py:relu", "src/acts.py:relu_grad"]
    assert offered(command, "nowhere/") == []
    assert offered(command, "nowhere.py:x") == []


def test_a_shell_that_splits_at_colons_gets_the_names_alone() -> None:
    """To bash, file.py:name is three words."""
    complete = BashComplete(main, {}, "gradcheck", "_GRADCHECK_COMPLETE")

    for words, last, names in (
        (["run", "src/acts.py"], ":", ["Norm", "SUBJECTS", "relu", "relu_grad"]),
        (["run", "src/acts.py", ":"], "N", ["Norm"]),
    ):
        assert [item.value for item in complete.get_completions(words, last)] == names


def test_a_damaged_configuration_is_no_reason_to_stop(project: Path) -> None:
    """The command itself will say what is wrong."""
    (project / "pyproject.toml").write_text("[tool.gradcheck]\nsubjects = 3\n")

    assert offered("run", "s") == ["src/"]


def test_codes_are_offered_with_what_they_say() -> None:
    """In small letters too, after a comma too, for every option that takes them."""
    assert "GC502" in offered("run", "-c", "gc50")
    assert "GC101,GC502" in offered("run", "--exclude-checks", "GC101,GC50")
    assert "GC907" in offered("explain", "GC9")
    complete = ZshComplete(main, {}, "gradcheck", "_GRADCHECK_COMPLETE")
    assert [item.help for item in complete.get_completions(["explain"], "GC502")] == ["monotone"]


def test_every_law_of_ours_is_found_in_the_source() -> None:
    """What is read off the files is what is registered."""
    ours = {law.code: law.title for law in laws() if law.check.__module__.startswith("gradcheck.properties.laws")}

    assert _of_laws() == ours


def test_cases_are_offered_with_their_subject(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From any folder of the project; from the folder that the environment names."""
    complete = ZshComplete(main, {}, "gradcheck", "_GRADCHECK_COMPLETE")
    (item,) = complete.get_completions(["replay"], "GC")
    assert (item.value, item.help) == ("GC502-0a", 'my \\"relu\\"')

    monkeypatch.chdir(project / "src")
    assert offered("replay", "GC") == ["GC502-0a"]
    monkeypatch.setenv("GRADCHECK_CASES", str(project / "src"))
    assert offered("replay", "GC") == []


def test_nothing_is_imported_for_it() -> None:
    """Tab answers before NumPy is there, and runs no file of the user."""
    code = (
        "import sys\nfrom gradcheck.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "sys.stderr.write(str(sorted({'numpy', 'hypothesis', 'rich', 'scipy'} & sys.modules.keys())))"
    )
    asked = {"_GRADCHECK_COMPLETE": "bash_complete", "COMP_WORDS": "gradcheck run -c GC50", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-c", code.replace("main()", "main(prog_name='gradcheck')")],
        capture_output=True, text=True, check=False, env={**os.environ, **asked},
    )  # fmt: skip

    assert "plain,GC502" in done.stdout
    assert done.stderr == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    """As the documentation says."""
    asked = {"_GRADCHECK_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [sys.executable, "-c", "from gradcheck.cli import main; main(prog_name='gradcheck')"],
        capture_output=True, text=True, check=False, env={**os.environ, **asked},
    )  # fmt: skip

    assert f"_GRADCHECK_COMPLETE={shell}_complete" in done.stdout
