// The page's words in English, which are their own keys, and in Chinese.

import { ZH } from "/zh.js";

let now = localStorage.language || (navigator.language.startsWith("zh") ? "zh" : "en");

export const language = () => now;
export function speak(next) { now = localStorage.language = next; }
export const t = (words) => (now === "zh" && ZH[words]) || words;
