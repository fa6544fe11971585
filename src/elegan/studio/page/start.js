// From pictures to a training: what they are, which recipe and why, what it costs, every setting, begin.

import { ask, dropped, picked, send, work } from "/api.js";
import { field, h, options, say } from "/dom.js";
import { progress, time } from "/runs.js";
import { t } from "/words.js";

export async function start(place, { query, studio, onleave }) {
  const of = query.get("of");
  const origin = of ? await ask(`/api/runs/${encodeURIComponent(of)}`) : null;
  const asked = { data: origin?.source || query.get("data") || "", recipe: origin ? `run:${of}` : "", settings: {} };
  const found = h("section", { class: "stack", "aria-live": "polite" }), planned = h("section", { class: "stack" });
  let surveying = null, planning = null;
  onleave(() => { surveying?.stop(); planning?.stop(); });

  const name = h("input", { type: "text", value: asked.data, placeholder: "photos/", list: "sets", autocomplete: "off", spellcheck: "false" });
  const files = h("input", { type: "file", multiple: true, hidden: true, "aria-label": t("Files") }), folder = h("input", { type: "file", webkitdirectory: true, hidden: true, "aria-label": t("Folder") });
  const status = h("p", { class: "soft", "aria-live": "polite" });
  const drop = h("div", { class: "drop" },
    h("p", { style: { "font-weight": 600, "font-size": "1.1rem" } }, t("Drop a folder or a zip of pictures")), status,
    h("div", { class: "row" }, h("button", { type: "button", onclick: () => folder.click() }, t("Choose a folder")), h("button", { type: "button", onclick: () => files.click() }, t("Choose files or a zip")), folder, files));
  async function take(list) {
    if (!list.length) return;
    const whole = list.length > 1 && list.every(({ path }) => !path.includes("/")) ? list.map((one) => ({ ...one, path: `pictures/${one.path}` })) : list;
    try {
      asked.data = await send(whole, "data", (done, total) => { status.textContent = `${done} / ${total}`; });
      name.value = asked.data;
      survey();
    } catch (error) { say(error.message); }
    status.textContent = "";
  }
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => { event.preventDefault(); drop.classList.remove("over"); take(await dropped(event.dataTransfer)); });
  files.addEventListener("change", () => take(picked(files)));
  folder.addEventListener("change", () => take(picked(folder)));

  const form = h("form", { class: "row", onsubmit: (event) => { event.preventDefault(); asked.data = name.value.trim(); survey(); } },
    h("div", { style: { flex: "1 1 260px" } }, field(t("or name a folder, a zip or a set"), name)),
    h("button", { style: { "align-self": "end" } }, t("Look at them")), h("datalist", { id: "sets" }, options(studio.data, "")));
  place.append(h("div", { class: "head" }, h("h1", {}, of ? `${t("Vary")} ${of}` : t("Start")), h("p", { class: "about" }, t("A folder of pictures in, a trained network out. Nothing leaves this machine."))),
    h("div", { class: "stack" }, drop, form, found, planned));

  async function survey() {
    surveying?.stop();
    planning?.stop();
    planned.replaceChildren();
    const note = h("p", { class: "soft" }, t("looking at the pictures"));
    found.replaceChildren(note);
    surveying = work("survey", { data: asked.data }, (now) => { note.textContent = progress(now); });
    try {
      const seen = await surveying.result;
      found.replaceChildren(surveyed(seen));
      choice(place, asked, planned, studio, (job) => { planning = job; }, of);
    } catch (error) { found.replaceChildren(h("p", { class: "note bad", role: "alert" }, error.message)); }
  }
  if (asked.data) survey();
}

function surveyed(seen) {
  if (seen.series) return h("div", { class: "card" }, h("pre", {}, seen.lines.join("\n")));
  const surplus = seen.duplicates.reduce((sum, group) => sum + group.length - 1, 0);
  return h("div", { class: "card stack" },
    h("div", { class: "row spread" }, h("h2", { style: { margin: 0 } }, `${seen.count.toLocaleString()} ${t("pictures")}`), h("span", { class: "soft" }, seen.name)),
    h("div", { class: "samples" }, seen.pictures.map((src) => h("img", { src, alt: "", class: "pixel" }))),
    h("dl", { class: "facts" }, ...[["sizes", counts(seen.sizes)], ["modes", counts(seen.modes)], ["duplicates", surplus || t("none")], ["unreadable", seen.unreadable.length || t("none")]].map(([word, value]) => h("div", {}, h("dt", {}, t(word)), h("dd", {}, String(value))))),
    Object.keys(seen.classes).length > 0 && h("details", {}, h("summary", {}, `${Object.keys(seen.classes).length} ${t("classes")}`), bars(seen.classes)),
    seen.notes.map((note) => h("p", { class: "note" }, note)),
    (surplus > 0 || seen.unreadable.length > 0) && h("details", {}, h("summary", {}, t("Which ones")), h("pre", {}, [...seen.duplicates.map((group) => group.join(" = ")), ...seen.unreadable.map(([name, why]) => `${name}: ${why}`)].join("\n"))));
}

function counts(by) {
  const entries = Object.entries(by);
  return entries.slice(0, 3).map(([name, count]) => (entries.length > 1 ? `${name} (${count.toLocaleString()})` : name)).join(", ") + (entries.length > 3 ? ` +${entries.length - 3}` : "");
}

function bars(by) {
  const most = Math.max(...Object.values(by));
  return h("div", { class: "bars" }, Object.entries(by).slice(0, 60).flatMap(([name, count]) => [h("span", {}, name), h("div", {}, h("i", { style: { width: `${(100 * count) / most}%` } })), h("span", { class: "number soft" }, count.toLocaleString())]));
}

// The recipe, what it costs, and its settings. Every change plans anew.
async function choice(place, asked, planned, studio, planning, of) {
  const recipe = h("select", {}, h("option", { value: "" }, t("chosen by the data")), of && h("option", { value: `run:${of}`, selected: true }, `${t("as in")} ${of}`),
    Object.keys(studio.kinds).map((kind) => h("optgroup", { label: kind }, studio.recipes.filter((one) => one.task === kind).map((one) => h("option", { value: one.name, title: one.about }, one.name)))));
  const length = h("select", {}, options(["", "minutes", "steps", "images", "epochs"], "", (word) => (word ? t(word) : t("as the recipe has it"))));
  const amount = h("input", { type: "number", min: 0, step: "any", value: 10, hidden: true, "aria-label": t("how long") });
  const seed = h("input", { type: "number", min: 0, step: 1, value: 0 }), size = h("input", { type: "text", placeholder: t("from the data") }), name = h("input", { type: "text" });
  const told = h("div", { class: "stack", "aria-live": "polite" }), settings = h("div", {}), begin = h("button", { type: "button", class: "primary", disabled: true }, t("Begin training"));
  let job = null, named = false;
  name.addEventListener("input", () => { named = true; });

  function given() {
    const body = { data: asked.data, settings: Object.entries(asked.settings).map(([key, value]) => `${key}=${value}`) };
    if (recipe.value) body.recipe = recipe.value;
    if (length.value) body[length.value] = Number(amount.value);
    if (Number(seed.value)) body.seed = Number(seed.value);
    if (size.value.trim()) body.size = size.value.trim();
    if (named && name.value.trim()) body.name = name.value.trim();
    return body;
  }
  async function plan() {
    job?.stop();
    begin.disabled = true;
    const note = h("p", { class: "soft" }, t("trying a few steps"));
    told.replaceChildren(note);
    const mine = (job = work("plan", given(), (now) => { note.textContent = progress(now); }));
    planning(job);
    try {
      const found = await mine.result;
      if (mine !== job) return;
      if (!named) name.value = found.name;
      told.replaceChildren(cost(found));
      begin.disabled = false;
      form(found);
    } catch (error) { if (mine === job) told.replaceChildren(h("p", { class: "note bad", role: "alert" }, error.message)); }
  }
  let drawn = "";
  async function form(found) {
    const now = JSON.stringify([recipe.value, found.recipe.name, asked.settings]);
    if (now === drawn) return;
    drawn = now;
    const base = recipe.value || found.recipe.name;
    const answer = await ask("/api/fields", { recipe: base, settings: Object.entries(asked.settings).map(([key, value]) => `${key}=${value}`) });
    const values = flat(found.recipe);
    settings.replaceChildren(h("details", { open: Object.keys(asked.settings).length > 0 }, h("summary", {}, t("All settings of the recipe")), h("p", { class: "soft" }, answer.about), ...grouped(answer.fields, values, asked, plan)));
  }
  recipe.addEventListener("change", () => { asked.settings = {}; plan(); });
  length.addEventListener("change", () => { amount.hidden = !length.value; amount.value = { minutes: 10, steps: 1000, images: 100000, epochs: 20 }[length.value] || ""; plan(); });
  for (const one of [amount, seed, size]) one.addEventListener("change", plan);
  begin.addEventListener("click", async () => {
    begin.disabled = true;
    try {
      const { name: begun } = await ask("/api/train", { ...given(), name: name.value.trim() });
      location.hash = `#/run/${encodeURIComponent(begun)}`;
    } catch (error) { say(error.message); begin.disabled = false; }
  });
  planned.replaceChildren(h("div", { class: "card stack" }, h("h2", { style: { margin: 0 } }, t("The training")),
    h("div", { class: "form" }, field(t("Recipe"), recipe), field(t("Length"), h("span", { class: "row", style: { "flex-wrap": "nowrap" } }, length, amount)), field(t("Pixels a side"), size), field(t("Seed"), seed), field(t("Name"), name)),
    told, settings, h("div", { class: "row end" }, begin)));
  const label = length.parentElement.previousElementSibling;
  length.id = label.htmlFor = "length";
  await plan();
}

function cost(found) {
  const { cost: c } = found, millions = Object.values(c.parameters).reduce((a, b) => a + b, 0) / 1e6;
  return h("div", { class: "stack" },
    h("p", { class: "note" }, `${found.recipe.name}: ${found.recipe.about}${found.why ? ` (${found.why})` : ""}`),
    h("dl", { class: "facts" }, ...[["time", time(c.seconds)], ["steps", c.steps.toLocaleString()], ["images a step", c.batch], ["memory", `${(c.memory / 1e9).toFixed(1)} GB`], ["parameters", `${millions.toFixed(1)} M`], ["device", c.device]].map(([word, value]) => h("div", {}, h("dt", {}, t(word)), h("dd", {}, String(value))))));
}

function flat(values, above = "", into = {}) {
  for (const [key, value] of Object.entries(values)) {
    if (value && typeof value === "object" && !Array.isArray(value)) flat(value, `${above}${key}.`, into);
    else into[above + key] = value;
  }
  return into;
}

function grouped(fields, values, asked, plan) {
  const groups = new Map();
  for (const one of fields) {
    const parts = one.key.split("."), group = parts.length === 1 ? t("The recipe itself") : parts.slice(0, parts.length > 2 || ["nets", "losses", "optimizers", "damage"].includes(parts[0]) ? 2 : 1).join(".");
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(one);
  }
  return [...groups].map(([title, members]) => h("fieldset", {}, h("legend", {}, title), h("div", { class: "form" }, members.map((one) => setting(one, values, asked, plan)))));
}

// A field by its type: a switch, a choice, a number, or text as in TOML.
function setting({ key, value, schema, choices, about }, values, asked, plan) {
  const usual = key in values ? values[key] : value, names = schema.enum || (choices.length > 1 ? choices : null), whole = key.endsWith(".name") ? key.slice(0, -5) : key;
  let input, read;
  if (schema.type === "boolean") { input = h("input", { type: "checkbox", checked: Boolean(usual) }); read = () => String(input.checked); }
  else if (names) { input = h("select", {}, options(names.map(String), String(usual))); read = () => input.value; }
  else if (schema.type === "integer" || schema.type === "number") {
    input = h("input", { type: "number", min: schema.minimum ?? schema.exclusiveMinimum, max: schema.maximum, step: schema.type === "integer" ? 1 : "any", value: usual ?? "" });
    read = () => (schema.type === "number" && /^-?\d+$/.test(input.value) ? `${input.value}.0` : input.value);
  } else { input = h("input", { type: "text", value: usual === null || usual === undefined ? "" : Array.isArray(usual) ? JSON.stringify(usual) : String(usual), readonly: key.endsWith(".name") }); read = () => input.value; }
  const box = field(key.endsWith(".name") ? key : key.split(".").pop(), input, about);
  if (whole in asked.settings) box.classList.add("changed");
  input.addEventListener("change", () => {
    const text = read();
    if (text === "") delete asked.settings[whole]; else asked.settings[whole] = text;
    box.classList.add("changed");
    plan();
  });
  return box;
}
