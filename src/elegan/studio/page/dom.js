// Elements by plain calls. Text is always text: nothing that a file or a class is called becomes markup.

export function h(tag, attributes = {}, ...children) {
  const element = tag === "svg" || SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else if (name in PROPERTIES) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = new Set(["path", "line", "rect", "g", "text", "circle"]);
const PROPERTIES = { value: 1, checked: 1, disabled: 1, hidden: 1 };

export const $ = (selector, inside = document) => inside.querySelector(selector);

export function field(label, input, about = "") {
  input.id ||= `f${++count}`;
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input, about && h("span", { class: "soft", id: `${input.id}-about` }, about));
}
let count = 0;

export function slider(label, { min, max, step, value, show = (v) => String(v), oninput }) {
  const id = `f${++count}`;
  const output = h("output", { for: id }, show(value));
  const input = h("input", { type: "range", id, min, max, step, value, oninput: () => { output.textContent = show(Number(input.value)); oninput(Number(input.value)); } });
  const box = h("div", { class: "slider" }, h("label", { for: id }, label), output, input);
  box.set = (v) => { input.value = v; output.textContent = show(Number(input.value)); };
  box.input = input;
  return box;
}

export function options(names, value, words = (name) => name) {
  return names.map((name) => h("option", { value: name, selected: name === value }, words(name)));
}

export function icon(path) {
  return h("svg", { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" }, h("path", { d: path }));
}

export function say(text) {
  const line = h("div", {}, text);
  $("#says").append(line);
  setTimeout(() => line.remove(), 6000);
}

export function download(url, name = "") {
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

// Calls at most once at a time, and once more with the newest arguments if it was called meanwhile.
export function latest(work) {
  let busy = false, next = null;
  return async function call(...given) {
    if (busy) { next = given; return; }
    busy = true;
    try { await work(...given); } finally {
      busy = false;
      if (next) { const again = next; next = null; call(...again); }
    }
  };
}
