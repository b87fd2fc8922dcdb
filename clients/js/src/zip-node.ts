// Checks every file in a ZIP by its CRC-32, as the directory has it: stored ones, and those that are
// deflated (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).

import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";

const CHUNK = 2 ** 20;
const END_BYTES = 22;
const COMMENT_MAX = 2 ** 16;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR = 0x07064b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const ZIP64 = 1; // the id of its extra field
const DEFLATED = 8;
const FULL = 0xffffffff; // the number stands in that field

interface Entry {
  name: string;
  crc: number;
  isDeflated: boolean;
  /** In the archive. */
  size: number;
  at: number;
}

/** Returns what is wrong with a ZIP; empty if all is well. A Node.js without zlib.crc32 (before
 * 20.15 and 22.2) does not look. Raises the signal's reason. */
export async function zipFault(path: string, signal: AbortSignal | undefined): Promise<string> {
  if (!zlib.crc32) return "";
  const file = await open(path);
  try {
    for (const entry of await entries(file)) {
      if ((await crcOf(file, entry, signal)) !== entry.crc) return `${entry.name} is not what it should be`;
    }
    return "";
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RangeError) return error.message; // also of a number beyond the end of a piece
    throw error;
  } finally {
    await file.close();
  }
}

async function entries(file: FileHandle): Promise<Entry[]> {
  const { size } = await file.stat();
  const tailBytes = Math.min(size, END_BYTES + COMMENT_MAX);
  const tail = await bytes(file, size - tailBytes, tailBytes);
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new RangeError("it has no directory");
  let [count, length, at] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const locator = size - tailBytes + end - LOCATOR_BYTES;
  const found = locator >= 0 ? await bytes(file, locator, LOCATOR_BYTES) : undefined;
  if (found?.readUInt32LE(0) === LOCATOR) {
    const end64 = await bytes(file, number(found, 8), END64_BYTES);
    if (end64.readUInt32LE(0) !== END64) throw new RangeError("its directory is not where it should be");
    [count, length, at] = [number(end64, 32), number(end64, 40), number(end64, 48)];
  }
  const directory = await bytes(file, at, length);
  const list: Entry[] = [];
  for (let from = 0; list.length < count; ) {
    if (directory.readUInt32LE(from) !== ENTRY) throw new RangeError("its directory cannot be read");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => directory.readUInt16LE(from + field)) as [number, number, number];
    const extra = directory.subarray(from + ENTRY_BYTES + nameBytes, from + ENTRY_BYTES + nameBytes + extraBytes);
    // In the ZIP64 field are those alone that are full here, in this order.
    const large = zip64(extra);
    const [, stored, offset] = [24, 20, 42].map((field) => {
      const short = directory.readUInt32LE(from + field);
      return short === FULL ? large() : short;
    }) as [number, number, number];
    const name = directory.toString("utf8", from + ENTRY_BYTES, from + ENTRY_BYTES + nameBytes);
    list.push({ name, crc: directory.readUInt32LE(from + 16), isDeflated: directory.readUInt16LE(from + 10) === DEFLATED, size: stored, at: offset });
    from += ENTRY_BYTES + nameBytes + extraBytes + commentBytes;
  }
  return list;
}

/** Returns what reads the numbers of the ZIP64 field, one after the other. */
function zip64(extra: Buffer): () => number {
  let at = 0;
  return () => {
    if (!at) {
      // What is not there is beyond the end: a RangeError.
      while (extra.readUInt16LE(at) !== ZIP64) at += 4 + extra.readUInt16LE(at + 2);
      at += 4;
    }
    return number(extra, (at += 8) - 8);
  };
}

async function crcOf(file: FileHandle, { name, isDeflated, size, at }: Entry, signal: AbortSignal | undefined): Promise<number> {
  const head = await bytes(file, at, LOCAL_BYTES);
  if (head.readUInt32LE(0) !== LOCAL) throw new RangeError("a file is not where the directory says");
  let from = at + LOCAL_BYTES + head.readUInt16LE(26) + head.readUInt16LE(28);
  let crc = 0;
  const stored = async function* () {
    for (let left = size; left > 0; ) {
      signal?.throwIfAborted();
      const piece = await bytes(file, from, Math.min(left, CHUNK));
      yield piece;
      from += piece.length;
      left -= piece.length;
    }
  };
  const add = async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) crc = zlib.crc32(piece, crc);
  };
  if (!isDeflated) await add(stored());
  else {
    await pipeline(stored, zlib.createInflateRaw(), add).catch((error: NodeJS.ErrnoException) => {
      throw error.code?.startsWith("Z_") ? new RangeError(`${name} is not what it should be`) : error;
    });
  }
  return crc;
}

const number = (from: Buffer, at: number): number => Number(from.readBigUInt64LE(at));

/** Returns so many bytes. Raises RangeError if the file does not have them. */
async function bytes(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { size } = await file.stat();
  if (at + length > size) throw new RangeError("it ends too early");
  const buffer = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done);
    if (!bytesRead) throw new RangeError("it ends too early");
    done += bytesRead;
  }
  return buffer;
}
