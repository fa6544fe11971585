"""A studio over a folder with one small run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import elegan
from served import TOKEN, Served, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESKTOP = {"width": 1280, "height": 800}
WAIT = 120_000  # milliseconds, for a machine that does much else
TINY = [
    "nets.generator.width=8",
    "nets.discriminator.width=8",
    "batch=8",
    "watch.images=32",
    "watch.every=2",
    "watch.log=1",
]


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("studio") / "runs"
    elegan.train("digits", "dcgan", steps=4, settings=TINY, out=out, name="digits", quiet=True)
    return out / "digits"


@pytest.fixture(scope="module")
def served(digits_run, tmp_path_factory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served") / "runs"
    shutil.copytree(digits_run, folder / "digits")
    with serving(folder) as studio:
        yield studio


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    with playwright.sync_playwright() as started:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        opened = started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def page(browser, served):
    """Opens the studio at an address, in a window of its own; at the end nothing may have gone wrong in it, or been asked of others."""
    faults, contexts = [], []

    def open_at(place: str, viewport=DESKTOP, studio=served, **options):
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        shown = context.new_page()
        shown.set_default_timeout(WAIT)
        shown.on("pageerror", lambda error: faults.append(str(error)))
        shown.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        shown.on(
            "request",
            lambda asked: (
                faults.append(asked.url) if not asked.url.startswith((studio.address, "data:", "blob:")) else None
            ),
        )
        shown.goto(f"{studio.address}/?token={TOKEN}")
        shown.goto(f"{studio.address}/{place}")
        return shown

    yield open_at
    for context in contexts:
        context.close()
    assert not faults
