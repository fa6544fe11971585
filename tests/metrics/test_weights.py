"""Published weights are fetched from a file, an address or the hub, and nothing wrong is kept; folders against folders by the field's words."""

import hashlib
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from elegan.core.errors import Failure, UserError
from elegan.metrics import psnr
from elegan.metrics.evaluate import evaluate_folder
from elegan.metrics.weights import INCEPTION, fetch, preferred
from elegan.recipes import find_recipe

CONTENT = b"weights" * 1000
KNOWN = replace(INCEPTION, sha256=hashlib.sha256(CONTENT).hexdigest())  # other weights than those, published alike


@pytest.fixture
def served(tmp_path):
    """(a folder, the address at which it is served)."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    folder = tmp_path / "served"
    (folder / "owner/name/resolve/main").mkdir(parents=True)
    (folder / "right.pth").write_bytes(CONTENT)
    (folder / "wrong.pth").write_bytes(CONTENT[:-1])
    (folder / "owner/name/resolve/main/right.pth").write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_weights_come_from_a_file_an_address_and_the_hub(served, tmp_path, monkeypatch):
    folder, address = served
    monkeypatch.setenv("HF_ENDPOINT", address)
    for number, origin in enumerate((str(folder / "right.pth"), f"{address}/right.pth", "hf:owner/name/right.pth")):
        place = tmp_path / str(number) / "kept.pth"
        assert KNOWN.fetch(origin, place) == place
        assert place.read_bytes() == CONTENT
        assert KNOWN.find(str(place)) == place


def test_nothing_wrong_is_kept(served, tmp_path):
    folder, address = served
    place = tmp_path / "kept.pth"
    wrong = [(str(folder / "wrong.pth"), UserError, "is not the 2015 Inception file"), (f"{address}/wrong.pth", UserError, "SHA-256 is"),
             (f"{address}/absent.pth", Failure, "cannot be fetched from .*absent.pth.*not found.*fetch inception --from FILE"),
             ("ftp://x/y", UserError, "begins with https:// or http://"), ("hf:x", UserError, "is not hf:OWNER/NAME/FILE"),
             (str(folder / "rigth.pth"), UserError, "did you mean 'right.pth'")]  # fmt: skip
    for origin, kind, message in wrong:
        with pytest.raises(kind, match=message):
            KNOWN.fetch(origin, place)
        assert not place.exists()
    with pytest.raises(UserError, match="did you mean 'inception'"):
        fetch("incepton")


def test_fid_takes_the_weights_that_are_there(tmp_path, monkeypatch):
    monkeypatch.delenv("ELEGAN_INCEPTION", raising=False)
    assert preferred("auto", ["fid"]) == "auto"
    monkeypatch.setenv("ELEGAN_INCEPTION", "weights.pth")
    assert [preferred(*asked) for asked in (("auto", ["fid"]), ("auto", ["fd"]), ("auto", None), ("random", ["fid"]))] == [
        "inception", "auto", "auto", "random"]  # fmt: skip


def test_a_watched_metric_goes_by_the_words_of_the_field():
    assert find_recipe("dcgan").override(["watch.metric=fid"]).watch.metric == "fd"
    assert find_recipe("dcgan").override(["watch.metric=kid"]).watch.metric == "kd"
    with pytest.raises(UserError, match="watch.metric = 'fdi'"):
        find_recipe("dcgan").override(["watch.metric=fdi"])


def test_pictures_of_two_folders_are_compared_by_their_names(photographs, tmp_path):
    made, values = tmp_path / "made", []
    made.mkdir()
    for path in sorted(photographs.glob("*.png")):
        pixels = np.asarray(Image.open(path))
        darker = pixels // 2 + int(path.stem)
        Image.fromarray(darker).save(made / f"{path.stem}.bmp")
        values.append(psnr(darker[None], pixels[None]))
    (result,) = evaluate_folder(str(made), str(photographs), metrics=["psnr"])
    assert (result.label, result.n_real, result.value) == ("PSNR", 20, pytest.approx(np.mean(values)))
    (made / "03.bmp").rename(made / "33.bmp")
    with pytest.raises(UserError, match="has no picture '33'.*'psnr' compares those of one name"):
        evaluate_folder(str(made), str(photographs), metrics=["psnr"])
    Image.fromarray(np.zeros((9, 8, 3), np.uint8)).save(made / "33.bmp")
    (made / "33.bmp").rename(made / "03.bmp")
    with pytest.raises(UserError, match="03.bmp is of another size than the real picture: 8x9 and 93x80"):
        evaluate_folder(str(made), str(photographs), metrics=["psnr"])


def test_the_command_takes_two_folders(elegan, photographs):
    done = elegan("evaluate", photographs, photographs, "--metrics", "ssim,fid", "--extractor", "random")
    assert done.returncode == 0, done.stderr
    assert "SSIM" in done.stdout
    assert "FID is measured in the features of Inception's published weights; this is" in done.stdout
    assert "elegan fetch inception" in done.stdout
