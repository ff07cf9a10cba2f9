"""Every table and plot of `docs/measurements`, by one command.

    python benchmarks/all.py                 # hours on two cores; needs `pip install '.[peers]'`
    python benchmarks/all.py --quick --write /tmp/measurements
    python benchmarks/all.py --only kinks

Each table is a command of its own, run one after the other, so that times are not disturbed. The index, README.md,
lists them with what was run.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from _table import ROOT, markdown

HERE = Path(__file__).resolve().parent
FOLDER = ROOT / "docs" / "measurements"
_BEGIN, _END = "<!-- tables -->", "<!-- end of tables -->"


@dataclass(frozen=True)
class Table:
    """One file of the folder, and the command that writes it: in full, and quickly."""

    file: str
    title: str
    script: str
    options: str = ""
    quick: str = ""

    def command(self, folder: Path, *, quick: bool) -> list[str]:
        """Return the command that writes this table into `folder`."""
        target = folder if self.file == "growth.md" else folder / self.file
        options = shlex.split(self.quick if quick else self.options)
        return [sys.executable, str(HERE / self.script), *options, "--write", str(target)]

    @property
    def told(self) -> str:
        """The command as the index shows it."""
        return f"python benchmarks/{self.script} {self.options}".strip()


TABLES = (
    Table(
        "false-alarms-float64.md",
        "right gradients, float64, along directions",
        "false_alarms.py",
        "--checks 102500 --seed 175000000 --mode projection --jobs 2",
        "--checks 410 --mode projection",
    ),
    Table(
        "false-alarms-float32.md",
        "right gradients, float32, along directions",
        "false_alarms.py",
        "--checks 102500 --seed 119000000 --mode projection --dtype float32 --jobs 2",
        "--checks 205 --mode projection --dtype float32",
    ),
    Table(
        "false-alarms-entries.md",
        "right gradients, float64, every entry",
        "false_alarms.py",
        "--checks 10250 --seed 182000000 --mode entries --jobs 2",
        "--checks 41 --mode entries",
    ),
    Table(
        "false-alarms-entries-float32.md",
        "right gradients, float32, every entry",
        "false_alarms.py",
        "--checks 10250 --seed 120000000 --mode entries --dtype float32 --jobs 2",
        "--checks 41 --mode entries --dtype float32",
    ),
    Table(
        "false-alarms-auto.md",
        "right gradients, float64, as by default",
        "false_alarms.py",
        "--checks 20500 --seed 181000000 --jobs 2",
        "--checks 205",
    ),
    Table(
        "false-alarms-float16.md",
        "right gradients, float16, as by default",
        "false_alarms.py",
        "--checks 8200 --seed 113000000 --dtype float16 --jobs 2",
        "--checks 205 --dtype float16",
    ),
    Table(
        "detection.md", "wrong gradients", "detection.py", "--seed 50261128 --jobs 2", "--seed 50261123 --members 15"
    ),
    Table(
        "certificate.md",
        "errors just above the stated resolution",
        "certificate.py",
        "--draws 1 --trials 2",
        "--draws 1 --members 15 --trials 2 --sizes 10 1e3",
    ),
    Table(
        "location.md",
        "k wrong entries of n",
        "location.py",
        "--trials 1",
        "--trials 1 --sizes 1e3 1e4 --wrong 1 3 10",
    ),
    Table(
        "diagnosis.md",
        "mistakes called by their name",
        "mutants.py",
        "--seed 11 --each 4",
        "--seed 11 --each 1",
    ),
    Table(
        "mutation.md",
        "mistakes in the reference library, by our own suite",
        "mutation.py",
        "--each 3 --examples 8 --seed 2",
        "--each 1 --examples 3 --only relu_grad",
    ),
    Table(
        "mutation-peers.md",
        "the same mistakes, by other checkers at their defaults",
        "mutation_peers.py",
        "--each 2",
        "--each 1 --only prelu",
    ),
    Table("kinks.md", "next to a kink", "kinks.py", "--trials 10", "--trials 2"),
    Table(
        "search.md",
        "bugs that only some inputs show",
        "search.py",
        "--seeds 20 --jobs 2",
        "--seeds 1 --layers tanh affine",
    ),
    Table(
        "suites.md",
        "all suites over the reference library",
        "suites.py",
        "--runs 25 --seed 300 --jobs 2",
        "--runs 1 --max-examples 4",
    ),
    Table("throughput.md", "time of a whole suite", "throughput.py", "--rounds 3", "--rounds 1"),
    Table("peers.md", "verdicts of peers", "peers.py"),
    Table("cost.md", "cost of a check, beside peers", "cost.py", "--rounds 5", "--rounds 1 --only gelu"),
    Table(
        "activations.md", "activations: saturation, mean shift, cost", "activations.py", "--rounds 9", "--rounds 1"
    ),
    Table(
        "strangers.md",
        "suites over torch, JAX, flax, scikit-learn, SciPy, autograd, MyGrad",
        "strangers.py",
        "",
        "--examples 1 --only autograd",
    ),
    Table("overhead.md", "overhead and imports", "overhead.py", "--rounds 15", "--rounds 3"),
    Table(
        "reference-layers-speed.md",
        "the reference's layers, beside plain NumPy",
        "reference_layers_speed.py",
        "--rounds 31",
        "--rounds 1",
    ),
    Table(
        "op-db.md",
        "PyTorch's operator database",
        "op_db.py",
        "--samples 2 --largest 3000 --seconds 1200 --torch",
        "--samples 1 --every 30",
    ),
    Table(
        "frameworks.md",
        "modules of torch and functions of JAX, beside their checkers",
        "frameworks.py",
        "--rounds 5",
        "--rounds 1 --only MLP",
    ),
    Table(
        "growth.md",
        "cost and sight against size",
        "growth.py",
        "--rounds 3 --trials 1",
        "--rounds 1 --trials 1 --sizes 10 1e3",
    ),
    Table("accuracy.md", "digits of the activations, beside peers", "accuracy.py", "--points 1000", "--points 16"),
    Table(
        "reference-speed.md",
        "references beside plain NumPy",
        "reference_speed.py",
        "--rounds 31",
        "--rounds 3 --size 10000",
    ),
)


def index(tables: Sequence[Table] = TABLES) -> str:
    """Return the list of tables with their commands; those that are not in the folder are said not to be."""
    return markdown(("table", "command"), [[_linked(t), f"`{t.told}`"] for t in tables])


def _linked(table: Table) -> str:
    return f"[{table.title}]({table.file})" if (FOLDER / table.file).exists() else f"{table.title} (not made yet)"


def with_index(text: str) -> str:
    """Return `text` with the list between its two marks renewed."""
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}\n\n{index()}\n\n{_END}{rest.partition(_END)[2]}"


def main() -> int:
    """Run the commands one after the other; the index is renewed where it stands."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: minutes, to see that everything runs")
    parser.add_argument("--only", nargs="*", default=(), metavar="WORD", help="files whose name contains a word")
    parser.add_argument("--write", type=Path, default=FOLDER, metavar="FOLDER")
    asked = parser.parse_args()
    chosen = [t for t in TABLES if not asked.only or any(word in t.file for word in asked.only)]
    failed = []
    for table in chosen:
        command = table.command(asked.write, quick=asked.quick)
        print("$", shlex.join(["python", *command[1:]]), flush=True)
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            failed.append(table.file)
    readme = asked.write / "README.md"
    if readme.exists():
        readme.write_text(with_index(readme.read_text(encoding="utf-8")), encoding="utf-8")
    print("failed: " + ", ".join(failed) if failed else f"{len(chosen)} tables written to {asked.write}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
