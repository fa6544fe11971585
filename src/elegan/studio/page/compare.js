// Runs side by side: their numbers with intervals, what differs, and how certain the difference is.

import { ask, work } from "/api.js";
import { short } from "/curves.js";
import { h } from "/dom.js";
import { file, progress } from "/runs.js";
import { t } from "/words.js";

export async function compare(place, { onleave }) {
  const runs = (await ask("/api/runs")).filter((run) => !["damaged", "failed", "starting", "nothing saved"].includes(run.state));
  const chosen = new Set(), out = h("div", { class: "stack", "aria-live": "polite" });
  let job = null;
  onleave(() => job?.stop());
  const begin = h("button", { type: "button", class: "primary", disabled: true, onclick: () => go(false) }, t("Compare"));
  const list = h("ul", { class: "runs", style: { "grid-template-columns": "repeat(auto-fill, minmax(150px, 1fr))" } }, runs.map((run) => {
    const box = h("input", { type: "checkbox", onchange: () => { box.checked ? chosen.add(run.name) : chosen.delete(run.name); begin.disabled = chosen.size < 2; } });
    return h("li", {}, h("label", { class: "run" }, h("div", { class: "shot" }, run.picture ? h("img", { src: file(run.name, "samples.png"), alt: "", loading: "lazy", class: "pixel" }) : ""), h("span", { class: "row", style: { "margin-top": "8px", "flex-wrap": "nowrap" } }, box, run.name)));
  }));
  place.append(h("div", { class: "head" }, h("h1", {}, t("Compare")), begin, h("p", { class: "about" }, t("Choose two runs or more that were measured in the same way."))), h("div", { class: "stack" }, list, out));

  async function go(measure) {
    const note = h("p", { class: "soft" });
    out.replaceChildren(note);
    try {
      if (measure) for (const run of chosen) {
        job = work("evaluate", { run }, (now) => { note.textContent = `${run}: ${progress(now)}`; });
        await job.result;
      }
      job = work("compare", { runs: [...chosen] }, (now) => { note.textContent = progress(now); });
      out.replaceChildren(...shown(await job.result));
    } catch (error) {
      out.replaceChildren(h("p", { class: "note bad", role: "alert" }, error.message), h("div", { class: "row" }, h("button", { type: "button", onclick: () => go(true) }, t("Measure them all now"))));
    }
  }
}

function shown(found) {
  const metrics = Object.keys(found.metrics);
  return [
    h("div", { class: "wide card" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("run")), metrics.map((one) => h("th", {}, one)))), h("tbody", {}, found.groups.map((group) => h("tr", {}, h("td", {}, group.name), metrics.map((one) => h("td", {}, cell(found, one, group.metrics[one]))))))) ),
    Object.keys(found.differing).length > 0 && h("div", { class: "wide card" }, h("h2", {}, t("What differs")), h("table", {}, h("thead", {}, h("tr", {}, h("th", {}), found.groups.map((group) => h("th", {}, group.name)))), h("tbody", {}, Object.entries(found.differing).map(([key, values]) => h("tr", {}, h("td", {}, key), values.map((value) => h("td", {}, value === null ? "–" : JSON.stringify(value)))))))),
    h("details", {}, h("summary", {}, t("In words")), h("pre", {}, found.text)),
  ].filter(Boolean);
}

// A value with its interval, on the scale that all runs share in this metric.
function cell(found, metric, { value, low, high }) {
  const ends = found.groups.map((group) => group.metrics[metric]).flatMap((one) => [one.low ?? one.value, one.high ?? one.value]);
  const from = Math.min(...ends), to = Math.max(...ends), at = (v) => `${to > from ? (100 * (v - from)) / (to - from) : 50}%`;
  const known = low !== null && low !== undefined;
  return h("div", {}, h("div", { class: "number" }, known ? `${short(value)} (${short(low)} – ${short(high)})` : short(value)), h("div", { class: "interval", "aria-hidden": "true" }, known && h("i", { style: { left: at(low), width: `calc(${at(high)} - ${at(low)})` } }), h("b", { style: { left: at(value) } })));
}
