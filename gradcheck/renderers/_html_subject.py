"""A subject on a page: what was relied on, its pictures, and every law with the reason where one did not run."""

from __future__ import annotations

from collections.abc import Iterator

from ..report import LawResult, Status, SuiteReport
from ._escape import for_html
from ._html_card import Draw
from ._matrix import MARKS, TONES
from ._pictures import of_subject
from ._words import count, seconds, size


def subject_section(suite: SuiteReport, draw: Draw, *, level: int = 3) -> str:
    """Return the section of one subject."""
    kind = f" <small>{for_html(suite.kind)}</small>" if suite.kind else ""
    pictures = "".join(draw(picture) for picture in of_subject(suite.pictures))
    parts = [
        f"<h{level}>{for_html(suite.subject)}{kind}</h{level}>",
        f'<dl class="facts">{"".join(_facts(suite))}</dl>',
        f'<div class="figures">{pictures}</div>' if pictures else "",
        *_laws(suite),
    ]
    return f'<div class="subject {suite.verdict}">{"".join(parts)}</div>'


def _facts(suite: SuiteReport) -> Iterator[str]:
    seed = f", seed {suite.seed}" if suite.seed is not None else ""
    rows = [("verdict", f"{suite.verdict}; {count(suite.ran, 'check')} in {seconds(suite.cost.seconds)}{seed}")]
    for origin in dict.fromkeys(origin for _, _, origin in suite.facts):
        said = ", ".join(f"{trait}={value}" for trait, value, how in suite.facts if how == origin)
        rows.append((origin, said))
    if suite.check is not None and suite.check.resolution is not None:
        said = f"would have noticed a relative error of {size(suite.check.resolution)} in one entry"
        rows.append(("gradients", said))
    for term, said in rows:
        yield f"<div><dt>{for_html(term)}</dt><dd>{for_html(said)}</dd></div>"


def _laws(suite: SuiteReport) -> Iterator[str]:
    if not suite.results:
        return
    rows = "".join(map(_law, suite.results))
    yield f'<details><summary>{count(len(suite.results), "law")}</summary><ul class="laws">{rows}</ul></details>'


def _law(law: LawResult) -> str:
    tried = f" <small>{count(law.examples, 'example')}</small>" if law.examples > 1 else ""
    why = f": {for_html(law.reason)}" if law.reason else ""
    ended = "" if law.status is Status.PASSED else f" ({law.status}{why})"
    sign = f'<span class="sign {TONES[law.status]}" aria-hidden="true">{MARKS[law.status]}</span>'
    return f"<li>{sign} <b>{for_html(law.code)}</b> {for_html(law.title)}{ended}{tried}</li>"
