"""Works through the studio: the survey and the plan, photographs restored, measures and reports, progress and stopping."""

import io
import os
import shutil
import time

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

import elegan
from elegan.core import progress
from elegan.core.errors import Interrupted
from elegan.nets.tiling import in_tiles
from elegan.recipes import CATALOGUE, find_recipe
from elegan.recipes.fields import fields
from elegan.recipes.recipe import flat_values
from elegan.studio import listing
from elegan.studio.place import DAY, Place
from elegan.studio.works import Work, Works, do_work

PHOTO = Image.fromarray(load_sample_image("china.jpg")).crop((200, 60, 296, 140))


def encoded(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def test_dropped_pictures_are_surveyed_by_class_and_shown(served):
    files = {
        f"{kind}/{n}.png": encoded(PHOTO.crop((n, m, n + 40, m + 40)), "PNG")
        for m, kind in enumerate("ab")
        for n in range(3)
    }
    files["b/again.png"] = files["b/2.png"]
    data = served.upload("data", **{f"set/{name}": data for name, data in files.items()}) + "/set"
    found = served.work("survey", data=data)["result"]
    assert (found["name"], found["count"], found["classes"]) == ("set", 7, {"a": 3, "b": 4})
    assert len(found["duplicates"]) == 1
    assert len(found["pictures"]) == 7


@pytest.mark.slow
def test_the_plan_is_the_dry_run(served):
    found = served.work("plan", data="digits", recipe="dcgan", steps=3, settings=["batch=8", "nets.generator.width=8"])
    assert found["result"]["cost"]["steps"] == 3
    assert found["result"]["cost"]["seconds"] > 0
    assert found["result"]["name"].startswith("digits-dcgan")
    wrong = served.work("plan", data="--trust", steps=1)  # whose value passes for no option
    assert "no folder, zip or data set '--trust'" in wrong["fault"]


def test_the_form_has_every_setting_of_the_recipe(served):
    form = served.ask("/api/fields", {"recipe": "dcgan", "settings": ["batch=8"]}).json["fields"]
    by_key = {field["key"]: field for field in form}
    assert flat_values(find_recipe("dcgan").full()).keys() - by_key.keys() == {"name", "parent", "about"}
    assert by_key["batch"]["value"] == 8
    assert by_key["batch"]["schema"]["type"] == "integer"
    assert "hinge" in by_key["losses.adversarial.name"]["choices"]
    wrong = served.ask("/api/fields", {"recipe": "dcgan", "settings": ["batchh=8"]})
    assert "did you mean 'batch'" in wrong.json["fault"]


def test_a_recipe_of_every_kind_has_a_form():
    for recipe in {recipe.data.kind: recipe for recipe in CATALOGUE.values()}.values():
        assert flat_values(recipe.full()).keys() - {field.key for field in fields(recipe)} == {
            "name",
            "parent",
            "about",
        }


def test_a_photograph_is_restored_with_its_metadata_and_a_painted_mask(served):
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    photo = served.upload("photos", **{"view.jpg": encoded(PHOTO, "JPEG", exif=exif, quality=95)})
    (larger,) = served.work("restore", photo=f"{photo}/view.jpg", task="upscale", scale=2)["result"]
    made = Image.open(io.BytesIO(served.ask(larger["url"]).body))
    assert (made.format, made.size) == ("JPEG", (192, 160))
    assert made.getexif()[0x010F] == "a camera"
    for side in ("before", "after"):
        assert Image.open(io.BytesIO(served.ask(larger[side]).body)).size == (192, 160)
    mask = np.zeros((80, 96), np.uint8)
    mask[30:50, 40:60] = 255
    marked = served.upload("photos", **{"mask.png": encoded(Image.fromarray(mask), "PNG")})
    plain = served.upload("photos", **{"view.png": encoded(PHOTO, "PNG")})
    (filled,) = served.work("restore", photo=f"{plain}/view.png", task="inpaint", mask=f"{marked}/mask.png")["result"]
    after = np.asarray(Image.open(io.BytesIO(served.ask(filled["url"]).body)))
    changed = (after != np.asarray(PHOTO)).any(2)
    assert changed[30:50, 40:60].mean() > 0.5
    assert not changed[mask == 0].any()
    assert served.ask(served.work("scratches", photo=f"{plain}/view.png")["result"]["url"]).body.startswith(b"\x89PNG")


def test_a_folder_is_a_batch_in_which_what_is_broken_is_said(served):
    photos = served.upload(
        "photos",
        **{"set/a.png": encoded(PHOTO, "PNG"), "set/b.png": b"no picture", "set/deep/c%23d.png": encoded(PHOTO, "PNG")},
    )
    a, b, c = served.work("restore", photo=f"{photos}/set", task="denoise", sigma=20)["result"]
    assert a["fault"] == ""
    assert b["fault"]
    assert c["name"] == "c#d.png"
    for address in (c["url"], c["before"], c["after"]):
        assert served.ask(address).body.startswith(b"\x89PNG")


def test_a_run_is_searched_for_copies_and_filmed(served):
    copies = served.work("copies", run="digits", num=40)
    assert copies["state"] == "done", copies["fault"]
    copies = copies["result"]
    assert copies["lines"]
    assert len(copies["nearest"][0]) == 7
    film = served.work("film", run="digits", format="gif")["result"]["file"]
    assert served.ask(f"/runs/digits/{film}").body.startswith(b"GIF8")


@pytest.mark.slow
def test_runs_are_measured_and_compared(served, tmp_path):
    settings = ["nets.generator.width=8", "batch=8", "watch.images=32"]
    elegan.train("digits", "lsgan", steps=4, settings=settings, out=served.folder, name="other", quiet=True)
    for name in ("digits", "other"):
        assert served.work("evaluate", run=name, num=60)["state"] == "done"
    found = served.work("compare", runs=["digits", "other"])["result"]
    assert [group["name"] for group in found["groups"]] == ["digits", "other"]
    assert found["differing"]


def test_what_was_made_stays_for_a_day(served):
    place = Place(served.folder)
    old, new = place.new_work(), place.new_work()
    photos, data = (place.own("uploads", place.new_upload(kind)) for kind in ("photos", "data"))
    for path in (old, photos, data):
        then = time.time() - DAY - 60
        os.utime(path, (then, then))
    place.tidy()
    assert [path.exists() for path in (old, new, photos, data)] == [False, True, False, True]


def test_a_work_tells_how_far_it_is_and_stops_when_asked():
    told = []
    work = Work(
        "1",
        "count",
        lambda work: [told.append((work.what, work.parts)) for _ in progress.counted(range(3), "things", 3)],
    )
    do_work(work)
    assert (work.state, told) == ("done", [("things", 0), ("things", 1), ("things", 2)])
    works = Works()

    def endless(work: Work) -> None:
        for _ in progress.counted(iter(int, 1), "turns"):
            time.sleep(0.001)

    begun = works.begin("turn", endless)
    while begun.parts < 3:
        time.sleep(0.001)
    works.stop(begun.id)
    while not begun.over:
        time.sleep(0.001)
    assert begun.state == "stopped"
    failed = Work("2", "fail", lambda work: 1 / 0)
    do_work(failed)
    assert (failed.state, failed.fault[:14]) == ("failed", "internal error")


def test_tiles_are_told_and_can_be_stopped():
    import torch

    net = torch.nn.Identity()
    net.multiple, net.reach = 1, 0
    heard = []
    with progress.heard(lambda *now: heard.append(now)):
        in_tiles(net, torch.zeros(1, 1, 64, 64), net, 32)
    assert heard[-1] == ("tiles", 4, 4)

    def stop(what: str, parts: int, total: int | None) -> None:
        if parts == 2:
            raise Interrupted("enough")

    with pytest.raises(Interrupted), progress.heard(stop):
        in_tiles(net, torch.zeros(1, 1, 64, 64), net, 32)


@pytest.mark.slow
def test_a_thousand_runs_are_listed_within_a_second_of_work(digits_run, tmp_path):
    for number in range(1000):
        shutil.copytree(digits_run, tmp_path / "many" / f"{number:04d}")
    runs, took = listing.Runs(Place(tmp_path / "many")), []
    for _ in range(2):
        began = time.process_time()  # other programs may take their time
        assert len(runs.all()) == 1000
        took.append(time.process_time() - began)
    assert took[0] < 1
    assert took[1] < took[0] / 2  # what has not changed is not read again


def test_a_finished_run_that_goes_on_is_read_again(digits_run, tmp_path):
    shutil.copytree(digits_run, tmp_path / "runs" / "digits")
    runs = listing.Runs(Place(tmp_path / "runs"))
    assert [entry["state"] for entry in runs.all()] == ["finished"]
    elegan.train(resume=tmp_path / "runs" / "digits", steps=6, quiet=True)
    assert [(entry["step"], entry["steps"]) for entry in runs.all()] == [(6, 6)]
