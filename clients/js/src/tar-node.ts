// Checks a tar from its first header to its end; of a compressed one also the CRC-32 of each gzip member.
//
// A tar has no checksums of the files themselves (POSIX.1-2017, pax, "ustar Interchange Format").

import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

const BLOCK = 512;
const [SIZE, SIZE_BYTES, SUM, SUM_BYTES, TYPE] = [124, 12, 148, 8, 156] as const;
const PAX_MAX = 2 ** 20; // of the headers that say what does not fit into a header
const BINARY = 0x80; // in the first byte of a size that is no octal number

/** Returns what is wrong with a tar; empty if all is well. Raises the signal's reason. */
export async function tarFault(path: string, isCompressed: boolean, signal: AbortSignal | undefined): Promise<string> {
  const file = createReadStream(path, signal && { signal });
  const walk = new Walk();
  const unpacked = isCompressed ? file.pipe(createGunzip()) : file;
  file.on("error", (error) => unpacked.destroy(error));
  try {
    for await (const bytes of unpacked) walk.take(bytes as Buffer);
    return walk.isOver ? "" : "it ends too early";
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RangeError || (error as NodeJS.ErrnoException).code?.startsWith("Z_")) return (error as Error).message;
    throw error;
  } finally {
    file.destroy();
  }
}

/** Goes from header to header. */
class Walk {
  isOver = false;
  #kept: Buffer = Buffer.alloc(0); // of a header, or of what a PAX header says
  #wanted = BLOCK;
  #skipped = 0; // bytes that are still to be passed over
  #isPax = false;
  #size: number | undefined; // of the next file, as PAX says it

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.isOver; ) {
      const skipped = Math.min(this.#skipped, bytes.length - at);
      this.#skipped -= skipped;
      at += skipped;
      const piece = bytes.subarray(at, at + this.#wanted - this.#kept.length);
      at += piece.length;
      this.#kept = this.#kept.length ? Buffer.concat([this.#kept, piece]) : piece;
      if (this.#kept.length < this.#wanted) continue;
      const whole = this.#kept;
      this.#kept = Buffer.alloc(0);
      this.#wanted = BLOCK;
      if (this.#isPax) this.#pax(whole);
      else this.#header(whole);
    }
  }

  #header(block: Buffer): void {
    // Two blocks of zeros are the end. The first one is enough to know.
    if (!block.some(Boolean)) {
      this.isOver = true;
      return;
    }
    const sum = block.reduce((all, byte, at) => all + (at >= SUM && at < SUM + SUM_BYTES ? 32 : byte), 0);
    if (sum !== octal(block, SUM, SUM_BYTES)) throw new RangeError("a header is not what it should be");
    const type = String.fromCharCode(block[TYPE]!);
    const size = type === "x" ? sizeOf(block) : (this.#size ?? sizeOf(block));
    this.#isPax = type === "x" && size > 0;
    if (!this.#isPax) {
      this.#size = undefined;
      this.#skipped = padded(size);
      return;
    }
    if (size > PAX_MAX) throw new RangeError("a header is too large");
    this.#wanted = padded(size);
  }

  /** Lines as "21 size=8589934592\n", of which the first number is their length. */
  #pax(block: Buffer): void {
    this.#isPax = false;
    const size = /(?:^|\n)\d+ size=(\d+)\n/.exec(block.toString("latin1"))?.[1];
    if (size) this.#size = Number(size);
  }
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

const octal = (block: Buffer, at: number, length: number): number => parseInt(block.toString("latin1", at, at + length).replace(/\0.*/s, "").trim() || "0", 8);

const sizeOf = (block: Buffer): number => (block[SIZE]! & BINARY ? Number(block.readBigUInt64BE(SIZE + SIZE_BYTES - 8)) : octal(block, SIZE, SIZE_BYTES));
