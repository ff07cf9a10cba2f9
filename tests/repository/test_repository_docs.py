"""docs/reports.md: what it shows runs, and what there is stands in it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gradcheck.renderers import FORMATS, _github, _html, _markdown, _sarif
from gradcheck.renderers._pictures import SORTS

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")


def _snippet(title: str) -> Any:
    """Return the first piece of YAML below a heading."""
    below = PAGE.split(f"\n## {title}\n", 1)[1]
    return yaml.safe_load(re.search(r"```yaml\n(.*?)```", below, re.DOTALL)[1])  # type: ignore[index]


@pytest.mark.parametrize("names", [FORMATS, SORTS], ids=["formats", "pictures"])
def test_every_name_has_its_row(names: dict[str, str]) -> None:
    """The tables list each format and each sort of picture, and no other."""
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))

    assert set(names) <= rows
    assert rows <= {*FORMATS, *SORTS}


def test_the_limits_are_those_of_the_code() -> None:
    """Numbers on the page are the numbers in the source."""
    for said in (
        f"at most {_sarif.MOST} results",
        f"at most {_markdown.BYTES // 1000} kB",
        f"there are {_html.CARDS} cards, {_html.SUBJECTS} subjects and {_html.PAGE / 1e6:.1f} MB of pictures",
    ):
        assert said in PAGE
    assert _github.MOST == 10


def test_links_lead_somewhere() -> None:
    """Files that the page points at are there, and so are its headings."""
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        if target.startswith("#"):
            assert f"\n## {target[1:].replace('-', ' ')}\n" in PAGE.lower()
        else:
            assert (ROOT / "docs" / target).exists(), target


def test_the_job_for_gitlab_runs(broken: Path) -> None:
    """Its script, with another target, fails as it should and writes the report that GitLab reads."""
    install, *script = _snippet("GitLab")["gradients"]["script"]
    assert install.startswith("pip install gradcheck")
    command = "python -m gradcheck run layers.py -c GC101 -n 3"
    lines = "\n".join(script).replace("gradcheck run mypkg.layers", command)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    source = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": source, "CI_PROJECT_DIR": str(broken)}
    done = subprocess.run(
        ["bash", "-ec", lines], cwd=broken, env=environment, capture_output=True, text=True, check=False
    )
    (issue,) = json.loads((broken / "gradcheck-report" / "codequality.json").read_text())

    assert done.returncode == 1, done.stderr
    assert issue["location"]["path"] == "layers.py"
    assert issue["check_name"] == "GC101"


def test_the_snippets_keep_to_their_schemas(tmp_path: Path) -> None:
    """As a tool that knows the schemas of GitLab and of GitHub sees them."""
    pytest.importorskip("check_jsonschema")
    workflow = {"on": "push", **_snippet("GitHub")}
    for schema, data in (("vendor.gitlab-ci", _snippet("GitLab")), ("vendor.github-workflows", workflow)):
        file = tmp_path / f"{schema}.yml"
        file.write_text(yaml.safe_dump(data))
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_has_the_inputs_and_outputs_that_the_page_uses() -> None:
    """So has the hook its name."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (step,) = [s for s in _snippet("GitHub")["jobs"]["gradients"]["steps"] if "OWNER" in s.get("uses", "")]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    assert set(step["with"]) <= set(action["inputs"])
    assert set(re.findall(r"steps\.gradcheck\.outputs\.([\w-]+)", PAGE)) <= set(action["outputs"])
    assert {h["id"] for h in _snippet("pre-commit")["repos"][0]["hooks"]} <= {hook["id"] for hook in hooks}
