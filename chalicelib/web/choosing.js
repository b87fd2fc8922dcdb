// Changes of the basket by rows of a folder. Pure: what a folder has in it is handed over.

import { addFiles, addFolder, folderOf, remove } from "./basket.js";
import { MOST } from "./ids.js";
import { isFolder, keyOf } from "./listing.js";

const sizeOf = ({ files, folders }) => files.size + folders.size;

/**
 * What is chosen in a folder: {isWhole, isAny, parts}. `isWhole`: all of it. `isAny`: something in it.
 * `parts`: the prefixes of those folders in it below which something is chosen.
 */
export function within(chosen, folder) {
  const parts = new Set();
  let isAny = false;
  for (const keys of [chosen.files.keys(), chosen.folders]) {
    for (const key of keys) {
      if (!key.startsWith(folder)) continue;
      isAny = true;
      const end = key.indexOf("/", folder.length) + 1;
      if (end) parts.add(key.slice(0, end));
    }
  }
  return { isWhole: folderOf(chosen, folder) !== undefined, isAny, parts };
}

const isIn = (chosen, row) => (isFolder(row) ? chosen.folders.has(row.prefix) : chosen.files.has(row.key));

/** Whether a row is chosen: true, false, or "mixed". `inside`: what `within` says of the row's folder. */
export const stateOf = (chosen, row, { isWhole, parts }) =>
  isIn(chosen, row) || (isWhole && !row.unreadable) || (parts.has(row.prefix) && "mixed");

/** The same of many rows, which are all of a folder or `isPart`. Rows that cannot be chosen do not count. */
export function stateOfAll(chosen, rows, inside, isPart) {
  if (inside.isWhole) return rows.some((row) => !row.unreadable);
  // Of very many rows, mostly no more than the first is looked at.
  const isAny = isPart ? rows.some((row) => stateOf(chosen, row, inside)) : inside.isAny;
  return isAny && (rows.every((row) => row.unreadable || isIn(chosen, row)) || "mixed");
}

/** Puts rows in, or none of them: returns false if these would be too many one by one. */
export function put(chosen, rows) {
  const wanted = rows.filter((row) => !row.unreadable && !isIn(chosen, row));
  if (sizeOf(chosen) + wanted.length > MOST) return false;
  addFiles(chosen, wanted.filter((row) => !isFolder(row)));
  for (const row of wanted) if (isFolder(row)) addFolder(chosen, row.prefix);
  return true;
}

/** The folders from `from` down to `folder`, both of them too. */
export function steps(from, folder) {
  const found = [from];
  for (let end = folder.indexOf("/", from.length) + 1; end; end = folder.indexOf("/", end) + 1) found.push(folder.slice(0, end));
  return found;
}

/**
 * Takes out what is in `folder` under these keys. If a folder above them is chosen, all else that is
 * in it is chosen in its place. `rowsOf` says what a folder has in it. Returns false, and changes
 * nothing, if these would be too many one by one.
 */
export function takeOut(chosen, keys, folder, rowsOf) {
  const from = folderOf(chosen, folder);
  const out = new Set(keys);
  const way = from === undefined ? [] : steps(from, folder);
  const others = way.flatMap((level, i) => rowsOf(level).filter((row) =>
    !row.unreadable && keyOf(row) !== way[i + 1] && (i + 1 < way.length || !out.has(keyOf(row)))));
  if (others.length && sizeOf(chosen) - 1 + others.length > MOST) return false;
  for (const one of [...way, ...keys]) remove(chosen, one);
  return put(chosen, others);
}
