"""SVG by a few helpers: elements, pictures, pictures beside each other. No script, no font, no address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ._escape import for_html
from ._palette import picture_style

SCALE = 1.24
"""How much larger than its own size a page shows a picture, where there is room."""
MARGIN = 10.0
"""Around a picture that stands alone."""
_NAMESPACE = "http://www.w3.org/2000/svg"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of a size in pixels; ``label`` says in words what can be seen."""

    width: float
    height: float
    label: str
    body: str

    def inline(self) -> str:
        """Return the picture as an element of a page, whose style it takes."""
        return self._svg(0, f' width="{shown(SCALE * self.width)}"', self.body)

    def alone(self, *, dark: bool = True) -> str:
        """Return the picture as a file of its own, with a ground, and colors for the dark too if so asked."""
        wide, high = self.width + 2 * MARGIN, self.height + 2 * MARGIN
        style = f"<style>{picture_style(dark=dark)}</style>"
        ground = element("rect", x=-MARGIN, y=-MARGIN, width=wide, height=high, class_="ground")
        size = f' xmlns="{_NAMESPACE}" width="{shown(wide)}" height="{shown(high)}"'
        return self._svg(MARGIN, size, style + ground + self.body)

    def _svg(self, margin: float, more: str, inside: str) -> str:
        wide, high = self.width + 2 * margin, self.height + 2 * margin
        box = f'viewBox="{shown(-margin)} {shown(-margin)} {shown(wide)} {shown(high)}"'
        label = for_html(self.label)
        return f'<svg class="pic" {box} role="img" aria-label="{label}"{more}><title>{label}</title>{inside}</svg>'


def element(name: str, content: str = "", **attributes: object) -> str:
    """Return an element; ``class_`` is the class, underscores become dashes, numbers get one decimal.

    >>> element("text", "a", x=1.04, class_="end")
    '<text x="1" class="end">a</text>'
    """
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    written = "".join(f' {key}="{_attribute(value)}"' for key, value in pairs)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(x: float, y: float, words: object, class_: str = "") -> str:
    """Return words at a place, whatever is in them."""
    kind = {"class_": class_} if class_ else {}
    return element("text", for_html(words), x=x, y=y, **kind)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """Return a straight line."""
    return element("path", d=f"M{shown(x1)} {shown(y1)}L{shown(x2)} {shown(y2)}", class_=class_)


def polyline(points: Iterable[tuple[float, float] | None], class_: str) -> str:
    """Return a line through `points`, broken where one is None."""
    path, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path.append(f"{pen}{shown(point[0])} {shown(point[1])}")
        pen = "L"
    return element("path", d="".join(path), class_=class_) if path else ""


def squares(places: Iterable[tuple[float, float]], width: float, height: float, class_: str) -> str:
    """Return many equal rectangles as one element: a page can hold thousands of them."""
    side = f"h{shown(width)}v{shown(height)}h-{shown(width)}z"
    path = "".join(f"M{shown(x)} {shown(y)}{side}" for x, y in places)
    return element("path", d=path, class_=class_) if path else ""


def beside(drawings: Sequence[Drawing], columns: int, label: str, gap: float = 16) -> Drawing:
    """Return several drawings as one, row by row."""
    rows = [drawings[k : k + columns] for k in range(0, len(drawings), columns)]
    parts, y = [], 0.0
    for row in rows:
        x = 0.0
        for drawing in row:
            parts.append(element("g", drawing.body, transform=f"translate({shown(x)} {shown(y)})"))
            x += drawing.width + gap
        y += max(drawing.height for drawing in row) + gap
    width = max(sum(drawing.width + gap for drawing in row) for row in rows) - gap
    return Drawing(width, y - gap, label, "".join(parts))


def shown(value: float) -> str:
    """Return a length with at most one decimal.

    >>> shown(3.0), shown(2.25), shown(-0.01)
    ('3', '2.2', '0')
    """
    short = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _attribute(value: object) -> str:
    return shown(value) if isinstance(value, (int, float)) else for_html(value)
