// What is to be done with photographs: the fields that say it, and what the server is asked.

import { ask } from "/api.js";
import { field, h, options, slider } from "/dom.js";
import { t } from "/words.js";

const SHIPPED = ["upscale", "denoise", "inpaint", "scratches", "scratches,denoise,upscale"];
const FORMATS = ["", "png", "jpg", "webp", "tiff", "avif"];
const MASKS = { painted: "what I paint", "auto-scratches": "scratches that are found", transparent: "what is transparent" };

// `changed` is called where something else is to be done, `moved` where a slider only says how much of it.
export async function tasks(runs, query, changed, moved) {
  const asked = { scale: 2, sigma: "", detail: 0, strength: 1, direction: "", format: "", mask: "painted", task: "" };
  const own = query.get("run") || "";
  const what = h("select", { onchange: furnish },
    h("optgroup", { label: t("With what comes along") }, options(SHIPPED, "upscale", (name) => name.split(",").map(t).join(", "))),
    h("optgroup", { label: t("With a run of yours") }, runs.map((run) => h("option", { value: `run:${run.name}`, selected: run.name === own }, run.name))));
  const chosen = field(t("What to do"), what), box = h("div", { class: "form" });
  let run = null;

  const value = (name, input, then = () => {}) => { input.value = asked[name]; input.addEventListener("change", () => { asked[name] = input.value; then(); }); return input; };
  const choice = (label, name, names, words, then) => field(label, value(name, h("select", {}, options(names, asked[name], words)), then));
  const number = (label, name, attributes) => field(label, value(name, h("input", { type: "number", ...attributes })));
  const share = (label, name) => slider(label, { min: 0, max: 1, step: 0.05, value: asked[name], oninput: (v) => { asked[name] = v; moved(); } });

  // Whether the networks know more than the faithful way, up to what scale they go, and whether they are told of noise.
  const knows = () => (run ? { detail: run.restores.detail, scale: run.restores.scale, noise: run.restores.hints > 0 } : { detail: true, scale: 4, noise: true });

  async function furnish() {
    run = what.value.startsWith("run:") ? await ask(`/api/runs/${encodeURIComponent(what.value.slice(4))}`) : null;
    Object.assign(asked, { task: run ? run.restores?.tasks[0] || "" : what.value, direction: run?.ways[0] || "", detail: run ? 1 : 0 });
    if (run?.restores) asked.scale = run.restores.scale;
    describe();
  }
  function describe() {
    const fields = run?.ways.length
      ? [run.ways.length > 1 && choice(t("Direction"), "direction", run.ways), share(t("Strength"), "strength")]
      : asked.task ? restoring() : [h("p", { class: "note bad" }, t("This run does neither translate nor restore."))];
    box.replaceChildren(chosen, ...fields.filter(Boolean));
    changed();
  }
  function restoring() {
    const parts = asked.task.split(","), can = knows();
    return [
      run?.restores.tasks.length > 1 && choice(t("Task"), "task", run.restores.tasks, t, describe),
      asked.task === "inpaint" && choice(t("Fill in"), "mask", Object.keys(MASKS), (name) => t(MASKS[name]), changed),
      parts.includes("upscale") && number(t("How much larger"), "scale", { min: 1.1, max: can.scale, step: 0.1 }),
      can.detail && (parts.includes("upscale") || run) && share(t("Detail (invented)"), "detail"),
      can.noise && parts.includes("denoise") && number(t("Noise, 0 to 255; empty: unknown"), "sigma", { min: 0, max: 255, step: 1 }),
      choice(t("Format"), "format", FORMATS, (one) => one || t("as it is")),
    ];
  }

  await furnish();
  return {
    box,
    ready: () => Boolean(run?.ways.length || asked.task),
    fills: () => (!run?.ways.length && asked.task === "inpaint" ? asked.mask : null),
    question() {
      if (run?.ways.length) return ["translate", { run: run.name, strength: Number(asked.strength), direction: asked.direction }];
      const parts = asked.task.split(","), can = knows();
      return ["restore", {
        task: asked.task, format: asked.format, ...(run ? { model: run.name } : {}), ...(parts.includes("upscale") ? { scale: Number(asked.scale) } : {}),
        ...(can.detail && (run || (parts.includes("upscale") && asked.detail > 0)) ? { detail: Number(asked.detail) } : {}),
        ...(can.noise && parts.includes("denoise") && asked.sigma !== "" ? { sigma: Number(asked.sigma) } : {}),
      }];
    },
  };
}
