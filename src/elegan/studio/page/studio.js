// The page: which room is open, in which language and light.

import { ask } from "/api.js";
import { $, h, icon } from "/dom.js";
import { language, speak, t } from "/words.js";
import { compare } from "/compare.js";
import { explore } from "/explore.js";
import { photos } from "/photos.js";
import { run, runs } from "/runs.js";
import { start } from "/start.js";

const ROOMS = [
  ["runs", "Runs", "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z", runs],
  ["start", "Start", "M12 5v14M5 12h14", start],
  ["explore", "Explore", "M12 3l2.5 6.5L21 12l-6.5 2.5L12 21l-2.5-6.5L3 12l6.5-2.5z", explore],
  ["photos", "Photos", "M4 6h16v12H4zM4 15l5-4 4 3 3-2 4 3M15.5 9.5h.01", photos],
  ["compare", "Compare", "M6 20V10M12 20V4M18 20v-7", compare],
];
const ROUTES = Object.fromEntries([...ROOMS.map(([name, , , room]) => [name, room]), ["run", run]]);
let leave = () => {};

async function open() {
  leave();
  leave = () => {};
  const [path, query = ""] = (location.hash.slice(2) || "runs").split("?");
  const [room, ...rest] = path.split("/").map(decodeURIComponent);
  const show = ROUTES[room] || runs;
  for (const link of document.querySelectorAll("#rooms a")) {
    if (link.dataset.room === (room === "run" ? "runs" : room)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const main = $("#main");
  const place = h("div", { class: "room" });
  main.replaceChildren(place);
  const leaving = [];
  leave = () => leaving.forEach((one) => one());
  try {
    await show(place, { rest, query: new URLSearchParams(query), onleave: (one) => leaving.push(one), studio: await about() });
  } catch (error) {
    place.append(h("p", { class: "note bad", role: "alert" }, error.message));
  }
  const title = $("h1", main)?.textContent;
  document.title = title ? `${title} · elegan` : "elegan studio";
}

let known = null;
async function about() {
  known ??= await ask("/api/studio");
  return known;
}

function furnish() {
  document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";
  $("#skip").textContent = t("Skip to the content");
  $("#rooms").setAttribute("aria-label", t("Rooms"));
  $("#rooms").replaceChildren(...ROOMS.map(([name, label, path]) => h("a", { href: `#/${name}`, "data-room": name }, icon(path), t(label))));
  const other = $("#language");
  other.textContent = language() === "zh" ? "English" : "中文";
  other.lang = language() === "zh" ? "en" : "zh-CN";
  light();
}

function light() {
  const dark = localStorage.theme ? localStorage.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  const button = $("#theme");
  button.textContent = dark ? t("Light") : t("Dark");
}

$("#language").addEventListener("click", () => { speak(language() === "zh" ? "en" : "zh"); furnish(); open(); });
$("#theme").addEventListener("click", () => { localStorage.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark"; light(); });
$("#skip").addEventListener("click", (event) => { event.preventDefault(); $("#main").focus(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", light);
addEventListener("hashchange", async () => { await open(); $("#main").focus({ preventScroll: true }); scrollTo(0, 0); });
furnish();
open();
