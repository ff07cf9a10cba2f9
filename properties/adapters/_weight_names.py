"""What the name of an initializer says of its variance, where it takes nothing that would change it.

he_normal, kaiming_uniform      2/fan_in, or 2/fan_out
glorot_normal                   2/(fan_in + fan_out)
xavier_uniform                  the same; in lectures also 1/fan_in
lecun_normal                    1/fan_in, or 1/fan_out

A shape may have either size first, and what torch calls kaiming with the slope of its own layers is 1/(3 fan_in).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

FILLERS = ("normal", "uniform", "init", "initializer", "initialization", "weights", "weight", "my")
CLAIMS = {
    "he": ("2/fan_in", "2/fan_out"),
    "kaiming": ("2/fan_in", "2/fan_out", "1/(3 fan_in)"),
    "glorot": ("2/(fan_in + fan_out)",),
    "xavier": ("2/(fan_in + fan_out)", "1/fan_in", "1/fan_out"),
    "lecun": ("1/fan_in", "1/fan_out"),
}
"""Name -> the variances that it stands for, the usual one first."""


def variances_named(name: str, beside: Iterable[str]) -> tuple[str, ...]:
    """Return the variances that a name stands for; none where the function takes anything `beside` sizes and a seed.

    >>> variances_named("he_normal", ()), variances_named("he_normal", ("gain",)), variances_named("heavy", ())
    (('2/fan_in', '2/fan_out'), (), ())
    """
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    said = [word for word in words if word not in FILLERS]
    return CLAIMS.get(said[0], ()) if len(said) == 1 and not tuple(beside) else ()
