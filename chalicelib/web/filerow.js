// One row of the grid: a folder, or a file with its size and date.

import { h, icon, say } from "./dom.js";
import { moment, size, why } from "./format.js";
import { isFolder } from "./listing.js";
import { plain, t } from "./texts.js";

/** The name as an archive will have it. */
export const nameOf = (entry) => plain(entry.own ?? (entry.name || "/"));

export function makeRow() {
  const cell = (name, ...children) => h("span", { role: "gridcell", class: name }, ...children);
  const box = h("input", { type: "checkbox", tabindex: -1 });
  const name = h("span", { class: "name", dir: "auto" });
  const note = h("span", { class: "sub", dir: "auto" });
  const bytes = cell("size");
  const date = cell("date");
  const row = h("div", { role: "row" }, cell("pick", box),
    cell("called", icon("folder"), icon("file"), h("span", { class: "two" }, name, note), icon("next")), bytes, date);
  row.parts = { box, name, note, bytes, date };
  return row;
}

/** `is`: whether it is chosen: true, false, or "mixed". */
export function paintRow(row, entry, is) {
  const { box, name, note, bytes, date } = row.parts;
  const isIn = isFolder(entry);
  const words = nameOf(entry);
  row.className = isIn ? "folder" : entry.unreadable ? "file not" : "file";
  row.ariaSelected = is === true;
  box.checked = is === true;
  box.indeterminate = is === "mixed";
  box.disabled = !!entry.unreadable && !is;
  box.ariaLabel = isIn ? t("choose.wholeFolder", { name: words }) : words;
  name.title = plain(isIn ? words : `${words} (${entry.key})`);
  say(name, words);
  note.title = entry.unreadable ? why(entry.unreadable) : entry.own ? plain(entry.name) : "";
  say(note, note.title);
  say(bytes, isIn ? "" : size(entry.size));
  say(date, isIn ? "" : moment(entry.lastModified));
}
