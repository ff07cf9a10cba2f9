"""The page about the reference library: its examples run, it leaves nothing out, and its links lead somewhere."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from gradcheck import reference

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"
TEXT = PAGE.read_text(encoding="utf-8")
BESIDE = re.compile(r"_(grad|second|forward|backward|vjp)$")


def test_the_examples_of_the_page_run() -> None:
    """Every line with a prompt prints what stands below it."""
    code = re.sub(r"^```.*$", "", TEXT, flags=re.MULTILINE)  # the fence is no output
    found = doctest.DocTestParser().get_doctest(code, {}, PAGE.name, str(PAGE), 0)
    result = doctest.DocTestRunner(verbose=False).run(found)

    assert result.attempted == TEXT.count(">>> ") > 0
    assert result.failed == 0


def test_the_page_names_everything_and_nothing_else() -> None:
    """Each function and class has its place in a list, under the name without what stands beside it."""
    public = {BESIDE.sub("", name) for name in reference.__all__ if callable(getattr(reference, name))}
    listed = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^- .*?(?=^- |^$)", TEXT, re.MULTILINE | re.DOTALL))))
    known = {name for name in listed if hasattr(reference, name) or hasattr(reference, f"{name}_forward")}

    assert public <= set(re.findall(r"`(\w+)`", TEXT))
    assert listed - known <= {"forward", "backward", "params", "grads"}


def test_what_is_in_a_room_alone_is_named_with_it() -> None:
    """A name that `gradcheck.reference` does not have is told with the module that has it."""
    rooms = {name: vars(reference)[name] for name in ("activations", "initializers", "layers", "losses")}
    alone = {name for room in rooms.values() for name in room.__all__ if not hasattr(reference, name)}

    assert not alone & set(re.findall(r"`(\w+)`", TEXT)) - {"TRAITS"}
    assert all(hasattr(rooms[room], name) for room, name in re.findall(r"`(\w+)\.(\w+)`", TEXT) if room in rooms)


def test_the_links_of_the_page_lead_to_files() -> None:
    """The tables that the page speaks of exist."""
    links = re.findall(r"\]\(([\w/.-]+)\)", TEXT)

    assert links
    assert all((PAGE.parent / link).is_file() for link in links)
