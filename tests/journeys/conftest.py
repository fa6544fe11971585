"""A folder for what the six people saw, and their pictures."""

import json
import os
from pathlib import Path

import pytest

from journey import Journey, gallery
from phone import write_photos


@pytest.fixture(scope="session")
def journeys(tmp_path_factory) -> Path:
    return gallery(tmp_path_factory.mktemp("journeys"))


@pytest.fixture
def travels(journeys, request, monkeypatch):
    """Begins somebody's journey in a new folder, on a machine that has decoded nothing yet."""

    def begin(who: str) -> Journey:
        folder = journeys / f"{who.replace(' ', '-')}-{os.getpid()}"
        monkeypatch.setenv("ELEGAN_CACHE", str(journeys / f".cache-{folder.name}"))
        return Journey(who, folder)

    return begin


@pytest.fixture(scope="session")
def phone(test_data, tmp_path_factory) -> Path:
    """300 photographs as a phone leaves them."""
    folder = tmp_path_factory.mktemp("phone") / "photos"
    write_photos(test_data / "monet2photo.zip", "trainB/", folder, 300)
    return folder


@pytest.fixture
def facts():
    return lambda run: json.loads((run / "run.json").read_text(encoding="utf-8"))
