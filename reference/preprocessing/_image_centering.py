r"""Centering images: subtract the mean image, or the mean of each color channel.

.. math:: z_{n c h w} = x_{n c h w} - \mu_{c h w} \quad \text{(form "image")}, \qquad
          z_{n c h w} = x_{n c h w} - \mu_c \quad \text{(form "channel")}

Both means are taken over the training images, and the same ones are subtracted from every later image. Images
are centered only: their features share one unit and one range, so there is nothing to normalize or whiten.

Sources: A. Krizhevsky, I. Sutskever and G. Hinton, "ImageNet Classification with Deep Convolutional Neural
Networks" (2012), for the mean image; K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for
Large-Scale Image Recognition" (2014), for the mean of each channel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from .._arrays import Floats, as_floats
from ._centering import Centering

TRAITS: dict[str, object] = {"centers": True, "chunks": True}


class ImageCentering:
    """Subtract the training data's mean image, or its mean per channel.

    Parameters
    ----------
    form
        ``"image"``: one mean per channel and position. ``"channel"``: one mean per channel.

    Attributes
    ----------
    mean_ : array, shape (C, H, W), or (C,) in the form "channel"
        In the units of `x`.

    Examples
    --------
    >>> x = np.arange(8.0).reshape(2, 1, 2, 2)
    >>> ImageCentering("image").fit(x).mean_
    array([[[2., 3.],
            [4., 5.]]])
    >>> ImageCentering("channel").fit(x).mean_
    array([3.5])
    """

    def __init__(self, form: Literal["image", "channel"] = "image") -> None:
        if form not in ("image", "channel"):
            raise ValueError(f"form={form!r} is not a form of centering; the forms are 'image' and 'channel'")
        self.form = form
        self._centering = Centering()

    def fit(self, x: ArrayLike) -> Self:
        """Learn the mean from training images of shape (N, C, H, W), and forget what was learned before."""
        self._centering = Centering()
        return self.partial_fit(x)

    def partial_fit(self, x: ArrayLike) -> Self:
        """Learn from one more chunk of the training images, shape (N, C, H, W)."""
        images = _images(x, "x")
        if self._fitted():
            self._same_size(images, "x")
        self._centering.partial_fit(self._as_table(images))
        return self._learn(images.shape[1:])

    def merge(self, other: Self) -> Self:
        """Learn what `other`, of the same form, has learned from other chunks.

        Raises
        ------
        ValueError
            It is of another kind or form, has learned nothing, or knows images of another size.
        """
        theirs = getattr(other, "shape_in_", None)
        if theirs is None or getattr(other, "form", None) != self.form:
            raise ValueError(f"other={other!r} must be an ImageCentering({self.form!r}) that has seen training data")
        self._centering.merge(other._centering)
        return self._learn(theirs)

    def transform(self, x: ArrayLike) -> Floats:
        """Subtract the training mean from `x`, shape (N, C, H, W)."""
        return self._through(x, "x", lambda table: self._centering.transform(table))

    def inverse_transform(self, z: ArrayLike) -> Floats:
        """Add the training mean back to `z`, shape (N, C, H, W)."""
        return self._through(z, "z", lambda table: self._centering.inverse_transform(table))

    def _through(self, x: ArrayLike, name: str, step: Callable[[Floats], Floats]) -> Floats:
        images = _images(x, name)
        if not self._fitted():
            raise ValueError("this ImageCentering has not seen training data yet: call fit(x) first")
        self._same_size(images, name)
        return self._as_images(step(self._as_table(images)), images.shape)

    def _fitted(self) -> bool:
        return hasattr(self._centering, "mean_")

    def _learn(self, shape: tuple[int, ...]) -> Self:
        mean = self._centering.mean_
        self.mean_ = mean if self.form == "channel" else mean.reshape(shape)
        self.shape_in_ = shape
        return self

    def _same_size(self, images: Floats, name: str) -> None:
        fixed = slice(1, None) if self.form == "image" else slice(1, 2)  # a mean per channel fits any size
        if images.shape[fixed] != (None, *self.shape_in_)[fixed]:
            raise ValueError(
                f"{name} holds images of shape {images.shape[1:]}; "
                f"this ImageCentering was fitted to images of shape {self.shape_in_}"
            )

    def _as_table(self, images: Floats) -> Floats:
        """Return a table with one row per image, or one per pixel."""
        n, c, h, w = images.shape
        if self.form == "image":
            return images.reshape(n, c * h * w)
        return np.moveaxis(images, 1, -1).reshape(n * h * w, c)

    def _as_images(self, table: Floats, shape: tuple[int, ...]) -> Floats:
        """Undo `_as_table`."""
        n, c, h, w = shape
        if self.form == "image":
            return table.reshape(shape)
        return np.ascontiguousarray(np.moveaxis(table.reshape(n, h, w, c), -1, 1))


def _images(x: ArrayLike, name: str) -> Floats:
    images = as_floats(x, name)
    if images.ndim != 4:
        raise ValueError(f"{name} has shape {images.shape}; images are needed, shape (N, C, H, W)")
    return images
