// Downloads an archive in Node.js: into a file, checked, and from where the last try has stopped.
//
// Until it is whole and checked, it is in the file NAME.DIGEST.part beside its final place. The digest
// is of the job, and of the object's ETag and size: another process goes on with the same download, and
// an archive that was built again begins a new one.

import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, parse } from "node:path";

import type { DownloadOptions, Saved } from "./client.js";
import { patiently } from "./connection.js";
import { LonghaulError } from "./errors.js";
import { fault } from "./faults-node.js";
import type { Built } from "./save-browser.js";
import { Changed, type Facts, StoredArchive } from "./stored-node.js";

const STARTS_MAX = 3; // how often a download may begin again before it fails
const NAME_MAX_BYTES = 200; // file systems take 255; the rest is for the suffix of a part
const EXTENSION_MAX = 16;

/** Downloads a job's archive, checks every file in it, and only then gives it its name. */
export async function save(archive: Built, { to = ".", signal, onProgress, replace = false }: DownloadOptions): Promise<Saved> {
  const { format, filename, size } = await archive.facts();
  if (archive.isAll) await mkdir(to, { recursive: true });
  const path = (await isFolder(to)) ? join(to, safe(filename)) : to;
  if (!replace && (await exists(path))) {
    if (archive.isAll && size !== undefined && (await stat(path)).size === size && !(await fault(path, format, signal))) return { path, size };
    throw taken(path);
  }
  let why = "The archive was another one each time";
  for (let starts = 0; starts < STARTS_MAX; starts += 1) {
    const stored = new StoredArchive(archive, signal);
    try {
      const facts = await patiently(() => stored.facts(), archive.patience, signal);
      if (size !== undefined && size !== facts.size) throw broken(`The archive has ${facts.size} bytes, and the job has built ${size}`);
      const part = await partFile(path, archive.id, facts);
      const isResumed = await downloadRest(part, stored, facts, archive.patience, onProgress);
      const wrong = await fault(part, format, signal);
      if (!wrong) {
        if (!replace && (await exists(path))) throw taken(path);
        await rename(part, path);
        return { path, size: facts.size };
      }
      why = `The archive is broken: ${wrong}`;
      await rm(part, { force: true });
      if (!isResumed) break; // a crash of this machine may have damaged what an earlier run has left
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
    }
  }
  throw broken(why);
}

/** Downloads what the part does not have yet. Returns whether it had something. */
async function downloadRest(
  part: string, stored: StoredArchive, { size, etag }: Facts, patience: number, onProgress: DownloadOptions["onProgress"],
): Promise<boolean> {
  const file = await opened(part);
  try {
    const had = (await file.stat()).size;
    let done = had <= size ? had : 0;
    if (done !== had) await file.truncate(0);
    const take = async (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at, done);
        at += bytesWritten;
        done += bytesWritten;
      }
      onProgress?.(done, size);
    };
    const isResumed = done > 0;
    while (done < size) {
      await patiently(async () => {
        const before = done;
        try {
          await stored.copy({ size, etag }, done, take);
        } catch (error) {
          // A connection that broke is a failure only if it has brought nothing.
          if (!(error instanceof LonghaulError) || done === before) throw error;
        }
      }, patience, stored.signal);
    }
    await file.sync();
    return isResumed;
  } finally {
    await file.close();
  }
}

const opened = (part: string): Promise<FileHandle> => open(part, "r+").catch(() => open(part, "wx+"));

/** Returns the path of the part. Those of other downloads to the same place are deleted. */
async function partFile(path: string, id: string, { etag, size }: Facts): Promise<string> {
  const digest = createHash("sha256").update(JSON.stringify([id, etag, size])).digest("hex").slice(0, 12);
  const part = `${path}.${digest}.part`;
  for (const other of await readdir(dirname(path))) {
    const isPart = other.startsWith(`${basename(path)}.`) && /^\.[0-9a-f]{12}\.part$/.test(other.slice(basename(path).length));
    if (isPart && other !== basename(part)) await rm(join(dirname(path), other), { force: true });
  }
  return part;
}

/** Returns a name that is one of a file in a folder, on every system, and that shows what it is. */
function safe(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Bidi_C}/\\:*?"<>|]/gu, "_").replace(/^[. ]+|[. ]+$/g, "");
  const { base, ext: last } = parse(/^(con|prn|aux|nul|com\d|lpt\d)?(\.|$)/i.test(plain) ? `_${plain}` : plain);
  const ext = /\.tar\.gz$/i.exec(base)?.[0] ?? last;
  return cut(base, ext.length > EXTENSION_MAX ? "" : ext);
}

/** Cuts a name, but not its end, where a file system and the part's suffix would not take it. */
function cut(name: string, end: string): string {
  if (Buffer.byteLength(name) <= NAME_MAX_BYTES) return name;
  const letters = [...name.slice(0, name.length - end.length)];
  while (Buffer.byteLength(letters.join("") + end) > NAME_MAX_BYTES) letters.pop();
  return letters.join("") + end;
}

const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);
const isFolder = (path: string): Promise<boolean> => stat(path).then((found) => found.isDirectory(), () => false);

const broken = (title: string) => new LonghaulError({ title, status: 0 }, { slug: "broken-archive" });
const taken = (path: string) => Object.assign(new Error(`${path} exists already`), { code: "EEXIST", path });
