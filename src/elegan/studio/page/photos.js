// Photographs restored or translated: dropped, shown before and after, kept as they were made.

import { ask, dropped, picked, send, work } from "/api.js";
import { brush } from "/brush.js";
import { field, h, options, slider } from "/dom.js";
import { progress } from "/runs.js";
import { sides } from "/sides.js";
import { t } from "/words.js";

const TASKS = ["upscale", "denoise", "inpaint", "scratches", "scratches,denoise,upscale"];

export async function photos(place, { query, onleave, studio }) {
  const runs = (await ask("/api/runs")).filter((run) => run.picture && !["damaged", "failed", "starting"].includes(run.state));
  let taken = null, painter = null, job = null;
  const own = query.get("run") || "";
  const what = h("select", {}, h("optgroup", { label: t("With what comes along") }, options(TASKS, query.get("do") === "restore" && own ? "" : "upscale", (name) => name.split(",").map(t).join(", "))),
    h("optgroup", { label: t("With a run of yours") }, runs.map((run) => h("option", { value: `run:${run.name}`, selected: run.name === own }, run.name))));
  const input = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, "aria-label": t("Photographs") }), folder = h("input", { type: "file", webkitdirectory: true, hidden: true, "aria-label": t("Folder") });
  const drop = h("div", { class: "drop" }, h("p", { style: { "font-weight": 600, "font-size": "1.1rem" } }, t("Drop photographs, or a folder of them")), h("div", { class: "row" }, h("button", { type: "button", onclick: () => input.click() }, t("Choose photographs")), h("button", { type: "button", onclick: () => folder.click() }, t("Choose a folder")), input, folder));
  const chosen = field(t("What to do"), what), form = h("div", { class: "form" }), stage = h("div", { class: "stack", "aria-live": "polite" }), results = h("div", { class: "stack" });
  const begin = h("button", { type: "button", class: "primary", disabled: true, onclick: go }, t("Begin"));
  place.append(h("div", { class: "head" }, h("h1", {}, t("Photos")), h("p", { class: "about" }, t("Larger, cleaner, whole, or turned into another kind of picture. Format, colour profile and metadata are kept; your file is never written over."))),
    h("div", { class: "stack" }, drop, form, stage, h("div", { class: "row end" }, begin), results));
  onleave(() => job?.stop());

  const asked = { scale: 2, sigma: "", detail: 0, strength: 1, direction: "", format: "" };
  const number = (name, attributes) => h("input", { type: "number", ...attributes, value: asked[name], onchange: (event) => { asked[name] = event.target.value; } });
  const live = (label, name) => slider(label, { min: 0, max: 1, step: 0.05, value: asked[name], oninput: (v) => { asked[name] = v; clearTimeout(timer); if (results.childElementCount && taken?.length === 1) timer = setTimeout(go, 400); } });
  let timer = null, ways = [];
  async function furnish() {
    painter = null;
    ways = [];
    const task = what.value, format = field(t("Format"), h("select", { onchange: (event) => { asked.format = event.target.value; } }, options(["", "png", "jpg", "webp", "tiff", "avif"], asked.format, (one) => one || t("as it is"))));
    if (task.startsWith("run:")) {
      const run = await ask(`/api/runs/${encodeURIComponent(task.slice(4))}`);
      ways = run.abilities.includes("translate") ? ["translate"] : run.abilities.includes("restore") ? ["restore"] : [];
      const direction = h("select", { onchange: (event) => { asked.direction = event.target.value; } }, options(["", "AtoB", "BtoA"], "", (one) => one || t("the only one")));
      form.replaceChildren(chosen, ...(ways[0] === "translate" ? [field(t("Direction"), direction), live(t("Strength"), "strength")] : ways[0] ? [field(t("Task"), task_of(run.restores)), format] : [h("p", { class: "note bad" }, t("This run does neither translate nor restore."))]));
    } else {
      const parts = task.split(",");
      form.replaceChildren(chosen, ...[parts.includes("upscale") && field(t("How much larger"), number("scale", { min: 1.1, max: 4, step: 0.1 })), parts.includes("upscale") && live(t("Detail (invented)"), "detail"), parts.includes("denoise") && field(t("Noise, 0 to 255; empty: unknown"), number("sigma", { min: 0, max: 255, step: 1 })), format].filter(Boolean));
    }
    await prepare();
  }
  function task_of({ scale, hints }) {
    const known = scale > 1 ? ["upscale"] : hints ? ["denoise", "oldphoto", "inpaint", "scratches"] : ["oldphoto", "colorize", "denoise"];
    asked.task = known[0];
    asked.scale = scale > 1 ? scale : asked.scale;
    return h("select", { onchange: (event) => { asked.task = event.target.value; prepare(); } }, options(known, known[0], t));
  }
  const fills = () => (ways[0] === "restore" ? asked.task : what.value) === "inpaint";
  async function prepare() {
    painter = null;
    begin.disabled = !taken || (what.value.startsWith("run:") && !ways.length);
    stage.replaceChildren();
    if (!taken) return;
    if (fills() && taken.length === 1) {
      try { painter = await brush(taken[0].file); } catch { stage.replaceChildren(h("p", { class: "note bad" }, t("The browser cannot show this file; convert it to PNG or JPEG to paint on it."))); return; }
      const find = h("button", { type: "button", onclick: async () => {
        find.disabled = true;
        try { await painter.set((await work("scratches", { photo: await send(taken, "photos") }).result).url); } catch (error) { stage.append(h("p", { class: "note bad" }, error.message)); }
        find.disabled = false;
      } }, t("Find scratches"));
      stage.replaceChildren(h("p", { class: "soft" }, t("Paint where something is to be filled in.")), painter.box, h("div", { class: "row" }, find));
    } else stage.replaceChildren(h("p", { class: "soft" }, `${t("Photographs")} (${taken.length}): ${taken.slice(0, 5).map(({ path }) => path).join(", ")}${taken.length > 5 ? " ..." : ""}`));
  }
  async function take(files) {
    taken = files.length ? files : null;
    results.replaceChildren();
    await prepare();
    if (taken) begin.focus();
  }

  async function go() {
    job?.stop();
    const note = h("span", {}), bar = h("progress", {}), stop = h("button", { type: "button", class: "quiet", onclick: () => job?.stop() }, t("Cancel"));
    const wait = h("div", { class: "card row", style: { "flex-wrap": "nowrap" } }, h("div", { style: { flex: 1 } }, note, bar), stop);
    results.prepend(wait);
    begin.disabled = true;
    try {
      const many = taken.length > 1 ? taken.map(({ file, path }) => ({ file, path: path.includes("/") ? path : `photographs/${path}` })) : taken;
      const question = { photo: await send(many, "photos", (done, total) => { note.textContent = `${done} / ${total}`; }), format: asked.format };
      let verb = "restore";
      if (ways[0] === "translate") Object.assign(question, { run: what.value.slice(4), strength: Number(asked.strength), ...(asked.direction ? { direction: asked.direction } : {}) }, (verb = "translate") && {});
      else if (ways[0] === "restore") Object.assign(question, { model: what.value.slice(4), task: asked.task, ...(asked.task === "upscale" ? { scale: asked.scale } : {}) });
      else {
        const parts = what.value.split(",");
        Object.assign(question, { task: what.value }, parts.includes("upscale") ? { scale: Number(asked.scale), ...(asked.detail > 0 ? { detail: Number(asked.detail), scale: 4 } : {}) } : {}, parts.includes("denoise") && asked.sigma !== "" ? { sigma: Number(asked.sigma) } : {});
      }
      if (fills()) {
        const mask = painter && (await painter.mask());
        if (painter && !mask) throw new Error(t("Paint where something is to be filled in."));
        question.mask = mask ? await send([{ file: mask, path: "mask.png" }], "photos") : "auto-scratches";
      }
      const mine = (job = work(verb, question, (now) => { note.textContent = progress(now); if (now.total) { bar.max = now.total; bar.value = now.parts; } }));
      const found = await mine.result;
      results.replaceChildren(...found.map(outcome));
      const first = found.find((one) => one.url);
      if (found.length > 1 && first) results.prepend(h("p", { class: "note" }, `${t("All of them are in")} ${studio.folder}/.studio/works/${first.url.split("/")[2]}`));
    } catch (error) { wait.replaceWith(h("p", { class: "note bad", role: "alert" }, error.message)); }
    wait.remove();
    begin.disabled = false;
  }

  function outcome(one) {
    if (one.fault) return h("p", { class: "note bad" }, `${one.name}: ${one.fault}`);
    return h("article", { class: "stack", style: { "--gap": "10px" } }, h("div", { class: "row spread" }, h("h2", { style: { margin: 0 } }, one.name), h("span", { class: "soft number" }, `${one.was.join(" × ")} → ${one.size.join(" × ")}`)), sides(one.before, one.after, h("a", { class: "button primary", href: `${one.url}?save`, download: one.file }, t("Download"))),
      one.remark && h("p", { class: "note" }, one.remark));
  }

  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => { event.preventDefault(); drop.classList.remove("over"); take(await dropped(event.dataTransfer)); });
  input.addEventListener("change", () => take(picked(input)));
  folder.addEventListener("change", () => take(picked(folder)));
  what.addEventListener("change", furnish);
  await furnish();
}
