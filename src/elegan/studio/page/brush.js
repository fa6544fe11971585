// A mask painted over a photograph, white where to fill, with undo.

import { h, slider } from "/dom.js";
import { t } from "/words.js";

export async function brush(blob) {
  const photo = await createImageBitmap(blob);
  const { width, height } = photo;
  const view = h("canvas", { width, height, style: { position: "static", opacity: 1, display: "block" }, "aria-hidden": "true" });
  view.getContext("2d").drawImage(photo, 0, 0);
  const layer = h("canvas", { width, height, role: "img", tabindex: 0, "aria-label": t("The mask: paint where to fill; arrow keys move the brush, the space bar puts it down and lifts it, Ctrl Z takes the last stroke back") });
  const pen = layer.getContext("2d");
  let strokes = [], found = null, size = Math.max(8, Math.round(Math.max(width, height) / 40)), stroke = null, cursor = null;
  function draw() {
    lay();
    if (cursor) ring();
  }
  function lay() {
    pen.clearRect(0, 0, width, height);
    if (found) pen.drawImage(found, 0, 0);
    for (const one of strokes) paint(one);
  }
  // Where the brush of the keyboard is, in black and white so that it is seen on anything.
  function ring() {
    for (const [colour, wide] of [["#000", 3], ["#fff", 1]]) {
      pen.beginPath();
      pen.arc(...cursor, size / 2, 0, 2 * Math.PI);
      pen.strokeStyle = colour;
      pen.lineWidth = wide * Math.max(1, width / 800);
      pen.stroke();
    }
  }
  function paint({ points, size: wide, erase }) {
    pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
    pen.strokeStyle = pen.fillStyle = "#ff3b6b";
    pen.lineWidth = wide;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    pen.moveTo(...points[0]);
    for (const point of points.slice(1)) pen.lineTo(...point);
    if (points.length === 1) pen.lineTo(points[0][0] + 0.1, points[0][1]);
    pen.stroke();
    pen.globalCompositeOperation = "source-over";
  }
  const at = (event) => { const r = layer.getBoundingClientRect(); return [((event.clientX - r.left) / r.width) * width, ((event.clientY - r.top) / r.height) * height]; };
  const erase = h("button", { type: "button", "aria-pressed": "false", onclick: () => erase.setAttribute("aria-pressed", String(erase.getAttribute("aria-pressed") !== "true")) }, t("Eraser"));
  const put = (point) => { stroke = { points: [point], size, erase: erase.getAttribute("aria-pressed") === "true" }; strokes.push(stroke); undo.disabled = false; draw(); };
  layer.addEventListener("pointerdown", (event) => { layer.setPointerCapture(event.pointerId); cursor = null; put(at(event)); });
  layer.addEventListener("pointermove", (event) => { if (stroke) { stroke.points.push(at(event)); draw(); } });
  for (const end of ["pointerup", "pointercancel"]) layer.addEventListener(end, () => { stroke = null; });
  layer.addEventListener("blur", () => { cursor = stroke = null; draw(); });
  const back = () => { if (strokes.pop()) draw(); undo.disabled = !strokes.length; };
  const undo = h("button", { type: "button", disabled: true, onclick: back }, t("Undo"));
  const clear = h("button", { type: "button", onclick: () => { strokes = []; found = null; undo.disabled = true; draw(); } }, t("Clear"));
  layer.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if ((event.ctrlKey || event.metaKey) && event.key === "z") back();
    else if (way) {
      cursor ??= [width / 2, height / 2];
      cursor = [Math.min(width, Math.max(0, cursor[0] + (way[0] * size) / 2)), Math.min(height, Math.max(0, cursor[1] + (way[1] * size) / 2))];
      if (stroke) stroke.points.push(cursor);
      draw();
    } else if (event.key === " ") {
      cursor ??= [width / 2, height / 2];
      if (stroke) { stroke = null; draw(); } else put(cursor);
    } else return;
    event.preventDefault();
  });
  const box = h("div", { class: "stack", style: { "--gap": "12px" } }, h("div", { class: "brush", style: { "max-width": `calc(70vh * ${width / height})` } }, view, layer), h("div", { class: "row" }, undo, clear, erase, h("div", { style: { flex: "1 1 160px" } }, slider(t("Brush"), { min: 2, max: Math.round(Math.max(width, height) / 6), step: 1, value: size, show: (v) => `${v} px`, oninput: (v) => { size = v; } }))));
  view.style.width = "100%";
  return {
    box,
    // White marks of a found mask, shown in the brush's colour and open to be painted over or erased.
    async set(url) {
      const image = await createImageBitmap(await (await fetch(url)).blob());
      found = new OffscreenCanvas(width, height);
      const own = found.getContext("2d");
      own.drawImage(image, 0, 0, width, height);
      const data = own.getImageData(0, 0, width, height);
      for (let i = 0; i < data.data.length; i += 4) [data.data[i], data.data[i + 1], data.data[i + 2], data.data[i + 3]] = [255, 59, 107, data.data[i]];
      own.putImageData(data, 0, 0);
      draw();
    },
    async mask() {
      lay();
      const data = pen.getImageData(0, 0, width, height), flat = new OffscreenCanvas(width, height), own = flat.getContext("2d"), out = own.createImageData(width, height);
      let any = false;
      for (let i = 0; i < data.data.length; i += 4) { const on = data.data[i + 3] > 127; any ||= on; out.data[i] = out.data[i + 1] = out.data[i + 2] = on ? 255 : 0; out.data[i + 3] = 255; }
      own.putImageData(out, 0, 0);
      return any ? new File([await flat.convertToBlob()], "mask.png", { type: "image/png" }) : null;
    },
  };
}
