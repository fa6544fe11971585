"""Sets of the Hugging Face library: local parquet, a local image folder, and a hub on the loopback interface."""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from data_corpus import folder_of, pixels
from elegan.data.named import HUB, NAMES

needs_library = pytest.mark.skipif(
    importlib.util.find_spec("datasets") is None, reason="the Hugging Face library is not installed (extra `hub`)"
)
COMMIT = "a" * 40

WRITE = """
import sys, datasets
from PIL import Image
from data_corpus import pixels
columns = {"img": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b", "c"])}
for part, count in (("train", 6), ("test", 3)):
    rows = {"img": [Image.fromarray(pixels(i)) for i in range(count)], "label": [i % 3 for i in range(count)]}
    features = datasets.Features(columns)
    datasets.Dataset.from_dict(rows, features=features).to_parquet(f"{sys.argv[1]}/data/{part}-00000-of-00001.parquet")
"""

OPEN = """
import json, sys
from elegan.data import open_data
from elegan.core.errors import Failure, UserError
for source, split in json.loads(sys.argv[1]):
    try:
        data = open_data(source, split=split)
        labels = None if data.labels is None else data.labels.tolist()
        first = data.images[0].tolist()
        print(json.dumps([data.name, data.source, data.images.shape, labels, data.classes, data.fingerprint, first]))
    except (UserError, Failure) as error:
        print(json.dumps([type(error).__name__, str(error)]))
"""


def run(code: str, argument: str, home: Path, **variables: str) -> list:
    """What a fresh process prints, one JSON value a line; the library reads its settings when imported."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "ELEGAN_CACHE": str(home / "cache"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, argument], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


@pytest.fixture(scope="module")
def parquet(tmp_path_factory) -> Path:
    """A set as the hub keeps it: one parquet file a part, encoded images, a class label."""
    home = tmp_path_factory.mktemp("hub")
    (home / "set" / "data").mkdir(parents=True)
    run(WRITE, str(home / "set"), home, HF_HUB_OFFLINE="1")
    return home / "set"


@needs_library
def test_local_parquet_and_image_folders(parquet, tmp_path):
    folder = folder_of(tmp_path / "pets", ["cat/1.png", "cat/2.png", "dog/3.png"])
    asked = [(f"hf:{parquet}", "train"), (f"hf:{parquet}", "test"), (f"hf:{parquet}", "all"), (f"hf:{folder}", "train")]
    asked.append((f"hf:{folder}", "test"))
    train, test, both, pets, absent = run(OPEN, json.dumps(asked), tmp_path, HF_HUB_OFFLINE="1")
    assert train[:5] == ["set", f"hf:{parquet}", [6, 16, 16, 3], [0, 1, 2, 0, 1, 2], ["a", "b", "c"]]
    assert train[6] == pixels(0).tolist()
    assert test[2:4] == [[3, 16, 16, 3], [0, 1, 2]]
    assert both[2] == [9, 16, 16, 3]
    assert len({part[5] for part in (train, test, both)}) == 3
    assert pets[:5] == ["pets", f"hf:{folder}", [3, 16, 16, 3], [0, 0, 1], ["cat", "dog"]]
    assert absent == ["UserError", f"hf:{folder} has no test part, only train"]


ODD = """
import sys, datasets
from pathlib import Path
from data_corpus import pixels, save
home = Path(sys.argv[1])
image, label = datasets.Image(decode=False), datasets.ClassLabel(names=["a", "b"])
inside = save(home / "odd" / "1.png", pixels(1)).read_bytes()
outside = str(save(home / "elsewhere.png", pixels(2)))
rows = {"picture": [{"bytes": inside, "path": None}, {"bytes": None, "path": outside}, None], "label": [-1, -1, -1]}
kinds = datasets.Features({"picture": image, "label": label})
datasets.Dataset.from_dict(rows, features=kinds).to_parquet(home / "odd" / "train.parquet")
datasets.Dataset.from_dict({"text": ["words"]}).to_parquet(home / "words" / "train.parquet")
"""


@needs_library
def test_rows_without_a_picture_of_their_own_are_skipped(tmp_path):
    (tmp_path / "words").mkdir()
    run(ODD, str(tmp_path), tmp_path, HF_HUB_OFFLINE="1")
    (tmp_path / "odd" / "1.png").unlink()
    asked = [(f"hf:{tmp_path}/odd", "train"), (f"hf:{tmp_path}/words", "train")]
    odd, words = run(OPEN, json.dumps(asked), tmp_path, HF_HUB_OFFLINE="1")
    assert odd[2:5] == [[1, 16, 16, 3], None, []]  # labels of -1 are kept back by their owners
    assert odd[6] == pixels(1).tolist()
    assert words == ["UserError", f"hf:{tmp_path}/words has no image column, only text"]


class Hub(BaseHTTPRequestHandler):
    """The few answers of huggingface.co that loading a set `me/pics` takes."""

    protocol_version = "HTTP/1.1"
    folder: Path

    def files(self) -> dict[str, Path]:
        return {str(path.relative_to(self.folder)): path for path in self.folder.rglob("*") if path.is_file()}

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_json(self, value) -> None:
        self.answer(json.dumps(value).encode(), Content_Type="application/json")

    def describe(self, name: str) -> dict:
        path = self.folder / name
        if path.is_dir():
            return {"type": "directory", "path": name, "oid": "0" * 40, "size": 0}
        digest = hashlib.sha1(path.read_bytes()).hexdigest()
        return {"type": "file", "path": name, "size": path.stat().st_size, "oid": digest}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/datasets/me/pics/resolve/"):
            found = self.files().get(path.split("/", 6)[-1])
            if found is None:
                return self.answer(b"", 404, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT)
            body = found.read_bytes()
            return self.answer(body, ETag=f'"{hashlib.sha256(body).hexdigest()}"', X_Repo_Commit=COMMIT)
        if path.startswith("/api/datasets/me/pics/tree/"):
            inside = path.split("/", 7)[7] if path.count("/") > 6 else ""
            names = [(Path(inside) / entry.name).as_posix() for entry in (self.folder / inside).iterdir()]
            return self.answer_json([self.describe(name) for name in names])
        if path.startswith("/api/datasets/me/pics"):
            siblings = [{"rfilename": name} for name in self.files()]
            return self.answer_json({"id": "me/pics", "sha": COMMIT, "siblings": siblings, "private": False})
        return self.answer(b"{}", 404, X_Error_Code="RepoNotFound")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        is_json = "json" in self.headers.get("Content-Type", "")
        names = json.loads(body)["paths"] if is_json else parse_qs(body)["paths"]
        self.answer_json([self.describe(name) for name in names if name in self.files()])

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def hub(parquet):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("PicsHub", (Hub,), {"folder": parquet}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@needs_library
def test_a_set_is_fetched_from_the_hub(hub, parquet, tmp_path):
    asked = [("hf:me/pics", "train"), ("hf:me/pics", "test"), ("hf:me/none", "train"), ("hf:me/pics:odd", "train")]
    train, test, unknown, config = run(OPEN, json.dumps(asked), tmp_path, HF_ENDPOINT=hub)
    local = run(OPEN, json.dumps([(f"hf:{parquet}", "train")]), tmp_path, HF_HUB_OFFLINE="1")[0]
    assert train[:3] == ["pics", "hf:me/pics", [6, 16, 16, 3]]
    assert train[3:] == local[3:]  # labels, classes, fingerprint and pixels
    assert test[2] == [3, 16, 16, 3]
    assert unknown[0] == config[0] == "UserError"
    assert "'me/none'" in unknown[1]
    assert "a folder or zip of images works" in unknown[1]
    assert "odd" in config[1]
    assert "default" in config[1]


@needs_library
def test_without_a_network_the_offline_way_is_named(tmp_path):
    for name in ("mnist", "hf:me/pics"):
        ((kind, text),) = run(OPEN, json.dumps([(name, "train")]), tmp_path, HF_HUB_OFFLINE="1")
        assert kind == "Failure"
        assert repr(HUB.get(name, "me/pics")) in text
        assert "a folder or zip of images works" in text
        assert "\n" not in text


def test_without_the_library_its_extra_is_named(tmp_path):
    code = "import sys; sys.modules['datasets'] = None\n" + OPEN
    answers = run(code, json.dumps([(name, "train") for name in (*HUB, "hf:me/pics")]), tmp_path)
    assert len(answers) == len(HUB) + 1
    assert all(kind == "UserError" and "pip install 'elegan[hub]'" in text for kind, text in answers)


def test_all_promised_names_are_known():
    promised = {"digits", "mnist", "fashion-mnist", "cifar10", "celeba", "imagenet", "lsun:bedroom", "lsun:church"}
    assert set(NAMES) == promised
