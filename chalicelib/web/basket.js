// What has been chosen: ids, files by key, whole folders by prefix. Pure: no element, no request.

/** A basket. `files`: sizes in bytes by key. `folders`: prefixes, of which none is below another. */
export const basket = (source) => ({ source, ids: [], files: new Map(), folders: new Set() });

export const isEmpty = ({ ids, files, folders }) => !ids.length && !files.size && !folders.size;

/** The chosen folder that has this key or prefix in it, or is it; undefined if there is none. */
export function folderOf({ folders }, key) {
  if (!folders.size) return undefined;
  for (let end = key.indexOf("/") + 1; end; end = key.indexOf("/", end) + 1) {
    if (folders.has(key.slice(0, end))) return key.slice(0, end);
  }
  return folders.has("") ? "" : undefined;
}

export const hasFile = (chosen, key) => chosen.files.has(key) || folderOf(chosen, key) !== undefined;

export const hasFolder = (chosen, prefix) => folderOf(chosen, prefix) !== undefined;

/** Puts files in, each {key, size}. Those below a chosen folder are in already. */
export function addFiles(chosen, files) {
  for (const { key, size } of files) if (folderOf(chosen, key) === undefined) chosen.files.set(key, size);
}

/** Puts a whole folder in, in place of what was chosen below it. */
export function addFolder(chosen, prefix) {
  if (folderOf(chosen, prefix) !== undefined) return;
  for (const key of chosen.files.keys()) if (key.startsWith(prefix)) chosen.files.delete(key);
  for (const other of chosen.folders) if (other.startsWith(prefix)) chosen.folders.delete(other);
  chosen.folders.add(prefix);
}

/** Takes out what was put in under exactly this key or prefix. */
export function remove(chosen, key) {
  chosen.files.delete(key);
  chosen.folders.delete(key);
}

/** Takes out everything at and below a prefix, if no folder above it is chosen. */
export function removeBelow(chosen, prefix) {
  for (const key of chosen.files.keys()) if (key.startsWith(prefix)) chosen.files.delete(key);
  for (const other of chosen.folders) if (other.startsWith(prefix)) chosen.folders.delete(other);
}

export function clear(chosen) {
  chosen.ids = [];
  chosen.files.clear();
  chosen.folders.clear();
}
