"""The page as a person uses it, in a real browser: train, watch, explore, restore; by keyboard, on a phone, in Chinese, by axe."""

import base64
import io
import re
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from served import QUICK, serving

PAGE = files("elegan.studio").joinpath("page")
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "view.png"
    Image.fromarray(load_sample_image("china.jpg")).crop((200, 60, 296, 140)).save(path)
    return path


def pixels(path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_person_starts_a_training_watches_it_to_its_end_and_varies_it(page, tmp_path):
    with serving(tmp_path / "runs") as studio:
        shown = page("#/runs", studio=studio)
        shown.get_by_role("link", name="Start with a folder of pictures").click()
        shown.get_by_label("or name a folder").fill("digits")
        shown.get_by_role("button", name="Look at them").click()
        shown.get_by_text("1,797 pictures").wait_for()
        assert shown.locator(".samples img").count() == 24
        shown.get_by_label("Recipe").wait_for()
        # What a person types into the form, all at once: each change plans anew, which takes its time.
        shown.evaluate("location.hash = '#/runs'")
        name = studio.ask(
            "/api/train", {"data": "digits", "recipe": "dcgan", "steps": 20, "settings": QUICK, "name": "mine"}
        ).json["name"]
        card = shown.get_by_role("link", name=re.compile(name))
        card.wait_for()
        card.click()
        shown.get_by_text("20 / 20").wait_for()
        slider = shown.get_by_label("Samples", exact=True)
        assert slider.get_attribute("max") == "4"  # steps 0, 5, 10, 15, 20
        before = shown.locator(".sheet img").get_attribute("src")
        slider.focus()
        shown.keyboard.press("ArrowLeft")
        assert shown.locator(".sheet img").get_attribute("src") != before
        assert shown.locator(".curve svg path").count() >= 3
        assert shown.get_by_role("link", name="Vary a copy").get_attribute("href") == "#/start?of=mine"
        shown.get_by_label("steps in all").fill("100000")
        shown.get_by_role("button", name="Go on for longer").click()
        shown.locator(".state.training").wait_for()
        shown.get_by_role("button", name="Stop").click()
        shown.get_by_role("button", name="Go on", exact=True).wait_for()
        shown.locator(".state", has_text="stopped").wait_for()
        shown.context.close()


def test_a_person_explores_pins_keeps_and_makes_again(page, tmp_path):
    shown = page("#/explore/digits")
    shown.locator(".gallery li:nth-child(24)").wait_for()
    first = shown.locator(".gallery img").first.get_attribute("src")
    shown.get_by_role("button", name="Reroll").click()
    shown.wait_for_function("before => document.querySelector('.gallery img').src !== before", arg=first)
    for number in range(4):
        shown.locator(".gallery .pin").nth(number).click()
    plane = shown.get_by_role("application")
    plane.focus()
    shown.keyboard.press("ArrowRight")
    shown.locator("#pad-at", has_text="0.55, 0.50").wait_for()
    shown.locator(".show p", has_text="between pins").wait_for()
    shown.locator(".slider input").nth(1).wait_for()
    shown.locator(".slider input").nth(1).fill("2")
    shown.locator(".show p", has_text="moved").wait_for()
    shown.wait_for_timeout(300)
    seen = shown.locator(".big img").get_attribute("src")
    with shown.expect_download() as download:
        shown.get_by_role("button", name="Download").click()
    kept = tmp_path / "kept.png"
    download.value.save_as(kept)
    assert np.array_equal(pixels(kept), pixels(io.BytesIO(base64.b64decode(seen.partition(",")[2]))))
    shown.locator(".gallery .seed").nth(5).click()
    shown.wait_for_function("before => document.querySelector('.big img').src !== before", arg=seen)
    shown.locator("input[type=file]").set_input_files(kept)
    shown.get_by_text("Made again from its own settings.").wait_for()
    shown.wait_for_function("before => document.querySelector('.big img').src === before", arg=seen)


def test_a_person_paints_a_mask_takes_a_stroke_back_and_restores_on_a_phone(page, photo, tmp_path):
    shown = page("#/photos", PHONE)
    shown.get_by_label("What to do").select_option("inpaint")
    shown.locator("input[type=file]").first.set_input_files(photo)
    canvas = shown.locator(".brush canvas").last
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    undo = shown.get_by_role("button", name="Undo")
    assert undo.is_disabled()
    for share in (0.3, 0.6):
        shown.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.3)
        shown.mouse.down()
        shown.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.6, steps=4)
        shown.mouse.up()
    undo.click()
    shown.get_by_role("button", name="Begin").click()
    frame = shown.get_by_role("slider", name=re.compile("Before and after"))
    frame.wait_for()
    frame.focus()
    shown.keyboard.press("ArrowRight")
    assert frame.get_attribute("aria-valuenow") == "52"
    with shown.expect_download() as download:
        shown.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "filled.png")
    changed = (pixels(tmp_path / "filled.png") != pixels(photo)).any(2)
    assert changed[:, 20:38].any()  # the stroke that stayed
    assert not changed[:, 50:65].any()  # the one that was taken back
    assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_room_has_a_serious_fault_or_is_wider_than_a_phone(page, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    shown = page("#/runs", PHONE, color_scheme=theme)
    for room in ("#/runs", "#/run/digits", "#/start", "#/explore/digits", "#/photos", "#/compare"):
        shown.evaluate("room => { location.hash = room; }", room)
        shown.locator("h1").wait_for()
        shown.wait_for_timeout(400)
        found = [fault for fault in axe.run(shown).response["violations"] if fault["impact"] in ("serious", "critical")]
        assert not [(room, fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found]
        assert shown.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], room


def test_names_are_never_markup(page, digits_run, tmp_path):
    evil = "<img src=x onerror=document.title=1>"
    folder = tmp_path / "runs" / evil
    shutil.copytree(digits_run, folder)
    facts = folder / "run.json"
    facts.write_text(facts.read_text().replace('"name": "digits"', '"name": "<b>data</b>"'))
    with serving(tmp_path / "runs") as studio:
        shown = page("#/runs", studio=studio)
        shown.locator(".run h2", has_text=evil).wait_for()
        shown.locator(".run").click()
        shown.locator("h1", has_text=evil).wait_for()
        assert shown.get_by_text("<b>data</b>").count() == 1
        assert shown.locator("main img[src='x'], main b").count() == 0
        shown.context.close()


def test_the_page_speaks_chinese_and_is_walked_by_keyboard(page):
    shown = page("#/runs")
    shown.locator(".run").wait_for()
    shown.get_by_role("button", name="中文").click()
    shown.get_by_role("heading", name="运行").wait_for()
    assert shown.evaluate("document.documentElement.lang") == "zh-CN"
    shown.get_by_role("button", name="English").click()
    shown.reload()
    shown.locator(".run").wait_for()
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.id") == "skip"
    shown.keyboard.press("Enter")
    for _ in range(2):
        shown.keyboard.press("Tab")
    assert "run" in shown.evaluate("document.activeElement.className")
    shown.keyboard.press("Enter")
    shown.locator("h1", has_text="digits").wait_for()


def test_every_word_of_the_page_has_its_chinese():
    known = set(re.findall(r'"((?:[^"\\]|\\.)*)":', PAGE.joinpath("zh.js").read_text("utf-8")))
    said = {
        words
        for path in PAGE.iterdir()
        if path.name.endswith(".js")
        for words in re.findall(r'\bt\("((?:[^"\\]|\\.)*)"\)', path.read_text("utf-8"))
    }
    assert len(said) > 100
    assert not said - known


def test_the_page_names_no_other_place():
    for path in PAGE.iterdir():
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "").replace("HTTP ", "")
        assert not re.search(r"https?:|//cdn|@import|innerHTML|insertAdjacentHTML|eval\(|document\.write", text), (
            path.name
        )


@pytest.mark.slow
def test_a_person_fills_the_form_in_and_begins(page, tmp_path):
    with serving(tmp_path / "runs") as studio:
        shown = page("#/start?data=digits", studio=studio)
        ready = shown.locator("button:enabled", has_text="Begin training")
        ready.wait_for()
        shown.get_by_label("Recipe").select_option("dcgan")
        shown.get_by_label("Length").select_option("steps")
        shown.get_by_label("how long").fill("6")
        shown.get_by_label("how long").press("Tab")
        ready.wait_for()
        shown.get_by_text("All settings of the recipe").click()
        batch = shown.get_by_label("batch", exact=True)
        batch.fill("8")
        batch.press("Tab")
        shown.locator(".facts div", has_text=re.compile("images a step *8$")).wait_for()
        ready.click()
        shown.get_by_text("6 / 6").wait_for()
        recipe = next((tmp_path / "runs").glob("digits-dcgan*/recipe.toml")).read_text()
        assert "batch = 8" in recipe
        shown.context.close()
