"""Restoring from training to files on the disk, with what is shipped and with a run of one's own."""

import base64
import io
import json
import re
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_sample_image

import elegan as library
from data_corpus import dng
from elegan.core import rng
from elegan.core.errors import UserError
from elegan.data import raw
from elegan.data.damage import UNKNOWN, Scene, gaussian_noise, holes
from elegan.data.photo import read_photo
from elegan.data.resize import resize
from elegan.games.abilities import Restores
from elegan.metrics.fidelity import psnr
from elegan.nets import pretrained
from elegan.nets.perceptual import VGGFeatures, vgg_features
from elegan.nets.restorers import hourglass_restorer, residual_restorer, smooth_fill, whole
from elegan.nets.tiling import in_tiles
from elegan.record import packed
from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from elegan.verbs.restore import find_scratches, open_chain, open_restorer, restore_files, targets

TINY = ["nets.restorer.width=8", "nets.restorer.blocks=1", "data.resolution=32", "batch=4", "watch.log=1"]
FLOWER = load_sample_image("flower.jpg")[120:280, 240:432]  # no shipped model has seen it


def through(restorer, inputs, out=None):
    return list(restore_files(restorer, targets(restorer, inputs, out)))


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def awake(net):
    """Restorers begin as the identity, which any tiling would keep."""
    torch.manual_seed(0)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return net.eval()


@torch.inference_mode()
def restored(net, x: torch.Tensor) -> np.ndarray:
    y = whole(net, torch.cat([x[:, :3] * 2 - 1, x[:, 3:]], 1))
    return (y * 127.5 + 127.5).round().clamp(0, 255).permute(0, 2, 3, 1).numpy().astype(np.uint8)


@pytest.fixture(scope="module")
def runs(photographs, tmp_path_factory):
    """A run of sr-x4, and one begun from it."""
    out = tmp_path_factory.mktemp("runs")
    first = library.train(str(photographs), "sr-x4", settings=TINY, steps=3, out=out, name="a", quiet=True)
    second = library.train(
        str(photographs), "sr-x4", settings=TINY, steps=2, out=out, name="b", quiet=True, seed=1, start=first.path
    )
    return first, second


@pytest.mark.parametrize("make", [
    partial(residual_restorer, 3, 0, 4, width=8, blocks=3), partial(residual_restorer, 3, 1, 1, width=8, blocks=2, fold=2),
    partial(hourglass_restorer, 3, 1, 1, width=4, dilations=(1, 2), keep="known"),
    partial(hourglass_restorer, 3, 0, 1, width=4, dilations=(1, 2), keep="brightness"),
])  # fmt: skip
@torch.inference_mode()
def test_tiles_equal_the_whole_at_any_size(make):
    net = awake(make())
    x = torch.rand(1, 3 + net.hints, 203, 150) * 2 - 1
    y = whole(net, x)
    assert y.shape == (1, 3, 203 * net.scale, 150 * net.scale)
    tiled = in_tiles(partial(whole, net), x, net, 48, net.scale)
    assert (y - x[:, :3].mean()).std() > 0.05
    # At the lower right the whole is filled up by mirroring, and so is its last tile.
    torch.testing.assert_close(tiled, y, rtol=0, atol=1e-5)


def test_what_is_kept_is_kept():
    x = torch.rand(2, 4, 32, 40) * 2 - 1
    x[:, 3] = (x[:, 3] > 0).float()
    net = awake(hourglass_restorer(3, 1, 1, width=4, keep="known"))
    y, known = whole(net, x), x[:, 3:] == 0
    assert torch.equal(y.where(known, 0), x[:, :3].where(known, 0))
    assert (y - x[:, :3]).where(~known, 0).abs().max() > 0.01
    net = awake(hourglass_restorer(3, 0, 1, width=4, keep="brightness"))
    luma = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    change = whole(net, x[:, :3]) - x[:, :3]
    assert change.abs().max() > 0.01
    assert (change * luma).sum(1).abs().max() < 1e-5


def test_holes_are_first_filled_from_around_them():
    ramp = torch.linspace(-1, 1, 64).expand(1, 3, 64, 64)
    unknown = torch.zeros(1, 1, 64, 64)
    unknown[..., 20:40, 20:30] = 1
    filled = smooth_fill(torch.where(unknown > 0, 0.0, ramp), unknown)
    assert torch.equal(filled.where(unknown == 0, 0), ramp.where(unknown == 0, 0))
    assert (filled - ramp).abs().max() < 0.15
    constant = smooth_fill(torch.where(unknown > 0, 0.0, torch.full((1, 3, 64, 64), 0.7)), unknown)
    torch.testing.assert_close(constant, torch.full((1, 3, 64, 64), 0.7))
    assert not smooth_fill(torch.zeros(1, 3, 64, 64), torch.ones(1, 1, 64, 64)).any()


def test_parts_that_do_not_fit(photographs, tmp_path):
    for recipe, setting, message in (
        ("sr-x4", "nets.restorer=hourglass_restorer", "keeps the size"),
        ("sr-x4-detail", "nets.features=vgg_features", "nets.features needs a value for weights"),
        ("oldphoto", "nets.restorer.keep=known", "needs a damage that hints where it is"),
        ("colorize", "data.channels=1", "nets.restorer.keep = 'brightness' needs data.channels = 3"),
        ("inpaint", "data.resolution=80", "data.resolution = 80 is no multiple of 32"),
        ("sr-x4", "data.channels=4", "alpha is kept beside it"),
        ("sr-x4", "damage.downscale.factor=3", "crops of 64 pixels .* must be its multiples"),
        ("sr-x4", "damage.downscale.factor=0", "damage.downscale.factor = 0"),
        ("sr-x4", "damage.downscale.kernel=cubic", "damage.downscale.kernel = 'cubic'"),
    ):
        with pytest.raises(UserError, match=message):
            make_trainer(plan_for(str(photographs), recipe, settings=["data.resolution=32", setting], out=tmp_path))


def test_the_metric_fits_what_is_learnt(photographs, tmp_path):
    for data, recipe, metric, message in (
        (str(photographs), "sr-x4", "fd", "watched by l1, psnr, ssim or none"), ("digits", "gan", "l1", "compares picture with picture"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=message):
            library.train(data, recipe, settings=[f"watch.metric={metric}"], steps=1, out=tmp_path, quiet=True)


def test_decibels_are_watched_where_more_is_better(photographs, tmp_path):
    run = library.train(str(photographs), "sr-x4", settings=[*TINY, "watch.metric=psnr", "watch.every=1", "watch.images=4"],
                        steps=3, out=tmp_path, quiet=True)  # fmt: skip
    looks = [
        record for record in map(json.loads, (run.path / "log.jsonl").read_text().splitlines()) if "PSNR" in record
    ]
    values = {record["step"]: record["PSNR"] for record in looks}
    assert list(looks[0])[2] == "PSNR"
    (listed,) = library.runs(tmp_path)
    best = max(values, key=values.get)
    assert (listed.metric, listed.newest, listed.best, listed.best_step) == ("psnr", values[3], values[best], best)
    assert library.Run.open(run.path, checkpoint="best").step == best


def test_damage_is_data(photographs, tmp_path):
    settings = [
        *TINY,
        "damage.jpeg=jpeg",
        "damage.jpeg.quality=[10,20]",
        "damage.downscale=none",
        "damage.noise=speckle",
    ]
    trainer = make_trainer(plan_for(str(photographs), "sr-x4", settings=settings, out=tmp_path))
    restores = trainer.game.ability(Restores)
    assert (restores.scale, restores.hints) == (1, 0)
    with rng.drawing(0, 0, total=4, rows=range(4)):
        batch = trainer.feed(0, range(4))
    with rng.drawing(0, 0, total=4, rows=range(2, 4)):
        half = trainer.feed(0, range(2, 4))
    assert batch.x.shape == batch.y.shape == (4, 3, 32, 32)
    assert torch.equal(half.x, batch.x[2:])
    assert 0.005 < (batch.x - batch.y).square().mean() < 0.3


def test_a_run_begins_with_another_ones_weights(runs):
    first, second = runs
    assert json.loads((second.path / "run.json").read_text())["from"] == first.path.name
    for a, b in zip(second.start.parameters(), first.restorer.parameters(), strict=True):
        assert torch.equal(a, b)
    for detail, (net, other) in {0.0: (second.start, first.restorer), 1.0: (second.restorer, first.restorer)}.items():
        mixed = open_restorer(scale=4, model=str(second.path), detail=detail).net
        assert all(torch.equal(a, b) for a, b in zip(mixed.parameters(), net.parameters(), strict=True)), detail
        assert detail == 0 or not all(
            torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True)
        )
    with pytest.raises(UserError, match=r"no weights of .* have the places and shapes"):
        make_trainer(plan_for("digits", "dcgan", start=first.path))
    with pytest.raises(UserError, match="no counterpart trained for detail"):
        open_restorer(scale=4, model=str(first.path), detail=0.5)


def test_a_packed_run_restores_alike(runs, elegan, tmp_path):
    first, _ = runs
    Image.fromarray(FLOWER).save(tmp_path / "flower.png")
    packed = elegan("pack", first.path, "--out", "mine.safetensors")
    assert packed.returncode == 0, packed.stderr
    net, recipe = pretrained.unpack(tmp_path / "mine.safetensors")
    assert recipe.name == "sr-x4"
    a, b = (restored(n, tensor(FLOWER)).astype(int) for n in (net, first.restorer))
    assert np.abs(a - b).max() <= 1  # half precision
    with pytest.raises(UserError, match="no model 'upscale-x3'; did you mean 'upscale-x"):
        pretrained.unpack("upscale-x3")
    measured = elegan("evaluate", first.path)
    assert "SSIM" in measured.stdout, measured.stderr


def test_bad_input_does_not_keep_the_rest_from_being_done(elegan, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(FLOWER[:21, :17]).save(folder / "good.jpg")
    Image.fromarray(FLOWER[:1, :1]).save(folder / "one.png")
    Image.fromarray(FLOWER[:20, :20]).convert("CMYK").save(folder / "cmyk.jpg")
    frames = [Image.fromarray(FLOWER[i : i + 8, :8]) for i in (0, 8)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    (folder / "none.png").write_bytes(b"")
    (folder / "text.png").write_bytes(b"no image")
    whole_file = (folder / "good.jpg").read_bytes()
    (folder / "torn.jpg").write_bytes(whole_file[: len(whole_file) // 2])
    Image.new("1", (30_000, 3_000)).save(folder / "bomb.png")
    Image.new("L", (30_000, 2)).save(folder / "wide.png")
    Image.new("L", (30_000, 2)).save(folder / "wide.jpg")
    done = elegan("restore", "in")
    assert done.returncode == 1
    made = {path.name for path in folder.iterdir() if "-x2" in path.name}
    assert made == {"good-x2.jpg", "one-x2.png", "cmyk-x2.jpg", "wide-x2.png", "wide-x2.jpg"}
    assert Image.open(folder / "good-x2.jpg").size == (34, 42)
    assert Image.open(folder / "one-x2.png").size == (2, 2)
    for fault in ("moving.gif: an animation", "none.png: empty file", "text.png: not an image", "torn.jpg: ",
                  "bomb.png: more than 89 million pixels"):  # fmt: skip
        assert fault in done.stderr, fault
    assert "5 of 10 failed" in done.stderr
    again = elegan("restore", "in")
    assert "5 stood in" in again.stdout
    assert {path.name for path in folder.iterdir() if "-x2" in path.name} == made
    (tmp_path / "empty").mkdir()
    nothing = elegan("restore", "empty")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "no pictures in empty" in nothing.stderr


@pytest.mark.parametrize("scale", [1.5, 2, 3, 4])
def test_shipped_upscaling_beats_bicubic_at_any_scale(tmp_path, scale):
    h, w = FLOWER.shape[:2]
    small = resize(tensor(FLOWER), (round(h / scale), round(w / scale)))
    picture = (small * 255).round().clamp(0, 255)[0].permute(1, 2, 0).numpy().astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "a.png")
    (outcome,) = through(open_restorer(scale=scale), [str(tmp_path / "a.png")])
    assert not outcome.fault
    made = np.asarray(Image.open(tmp_path / f"a-x{scale:g}.png"))
    size = (round(picture.shape[0] * scale), round(picture.shape[1] * scale))
    assert made.shape[:2] == size
    if size == (h, w):
        bicubic = (resize(tensor(picture), size) * 255).round().clamp(0, 255)[0].permute(1, 2, 0).numpy()
        crop = np.s_[None, 4:-4, 4:-4]
        gain = psnr(made[crop], FLOWER[crop]) - psnr(bicubic.astype(np.uint8)[crop], FLOWER[crop])
        assert gain > {1.5: 0.3, 2: 0.5, 4: 0.3}[scale]


@pytest.mark.parametrize("sigma", [10, 25, 50])
def test_shipped_denoising_beats_the_noise(sigma):
    x = tensor(FLOWER)
    with rng.drawing("noise", total=1, rows=range(1)):
        noisy = gaussian_noise(Scene(x, x[:, :0]), sigma=(sigma, sigma)).x
    net = open_restorer("denoise").net
    before = 10 * np.log10(1 / float((noisy - x).square().mean()))
    for level in (sigma / 255, UNKNOWN):
        made = restored(net, torch.cat([noisy, torch.full_like(x[:, :1], level)], 1))
        assert psnr(made, FLOWER[None]) > before + {10: 2.5, 25: 7.5, 50: 10.5}[sigma]


def test_shipped_inpainting_keeps_what_is_known_and_beats_grey(tmp_path):
    x = tensor(FLOWER)
    with rng.drawing("holes", total=1, rows=range(1)):
        scene = holes(Scene(x, x[:, :0]), size=(0.05, 0.15), share=(0.05, 0.15))
    mask = scene.hints[0, 0].numpy() > 0
    Image.fromarray(FLOWER).save(tmp_path / "a.png")
    Image.fromarray(mask).save(tmp_path / "mask.png")
    (outcome,) = through(open_restorer("inpaint", mask=str(tmp_path / "mask.png")), [str(tmp_path / "a.png")])
    made = np.asarray(Image.open(outcome.target))
    assert outcome.target.name == "a-filled.png"
    assert np.array_equal(made[~mask], FLOWER[~mask])
    error = np.abs(made[mask].astype(int) - FLOWER[mask]).mean()
    assert error < 0.6 * np.abs(FLOWER[~mask].mean(0) - FLOWER[mask]).mean()

    Image.fromarray(mask[:-1]).save(tmp_path / "short.png")
    (fault,) = through(
        open_restorer("inpaint", mask=str(tmp_path / "short.png")), [str(tmp_path / "a.png")], tmp_path / "o"
    )
    assert fault.fault == "its mask is 192x159 and it is 192x160"
    assert not (tmp_path / "o").exists()


def test_shipped_scratches_are_found_where_they_are(tmp_path):
    picture = FLOWER.copy()
    drawn = np.zeros(FLOWER.shape[:2], bool)
    for column in (40, 110, 150):
        drawn[10:150, column : column + 2] = True
    picture[drawn] = 235
    Image.fromarray(picture).save(tmp_path / "a.png")
    found = find_scratches(read_photo(tmp_path / "a.png"))
    assert (found & drawn).sum() > 0.6 * drawn.sum()
    assert (found & ~drawn).mean() < 0.06


def test_what_belongs_to_a_photograph_stays(tmp_path):
    deep = np.asarray(Image.fromarray(FLOWER[:40, :30]).convert("L")).astype(np.uint16) * 257
    Image.fromarray(deep).save(tmp_path / "deep.png")
    rgba = np.dstack([FLOWER[:40, :30], np.full((40, 30), 200, np.uint8)])
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "me"
    Image.fromarray(rgba).save(tmp_path / "alpha.png", exif=exif)
    outcomes = through(open_restorer(), [str(tmp_path / name) for name in ("deep.png", "alpha.png")], tmp_path / "out")
    assert not [o.fault for o in outcomes if o.fault]
    made = Image.open(tmp_path / "out" / "deep.png")
    assert (made.mode, made.size) == ("I;16", (60, 80))
    made = Image.open(tmp_path / "out" / "alpha.png")
    assert (made.mode, made.size, made.getexif()[0x013B]) == ("RGBA", (80, 60), "me")
    assert made.getexif()[0x0112] == 1
    with pytest.raises(UserError, match="would both be written"):
        through(open_restorer(), [str(tmp_path), str(tmp_path / "out" / "deep.png")], tmp_path / "o")


def test_mistakes():
    for options, message in (
        ({"task": "upscaling"}, "unknown task 'upscaling'; did you mean 'upscale'"),
        ({"scale": 5}, "scale = 5 is not above 1 and up to 4"),
        ({"task": "denoise", "sigma": -1}, "sigma = -1"),
        ({"task": "inpaint"}, "inpainting needs --mask"),
        ({"task": "inpaint", "mask": "nowhere.png"}, "no mask 'nowhere.png'"),
        ({"detail": 2.0, "scale": 4}, "detail = 2.0 must be in 0..1"),
        ({"model": "denoise"}, "model 'denoise' makes pictures 1 times as large"),
        ({"task": "colorize"}, "no model 'colorize' is shipped; train one"),
        ({"task": "denoise,upscaling"}, "unknown task 'upscaling'; did you mean 'upscale'"),
        ({"task": "denoise,denoise"}, "'denoise' is named twice"),
        ({"task": "denoise,upscale", "model": "denoise"}, "--model is for a single task"),
        ({"task": "denoise", "mask": "transparent"}, "--mask is for inpaint, not for 'denoise'"),
        ({"task": "scratches", "sigma": 5.0}, "--sigma is for what removes noise"),
        ({"task": "denoise,scratches", "detail": 0.5}, "--detail is for upscale"),
        ({"task": "upscale,scratches", "sigma": 10.0}, "--sigma is for denoise"),
        ({"task": "scratches", "mask": "hole.png"}, "scratches are found, not told"),
        ({"task": "scratches", "model": "oldphoto.pth"}, "is a pickle, which runs whatever it holds"),
    ):
        with pytest.raises(UserError, match=message):
            open_chain(**options)


def test_vgg_takes_imagenet_s_weights_from_a_file_and_nothing_else(tmp_path):
    torch.manual_seed(0)
    state = VGGFeatures().state_dict()
    torch.save(state | {"classifier.0.weight": torch.zeros(1)}, tmp_path / "vgg19.pth")
    maps = vgg_features(3, weights=str(tmp_path / "vgg19.pth"))(torch.rand(1, 3, 32, 32))
    assert [tuple(m.shape[1:]) for m in maps] == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    for name in ("other.pth", "nowhere.pth"):
        with pytest.raises(UserError, match=name):
            vgg_features(3, weights=str(tmp_path / name))
    with pytest.raises(UserError, match="needs pictures with 3 channels"):
        vgg_features(1, weights=str(tmp_path / "vgg19.pth"))


def test_what_is_shipped_is_small_and_described():
    names = packed.shipped()
    assert {"upscale-x2", "upscale-x4", "upscale-x4-detail", "denoise", "inpaint", "scratches"} <= set(names)
    assert sum(path.stat().st_size for path in packed.SHIPPED.glob("*.safetensors")) < 12e6
    for name in names:
        card = (packed.SHIPPED / f"{name}.md").read_text()
        assert all(word in card for word in ("licence", "elegan train", "minutes", "dB")), name


def test_a_chain_gives_what_its_tasks_give_one_after_the_other_unrounded(tmp_path):
    Image.fromarray(FLOWER[:48, :40]).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    chain = open_chain("scratches,denoise,upscale", scale=1.5, sigma=20.0)
    alone = open_restorer("upscale", scale=1.5)(open_restorer("denoise", sigma=20.0)(open_restorer("scratches")(photo)))
    (outcome,) = through(chain, str(tmp_path / "a.png"))
    assert outcome.target.name == "a-unscratched-denoised-x1.5.png"
    made = np.asarray(Image.open(outcome.target))
    assert made.shape == (72, 60, 3)
    assert np.array_equal(made, np.rint(alone.pixels * 255).astype(np.uint8))
    by_mask = open_restorer("inpaint", mask="auto-scratches")(photo)
    assert np.array_equal(open_restorer("scratches")(photo).pixels, by_mask.pixels)
    backwards = open_chain("upscale,denoise,scratches", scale=1.5, sigma=20.0)(photo)
    assert not np.array_equal(backwards.pixels, alone.pixels)


def test_a_page_shows_before_and_after_and_loads_nothing(elegan, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    evil = "<script>alert(1)<x>&.png".replace("/", "")
    Image.fromarray(FLOWER[:20, :30]).save(folder / evil)
    (folder / "broken.png").write_bytes(b"no image")
    done = elegan("restore", "in", "--page", "page.html", "--out", "out")
    assert done.returncode == 1
    text = (tmp_path / "page.html").read_text()
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "30 x 20 to 60 x 40" in text
    assert "broken.png: not an image" in text
    assert text.count("data:image/webp;base64,") == 2
    assert "http" not in text.replace("http-equiv", "")
    shown = [Image.open(io.BytesIO(base64.b64decode(one))) for one in re.findall(r"base64,([^\"]+)", text)]
    assert [image.size for image in shown] == [(60, 40)] * 2
    after, made = np.asarray(shown[0], np.float32), np.asarray(Image.open(tmp_path / "out" / evil), np.float32)
    before = np.asarray(Image.fromarray(FLOWER[:20, :30]).resize((60, 40)), np.float32)
    assert np.abs(after - made).mean() < np.abs(after - before).mean()


def test_out_is_a_file_for_one_photograph_and_quality_makes_it_smaller(tmp_path):
    source = tmp_path / "a.png"
    Image.fromarray(FLOWER).save(source)
    sizes = []
    for quality in (None, 90, 30):
        (outcome,) = library.restore(source, "denoise", out=tmp_path / f"{quality}.jpg", quality=quality)
        assert outcome.target == tmp_path / f"{quality}.jpg"
        assert Image.open(outcome.target).format == "JPEG"
        sizes.append(outcome.target.stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    Image.fromarray(FLOWER).save(tmp_path / "b.png")
    with pytest.raises(UserError, match="is one file, for 2 photographs"):
        library.restore([source, tmp_path / "b.png"], out=tmp_path / "one.png")
    with pytest.raises(UserError, match="does not end as --format jpg does"):
        library.restore(source, out=tmp_path / "one.png", format="jpg")
    with pytest.raises(UserError, match="png loses nothing"):
        library.restore(source, format="png", quality=80)
    with pytest.raises(UserError, match="quality = 101 is not in 1..100"):
        library.restore(source, quality=101)


def test_a_model_of_another_project_is_told_by_its_weights_or_says_what_it_takes(tmp_path):
    path = tmp_path / "esrgan.safetensors"
    save_file({"model.0.weight": torch.zeros(4, 3, 3, 3)}, path)
    try:
        import spandrel
    except ImportError:
        with pytest.raises(UserError, match="a model of another project; to open it takes"):
            open_restorer(model=str(path))
        pytest.skip("spandrel is not installed")
    with pytest.raises(UserError, match="no network that spandrel knows"):
        open_restorer(model=str(path))
    theirs = spandrel.architectures.ESRGAN.ESRGAN(num_filters=8, num_blocks=1, scale=2)
    save_file(theirs.state_dict(), path)
    Image.fromarray(FLOWER[:33, :40]).save(tmp_path / "a.png")
    (outcome,) = library.restore(tmp_path / "a.png", model=path, out=tmp_path / "out.png")
    with torch.inference_mode():
        expected = theirs.eval()(tensor(FLOWER[:33, :40])).clamp(0, 1)[0].permute(1, 2, 0).numpy()
    assert np.abs(np.asarray(Image.open(outcome.target)) - expected * 255).max() < 0.51


def test_camera_raw_in_a_folder_becomes_a_tiff_or_says_what_it_takes(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.dng").write_bytes(dng(6))
    (outcome,) = library.restore(tmp_path / "in", out=tmp_path / "out")
    assert outcome.target == tmp_path / "out/a.tif"
    if not raw.is_installed():
        assert "pip install 'elegan[raw]'" in outcome.fault
        return
    assert outcome.fault == ""
    made = read_photo(outcome.target)
    assert (made.format, made.bits, made.pixels.shape) == ("TIFF", 16, (192, 128, 3))
