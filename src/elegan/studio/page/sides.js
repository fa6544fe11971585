// Before and after in one frame: a line that moves, and a zoom down to pixels.

import { h } from "/dom.js";
import { t } from "/words.js";

// Of large pictures `before` and `after` are smaller ones, which give way to `pixels`, both as they are, once they are zoomed into.
export function sides({ before, after, pixels, size }, ...more) {
  let share = 0.5, scale = 1, x = 0, y = 0, dragging = null;
  const lower = h("img", { src: after, class: "layer", alt: t("After"), draggable: "false", loading: "lazy" }), upper = h("img", { src: before, class: "layer", alt: t("Before"), draggable: "false", loading: "lazy" });
  const layers = [[upper, pixels?.before], [lower, pixels?.after]];
  const cover = h("div", { class: "upper" }, upper), line = h("div", { class: "line" });
  const frame = h("div", { class: "sides", tabindex: 0, role: "slider", "aria-label": t("Before and after; arrow keys move the line, + and - zoom, Shift with arrow keys moves the picture"), "aria-valuemin": 0, "aria-valuemax": 100 },
    lower, cover, line, h("span", { class: "tag", style: { left: "10px" } }, t("Before")), h("span", { class: "tag", style: { right: "10px" } }, t("After")));
  function draw() {
    const { width, height } = frame.getBoundingClientRect();
    x = Math.min(0, Math.max(x, width - width * scale));
    y = Math.min(0, Math.max(y, height - height * scale));
    for (const [image, whole] of layers) {
      image.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
      image.classList.toggle("pixel", scale * width > 3 * size[0]);
      if (scale > 1 && whole && !image.whole) exchange(image, whole);
    }
    cover.style.clipPath = `inset(0 ${100 - share * 100}% 0 0)`;
    line.style.left = `${share * 100}%`;
    frame.setAttribute("aria-valuenow", Math.round(share * 100));
  }
  function exchange(image, whole) {
    const next = new Image();
    image.whole = true;
    next.onload = () => { image.src = whole; };
    next.src = whole;
  }
  const most = () => Math.max(16, (8 * size[0]) / (frame.getBoundingClientRect().width || 1));
  function zoom(factor, cx, cy) {
    const next = Math.min(most(), Math.max(1, scale * factor));
    x = cx - ((cx - x) * next) / scale;
    y = cy - ((cy - y) * next) / scale;
    scale = next;
    draw();
  }
  frame.addEventListener("pointerdown", (event) => {
    frame.setPointerCapture(event.pointerId);
    const { left, width } = frame.getBoundingClientRect(), place = (event.clientX - left) / width;
    dragging = scale > 1 && Math.abs(place - share) * width > 30 ? { x: event.clientX - x, y: event.clientY - y } : "line";
    if (dragging === "line") { share = Math.min(1, Math.max(0, place)); draw(); }
  });
  frame.addEventListener("pointermove", (event) => {
    if (!dragging) return;
    const { left, width } = frame.getBoundingClientRect();
    if (dragging === "line") share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    else { x = event.clientX - dragging.x; y = event.clientY - dragging.y; }
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => { dragging = null; });
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && scale === 1) return; // which scrolls the page
    event.preventDefault();
    const { left, top } = frame.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.25 : 0.8, event.clientX - left, event.clientY - top);
  }, { passive: false });
  const middle = () => { const { width, height } = frame.getBoundingClientRect(); return [width / 2, height / 2]; };
  frame.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key], way = event.shiftKey && { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (way) [x, y] = [x + way[0], y + way[1]];
    else if (step) share = Math.min(1, Math.max(0, share + step));
    else if (event.key === "+" || event.key === "=") zoom(1.5, ...middle());
    else if (event.key === "-") zoom(1 / 1.5, ...middle());
    else return;
    event.preventDefault();
    draw();
  });
  frame.style.maxWidth = `calc(78vh * ${size[0] / size[1]})`;
  frame.style.aspectRatio = `${size[0]} / ${size[1]}`;
  const box = h("div", { class: "stack", style: { "--gap": "10px" } }, frame, h("div", { class: "row", style: { "justify-content": "center" } },
    h("button", { type: "button", class: "quiet", "aria-label": t("Zoom out"), onclick: () => zoom(1 / 1.5, ...middle()) }, "−"),
    h("button", { type: "button", class: "quiet", "aria-label": t("Zoom in"), onclick: () => zoom(1.5, ...middle()) }, "+"),
    h("button", { type: "button", class: "quiet", onclick: () => { scale = 1; draw(); } }, t("Whole picture")), more));
  requestAnimationFrame(draw);
  return box;
}
