// Questions to the studio's server, and what it tells as things change.

import { t } from "/words.js";

export class Fault extends Error {}

export async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  let answer;
  try {
    answer = await fetch(path, { method, body: body instanceof Blob || body === undefined ? body : JSON.stringify(body) });
  } catch {
    throw new Fault(t("The studio does not answer; start it again with elegan studio. Trainings go on without it."));
  }
  const text = await answer.text();
  let value = null;
  try { value = JSON.parse(text); } catch { /* an answer in words */ }
  if (!answer.ok) throw new Fault(value?.fault || text || `HTTP ${answer.status}`);
  return value;
}

// Follows an address until `close`; the browser connects again by itself when the server was away.
// `lost` is called where it is refused instead: the studio began anew and knows nothing of it.
export function follow(path, hear, lost = () => {}) {
  const source = new EventSource(path);
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) lost(); };
  source.onmessage = (message) => hear(JSON.parse(message.data));
  return () => source.close();
}

// Begins a work and follows it to its end: {result, stop}. `hear` is told on the way.
export function work(verb, asked, hear = () => {}) {
  let id = null, stopped = false, close = () => {};
  const result = (async () => {
    const begun = await ask(`/api/works/${verb}`, asked);
    id = begun.id;
    if (stopped) ask(`/api/works/${id}`, undefined, "DELETE");
    return await new Promise((done, failed) => {
      close = follow(`/api/works/${id}/live`, (now) => {
        hear(now);
        if (now.state === "done") { close(); done(now.result); }
        else if (now.state === "failed" || now.state === "stopped") { close(); failed(new Fault(now.fault)); }
      }, () => failed(new Fault(t("The studio was started anew; begin this again."))));
    });
  })();
  return { result, stop() { stopped = true; if (id) ask(`/api/works/${id}`, undefined, "DELETE"); } };
}

// Sends dropped files; gives the words by which the server finds them: upload:ID, or upload:ID/NAME of one.
export async function send(files, kind, hear = () => {}) {
  const { upload } = await ask("/api/uploads", { kind });
  let done = 0;
  for (const { file, path } of files) {
    const address = path.split("/").map(encodeURIComponent).join("/");
    await ask(`/api/uploads/${upload}/${address}`, file, "PUT");
    hear(++done, files.length);
  }
  const tops = [...new Set(files.map(({ path }) => path.split("/")[0]))];
  return tops.length === 1 ? `upload:${upload}/${tops[0]}` : `upload:${upload}`;
}

// The files of a drop, folders opened, each with its path below what was dropped.
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  async function walk(entry, above) {
    if (entry.name.startsWith(".")) return;
    if (entry.isFile) found.push({ file: await new Promise((good, bad) => entry.file(good, bad)), path: above + entry.name });
    else {
      const reader = entry.createReader();
      for (;;) {
        const part = await new Promise((good, bad) => reader.readEntries(good, bad));
        if (!part.length) break;
        for (const one of part) await walk(one, `${above}${entry.name}/`);
      }
    }
  }
  for (const entry of entries) await walk(entry, "");
  return found;
}

export function picked(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}
