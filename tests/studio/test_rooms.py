"""The rooms of the page as a person uses them: what is dropped, painted, cancelled, translated, mixed, inverted, compared."""

import base64
import io
import re
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

import elegan
from served import serving
from small import small

VIEW = Image.fromarray(load_sample_image("china.jpg"))
DROP = """([selector, files]) => {
  const transfer = new DataTransfer(), bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  for (const [name, data] of files) transfer.items.add(new File([bytes(data)], name, { type: name.endsWith("png") ? "image/png" : "" }));
  for (const kind of ["dragover", "drop"])
    document.querySelector(selector).dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def part(x: int, y: int, width: int = 96, height: int = 64) -> bytes:
    return png(VIEW.crop((x, y, x + width, y + height)))


def drop(shown, files: dict[str, bytes]) -> None:
    """Drops files where the room takes them, as a browser does."""
    shown.locator(".drop").first.wait_for()
    shown.evaluate(DROP, [".drop", [[name, base64.b64encode(data).decode()] for name, data in files.items()]])


def saved(shown, role: str, name: str) -> bytes:
    """The file that a button or a link gives."""
    with shown.expect_download() as download:
        shown.get_by_role(role, name=name, exact=True).click()
    return download.value.path().read_bytes()


@pytest.fixture(scope="module")
def rooms(digits_run, sides, tmp_path_factory):
    """A studio over runs of several kinds: one with an alarm, one with a mapping network, a translator; two are measured."""
    folder = tmp_path_factory.mktemp("rooms") / "runs"
    shutil.copytree(digits_run, folder / "digits")
    said = {"out": folder, "quiet": True}
    broken = [
        *small("dcgan"),
        "watch.log=1",
        "watch.every=10",
        "optimizers.discriminator.lr=0.05",
        "optimizers.generator.lr=1e-5",
    ]
    elegan.train("digits", "dcgan", settings=broken, steps=40, name="sick", **said)
    elegan.train("digits", "stylegan2", settings=small("stylegan2"), steps=1, name="styles", **said)
    elegan.train(str(sides), "cyclegan", settings=small("cyclegan"), steps=1, name="sides", **said)
    for name in ("digits", "sick"):
        elegan.evaluate(elegan.Run.open(folder / name), metrics=["fd"], num=60, extractor="random")
    with serving(folder) as studio:
        yield studio


def test_a_folder_and_a_zip_that_are_dropped_are_looked_at(page, rooms, tmp_path):
    shown = page("#/start", studio=rooms)
    pack = io.BytesIO()
    with zipfile.ZipFile(pack, "w") as archive:
        for number, kind in enumerate("aab"):
            archive.writestr(f"{kind}/{number}.png", part(90 * number, 0))
    drop(shown, {"views.zip": pack.getvalue()})
    shown.get_by_text("3 pictures").wait_for()
    shown.get_by_text("2 classes").wait_for()
    for number in range(4):
        (tmp_path / "views").mkdir(exist_ok=True)
        (tmp_path / "views" / f"{number}.png").write_bytes(part(50 * min(number, 2), 9))
    shown.locator("input[webkitdirectory]").set_input_files(tmp_path / "views")
    shown.get_by_text("4 pictures").wait_for()
    assert shown.locator(".facts div", has_text="duplicates").inner_text().endswith("1")


def test_several_photographs_are_filled_by_one_mask_and_come_in_one_zip(page, rooms):
    shown = page("#/photos", studio=rooms)
    shown.get_by_label("What to do").select_option("inpaint")
    drop(shown, {"a.png": part(0, 0), "b.png": part(100, 50), "c.png": part(0, 0, 40, 40)})
    shown.get_by_text("a.png: what is painted on it is filled in on all of them").wait_for()
    shown.get_by_role("button", name="Begin").click()
    shown.get_by_role("alert").get_by_text("Paint where something is to be filled in.").wait_for()
    shown.get_by_role("img", name=re.compile("The mask")).focus()
    for key in ("ArrowRight", "Space", *["ArrowDown"] * 3, "Space", "Space", "ArrowLeft", "Space", "Control+z"):
        shown.keyboard.press(key)
    shown.get_by_role("button", name="Begin").click()
    shown.get_by_text("c.png: its mask is 96x64 and it is 40x40").wait_for()
    with zipfile.ZipFile(io.BytesIO(saved(shown, "link", "Download all"))) as archive:
        made = {name: np.asarray(Image.open(archive.open(name))).astype(int) for name in archive.namelist()}
    assert sorted(made) == ["a.png", "b.png"]
    for name, place in (("a.png", (0, 0)), ("b.png", (100, 50))):
        changed = np.argwhere((made[name] != np.asarray(Image.open(io.BytesIO(part(*place))))).any(2))
        assert len(changed), name
        assert 32 - 4 <= changed[:, 0].min() <= changed[:, 0].max() <= 32 + 16
        assert 52 - 4 <= changed[:, 1].min() <= changed[:, 1].max() <= 52 + 4  # the stroke to the left was taken back
    assert shown.get_by_label("Fill in").locator("option").all_inner_texts()[1:] == ["scratches that are found", "what is transparent"]  # fmt: skip


def test_found_scratches_are_a_mask_to_edit_and_detail_keeps_the_scale(page, rooms):
    scratched = VIEW.crop((0, 0, 160, 120))
    scratched.paste((255, 255, 255), (40, 0, 42, 120))
    shown = page("#/photos", studio=rooms)
    shown.get_by_label("What to do").select_option("inpaint")
    drop(shown, {"old.png": png(scratched)})
    painted = "() => { const c = [...document.querySelectorAll('.brush canvas')].at(-1); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v > 127).length; }"  # fmt: skip
    shown.get_by_role("button", name="Find scratches").click()
    shown.wait_for_function(painted)  # more than none
    found = shown.evaluate(painted)
    shown.get_by_role("button", name="Eraser").click()
    shown.get_by_role("slider", name="Brush").fill("26")
    canvas = shown.locator(".brush canvas").last
    canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'center' })")
    box = canvas.bounding_box()
    shown.mouse.move(box["x"] + box["width"] * 41 / 160, box["y"] + 2)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] * 41 / 160, box["y"] + box["height"] / 2, steps=3)
    shown.mouse.up()
    erased = shown.evaluate(painted)
    assert erased < found
    shown.get_by_role("button", name="Undo").click()
    assert shown.evaluate(painted) == found
    shown.get_by_label("What to do").select_option("upscale")
    shown.get_by_label("Detail").fill("0.5")
    shown.get_by_role("button", name="Begin").click()
    shown.get_by_text("160 × 120 → 320 × 240").wait_for()
    address = shown.locator("article img").first.get_attribute("src")
    shown.get_by_label("Detail").fill("1")  # live: what is shown follows
    shown.wait_for_function("before => document.querySelector('article img')?.getAttribute('src') !== before && document.querySelector('article')", arg=address)  # fmt: skip
    shown.get_by_text("160 × 120 → 320 × 240").wait_for()


def test_a_large_photograph_tells_its_tiles_and_is_cancelled(page, rooms):
    shown = page("#/photos", studio=rooms)
    drop(shown, {"large.png": png(VIEW.resize((2400, 1800)))})
    shown.get_by_role("button", name="Begin").click()
    shown.get_by_text(re.compile(r"tiles: \d+ / \d+")).wait_for()
    shown.get_by_role("button", name="Cancel").click()
    shown.get_by_text("Cancelled.").wait_for()
    assert shown.get_by_role("button", name="Begin").is_enabled()
    assert shown.locator("article").count() == 0
    drop(shown, {"wide.png": png(VIEW.resize((900, 30)))})
    shown.get_by_role("button", name="Begin").click()  # waits for the other to end
    shown.get_by_text("900 × 30 → 1800 × 60").wait_for()
    frame = shown.get_by_role("slider", name=re.compile("Before and after"))
    box = frame.bounding_box()
    shown.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] / 4, box["y"] + 5)
    shown.mouse.up()
    assert frame.get_attribute("aria-valuenow") == "25"
    shown.get_by_role("button", name="Zoom in").click()  # beyond what a screen shows: in all its pixels
    shown.wait_for_function("() => [...document.querySelectorAll('article img')].every(i => i.src.endsWith('?pixels') && i.complete)")  # fmt: skip
    assert shown.evaluate("[...document.querySelectorAll('article img')].map(i => i.naturalWidth)") == [1800, 900]


def test_a_photograph_is_translated_both_ways_and_by_half(page, rooms):
    shown = page("#/photos?run=sides&do=translate", studio=rooms)
    sent = part(0, 0)
    drop(shown, {"view.png": sent})
    made = {}
    for direction, strength in (("AtoB", "1"), ("AtoB", "0"), ("BtoA", "1")):
        shown.get_by_label("Direction").select_option(direction)
        shown.get_by_label("Strength").fill(strength)
        shown.get_by_role("button", name="Begin").click()
        shown.wait_for_function("before => { const link = document.querySelector('article a'); return link && link.href !== before; }", arg=made.get("href"))  # fmt: skip
        shown.wait_for_timeout(600)  # longer than a slider waits
        shown.locator("button:enabled", has_text="Begin").wait_for()
        made["href"] = shown.locator("article a").get_attribute("href")
        made[direction, strength] = np.asarray(Image.open(io.BytesIO(saved(shown, "link", "Download"))))
    assert np.array_equal(made["AtoB", "0"], np.asarray(Image.open(io.BytesIO(sent))))
    assert not np.array_equal(made["AtoB", "1"], made["BtoA", "1"])


def test_a_sick_run_shows_its_alarm_its_nearest_pictures_and_is_varied(page, rooms):
    from playwright.sync_api import expect

    shown = page("#/runs", studio=rooms)
    card = shown.get_by_role("link", name=re.compile("sick"))
    expect(card).to_contain_text("alarm")
    card.click()
    shown.locator(".alarm-line").first.wait_for()
    shown.locator(".curve .mark-alarm").first.wait_for(state="attached")
    curve = shown.locator(".curve svg").first
    path = curve.locator("path").first
    whole = path.get_attribute("d")
    curve.focus()
    shown.keyboard.press("+")
    expect(path).not_to_have_attribute("d", whole)
    shown.keyboard.press("Escape")
    expect(path).to_have_attribute("d", whole)
    assert saved(shown, "button", "Film").startswith(b"GIF8")
    shown.get_by_role("link", name="Vary a copy").click()
    shown.get_by_text("1,797 pictures").wait_for()
    assert shown.get_by_label("Recipe").input_value() == "run:sick"


def test_styles_are_mixed_a_photograph_is_inverted_and_a_class_kept(page, rooms):
    shown = page("#/explore/styles", studio=rooms)
    for number in (0, 1):
        shown.locator(".gallery .pin").nth(number).click()
    shown.get_by_role("button", name="Mix").click()
    shown.locator(".show p", has_text="mixed styles").wait_for()
    shown.locator(".gallery .seed").nth(7).click()
    shown.get_by_label("More typical").check()
    shown.get_by_label("Truncation").fill("0.5")
    kept = saved(shown, "button", "Download")
    assert '"truncation": 0.5' in Image.open(io.BytesIO(kept)).text["elegan"]
    drop(shown, {"again.png": kept})
    shown.get_by_text("Made again from its own settings.").wait_for()
    drop(shown, {"any.png": part(0, 0)})
    shown.get_by_text(re.compile(r"PSNR [\d.]+ dB")).wait_for()
    shown.locator(".show p", has_text="nearest to a photograph").wait_for()


def test_runs_are_compared_with_their_intervals(page, rooms):
    shown = page("#/compare", studio=rooms)
    for name in ("digits", "sick"):
        shown.get_by_role("checkbox", name=name).check()
    shown.get_by_role("button", name="Compare").click()
    shown.locator(".interval i").first.wait_for()
    assert shown.locator(".interval").count() == 2
    differing = shown.locator("table").nth(1)
    assert differing.locator("th").all_inner_texts()[1:] == ["digits", "sick"]
    assert "optimizers.discriminator.lr" in differing.inner_text()
