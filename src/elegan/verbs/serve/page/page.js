// The page draws a form of each path that openapi.json describes: whatever is served can be tried, and nothing else.
"use strict";
const byId = (id) => document.getElementById(id);
const made = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
let key = "";

const ask = (path, options = {}) =>
  fetch(path, { ...options, headers: key ? { Authorization: `Bearer ${key}` } : {} });

const input = ({ name, schema, description }) => {
  const field = schema.enum
    ? made("select", { name }, made("option", { value: "", textContent: schema.default ?? "" }),
        ...schema.enum.filter((value) => value !== schema.default).map((value) => made("option", { value, textContent: value })))
    : made("input", { name, placeholder: schema.default ?? "", type: /number|integer/.test(schema.type) ? "number" : "text",
        step: schema.type === "integer" ? 1 : "any" });
  return made("label", { title: description }, name, field);
};

const show = async (answer, place) => {
  const media = answer.headers.get("Content-Type") ?? "";
  if (!answer.ok || media.startsWith("application/json")) {
    const said = await answer.json().catch(() => ({ error: answer.statusText }));
    place.replaceChildren(made("p", { className: answer.ok ? "" : "refused", textContent: said.error ?? JSON.stringify(said) }));
    return;
  }
  const address = URL.createObjectURL(await answer.blob());
  const save = made("a", { href: address, download: "", textContent: "Save" });
  const seen = ["image/png", "image/jpeg", "image/webp", "image/avif", "image/gif"].includes(media);
  place.replaceChildren(...(seen ? [made("img", { src: address, alt: "what was made" })] : []), made("p", {}, save));
};

const section = (path, verb, operation) => {
  const picture = made("input", { type: "file", required: true });
  const place = made("div", { ariaLive: "polite" });
  const form = made("form", {}, ...(operation.requestBody ? [made("label", {}, "picture", picture)] : []),
    ...operation.parameters.map(input), made("button", { textContent: verb === "get" ? "Make" : "Send" }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = [...form.elements].filter((field) => field.name && field.value !== "");
    const query = new URLSearchParams(fields.map((field) => [field.name, field.value]));
    place.textContent = "...";
    try {
      await show(await ask(`${path.slice(1)}?${query}`, { method: verb.toUpperCase(), body: picture.files?.[0] }), place);
    } catch (error) {
      place.textContent = error.message;
    }
  });
  return made("section", {}, made("h2", { textContent: path.split("/").slice(-2).join(": ") }),
    made("p", { textContent: operation.summary }), made("code", { textContent: `${verb.toUpperCase()} ${path}` }), form, place);
};

const open = async () => {
  const answer = await ask("openapi.json");
  byId("entry").hidden = answer.status !== 401;
  byId("said").textContent = answer.ok ? "" : (await answer.json()).error;
  if (!answer.ok) return;
  const { paths } = await answer.json();
  byId("models").replaceChildren(...Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).filter(([, operation]) => operation.parameters).map(([verb, operation]) => section(path, verb, operation))));
};

byId("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  key = byId("key").value;
  open();
});
open();
