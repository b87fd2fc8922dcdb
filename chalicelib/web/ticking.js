// What happens when rows are ticked: the basket changes, or it is said why it does not.

import { addFolder, folderAbove, folderOf, remove, removeBelow } from "./basket.js";
import { put, stateOf, stateOfAll, steps, takeOut, within } from "./choosing.js";
import { MOST } from "./ids.js";
import { isFolder, keyOf, listing } from "./listing.js";
import { why } from "./format.js";
import { nameOf } from "./filerow.js";
import { t } from "./texts.js";

/** Why these are not chosen: they alone are too many, or there is no room beside the others. */
const over = (n, many) => t(n > MOST ? many : "choose.full", { n, most: MOST });

/**
 * `seen`: {here, rows}, the listing and its rows as they are shown. `changed` is called with what was
 * done, `refused` with why nothing was, `waiting` with what takes a moment.
 */
export function ticking(basket, seen, { changed, refused, waiting }) {
  let inside; // what is chosen here, until the basket changes
  let range; // {anchor, end, added: rows by number}, of Shift

  const insideNow = () => (inside ??= within(basket, seen.here.folder));
  const isAt = (i) => stateOf(basket, seen.rows[i], insideNow());

  const done = (words) => {
    inside = undefined;
    changed(words);
  };

  const listed = (level) => (level === seen.here.folder ? seen.here : listing(seen.here.source, level));

  /** Takes out what `folder` has under these keys. It may have to look into the folders above. */
  const leave = async (keys, folder, words) => {
    const from = folderOf(basket, folder);
    const { here } = seen;
    const way = from === undefined ? [] : steps(from, folder).map(listed);
    for (const one of way) {
      if (one.isWhole || one.rows.length > MOST) continue;
      waiting(t("choose.looking"));
      await one.load((it) => it.rows.length <= MOST || (it === here && it === seen.here));
      if (one.problem) return refused(one.problem.words);
      // Meanwhile the person may have changed it.
      if (folderOf(basket, folder) !== from) return done("");
    }
    const rowsOf = (level) => way[steps(from, folder).indexOf(level)].rows;
    if (way.every(({ isWhole }) => isWhole) && takeOut(basket, keys, folder, rowsOf)) return done(words);
    return refused(t("choose.cannotLeaveOut", { most: MOST }));
  };

  const toggle = (i) => {
    const row = seen.rows[i];
    const name = nameOf(row);
    range = undefined;
    if (isAt(i) === true) return leave([keyOf(row)], seen.here.folder, t("choose.isOut", { name }));
    if (row.unreadable) return refused(why(row.unreadable));
    if (isFolder(row)) addFolder(basket, row.prefix);
    else if (!put(basket, [row])) return refused(t("choose.full", { most: MOST }));
    return done(t(isFolder(row) ? "choose.folderIsIn" : "choose.isIn", { name }));
  };

  const putAll = () => {
    const { here: { folder, top, files, isWhole, view: { words } }, rows } = seen;
    const n = rows.length;
    const counts = { n, most: MOST };
    // The top of what a person may have is perhaps no folder: then nobody may have it as a whole.
    if (!words && folder && (folder !== top || files)) {
      addFolder(basket, folder);
      return done(isWhole ? t(files === n ? "choose.allFiles" : "choose.all", counts) : t("choose.allComing"));
    }
    if (!isWhole) return refused(t("choose.stillLoading"));
    if (!put(basket, rows)) return refused(over(n, words ? "choose.tooMany" : "choose.tooManyHere"));
    return done(t(words ? "choose.allFound" : "choose.all", counts));
  };

  const toggleAll = () => {
    const { here: { folder, view }, rows } = seen;
    const from = folderOf(basket, folder);
    const words = t(view.words ? "choose.noneFound" : "choose.none");
    range = undefined;
    if (!rows.length) return undefined;
    if (isAll() !== true) return putAll();
    if (view.words) return leave(rows.map(keyOf), folder, words);
    if (from !== undefined && from !== folder) return leave([folder], folderAbove(folder), words);
    if (from === folder) remove(basket, folder);
    else removeBelow(basket, folder);
    return done(words);
  };

  const isAll = () => stateOfAll(basket, seen.rows, insideNow(), seen.here.view.words);

  /** Chooses from where Shift was pressed first, to `to`. Going back takes out what came by going there. */
  const extend = (from, to) => {
    if (range?.end !== from) range = { anchor: from, added: new Map() };
    const first = Math.min(range.anchor, to);
    const last = Math.max(range.anchor, to);
    const n = last - first + 1;
    if (n === seen.rows.length && n > MOST) return putAll();
    const fresh = [];
    for (let i = first; i <= last && fresh.length <= MOST; i += 1) if (!seen.rows[i].unreadable && isAt(i) !== true) fresh.push(i);
    if (!put(basket, fresh.map((i) => seen.rows[i]))) return refused(over(n, "choose.tooMany"));
    for (const i of fresh) range.added.set(i, seen.rows[i]);
    for (const [i, row] of range.added) {
      if (i >= first && i <= last) continue;
      remove(basket, keyOf(row));
      range.added.delete(i);
    }
    range.end = to;
    return done(t("choose.range", { n }));
  };

  return {
    toggle,
    toggleAll,
    extend,
    isAt,
    isAll,
    /** The basket, or what is shown, has changed. */
    forget: () => {
      inside = undefined;
    },
    /** The rows have other numbers now. */
    renumber: () => {
      range = undefined;
      inside = undefined;
    },
  };
}
