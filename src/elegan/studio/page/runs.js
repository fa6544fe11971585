// All runs, and one of them: watched while it learns, stopped, gone on with, measured, reported on.

import { Fault, ask, follow, work } from "/api.js";
import { curve, short } from "/curves.js";
import { $, download, h, say } from "/dom.js";
import { t } from "/words.js";

const MANY = 60; // cards that are drawn at once; others as they come near

export async function runs(place, { onleave, studio }) {
  const list = h("ul", { class: "runs" });
  const count = h("p", { class: "about" });
  const named = h("input", { type: "search", "aria-label": t("Only names with"), placeholder: t("Only names with"), hidden: true, oninput: () => { drawn = MANY; draw(); } });
  place.append(h("div", { class: "head" }, h("h1", {}, t("Runs")), h("div", { class: "row" }, named, h("a", { class: "button primary", href: "#/start" }, t("New training"))), count), list);
  const cards = new Map(), end = h("li", { class: "end", "aria-hidden": "true" });
  let all = [], drawn = MANY;
  const near = new IntersectionObserver((entries) => { if (entries.at(-1).isIntersecting) { drawn += MANY; draw(); } }, { rootMargin: "1200px" });
  function show(found) {
    all = found;
    named.hidden = found.length <= MANY;
    count.textContent = found.length ? `${found.length} · ${studio.folder.split("/").at(-1)}` : "";
    count.title = studio.folder;
    if (!found.length) {
      list.replaceChildren(h("li", { class: "empty", style: { "grid-column": "1 / -1" } }, h("p", {}, t("Nothing has been trained here yet.")), h("a", { class: "button", href: "#/start" }, t("Start with a folder of pictures"))));
      return;
    }
    draw();
  }
  function draw() {
    const found = all.filter((run) => run.name.toLowerCase().includes(named.value.trim().toLowerCase()));
    near.unobserve(end);
    list.replaceChildren(...found.slice(0, drawn).map((run) => {
      const key = JSON.stringify(run);
      if (cards.get(run.name)?.key !== key) cards.set(run.name, { key, card: card(run) });
      return cards.get(run.name).card;
    }), ...(drawn < found.length ? [end] : []));
    if (drawn < found.length) near.observe(end);
  }
  onleave(() => near.disconnect());
  await new Promise((shown, failed) => {
    onleave(follow("/api/runs/live", (found) => { show(found); shown(); }, () => failed(new Fault(t("The studio does not answer; start it again with elegan studio. Trainings go on without it.")))));
  });
}

function card(run) {
  const shot = run.picture
    ? h("img", { src: `${file(run.name, "samples.png")}?${run.picture}`, alt: "", loading: "lazy", class: "pixel" })
    : h("div", { class: "none" }, run.state === "starting" ? t("about to begin") : t("no pictures yet"));
  return h("li", {}, h("a", { class: "run", href: `#/run/${encodeURIComponent(run.name)}` },
    h("div", { class: "shot" }, shot),
    h("h2", {}, run.name),
    h("p", { class: "line" }, state(run), h("span", { class: "number" }, run.newest === null ? "" : `${run.metric.toUpperCase()} ${short(run.newest)}`)),
    run.state === "training" && h("progress", { max: run.steps, value: run.step, "aria-label": t("steps") })));
}

export const file = (name, inner) => `/runs/${encodeURIComponent(name)}/${inner}`;

function state(run) {
  return h("span", { class: `state ${run.state}${run.alarm ? " alarm" : ""}` }, run.alarm ? `${t(run.state)}, ${t("alarm")}` : t(run.state));
}

export async function run(place, { rest: [name], onleave }) {
  let known = await ask(`/api/runs/${encodeURIComponent(name)}`);
  const address = `/api/runs/${encodeURIComponent(name)}`;
  const head = h("div", { class: "row" }), facts = h("dl", { class: "facts" }), bar = h("progress", { max: 1, value: 0, "aria-label": t("steps") });
  const alarms = h("div", { class: "stack" }), said = h("div", {}), curves = h("div", { class: "curves" });
  const sheet = moments(name), panels = new Map();
  const title = h("div", { class: "head" }, h("div", {}, h("h1", {}, name), h("p", { class: "soft", style: { margin: "4px 0 0" } })), head);
  place.append(title, h("div", { class: "stack" },
    bar, facts, alarms,
    h("div", { class: "two" }, h("section", { class: "stack" }, sheet.box), h("section", { class: "stack" }, h("h2", {}, t("What it can do")), uses(name, known), about(known))),
    h("section", {}, h("h2", {}, t("Curves")), h("p", { class: "soft small" }, t("Over images seen. Drag to zoom, double click for all.")), curves),
    said, deeper(name, known)));
  head.setAttribute("role", "group");

  function show(now) {
    known = { ...known, ...now };
    $("p", title).replaceChildren(state(known), known.recipe ? ` · ${known.recipe} · ${known.data}` : "");
    bar.max = known.steps || 1;
    bar.value = known.step;
    bar.hidden = known.state !== "training" && known.state !== "starting";
    if (known.state === "starting") bar.removeAttribute("value");
    facts.replaceChildren(...rows(known).map(([word, value]) => h("div", {}, h("dt", {}, t(word)), h("dd", {}, value))));
    alarms.replaceChildren(...(known.alarms || []).slice(-3).map((alarm) => h("p", { class: "alarm-line" }, `${t("step")} ${alarm.step}: ${alarm.rule}. ${alarm.text}`)));
    if (known.fault) alarms.append(h("p", { class: "note bad" }, known.fault));
    if (known.sheets?.length) sheet.set(known.sheets, known.picture);
    for (const [panel, lines] of Object.entries(known.panels || {})) {
      if (!panels.has(panel)) { panels.set(panel, curve(panel)); curves.append(panels.get(panel).box); }
      panels.get(panel).set(lines, known.alarms || []);
    }
    said.replaceChildren(...(known.said?.length ? [h("details", { open: known.state === "failed" }, h("summary", {}, t("What the training said")), h("pre", {}, known.said.join("\n")))] : []));
    actions();
  }

  let shown = "";
  function actions() {
    const works = known.state === "training" || known.state === "starting";
    const key = `${known.state} ${known.steps}`;
    if (key === shown) return;
    shown = key;
    const longer = h("input", { type: "number", min: 1, value: known.steps * 2 || 1000, style: { width: "120px" }, "aria-label": t("steps in all") });
    const act = async (what, body = {}) => {
      try { await ask(`${address}/${what}`, body); say(t({ stop: "It saves and stops.", resume: "It goes on.", forget: "It is off the list." }[what])); } catch (error) { say(error.message); }
    };
    head.replaceChildren(...(works
      ? [h("button", { type: "button", onclick: () => act("stop") }, t("Stop"))]
      : [
          known.state === "stopped" && h("button", { type: "button", class: "primary", onclick: () => act("resume") }, t("Go on")),
          known.state === "finished" && h("span", { class: "row" }, longer, h("button", { type: "button", class: "primary", onclick: () => act("resume", { steps: Number(longer.value) }) }, t("Go on for longer"))),
          known.state === "failed" && h("button", { type: "button", onclick: async () => { await act("forget"); location.hash = "#/runs"; } }, t("Take off the list")),
          known.recipe && h("a", { class: "button", href: `#/start?of=${encodeURIComponent(name)}` }, t("Vary a copy")),
        ].filter(Boolean)));
  }
  show(known);
  onleave(follow(`${address}/live`, (now) => {
    if (now.gone) { say(now.gone); return; }
    if (!known.settings && now.state !== "starting" && now.state !== "failed" && now.picture) { dispatchEvent(new Event("hashchange")); return; }
    show(now);
  }));
}

function rows(run) {
  const left = run.state === "training" && run.step_seconds ? time((run.steps - run.step) * run.step_seconds) : null;
  return [
    ["step", run.steps ? `${run.step.toLocaleString()} / ${run.steps.toLocaleString()}` : ""],
    ["time left", left],
    ["speed", run.speed ? `${short(run.speed)} ${t("images a second")}` : null],
    ["time so far", run.seconds ? time(run.seconds) : null],
    [run.metric ? run.metric.toUpperCase() : "metric", run.newest === null || run.newest === undefined ? null : `${short(run.newest)} (${t("best")} ${short(run.best)})`],
    ["seed", run.seed],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "").map(([word, value]) => [word, String(value)]);
}

export function time(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

// The sheets of samples over the training: a slider through them, and all of them as a film.
function moments(name) {
  let steps = [], newest = true, timer = null, stamp = 0;
  const image = h("img", { alt: t("Samples, the same latents at every step"), class: "pixel" });
  const input = h("input", { type: "range", min: 0, max: 0, value: 0, id: "moment", "aria-describedby": "moment-step" });
  const at = h("output", { class: "number soft", id: "moment-step", for: "moment" });
  const play = h("button", { type: "button", class: "quiet" }, t("Play"));
  function draw() {
    const step = steps[Number(input.value)];
    image.src = `${file(name, `samples/${String(step).padStart(8, "0")}.png`)}?${step === steps.at(-1) ? stamp : 0}`;
    at.textContent = `${t("step")} ${step.toLocaleString()}`;
  }
  input.addEventListener("input", () => { newest = Number(input.value) === steps.length - 1; draw(); });
  play.addEventListener("click", () => {
    if (timer) { clearInterval(timer); timer = null; play.textContent = t("Play"); return; }
    play.textContent = t("Pause");
    if (Number(input.value) === steps.length - 1) input.value = 0;
    timer = setInterval(() => {
      if (!image.isConnected || Number(input.value) >= steps.length - 1) { clearInterval(timer); timer = null; play.textContent = t("Play"); return; }
      input.value = Number(input.value) + 1;
      draw();
    }, 350);
  });
  const film = h("button", { type: "button", class: "quiet", onclick: async () => {
    film.disabled = true;
    try { download(`${file(name, (await work("film", { run: name }).result).file)}?save`); } catch (error) { say(error.message); }
    film.disabled = false;
  } }, t("Film"));
  const box = h("div", { class: "stack", hidden: true, style: { "--gap": "12px" } }, h("div", { class: "row spread" }, h("h2", { style: { margin: 0 } }, h("label", { for: "moment" }, t("Samples"))), at), h("div", { class: "sheet" }, image), input, h("div", { class: "row" }, play, film));
  return { box, set(now, changed) {
    const grown = now.length !== steps.length || now.at(-1) !== steps.at(-1);
    steps = now;
    stamp = changed;
    box.hidden = false;
    input.max = steps.length - 1;
    if (newest) input.value = steps.length - 1;
    if (grown && (newest || !image.src)) draw();
  } };
}

function uses(name, run) {
  const can = run.abilities || [], link = encodeURIComponent(name);
  const found = [
    can.includes("generate") && h("a", { class: "button primary", href: `#/explore/${link}` }, t("Explore its pictures")),
    can.includes("translate") && h("a", { class: "button primary", href: `#/photos?run=${link}&do=translate` }, t("Translate photographs")),
    can.includes("restore") && h("a", { class: "button primary", href: `#/photos?run=${link}&do=restore` }, t("Restore photographs")),
  ].filter(Boolean);
  return h("div", { class: "row" }, found.length && run.checkpoints?.length ? found : h("p", { class: "soft" }, t("Once it has saved a checkpoint.")));
}

function about(run) {
  const settings = run.settings || [];
  return h("div", { class: "stack" },
    run.shape && h("dl", { class: "facts" }, ...[["pictures", run.count], ["pixels", String(run.shape.resolution)], ["classes", run.classes?.length || null], ["machine", run.device]].filter(([, v]) => v).map(([word, v]) => h("div", {}, h("dt", {}, t(word)), h("dd", {}, Number.isInteger(v) ? v.toLocaleString() : v)))),
    settings.length > 0 && h("details", {}, h("summary", {}, t("What differs from its recipe")), h("table", {}, h("tbody", {}, settings.map(([key, value, usual]) => h("tr", {}, h("td", {}, key), h("td", {}, value), h("td", { class: "soft" }, usual)))))),
    run.notes?.length > 0 && h("p", { class: "soft small" }, run.notes.join(" · ")));
}

// Measure, copies and report: each a work with a button, its result below.
function deeper(name, run) {
  if (!run.checkpoints?.length) return h("div");
  const out = h("div", { class: "stack" });
  const begin = (verb, asked, show) => async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    const note = h("span", {}), stop = h("button", { type: "button", class: "quiet" }, t("Cancel"));
    out.replaceChildren(h("p", { class: "row" }, note, stop));
    const job = work(verb, { run: name, ...asked }, (now) => { note.textContent = progress(now); });
    stop.addEventListener("click", () => job.stop());
    try { out.replaceChildren(...show(await job.result)); } catch (error) { out.replaceChildren(h("p", { class: "note bad", role: "alert" }, error.message)); }
    button.disabled = false;
  };
  const generates = (run.abilities || []).includes("generate");
  return h("section", { class: "stack" }, h("h2", { style: { margin: 0 } }, t("A closer look")), h("div", { class: "row" },
    h("button", { type: "button", onclick: begin("report", {}, (found) => [h("iframe", { src: file(name, found.file), title: t("Report") }), h("div", { class: "row" }, h("a", { class: "button", href: `${file(name, found.file)}?save` }, t("Download")))]) }, t("Report")),
    h("button", { type: "button", onclick: begin("evaluate", {}, (found) => [measured(found)]) }, t("Measure")),
    generates && h("button", { type: "button", onclick: begin("copies", {}, (found) => copies(name, found)) }, t("Copies"))), out);
}

export function progress(now) {
  if (now.state === "waiting") return t("waiting for the work before it");
  return now.what ? `${t(now.what)}${now.total ? `: ${now.parts} / ${now.total}` : now.parts ? `: ${now.parts}` : ""}` : t("working");
}

function measured(records) {
  return h("div", { class: "wide" }, h("table", {}, h("thead", {}, h("tr", {}, ["metric", "value", "interval", "N"].map((word) => h("th", {}, t(word))))), h("tbody", {}, records.map((r) => h("tr", {}, h("td", {}, r.metric), h("td", {}, short(r.value)), h("td", {}, r.low === null || r.low === undefined ? "" : `${short(r.low)} – ${short(r.high)}`), h("td", {}, String(r.n_fake ?? r.n ?? "")))))));
}

function copies(name, found) {
  return [
    h("pre", {}, found.lines.join("\n")),
    found.sheet && h("figure", { style: { margin: 0 } }, h("figcaption", { class: "soft" }, t("Each row: a suspect, then the training images that it is likest to.")), h("div", { class: "sheet" }, h("img", { class: "pixel", src: `${file(name, found.sheet)}?${Date.now()}`, alt: t("Suspects beside their nearest training images") }))),
    found.nearest.length > 0 && h("figure", { style: { margin: 0 } }, h("figcaption", { class: "soft" }, t("Any pictures (framed) beside their nearest training images.")), h("div", { class: "nears" }, found.nearest.flat().map((data) => h("img", { src: `data:image/png;base64,${data}`, alt: "", class: "pixel" })))),
  ].filter(Boolean);
}
