// A generator's pictures: a grid of seeds, pins, the plane between four of them, directions, mixed styles, a photograph's double.

import { ask, dropped, picked, send, work } from "/api.js";
import { download, field, h, latest, options, say, slider } from "/dom.js";
import { file, progress } from "/runs.js";
import { t } from "/words.js";

const MANY = 24;

export async function explore(place, { rest: [name], onleave }) {
  if (!name) return choose(place);
  const model = await ask(`/api/runs/${encodeURIComponent(name)}/model`);
  const common = { run: name, step: model.step };
  if (model.classes.length) common.label = 0;
  let truncation = null, first = 0, chosen = null, amounts = [];
  const pins = [];

  const grid = h("ul", { class: "gallery", "aria-label": t("Pictures by seed") }), big = h("img", { alt: t("The chosen picture"), class: "pixel" }), caption = h("p", { class: "soft number", style: { margin: 0 } });
  const pinned = h("div", { class: "strip", role: "group", "aria-label": t("Pins") }), tools = h("div", { class: "stack", style: { "--gap": "10px" } });

  const spec = (own) => ({ ...common, ...own, ...(truncation !== null && "seed" in own ? { truncation } : {}) });
  const full = () => (chosen ? { ...chosen, ...(amounts.some(Boolean) ? { ways: amounts } : {}) } : null);
  const words = (one) => ("seed" in one ? `${t("seed")} ${one.seed}` : one.pad ? t("between pins") : one.mix ? t("mixed styles") : t("nearest to a photograph"));

  const paint = latest(async () => {
    try {
      const specs = Array.from({ length: MANY }, (_, i) => spec({ seed: first + i }));
      const pictures = await ask("/api/pictures", { specs });
      grid.replaceChildren(...specs.map((one, i) => tile(one, pictures[i])));
      if (!chosen) pick(specs[0], pictures[0]);
    } catch (error) { say(error.message); }
  });
  const show = latest(async () => {
    if (!chosen) return;
    try { big.src = (await ask("/api/pictures", { specs: [full()] }))[0]; } catch (error) { say(error.message); }
    caption.textContent = words(chosen) + (amounts.some(Boolean) ? `, ${t("moved")}` : "");
  });

  function tile(one, src) {
    const button = h("button", { type: "button", class: "seed", "aria-pressed": String(chosen?.seed === one.seed), "aria-label": `${t("seed")} ${one.seed}`, onclick: () => pick(one, src) }, h("img", { src, alt: "", class: "pixel" }));
    const isPinned = () => pins.some((pin) => pin.spec.seed === one.seed && !pin.spec.ways);
    const pin = h("button", { type: "button", class: "pin", "aria-label": `${t("Pin")} ${one.seed}`, "aria-pressed": String(isPinned()), onclick: () => { isPinned() ? unpin(pins.findIndex((p) => p.spec.seed === one.seed)) : fix(one, src); pin.setAttribute("aria-pressed", String(isPinned())); } }, "\u{2726}");
    return h("li", {}, button, pin);
  }
  function pick(one, src) {
    chosen = one;
    if (src && !amounts.some(Boolean)) big.src = src;
    for (const button of grid.querySelectorAll(".seed")) button.setAttribute("aria-pressed", String(button.getAttribute("aria-label") === `${t("seed")} ${one.seed}`));
    show();
  }
  function fix(one, src) {
    if (pins.length === 8) pins.shift();
    pins.push({ spec: one, src });
    drawPins();
  }
  function unpin(number) { pins.splice(number, 1); drawPins(); }
  function drawPins() {
    pinned.replaceChildren(...(pins.length ? pins.map((pin, number) => h("button", { type: "button", "aria-label": `${words(pin.spec)}: ${t("take off")}`, title: t("take off"), onclick: () => unpin(number) }, h("img", { src: pin.src, alt: "", class: "pixel" }))) : [h("p", { class: "soft small" }, t("Pin pictures with the star; four of them span a plane."))]));
    drawPad();
    drawMix();
    film.disabled = pins.length < 2 || pins.some((pin) => !("seed" in pin.spec) || pin.spec.ways);
  }

  const reroll = () => { first = Math.floor(Math.random() * 1e6) * MANY; paint(); };
  const label = model.classes.length ? field(t("Class"), h("select", { onchange: (event) => { common.label = Number(event.target.value); chosen = null; pins.length = 0; drawPins(); loadWays(); paint(); } }, model.classes.map((one, i) => h("option", { value: i }, one)))) : null;
  const typical = h("input", { type: "checkbox", id: "typical" });
  const strength = slider(t("Truncation"), { min: model.space === "w" ? 0.1 : 0.3, max: model.space === "w" ? 1 : 3, step: 0.05, value: model.truncation, oninput: (v) => { if (typical.checked) { truncation = v; again(); } } });
  strength.input.disabled = true;
  typical.addEventListener("change", () => { strength.input.disabled = !typical.checked; truncation = typical.checked ? Number(strength.input.value) : null; again(); });
  const again = () => { if (chosen && "seed" in chosen) chosen = spec({ seed: chosen.seed }); paint(); show(); };
  const seed = h("input", { type: "number", min: 0, step: 1, value: 0, onchange: () => { first = Math.max(0, Math.floor(Number(seed.value)) || 0); paint(); } });

  // Directions: what each changes is said beside its slider.
  const ways = h("div", { class: "stack", style: { "--gap": "14px" } });
  const loadWays = async () => {
    amounts = [];
    const note = h("p", { class: "soft small" }, t("looking for directions"));
    ways.replaceChildren(note);
    try {
      const job = work("ways", { ...common }, (now) => { note.textContent = progress(now); });
      onleave(() => job.stop());
      const found = await job.result;
      amounts = found.map(() => 0);
      const sliders = found.map((one, i) => h("div", {}, slider(`${t("Direction")} ${i + 1} (${(100 * one.share).toFixed(1)} %)`, { min: -3, max: 3, step: 0.1, value: 0, show: (v) => (v > 0 ? `+${v}` : String(v)), oninput: (v) => { amounts[i] = v; show(); } }), h("p", { class: "soft small", style: { margin: 0 } }, one.about)));
      ways.replaceChildren(...sliders, h("button", { type: "button", class: "quiet", onclick: () => { amounts = amounts.map(() => 0); sliders.forEach((box) => box.firstChild.set(0)); show(); } }, t("Back to the middle")));
    } catch (error) { ways.replaceChildren(h("p", { class: "note bad" }, error.message)); }
  };

  // The plane between four pins.
  const pad = h("div", {});
  function drawPad() {
    if (pins.length < 4) { pad.replaceChildren(h("p", { class: "soft small" }, `${t("Pins")}: ${pins.length} / 4`)); return; }
    const four = pins.slice(-4), at = [0.5, 0.5], dot = h("div", { class: "dot" }), picture = h("img", { alt: t("The picture between the pins"), class: "pixel" });
    const plane = h("div", { class: "field-of", tabindex: 0, role: "application", "aria-label": t("Plane between four pins; arrow keys move"), "aria-describedby": "pad-at" }, picture, dot), said = h("output", { id: "pad-at", class: "soft small number" });
    const update = latest(async (moved) => {
      const one = { ...common, pad: four.map((pin) => pin.spec), at: [...at] };
      dot.style.left = `${at[0] * 100}%`;
      dot.style.top = `${at[1] * 100}%`;
      said.textContent = `${at[0].toFixed(2)}, ${at[1].toFixed(2)}`;
      try { picture.src = (await ask("/api/pictures", { specs: [one] }))[0]; if (moved) pick(one, picture.src); } catch (error) { say(error.message); }
    });
    const move = (event) => { const r = plane.getBoundingClientRect(); at[0] = Math.min(1, Math.max(0, (event.clientX - r.left) / r.width)); at[1] = Math.min(1, Math.max(0, (event.clientY - r.top) / r.height)); update(true); };
    plane.addEventListener("pointerdown", (event) => { plane.setPointerCapture(event.pointerId); move(event); });
    plane.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
    plane.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, -0.05], ArrowDown: [0, 0.05] }[event.key];
      if (!step) return;
      event.preventDefault();
      at[0] = Math.min(1, Math.max(0, at[0] + step[0]));
      at[1] = Math.min(1, Math.max(0, at[1] + step[1]));
      update(true);
    });
    const corner = (number, column, row) => h("img", { class: "corner pixel", src: four[number].src, alt: words(four[number].spec), style: { "grid-column": column, "grid-row": row } });
    pad.replaceChildren(h("div", { class: "pad" }, corner(0, 1, 1), corner(1, 3, 1), corner(2, 1, 3), corner(3, 3, 3), plane), said);
    update(false);
  }

  // Coarse styles of one pin, fine ones of another: generators with a mapping alone.
  const mix = h("div", {});
  function drawMix() {
    if (model.levels < 2) return;
    if (pins.length < 2) { mix.replaceChildren(h("p", { class: "soft small" }, t("Pin two pictures to mix their styles."))); return; }
    const names = pins.map((pin, i) => `${i + 1}: ${words(pin.spec)}`);
    const coarse = h("select", {}, names.map((one, i) => h("option", { value: i }, one))), fine = h("select", {}, names.map((one, i) => h("option", { value: i, selected: i === 1 }, one)));
    const level = slider(t("Fine from level"), { min: 1, max: model.levels - 1, step: 1, value: Math.floor(model.levels / 2) || 1, oninput: () => go() });
    const go = () => pick({ ...common, mix: [pins[coarse.value].spec, pins[fine.value].spec], level: Number(level.input.value) });
    coarse.addEventListener("change", go);
    fine.addEventListener("change", go);
    mix.replaceChildren(h("div", { class: "stack", style: { "--gap": "12px" } }, field(t("Coarse styles"), coarse), field(t("Fine styles"), fine), level, h("button", { type: "button", onclick: go }, t("Mix"))));
  }

  // A photograph's nearest picture, or the settings of one that was downloaded here.
  const input = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": t("A photograph") }), nearest = h("div", { class: "stack", "aria-live": "polite", style: { "--gap": "12px" } });
  async function takePhoto(files) {
    const [{ file: photo } = {}] = files;
    if (!photo) return;
    if (photo.type === "image/png") {
      const { spec: known } = await ask("/api/spec", photo).catch(() => ({}));
      if (known?.run === name) {
        const { ways: moved = [], ...own } = known;
        amounts = amounts.map((_, i) => moved[i] || 0);
        [...ways.querySelectorAll(".slider")].forEach((box, i) => box.set(amounts[i]));
        pick(own);
        nearest.replaceChildren(h("p", { class: "note" }, t("Made again from its own settings.")));
        return;
      }
    }
    const note = h("p", { class: "soft small" }), stop = h("button", { type: "button", class: "quiet" }, t("Cancel"));
    nearest.replaceChildren(note, stop);
    try {
      const upload = await send(files.slice(0, 1), "photos");
      const job = work("invert", { run: name, step: model.step, label: common.label, photo: upload }, (now) => { note.textContent = progress(now); });
      stop.addEventListener("click", () => job.stop());
      const found = await job.result, one = { ...common, ...found.spec };
      const [src] = await ask("/api/pictures", { specs: [one] });
      nearest.replaceChildren(h("div", { class: "row" }, ...[[found.photo, "photograph"], [src, "nearest"]].map(([image, word]) => h("figure", { style: { margin: 0 } }, h("img", { src: image, alt: "", class: "pixel", width: 96, height: 96 }), h("figcaption", { class: "soft small" }, t(word))))),
        h("p", { class: "soft small number" }, `PSNR ${found.PSNR?.toFixed(1) ?? "∞"} dB, ${found.far.toFixed(2)} ${t("times as far out as a random one")}`), h("button", { type: "button", onclick: () => fix(one, src) }, t("Pin")));
      pick(one, src);
    } catch (error) { nearest.replaceChildren(h("p", { class: "note bad" }, error.message)); }
  }
  input.addEventListener("change", () => takePhoto(picked(input)));
  const target = h("div", { class: "drop", style: { padding: "20px" } }, h("p", { class: "small" }, t("Drop a photograph, or a picture from here")), h("button", { type: "button", onclick: () => input.click() }, t("Choose")), input);
  target.addEventListener("dragover", (event) => { event.preventDefault(); target.classList.add("over"); });
  target.addEventListener("dragleave", () => target.classList.remove("over"));
  target.addEventListener("drop", async (event) => { event.preventDefault(); target.classList.remove("over"); takePhoto(await dropped(event.dataTransfer)); });

  const film = h("button", { type: "button", disabled: true, onclick: async () => {
    film.disabled = true;
    try { download((await work("walk", { ...common, truncation, seeds: pins.map((pin) => pin.spec.seed) }).result).url, `${name}-walk.gif`); } catch (error) { say(error.message); }
    film.disabled = false;
  } }, t("Film from pin to pin"));
  const keep = h("button", { type: "button", class: "primary", onclick: () => chosen && download(`/api/picture?spec=${encodeURIComponent(JSON.stringify(full()))}`) }, t("Download"));
  const section = (title, ...inside) => h("details", { open: true }, h("summary", {}, title), h("div", { style: { padding: "10px 0 6px" } }, inside));

  tools.append(h("div", { class: "show" }, h("div", { class: "big" }, big), h("div", { class: "row spread" }, caption, h("div", { class: "row" }, h("button", { type: "button", onclick: () => chosen && fix(full(), big.src) }, t("Pin")), keep))),
    section(t("Directions"), ways), section(t("Plane between four pins"), pad), ...(model.levels > 1 ? [section(t("Style mixing"), mix)] : []), section(t("From a photograph"), target, nearest));
  place.append(h("div", { class: "head" }, h("div", {}, h("h1", {}, name), h("p", { class: "soft", style: { margin: "4px 0 0" } }, `${t("step")} ${model.step.toLocaleString()}`)), h("div", { class: "row" }, h("a", { class: "button quiet", href: `#/run/${encodeURIComponent(name)}` }, t("Its training")), h("button", { type: "button", class: "primary", onclick: reroll }, t("Reroll")))),
    h("div", { class: "two walk" },
      h("div", { class: "stack" }, h("div", { class: "form" }, label, field(t("From seed"), seed), h("div", { class: "field" }, h("span", { class: "row" }, typical, h("label", { for: "typical" }, t("More typical, less varied"))), strength)), grid,
        h("div", { class: "row spread" }, h("h2", { style: { margin: 0 } }, t("Pins")), film), pinned),
      tools));
  drawPins();
  await paint();
  loadWays();
}

async function choose(place) {
  const runs = (await ask("/api/runs")).filter((run) => run.picture && !["damaged", "failed", "starting"].includes(run.state));
  place.append(h("div", { class: "head" }, h("h1", {}, t("Explore")), h("p", { class: "about" }, t("Choose a run whose pictures to walk through."))),
    runs.length ? h("ul", { class: "runs" }, runs.map((run) => h("li", {}, h("a", { class: "run", href: `#/explore/${encodeURIComponent(run.name)}` }, h("div", { class: "shot" }, h("img", { src: file(run.name, "samples.png"), alt: "", loading: "lazy", class: "pixel" })), h("h2", {}, run.name))))) : h("p", { class: "empty" }, t("Nothing has been trained here yet.")));
}
