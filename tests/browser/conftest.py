"""A headless Chromium: the system's own, driven by Playwright; without it these tests are skipped, and say why.

``GRADCHECK_BROWSER`` names the program; ``required`` makes its absence a failure, as in continuous integration.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import reference
from gradcheck.report import RunReport, SuiteReport

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = "required"


def _missing(why: str) -> None:
    if os.environ.get("GRADCHECK_BROWSER") == REQUIRED:
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Start the browser, for the tests of one file."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("no Playwright: pip install 'gradcheck[browser]'")
    named = os.environ.get("GRADCHECK_BROWSER")
    program = named if named and named != REQUIRED else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        _missing("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        yield browser
        browser.close()


class Opened:
    """A page that was opened from a file, and everything that it said or asked for meanwhile."""

    def __init__(self, page: Any, file: Path) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(file.as_uri())


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open text as a page: ``opened(html, width=360, color_scheme="dark", ...)``."""
    contexts = []

    def open_(html: str, *, width: int = 1200, **options: Any) -> Opened:
        file = tmp_path / "report.html"
        file.write_text(html, encoding="utf-8")
        contexts.append(chromium.new_context(viewport={"width": width, "height": 800}, **options))
        return Opened(contexts[-1].new_page(), file)

    yield open_
    for context in contexts:
        context.close()


class _Norm:
    """Batch normalization whose backward forgets the mean."""

    def __init__(self) -> None:
        self.gamma = np.ones(3)

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.std = np.sqrt(x.var(axis=0) + 1e-5)
        self.xhat = (x - x.mean(axis=0)) / self.std
        return self.gamma * self.xhat

    def backward(self, dout: np.ndarray) -> np.ndarray:
        self.dgamma = (dout * self.xhat).sum(axis=0)
        return dout * self.gamma / self.std


@pytest.fixture(scope="session")
def real_run() -> RunReport:
    """Run real subjects: a wrong gradient, a broken law, and one of each kind that has pictures."""
    x = np.random.default_rng(0).standard_normal((4, 3))
    wrong = gradcheck.check(_Norm(), x)
    asked = (
        (reference.relu, "activation", "GC502"),
        (reference.xavier, "initializer", "GC405"),
        (reference.he, "initializer", "GC405"),
        (reference.Whitening, "preprocessor", "GC308"),
        (gradcheck.subject(np.tanh, kind="activation", traits={"range": (-0.5, 0.5)}), None, "GC503"),
    )
    suites = [gradcheck.run_suite(thing, kind, checks=[code], max_examples=3) for thing, kind, code in asked]
    layer = SuiteReport(wrong.subject, "", check=wrong, reproduce="gradcheck run layers.py:Norm")
    return RunReport((layer, *suites), (("gradcheck", gradcheck.__version__),), 1.0)
