// Curves of a log, drawn as SVG: drag to zoom along the images seen, double click or Escape for all.

import { h } from "/dom.js";
import { t } from "/words.js";

const COLOURS = ["var(--accent)", "#c2762b", "#6c5bd0", "#b13e73", "#5f8a3a", "#3f7fc4"];
const H = 190, LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 24;

export function curve(title) {
  let lines = {}, alarms = [], window_ = null, W = 400;
  const svg = h("svg", { role: "img", tabindex: "0" });
  const legend = h("div", { class: "legend" });
  const box = h("figure", { class: "curve", style: { margin: 0 } }, h("h3", {}, title), svg, legend);
  let shown = [0, 1];

  function draw() {
    if (document.hidden) return;
    const all = Object.values(lines).flat();
    if (!all.length) return;
    const full = [Math.min(...all.map((p) => p[0])), Math.max(...all.map((p) => p[0]))];
    const [from, to] = (shown = window_ || (full[1] > full[0] ? full : [full[0], full[0] + 1]));
    const seen = all.filter((p) => p[0] >= from && p[0] <= to && Number.isFinite(p[1])).map((p) => p[1]);
    let low = Math.min(...seen), high = Math.max(...seen);
    if (!seen.length) [low, high] = [0, 1];
    if (high === low) [low, high] = [low - 1, high + 1];
    const x = (v) => LEFT + ((v - from) / (to - from)) * (W - LEFT - RIGHT);
    const y = (v) => TOP + ((high - v) / (high - low)) * (H - TOP - BOTTOM);
    const parts = [];
    const heights = ticks(low, high, 4);
    for (const v of heights) {
      parts.push(h("line", { class: "axis", x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v) }), h("text", { x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" }, short(v, told(heights))));
    }
    const marks = ticks(from, to, 4);
    marks.forEach((v) => parts.push(h("text", { x: x(v), y: H - 7, "text-anchor": "middle" }, short(v))));
    for (const alarm of alarms) if (alarm.images >= from && alarm.images <= to) parts.push(h("line", { class: "mark-alarm", x1: x(alarm.images), x2: x(alarm.images), y1: TOP, y2: H - BOTTOM }));
    Object.entries(lines).forEach(([, points], number) => {
      const inside = points.filter((p, i) => (points[i + 1]?.[0] ?? p[0]) >= from && (points[i - 1]?.[0] ?? p[0]) <= to && Number.isFinite(p[1]));
      const every = Math.ceil(inside.length / W) || 1; // no more points than pixels across
      const d = inside.filter((_, i) => i % every === 0 || i === inside.length - 1).map((p, i) => `${i ? "L" : "M"}${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`).join("");
      parts.push(h("path", { d: inside.length === 1 ? `${d}h.01` : d, stroke: COLOURS[number % COLOURS.length], "stroke-linecap": "round" }));
    });
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    svg.replaceChildren(...parts);
    svg.setAttribute("aria-label", `${title}: ${Object.entries(lines).map(([name, p]) => `${name || title} ${short(p.at(-1)[1])}`).join(", ")}. ${t("Drag to zoom, double click for all.")}`);
    legend.replaceChildren(...Object.entries(lines).map(([name, p], number) => h("span", {}, h("i", { style: { background: COLOURS[number % COLOURS.length] } }), `${name || title} ${short(p.at(-1)[1])}`)));
  }

  document.addEventListener("visibilitychange", function again() {
    if (svg.isConnected) draw();
    else document.removeEventListener("visibilitychange", again);
  });
  new ResizeObserver(([{ contentRect }]) => { if (contentRect.width) { W = contentRect.width; draw(); } }).observe(svg);
  let began = null, chosen = null;
  const at = (event) => {
    const { left, width } = svg.getBoundingClientRect();
    const place = Math.min(Math.max(((event.clientX - left) / width) * W, LEFT), W - RIGHT);
    return { place, value: shown[0] + ((place - LEFT) / (W - LEFT - RIGHT)) * (shown[1] - shown[0]) };
  };
  svg.addEventListener("pointerdown", (event) => {
    began = at(event);
    svg.setPointerCapture(event.pointerId);
    chosen = h("rect", { class: "chosen", y: TOP, height: H - TOP - BOTTOM, x: began.place, width: 0 });
    svg.append(chosen);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!began) return;
    const { place } = at(event);
    chosen.setAttribute("x", Math.min(place, began.place));
    chosen.setAttribute("width", Math.abs(place - began.place));
  });
  svg.addEventListener("pointerup", (event) => {
    const end = at(event);
    if (Math.abs(end.place - began.place) > 6) window_ = [Math.min(began.value, end.value), Math.max(began.value, end.value)];
    began = null;
    draw();
  });
  const whole = () => { window_ = null; draw(); };
  svg.addEventListener("dblclick", whole);
  svg.addEventListener("keydown", (event) => {
    const [from, to] = shown, middle = (from + to) / 2, half = (to - from) / 2;
    const moves = { "+": [middle - half / 2, middle + half / 2], "-": [middle - half * 2, middle + half * 2], ArrowLeft: [from - half / 2, to - half / 2], ArrowRight: [from + half / 2, to + half / 2] };
    if (event.key === "Escape") whole();
    else if (moves[event.key === "=" ? "+" : event.key]) { window_ = moves[event.key === "=" ? "+" : event.key]; draw(); event.preventDefault(); }
  });
  return { box, set(newLines, newAlarms) { lines = newLines; alarms = newAlarms; draw(); } };
}

export function short(v, digits = 3) {
  const size = Math.abs(v);
  if (size >= 1e6) return `${+(v / 1e6).toPrecision(digits)}M`;
  if (size >= 1e4) return `${+(v / 1e3).toPrecision(digits)}k`;
  return size && size < 1e-3 ? v.toExponential(1) : String(+v.toPrecision(digits));
}

// Digits that tell the marks of an axis apart.
function told(marks) {
  const largest = Math.max(...marks.map(Math.abs));
  return marks.length > 1 && largest ? Math.min(9, Math.max(3, Math.ceil(Math.log10(largest / (marks[1] - marks[0]))) + 1)) : 3;
}

function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= rough) || rough;
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) found.push(v);
  return found;
}
