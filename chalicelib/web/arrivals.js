// A choice of files that comes from elsewhere: by a link, or from an earlier export.

import { readRequest } from "./api.js";
import { asked, unpack } from "./basket.js";
import { h } from "./dom.js";
import { fieldsOf } from "./formats.js";
import { write } from "./ids.js";
import { plain, rich, t } from "./texts.js";

/** Of a text with several lines. */
const plainLines = (text) => text.split(/([\t\r\n])/).map((part, i) => (i % 2 ? part : plain(part))).join("");

/** Returns {chosen, words, fields} of a link's `pick`; only {words} if it has no choice. `fields`: what the form's fields have. */
export async function byLink(pick) {
  const { decode, LONGEST } = await import("./pick.js");
  try {
    const [text, ...packed] = await decode(pick);
    return { chosen: unpack(packed), words: t("form.fromLink"), fields: { text: plainLines(String(text)) } };
  } catch {
    return { words: pick.length > LONGEST ? t("form.longLink", { n: LONGEST }) : t("form.noLink") };
  }
}

/** Returns the same of an earlier export. Raises Problem. */
export async function byJob(id) {
  let wanted;
  try {
    wanted = await readRequest(id);
  } catch (problem) {
    const key = { 404: "form.unknown", 410: "form.gone" }[problem.status];
    if (key) return { words: t(key) };
    throw problem;
  }
  const chosen = asked(wanted);
  const link = h("a", { href: `#/jobs/${encodeURIComponent(id)}` }, t("form.anExport"));
  const { filename = "", onMissing = "skip", onUnreadable = "fail" } = wanted;
  return { chosen, words: rich("form.fromJob", { link }), fields: { text: plainLines(write(chosen.ids)), filename: plain(filename), missing: onMissing, unreadable: onUnreadable, ...fieldsOf(wanted) } };
}
