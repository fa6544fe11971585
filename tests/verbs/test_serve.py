"""A server in a process of its own, asked as programs and as enemies ask it; it ends by SIGTERM with a request at work."""

import concurrent.futures
import contextlib
import http.client
import io
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import elegan as library
from elegan.core.errors import UserError
from elegan.core.sizes import size_of
from elegan.data.decode import brought_to
from elegan.data.deep import MAX_PIXELS
from small import small

for needed in ("starlette", "uvicorn", "prometheus_client"):
    pytest.importorskip(needed, reason=f"{needed} is not installed; pip install 'elegan[serve]'")

KEY = "a key of some length"
SECONDS, QUEUE, MEGABYTES, MEGAPIXELS, NUM = 2, 8, 1, 0.3, 24
GENERATE = "/v1/models/digits/generate"


@dataclass
class Serving:
    process: subprocess.Popen
    port: int
    run: library.Run

    def ask(self, path: str, picture: bytes | None = None, **headers: str) -> tuple[int, dict, bytes]:
        """Status, headers and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            given = {"Authorization": f"Bearer {KEY}"} | {
                name.replace("_", "-"): text for name, text in headers.items()
            }
            connection.request("GET" if picture is None else "POST", path, picture, given)
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()

    def refused(self, path: str, picture: bytes | None = None, **headers: str) -> tuple[int, str]:
        status, _, body = self.ask(path, picture, **headers)
        return status, json.loads(body)["error"]

    def raw(self, data: bytes, path: str = "/v1/models/denoise/restore", timeout: float = 10) -> socket.socket:
        """A connection on which these bytes were sent, `HEAD` in them for the first lines of an upload."""
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n".encode()
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        connection.sendall(data.replace(b"HEAD", head))
        return connection

    def said(self, data: bytes) -> bytes:
        """What a connection on which these bytes are sent is answered until it is cut or nothing more comes."""
        said = b""
        with contextlib.closing(self.raw(data)) as connection, contextlib.suppress(OSError):
            while piece := connection.recv(65536):
                said += piece
                if b"\r\n\r\n" in said:
                    break
        return said


@pytest.fixture(scope="module")
def serving(tmp_path_factory, sides):
    folder = tmp_path_factory.mktemp("served")
    run = library.train("digits", "cgan", settings=small("cgan"), steps=2, out=folder, name="digits", quiet=True)
    library.train("digits", "ganomaly", settings=small("ganomaly"), steps=1, out=folder, name="detector", quiet=True)
    library.train("digits", "stylegan2", settings=small("stylegan2"), steps=1, out=folder, name="styles", quiet=True)
    library.train(str(sides), "cyclegan", settings=small("cyclegan"), steps=1, out=folder, name="sides", quiet=True)
    library.pack(run, folder / "packed.safetensors", licence="CC0-1.0")
    command = [
        sys.executable,
        "-m",
        "elegan",
        "serve",
        "digits",
        "other=packed.safetensors",
        "detector",
        "sides",
        "styles",
    ]
    command += ["denoise", "upscale-x2", "upscale-x4", "inpaint", "--port", "0", "--seconds", SECONDS, "--queue", QUEUE]
    command += ["--megabytes", MEGABYTES, "--megapixels", MEGAPIXELS, "--num", NUM]
    process = subprocess.Popen(
        list(map(str, command)), cwd=folder, stdout=subprocess.PIPE, text=True, env=os.environ | {"ELEGAN_API_KEY": KEY}
    )
    line = next(line for line in process.stdout if "with the key" in line)
    serving = Serving(process, int(line.split()[0].rpartition(":")[2]), run)
    yield serving
    with concurrent.futures.ThreadPoolExecutor() as pool:  # a polite kill lets what is at work finish
        asked = pool.submit(serving.ask, "/v1/models/denoise/restore", encoded(photo(500, 400)))
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        status, _, body = asked.result()
    assert (status, Image.open(io.BytesIO(body)).size) == (200, (500, 400))
    assert process.wait(20) == 0
    assert "stopped; what was at work is answered" in process.stdout.read()


def photo(width: int, height: int) -> Image.Image:
    from sklearn.datasets import load_sample_image

    return Image.fromarray(load_sample_image("flower.jpg")[:height, :width])


def encoded(picture: Image.Image, format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format)
    return buffer.getvalue()


def pixels(body: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(body))).astype(int)


def test_images_are_those_of_the_run_in_every_format(serving):
    ours = serving.run.generate(seeds=range(5, 9), label="3").astype(int)
    query = f"{GENERATE}?seed=5&num=4&class=3"
    status, headers, body = serving.ask(f"{query}&format=npy")
    assert (status, headers["content-type"]) == (200, "application/x-npy")
    assert np.abs(np.load(io.BytesIO(body)).astype(int) - ours).max() <= 1
    for format in ("png", "webp", "jpg"):
        assert pixels(serving.ask(f"{query}&format={format}")[2]).shape[:2] == (34, 133)
    with zipfile.ZipFile(io.BytesIO(serving.ask(f"{query}&format=zip")[2])) as archive:
        assert archive.namelist() == [f"{seed:06d}.png" for seed in range(5, 9)]
        single = archive.read("000007.png")
    assert single == serving.ask(f"{GENERATE}?seed=7&class=3")[2]
    assert np.abs(pixels(single) - ours[2, :, :, 0]).max() <= 1
    assert single == serving.ask("/v1/models/other/generate?seed=7&class=3")[2]
    assert single != serving.ask(f"{GENERATE}?seed=7&class=3&truncation=0.3")[2]


def test_who_is_asked_with_others_gets_the_bytes_of_being_asked_alone(serving):
    queries = [
        f"{GENERATE}?seed={seed}&num={num}&format=npy" for seed, num in ((0, 1), (3, 2), (9, 5), (40, 24), (7, 1))
    ]
    queries += [f"{GENERATE}?seed=2&class=4", f"{GENERATE}?seed=2&num=3&class=1&format=zip", f"{GENERATE}?seed=1"]
    queries += [
        f"/v1/models/styles/generate?{query}"
        for query in ("seed=1", "seed=1&num=3&format=npy", "seed=3&truncation=0.7")
    ]  # its styles scale the weights
    alone = [serving.ask(query)[2] for query in queries]
    before = batches(serving)
    with concurrent.futures.ThreadPoolExecutor(QUEUE) as pool:
        for _ in range(4):
            together = list(pool.map(lambda query: serving.ask(query)[2], queries))
            assert together == alone
    requests, done = (after - earlier for after, earlier in zip(batches(serving), before, strict=True))
    assert requests == 4 * len(queries)
    assert done < requests  # some were put together


def batches(serving) -> tuple[int, int]:
    """Requests that were put into batches, and how many batches."""
    lines = serving.ask("/metrics")[2].decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return int(float(values["elegan_batch_requests_sum"])), int(float(values["elegan_batch_requests_count"]))


def test_photographs_are_restored_and_translated_as_the_commands_do_it(serving, tmp_path):
    photo(61, 47).save(tmp_path / "photo.png")
    sent = (tmp_path / "photo.png").read_bytes()
    status, headers, body = serving.ask("/v1/models/denoise/restore?sigma=20", sent)
    assert (status, headers["content-type"]) == (200, "image/png")
    (outcome,) = library.restore(tmp_path / "photo.png", "denoise", sigma=20, out=tmp_path / "ours")
    assert body == outcome.target.read_bytes()
    assert pixels(serving.ask("/v1/models/upscale-x2/restore?scale=1.5", sent)[2]).shape == (70, 92, 3)
    (crisp,) = library.restore(tmp_path / "photo.png", detail=0.5, out=tmp_path / "crisp")
    assert serving.ask("/v1/models/upscale-x4/restore?scale=2&detail=0.5", sent)[2] == crisp.target.read_bytes()
    assert (
        serving.ask("/v1/models/upscale-x4/restore?scale=2", sent)[2] != crisp.target.read_bytes()
    )  # the first has stayed
    assert serving.ask("/v1/models/upscale-x2/restore?format=jpg", sent)[2].startswith(b"\xff\xd8")
    run = library.Run.open(serving.run.path.parent / "sides")
    status, _, body = serving.ask("/v1/models/sides/translate?direction=AtoB&strength=0.5", sent)
    ours = run.translate(np.asarray(photo(61, 47), np.float32) / 255, "AtoB", 0.5)
    assert np.abs(pixels(body) - ours * 255).max() <= 1


def test_what_is_transparent_is_filled(serving):
    holed = photo(60, 40).convert("RGBA")
    holed.putalpha(Image.fromarray(np.where(np.arange(60) % 60 < 10, 0, 255)[None].repeat(40, 0).astype(np.uint8)))
    filled = pixels(serving.ask("/v1/models/inpaint/restore", encoded(holed))[2])
    assert filled.shape == (40, 60, 3)
    assert (filled[:, 10:] == np.asarray(photo(60, 40))[:, 10:]).all()
    assert (filled[:, :10] != 0).any()
    whole = encoded(photo(60, 40))
    assert serving.refused("/v1/models/inpaint/restore", whole) == (415, "the picture: nothing of it is transparent, which would be filled")  # fmt: skip
    assert serving.ask("/v1/models/inpaint/restore?mask=auto-scratches", whole)[0] == 200


def test_scores_and_their_share_of_normal_pictures(serving):
    picture = encoded(photo(30, 30))
    status, _, body = serving.ask("/v1/models/detector/score", picture)
    scored = json.loads(body)
    odd = library.Run.open(serving.run.path.parent / "detector")
    assert status == 200
    assert 0 < scored["p_value"] <= 1
    assert scored["score"] == pytest.approx(
        float(odd.scores(brought_to(size_of(8), picture, 1, "crop").pixels[None])[0])
    )


def test_the_description_the_page_and_the_probes(serving):
    for path in ("/", "/page.js", "/page.css", "/healthz", "/readyz"):  # without the key
        status, headers, body = serving.ask(path, Authorization="")
        assert status == 200, path
        assert "default-src 'none'" in headers["content-security-policy"]
        assert b"http://" not in body
        assert b"https://" not in body
        assert not {name for name in map(str.lower, headers) if name.startswith("access-control")}
    described = json.loads(serving.ask("/openapi.json")[2])
    assert set(described["paths"]) == {
        "/v1/models", GENERATE, "/v1/models/other/generate", "/v1/models/detector/score", "/v1/models/sides/translate",
        "/v1/models/denoise/restore", "/v1/models/upscale-x2/restore", "/v1/models/inpaint/restore",
        "/v1/models/upscale-x4/restore", "/v1/models/styles/generate",
    }  # fmt: skip
    told = {one["name"]: one["schema"] for one in described["paths"][GENERATE]["get"]["parameters"]}
    assert told["class"]["enum"] == serving.run.classes
    assert told["num"]["maximum"] == NUM
    models = {model["name"]: model for model in json.loads(serving.ask("/v1/models")[2])["models"]}
    assert models["other"]["licence"] == "CC0-1.0"
    assert str(serving.run.path.parent) not in json.dumps([described, models])
    assert b'elegan_requests_total{model="",status="200",verb=""}' in serving.ask("/metrics")[2]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"{GENERATE}?seed=x", 400, "seed = 'x': input should be a valid integer"),
        (f"{GENERATE}?seed=-1", 400, "seed = '-1'"),
        (f"{GENERATE}?seed={2**63}", 400, "seed = "),
        (f"{GENERATE}?seed={2**63 - 2}&num=9", 400, "leaves no 9 seeds"),
        (f"{GENERATE}?num={NUM + 1}", 400, f"num = {NUM + 1} is more than {NUM}"),
        (f"{GENERATE}?num=0", 400, "num = '0'"),
        (f"{GENERATE}?truncation=nan", 400, "truncation = 'nan'"),
        (f"{GENERATE}?class=eleven", 400, "unknown class 'eleven'"),
        (f"{GENERATE}?format=gif", 400, "format = 'gif'"),
        (f"{GENERATE}?sede=1", 400, "unknown parameter 'sede'; did you mean 'seed'?"),
        (f"{GENERATE}?seed=1&seed=2", 400, "'seed' is given twice"),
        (f"{GENERATE}?{'x' * 5000}=1", 400, "unknown parameter"),
        ("/v1/models/digit/generate", 404, "no model 'digit'; did you mean 'digits'?"),
        ("/v1/models/digits/translate", 404, "digits cannot 'translate'"),
        ("/v1/models/..%2f..%2fetc/generate", 404, ""),
        ("/v1/models/%00/generate", 404, "no model"),
        ("/../../etc/passwd", 404, ""),
        ("/v1/models/denoise/restore", 405, "restore is asked for with POST"),
    ],
)
def test_mistakes_of_a_request_are_one_line(serving, path, status, words):
    answered, said = serving.refused(path)
    assert answered == status
    assert words in said
    assert "\n" not in said
    assert len(said) < 400


def test_mistakes_of_a_request_with_a_picture(serving):
    sent, restore = encoded(photo(30, 30)), "/v1/models/denoise/restore"
    assert serving.refused(GENERATE, sent) == (405, "generate is asked for with GET")
    assert serving.refused(f"{restore}?quality=50&format=png", sent)[0] == 400
    assert serving.refused(f"{restore}?sigma=256", sent)[0] == 400
    assert serving.refused("/v1/models/upscale-x4/restore?detail=1.1", sent)[0] == 400
    for unused in ("upscale-x2/restore?detail=0.5", "denoise/restore?mask=transparent", "upscale-x2/restore?sigma=5"):
        status, said = serving.refused(f"/v1/models/{unused}", sent)
        assert (status, said.partition(";")[0]) == (400, f"unknown parameter {unused.split('?')[1].split('=')[0]!r}")
    assert serving.refused("/v1/models/upscale-x2/restore?scale=3", sent) == (400, "scale = 3 is more than 2, the most of this model")  # fmt: skip
    assert serving.refused("/v1/models/sides/translate", sent)[1] == "sides translates both ways; give --direction AtoB or BtoA"  # fmt: skip


def test_only_who_has_the_key_and_is_no_page_of_elsewhere_is_answered(serving):
    for given in ("", "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x"):
        for path in (GENERATE, "/v1/models", "/openapi.json", "/metrics"):
            assert serving.refused(path, Authorization=given)[0] == 401, (path, given)
    assert serving.refused(GENERATE, Host="evil.example")[0] == 403  # a name that was bound anew to this machine
    assert serving.refused(GENERATE, Sec_Fetch_Site="cross-site") == (403, "pages of other sites may not ask")
    for origin in ("http://evil.example", "http://127.0.0.1:1", "null"):  # of browsers that say no more
        assert serving.refused(GENERATE, Origin=origin)[0] == 403
    assert serving.ask(GENERATE, Origin=f"http://127.0.0.1:{serving.port}")[0] == 200
    assert serving.ask(GENERATE, Host="localhost:80", Sec_Fetch_Site="same-origin")[0] == 200


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says to be of any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + body


def test_hostile_pictures_are_refused_before_they_are_decoded(serving):
    whole = encoded(photo(40, 40))
    frames = [photo(20, 20), photo(30, 30).crop((10, 10, 30, 30))]
    animated = io.BytesIO()
    frames[0].save(animated, "GIF", save_all=True, append_images=frames[1:])
    corpus = {
        413: [bomb(60_000, 60_000), bomb(2**31 - 1, 2**31 - 1), bomb(600, 501), encoded(photo(640, 400).resize((700, 500)), "JPEG")],
        415: [
            b"", b"\0" * 1000, b"GIF89a", whole[:200], whole[:-60], b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"II*\0\x10\0\0\0CR\x02\0" + b"\0" * 100,
            b"FUJIFILMCCD-RAW" + b"\0" * 99, animated.getvalue(), b"PK\x03\x04" + b"\0" * 50, whole[8:],
        ],
    }  # fmt: skip
    memory = resident(serving)
    for status, pictures in corpus.items():
        for picture in pictures:
            assert serving.refused("/v1/models/denoise/restore", picture)[0] == status, picture[:30]
    assert serving.refused("/v1/models/upscale-x2/restore", encoded(photo(300, 300)))[0] == 413  # once it is larger
    assert MAX_PIXELS > MEGAPIXELS * 1e6
    assert resident(serving) - memory < 100e6


def resident(serving) -> int:
    """Bytes of memory that the server holds."""
    pages = int(Path(f"/proc/{serving.process.pid}/statm").read_text().split()[1]) if sys.platform == "linux" else 0
    return pages * 4096


def test_lies_about_length_and_endless_uploads_are_bounded(serving):
    assert b" 413 " in serving.said(b"HEADContent-Length: 1000000000000\r\n\r\n")
    assert serving.refused("/v1/models/denoise/restore", b"\0" * (MEGABYTES * 1_000_000 + 1))[0] == 413
    piece = b"10000\r\n" + b"\0" * 0x10000 + b"\r\n"
    assert b" 413 " in serving.said(b"HEADTransfer-Encoding: chunked\r\n\r\n" + piece * 20)
    for head in (b"Content-Length: -5", b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: x", b"X" * 70_000):
        assert b" 400 " in serving.said(b"HEAD" + head + b"\r\n\r\n")
    assert b" 400 " in serving.said(b"\x16\x03\x01 no HTTP\r\n\r\n")
    sent = encoded(photo(20, 20))
    longer = f"HEADContent-Length: {len(sent)}\r\n\r\n".encode() + sent + b"more than was said"
    assert b" 200 " in serving.said(longer)


def test_slow_clients_are_cut_and_a_full_queue_says_so(serving):
    began = time.monotonic()
    trickling = [
        serving.raw(b"HEADContent-Length: 1000\r\n\r\nabc") for _ in range(QUEUE)
    ]  # an upload that does not come
    headless = serving.raw(b"POST / HT", timeout=20)  # a header that does not come
    time.sleep(0.5)
    status, headers, body = serving.ask(GENERATE)
    assert (status, headers["retry-after"]) == (429, "1")
    assert json.loads(body)["error"] == f"{QUEUE} requests are at work and waiting, the most of this server"
    assert serving.ask("/readyz")[0] == 503
    assert serving.ask("/healthz")[0] == 200
    for connection in trickling:
        with contextlib.closing(connection):
            assert b" 408 " in connection.recv(1000)
    with contextlib.closing(headless), contextlib.suppress(ConnectionResetError):
        assert headless.recv(1000) == b""
    assert time.monotonic() - began < 4 * SECONDS
    assert serving.ask(GENERATE)[0] == 200
    gone = serving.raw(
        b"HEADContent-Length: 1000\r\n\r\nabc"
    )  # nobody waits for the answer, and the place is free again
    gone.close()
    assert serving.ask("/readyz")[0] == 200


def test_what_cannot_be_served(tmp_path, monkeypatch):
    monkeypatch.delenv("ELEGAN_API_KEY", raising=False)
    denoise = library.Run.open("denoise")
    for error, runs, options in (
        ("needs a key", denoise, {"host": "0.0.0.0"}),
        ("the key has 5 characters", denoise, {"key": "short"}),
        ("both be 'denoise'", [denoise, denoise], {}),
        ("'a/b' is no name for an address", {"a/b": denoise}, {}),
        ("there is nothing to serve", [], {}),
        ("serve inpaint, which asks it", library.Run.open("scratches"), {}),
        ("cannot listen at 192.0.2.1", denoise, {"host": "192.0.2.1", "key": KEY}),
    ):
        with pytest.raises(UserError, match=error):
            library.serve(runs, **{"port": 0} | options)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(UserError, match="--port names another"):
        library.serve(denoise, port=taken.getsockname()[1])
