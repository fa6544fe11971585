"""Pictures by description: the same as the command's, the same again, and refused where a description means nothing."""

import base64
import io
import json
from urllib.parse import quote

import numpy as np
import pytest
import torch
from PIL import Image

import elegan
from elegan.studio.explore import encoded, read_spec
from elegan.verbs.latent import Space, mixed


def pixels(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def paint(served, *specs):
    answer = served.ask("/api/pictures", {"specs": [{"run": "digits", **spec} for spec in specs]})
    assert answer.status == 200, answer.body
    return [pixels(address) for address in answer.json]


def test_a_seed_is_the_picture_that_the_command_makes(served):
    run = elegan.Run.open(served.folder / "digits")
    for truncation in (None, 0.8):
        made = paint(served, *({"seed": seed, "truncation": truncation} for seed in (0, 7, 12)))
        assert np.array_equal(np.stack(made), run.generate(seeds=[0, 7, 12], truncation=truncation)[..., 0])


def test_the_corners_of_a_pad_are_its_pins_and_ways_move_and_lead_back(served):
    pins = [{"seed": seed} for seed in range(4)]
    corners = [{"pad": pins, "at": at} for at in ([0, 0], [1, 0], [0, 1], [1, 1])]
    assert np.array_equal(paint(served, *corners), paint(served, *pins))
    plain, moved, back = paint(served, {"seed": 1}, {"seed": 1, "ways": [2.0, -1.0]}, {"seed": 1, "ways": [0, 0]})
    assert np.array_equal(plain, back)
    assert not np.array_equal(plain, moved)


def test_a_downloaded_picture_says_how_to_make_it_again(served):
    spec = {"run": "digits", "pad": [{"seed": seed} for seed in (3, 1, 4, 5)], "at": [0.25, 0.5], "ways": [1.0]}
    answer = served.ask(f"/api/picture?spec={quote(json.dumps(spec))}")
    assert "attachment" in answer.headers["content-disposition"]
    known = served.ask("/api/spec", answer.body).json["spec"]
    assert known == {**spec, "step": 4}
    again = served.ask(f"/api/picture?spec={quote(json.dumps(known))}").body
    assert again == answer.body
    text = Image.open(io.BytesIO(answer.body)).text
    assert 'name = "dcgan"' in text["elegan recipe"]
    assert served.ask("/api/spec", b"no picture").json == {"spec": None}
    blank = io.BytesIO()
    Image.new("L", (8, 8)).save(blank, "PNG")
    assert read_spec(blank.getvalue()) is None


@pytest.mark.parametrize(
    "spec",
    [
        {}, {"seed": -1}, {"seed": "1"}, {"seed": 1.5}, {"seed": 2**63}, {"seed": 1, "truncation": 0}, {"seed": 1, "truncation": "x"},
        {"pad": [{"seed": 1}] * 3, "at": [0, 0]}, {"pad": [{"seed": 1}] * 4, "at": [2, 0]}, {"pad": [{"seed": 1}] * 4},
        {"point": "!!"}, {"point": "AAAA"}, {"point": base64.b64encode(np.full(100, np.nan, "<f4").tobytes()).decode()},
        {"mix": [{"seed": 1}, {"seed": 2}], "level": 1}, {"seed": 1, "ways": ["x"]}, {"seed": 1, "ways": [1e999]}, {"seed": 0, "step": 3},
        {"seed": 0, "label": 1}, {"seed": 0, "run": "nobody"}, {"seed": 0, "run": "../runs/digits"},
    ],
)  # fmt: skip
def test_a_description_that_means_nothing_is_refused(served, spec):
    answer = served.ask("/api/pictures", {"specs": [{"run": "digits", **spec}]})
    assert answer.status == 400
    assert answer.json["fault"]


def test_pictures_that_are_asked_for_are_bounded(served):
    assert served.ask("/api/pictures", {"specs": [{"run": "digits", "seed": s} for s in range(65)]}).status == 400
    deep = {"seed": 0}
    for _ in range(7):
        deep = {"pad": [deep, {"seed": 1}, {"seed": 2}, {"seed": 3}], "at": [0, 0]}
    assert served.ask("/api/pictures", {"specs": [{"run": "digits", **deep}]}).status == 400


def test_a_photograph_finds_the_point_of_a_picture_that_it_is(served):
    (target,) = paint(served, {"seed": 5000})
    buffer = io.BytesIO()
    Image.fromarray(target).save(buffer, "PNG")
    end = served.work(
        "invert", run="digits", photo=served.upload("photos", **{"five.png": buffer.getvalue()}), steps=60
    )
    assert end["state"] == "done", end["fault"]
    assert end["result"]["PSNR"] > 20
    assert np.array_equal(paint(served, end["result"]["spec"])[0].shape, target.shape)


def test_directions_come_with_what_they_change_and_a_walk_is_a_film(served):
    ways = served.work("ways", run="digits")["result"]
    assert len(ways) == 6
    assert all(way["about"].startswith("changes") for way in ways)
    walk = served.work("walk", run="digits", seeds=[1, 2])["result"]["url"]
    assert served.ask(walk).body.startswith(b"GIF8")


def test_styles_are_mixed_as_the_command_mixes_them(tmp_path, digits_run):
    from elegan.studio import explore
    from elegan.studio.place import Place

    small = [
        "nets.generator.width=8",
        "nets.generator.latent=8",
        "nets.discriminator.width=8",
        "batch=8",
        "watch.images=32",
    ]
    elegan.train("digits", "stylegan2", steps=1, settings=small, out=tmp_path, name="styles", quiet=True)
    models = explore.Models(Place(tmp_path))
    space = Space(elegan.Run.open(tmp_path / "styles"))
    (made,) = explore.paint(models, [{"run": "styles", "mix": [{"seed": 1}, {"seed": 2}], "level": 1}])
    assert np.array_equal(made, space.paint(mixed(space, [1], [2], 1)[0])[0])
    point = mixed(space, [1], [2], 1)[0, 0]
    assert torch.equal(explore.point(models.open("styles"), space, {"point": encoded(point)}), point)
