// Photographs restored or translated: dropped, shown before and after, kept as they were made.

import { ask, dropped, picked, send, work } from "/api.js";
import { brush } from "/brush.js";
import { h } from "/dom.js";
import { progress } from "/runs.js";
import { sides } from "/sides.js";
import { tasks } from "/tasks.js";
import { t } from "/words.js";

const PAUSE = 400; // milliseconds after which a slider is taken to stand still

export async function photos(place, { query, onleave, studio }) {
  const runs = (await ask("/api/runs")).filter((run) => run.picture && !["damaged", "failed", "starting"].includes(run.state));
  let taken = null, sent = null, painter = null, job = null, timer = null, turn = 0, what = null;
  const input = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, "aria-label": t("Photographs") }), folder = h("input", { type: "file", webkitdirectory: true, hidden: true, "aria-label": t("Folder") });
  const drop = h("div", { class: "drop" }, h("p", { style: { "font-weight": 600, "font-size": "1.1rem" } }, t("Drop photographs, or a folder of them")), h("div", { class: "row" }, h("button", { type: "button", onclick: () => input.click() }, t("Choose photographs")), h("button", { type: "button", onclick: () => folder.click() }, t("Choose a folder")), input, folder));
  const stage = h("div", { class: "stack", "aria-live": "polite" }), said = h("div", { "aria-live": "polite" }), results = h("div", { class: "stack" });
  const begin = h("button", { type: "button", class: "primary", disabled: true, onclick: go }, t("Begin"));
  what = await tasks(runs, query, () => prepare(), () => {
    clearTimeout(timer);
    if (results.childElementCount && taken?.length === 1) timer = setTimeout(go, PAUSE);
  });
  place.append(h("div", { class: "head" }, h("h1", {}, t("Photos")), h("p", { class: "about" }, t("Larger, cleaner, whole, or turned into another kind of picture. Format, colour profile and metadata are kept; your file is never written over."))),
    h("div", { class: "stack" }, drop, what.box, stage, h("div", { class: "row end" }, begin), said, results));
  onleave(() => { turn++; clearTimeout(timer); job?.stop(); });

  async function prepare() {
    if (!what) return; // its fields are only being made
    painter = null;
    begin.disabled = !taken || !what.ready();
    stage.replaceChildren();
    if (!taken) return;
    const names = h("p", { class: "soft" }, `${t("Photographs")} (${taken.length}): ${taken.slice(0, 5).map(({ path }) => path).join(", ")}${taken.length > 5 ? " ..." : ""}`);
    stage.replaceChildren(names);
    if (what.fills() !== "painted") return;
    try { painter = await brush(taken[0].file); } catch { stage.append(h("p", { class: "note bad" }, t("The browser cannot show this file; convert it to PNG or JPEG to paint on it."))); begin.disabled = true; return; }
    const find = h("button", { type: "button", onclick: async () => {
      find.disabled = true;
      try { await painter.set((await work("scratches", { photo: await send(taken.slice(0, 1), "photos") }).result).url); } catch (error) { tell(error.message, "bad"); }
      find.disabled = false;
    } }, t("Find scratches"));
    stage.append(h("p", { class: "soft" }, t("Paint where something is to be filled in.")), ...(taken.length > 1 ? [h("p", { class: "note" }, `${taken[0].path}: ${t("what is painted on it is filled in on all of them; one of another size is left out, and said so.")}`)] : []), painter.box, h("div", { class: "row" }, find));
  }
  async function take(files) {
    taken = files.length ? files : null;
    sent = null;
    results.replaceChildren();
    said.replaceChildren();
    await prepare();
    if (taken) begin.focus();
  }
  const tell = (text, kind = "") => said.replaceChildren(h("p", { class: `note ${kind}`, role: kind ? "alert" : "status" }, text));

  async function go() {
    const mine = ++turn, gone = () => mine !== turn;
    job?.stop();
    job = null;
    const note = h("span", {}), bar = h("progress", {}), stop = h("button", { type: "button", class: "quiet", onclick: () => { turn++; job?.stop(); tell(t("Cancelled.")); begin.disabled = false; } }, t("Cancel"));
    said.replaceChildren(h("div", { class: "card row", style: { "flex-wrap": "nowrap" } }, h("div", { style: { flex: 1 } }, note, bar), stop));
    begin.disabled = true;
    try {
      const [verb, question] = what.question();
      question.photo = sent ??= await send(together(taken), "photos", (done, total) => { if (gone()) throw new Error(t("Cancelled.")); note.textContent = `${done} / ${total}`; });
      if (what.fills()) question.mask = await mask();
      if (gone()) return;
      job = work(verb, question, (now) => { note.textContent = progress(now); if (now.total) { bar.max = now.total; bar.value = now.parts; } else bar.removeAttribute("value"); });
      const found = await job.result;
      if (gone()) return;
      said.replaceChildren();
      results.replaceChildren(...all(found), ...found.map(outcome));
    } catch (error) { if (!gone()) tell(error.message, "bad"); }
    if (!gone()) begin.disabled = false;
  }
  async function mask() {
    if (what.fills() !== "painted") return what.fills();
    const painted = await painter.mask();
    if (!painted) throw new Error(t("Paint where something is to be filled in."));
    return send([{ file: painted, path: "mask.png" }], "photos");
  }

  // Of several results, all in one file, and where they lie.
  function all(found) {
    const made = found.filter((one) => one.url);
    if (found.length < 2 || !made.length) return [];
    const id = made[0].url.split("/")[2];
    return [h("div", { class: "row spread" }, h("p", { class: "soft", style: { margin: 0 } }, `${made.length} / ${found.length}, ${t("All of them are in")} ${studio.folder}/.studio/works/${id}`), h("a", { class: "button primary", href: `/results/${id}.zip`, download: "" }, t("Download all")))];
  }
  function outcome(one) {
    if (one.fault) return h("p", { class: "note bad" }, `${one.name}: ${one.fault}`);
    return h("article", { class: "stack", style: { "--gap": "10px" } }, h("div", { class: "row spread" }, h("h2", { style: { margin: 0 } }, one.name), h("span", { class: "soft number" }, `${one.was.join(" × ")} → ${one.size.join(" × ")}`)), sides(one, h("a", { class: "button primary", href: `${one.url}?save`, download: one.file }, t("Download"))),
      one.remark && h("p", { class: "note" }, one.remark));
  }

  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => { event.preventDefault(); drop.classList.remove("over"); take(await dropped(event.dataTransfer)); });
  input.addEventListener("change", () => take(picked(input)));
  folder.addEventListener("change", () => take(picked(folder)));
}

// Loose photographs in a folder, so that they are one thing to name.
function together(files) {
  return files.length > 1 ? files.map(({ file, path }) => ({ file, path: path.includes("/") ? path : `photographs/${path}` })) : files;
}
