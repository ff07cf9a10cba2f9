"""The switch between training and test, in the forms in which people write it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

FLAGS = ("training", "is_training", "train_mode", "train")
WORDS = ("train", "test")


@dataclass(frozen=True, slots=True)
class Mode:
    """How one class of layers is switched; ``name`` is None where there is no switch."""

    form: str
    name: str | None = None

    @property
    def on_object(self) -> bool:
        """Whether the layer itself remembers its mode."""
        return self.form in {"flag", "word", "methods"}

    def set(self, layer: Any, *, training: bool) -> None:
        """Switch `layer`, where it has a switch of its own."""
        if self.form == "flag" and self.name:
            setattr(layer, self.name, training)
        elif self.form == "word" and self.name:
            setattr(layer, self.name, WORDS[not training])
        elif self.form == "methods":
            (layer.train if training else layer.eval)()

    def keywords(self, *, training: bool) -> dict[str, Any]:
        """Return the keywords with which forward is told the mode."""
        if self.form != "keyword" or self.name is None:
            return {}
        return {self.name: training if self.name in FLAGS else WORDS[not training]}


def mode_of(layer: Any) -> Mode:
    """Return how `layer` is switched."""
    flag = next((name for name in FLAGS if isinstance(getattr(layer, name, None), bool)), None)
    if flag:
        return Mode("flag", flag)
    if getattr(layer, "mode", None) in WORDS:
        return Mode("word", "mode")
    if callable(getattr(layer, "train", None)) and callable(getattr(layer, "eval", None)):
        return Mode("methods")
    keyword = next((name for name in (*FLAGS, "mode") if name in _parameters(layer.forward)), None)
    return Mode("keyword", keyword) if keyword else Mode("none")


def _parameters(function: Any) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()
