// What has been chosen: ids, files by key, whole folders by prefix. Pure: no element, no request.

/**
 * A basket. `files`: sizes in bytes by key; null: not known. `folders`: prefixes, of which none is
 * below another. `names`: how files are named in the archive (as in the API). `given`: names and
 * versions that a request gave, as lists of {name, version} by `tag`.
 */
export const basket = (source) => ({ source, ids: [], files: new Map(), folders: new Set(), names: "own", given: new Map() });

const tag = (kind, which) => `${kind} ${which}`;

export const isEmpty = ({ ids, files, folders }) => !ids.length && !files.size && !folders.size;

/** The chosen folder that has this key or prefix in it, or is it; undefined if there is none. */
export function folderOf({ folders }, key) {
  if (!folders.size) return undefined;
  for (let end = key.indexOf("/") + 1; end; end = key.indexOf("/", end) + 1) {
    if (folders.has(key.slice(0, end))) return key.slice(0, end);
  }
  return folders.has("") ? "" : undefined;
}

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
  for (const kind of ["key", "prefix"]) chosen.given.delete(tag(kind, key));
}

/** Takes out everything at and below a prefix, if no folder above it is chosen. */
export function removeBelow(chosen, prefix) {
  for (const key of chosen.files.keys()) if (key.startsWith(prefix)) chosen.files.delete(key);
  for (const other of chosen.folders) if (other.startsWith(prefix)) chosen.folders.delete(other);
}

/** Takes everything out. */
export const clear = (chosen) => replace(chosen, basket(chosen.source));

/** Has what another basket has, which must not be used any more. The source is the other's, too. */
export function replace(chosen, other) {
  for (const name of ["files", "folders", "given"]) chosen[name].clear();
  for (const [key, size] of other.files) chosen.files.set(key, size);
  for (const prefix of other.folders) chosen.folders.add(prefix);
  for (const [key, values] of other.given) chosen.given.set(key, values);
  Object.assign(chosen, { source: other.source, ids: other.ids, names: other.names });
}

/** How many ids, files and folders there are: a request has a line for each. */
export const lines = ({ ids, files, folders }) => ids.length + files.size + folders.size;

/** The prefix of the folder that a key is in; empty: the top. */
export const folderIn = (key) => key.slice(0, key.lastIndexOf("/") + 1);

/** The prefix of the folder that a folder is in. */
export const folderAbove = (prefix) => folderIn(prefix.slice(0, -1));

/** The files by their folder: [{folder, keys, files, bytes}]. `keys` are the first `most` of all. `sizeOf` returns the bytes of a key. */
export function groups({ files }, most, sizeOf) {
  const found = new Map();
  for (const key of files.keys()) {
    const folder = folderIn(key);
    let group = found.get(folder);
    if (!group) found.set(folder, group = { folder, keys: [], files: 0, bytes: 0 });
    if (most > 0) group.keys.push(key);
    most -= 1;
    group.files += 1;
    group.bytes += sizeOf(key);
  }
  return [...found.values()];
}

// As a request of the API, and back.

/** What to export, as the body of POST /v1/export says it, in its shortest form. */
export function request({ source, ids, files, folders, names, given }) {
  const where = source && { source };
  if (!given.size) {
    if (!files.size && !folders.size) return { fileIds: ids, ...where };
    if (!ids.length && !folders.size) return { keys: [...files.keys()], names, ...where };
    if (!ids.length && !files.size && folders.size === 1) return { prefix: [...folders][0], names, ...where };
  }
  const all = (kind, values) => [...values].flatMap((value) => (given.get(tag(kind, value)) ?? [{}]).map((more) => ({ [kind]: value, ...more })));
  return { files: [...all("id", ids), ...all("key", files.keys()), ...all("prefix", folders)], names, ...where };
}

/** The basket of such a body. */
export function asked({ source, fileIds = [], keys = [], prefix, files = [], names }) {
  const chosen = basket(source);
  chosen.names = names ?? (fileIds.length ? "own" : "key");
  chosen.ids = [...new Set([...fileIds, ...files.flatMap(({ id }) => id ?? [])])];
  for (const { id, key, prefix: folder, ...more } of files) {
    const own = id !== undefined ? tag("id", id) : key !== undefined ? tag("key", key) : tag("prefix", folder);
    if (Object.keys(more).length || chosen.given.has(own)) chosen.given.set(own, [...(chosen.given.get(own) ?? []), more]);
  }
  putFolders(chosen, [prefix ?? [], ...files.map((one) => one.prefix ?? [])].flat());
  for (const key of [...keys, ...files.flatMap((one) => one.key ?? [])]) putFile(chosen, key, null);
  return chosen;
}

// What has a name of its own is there even if it is in a folder, too.

function putFolders(chosen, prefixes) {
  const isNamed = (prefix) => chosen.given.has(tag("prefix", prefix));
  for (const prefix of prefixes) if (!isNamed(prefix)) addFolder(chosen, prefix);
  for (const prefix of prefixes) if (isNamed(prefix)) chosen.folders.add(prefix);
}

function putFile(chosen, key, size) {
  if (chosen.given.has(tag("key", key))) chosen.files.set(key, size);
  else addFiles(chosen, [{ key, size }]);
}

// As a value for JSON, and back. Ids are kept as a text (ids.js).

/** [source, names, [[folder, name, size, name, size, …], …], [prefix, …], [[tag, [{name, version}, …]], …]] */
export function pack({ source, files, folders, names, given }) {
  const byFolder = new Map();
  for (const [key, size] of files) {
    const folder = folderIn(key);
    if (!byFolder.has(folder)) byFolder.set(folder, [folder]);
    byFolder.get(folder).push(key.slice(folder.length), size);
  }
  return [source ?? null, names, [...byFolder.values()], [...folders], [...given]];
}

const LONGEST = 1_100; // characters; a key has at most 1,024 bytes, as S3 allows

/** The basket of such a value, which may come from anybody. Raises TypeError if it is no such value. */
export function unpack(value) {
  const must = (is) => {
    if (!is) throw new TypeError("basket");
  };
  const text = (given) => (must(typeof given === "string" && given.length <= LONGEST), given);
  const list = (given) => (must(Array.isArray(given)), given);
  const [source, names, files, folders, given] = list(value);
  const chosen = basket(source === null ? undefined : text(source));
  must(names === "own" || names === "key");
  chosen.names = names;
  for (const [own, values] of list(given).map(list)) {
    must(list(values).length);
    chosen.given.set(text(own), values.map((one) => {
      const { name, version } = Object(one);
      return { ...(name !== undefined && { name: text(name) }), ...(version !== undefined && { version: text(version) }) };
    }));
  }
  putFolders(chosen, list(folders).map(text));
  for (const [folder, ...parts] of list(files).map(list)) {
    // Once for all in it: a folder may be deep, and have very many.
    const isIn = folderOf(chosen, text(folder)) !== undefined;
    for (let i = 0; i < parts.length; i += 2) {
      const [key, size] = [text(folder + text(parts[i])), parts[i + 1]];
      must(key && !parts[i].includes("/") && (size === null || (Number.isSafeInteger(size) && size >= 0)));
      if (!isIn || chosen.given.has(tag("key", key))) chosen.files.set(key, size);
    }
  }
  return chosen;
}
