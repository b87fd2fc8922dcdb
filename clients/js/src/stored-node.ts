// Reads an archive from the storage in order, each byte once, over broken connections and late links.

import { noConnection, retryAfter } from "./connection.js";
import { LonghaulError } from "./errors.js";
import { limited, stoppable } from "./pauses.js";
import type { Built } from "./save-browser.js";

const OK = 200;
const PARTIAL = 206;
const RANGE_NOT_SATISFIABLE = 416;
const TOO_MANY = 429;
const SERVER_ERROR = 500;

/** What the storage says of an archive. `size` is in bytes. */
export interface Facts {
  size: number;
  etag: string;
}

/** The object has changed since its first bytes were read. */
export class Changed extends Error {}

/** A job's archive in the storage. Asks for a new link when the last one is late. */
export class StoredArchive {
  readonly signal: AbortSignal | undefined;
  readonly #archive: Built;
  #link = "";

  constructor(archive: Built, signal: AbortSignal | undefined) {
    this.#archive = archive;
    this.signal = signal;
  }

  /** Raises LonghaulError. */
  async facts(): Promise<Facts> {
    // A signed link is good for GET alone. One byte has the same headers as all of them.
    const answer = await this.#open({ Range: "bytes=0-0" });
    await answer.body?.cancel();
    const size = answer.status === PARTIAL ? rangeOf(answer)?.size : answer.headers.get("Content-Length");
    if (!size) throw new LonghaulError({ title: "The storage does not say how large the archive is", status: answer.status }, { slug: "unexpected-answer" });
    return { size: +size, etag: answer.headers.get("ETag") ?? "" };
  }

  /** Gives all bytes from `start` that one request brings to `take`. Raises Changed, LonghaulError. */
  async copy({ size, etag }: Facts, start: number, take: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    // If-Range allows no weak ETag (RFC 9110, section 13.1.5).
    const answer = await this.#open({ Range: `bytes=${start}-`, ...(etag.startsWith('"') && { "If-Range": etag }) });
    const reader = answer.body?.getReader();
    try {
      if ((answer.headers.get("ETag") ?? "") !== etag) throw new Changed();
      let at = 0;
      if (answer.status === PARTIAL) {
        const range = rangeOf(answer);
        if (!range || +range.start !== start || +range.size !== size) throw new Changed();
        at = start;
      }
      while (at < size) {
        const bytes = await this.#piece(reader);
        await take(bytes.subarray(Math.max(start - at, 0), size - at));
        at += bytes.length;
      }
    } finally {
      reader?.cancel().catch(() => {});
    }
  }

  async #piece(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<Uint8Array> {
    const time = limited(this.#archive.timeout, this.signal);
    try {
      const piece = reader && (await stoppable(reader.read(), time.signal));
      if (piece?.done === false) return piece.value;
    } catch (error) {
      this.signal?.throwIfAborted();
      throw noConnection(new URL(this.#link).origin, error);
    } finally {
      time.end();
    }
    throw noConnection(new URL(this.#link).origin, "The answer has ended too early");
  }

  /** Returns an answer of status 200 or 206. A link that is refused was perhaps late: then another one
   * is tried. */
  async #open(headers: Record<string, string>): Promise<Response> {
    const isFresh = !this.#link;
    this.#link ||= (await this.#archive.link()).downloadUrl;
    const time = limited(this.#archive.timeout, this.signal);
    let answer: Response;
    try {
      answer = await stoppable(this.#archive.fetch(this.#link, { headers, cache: "no-store", signal: time.signal }), time.signal);
    } catch (error) {
      this.signal?.throwIfAborted();
      throw noConnection(new URL(this.#link).origin, error);
    } finally {
      time.end();
    }
    const { status } = answer;
    if (status === OK || status === PARTIAL) return answer;
    await answer.body?.cancel();
    if (status === RANGE_NOT_SATISFIABLE) throw new Changed();
    const isRefused = status < SERVER_ERROR && status !== TOO_MANY;
    if (isRefused && !isFresh) {
      this.#link = "";
      return this.#open(headers);
    }
    const title = `The storage answers ${status} to the link that the API has made`;
    throw new LonghaulError({ title, status }, { slug: "unexpected-answer", retryAfter: retryAfter(answer) });
  }
}

function rangeOf({ headers }: Response): { start: string; size: string } | undefined {
  const [, start, size] = /^bytes ([0-9]{1,15})-[0-9]{1,15}\/([0-9]{1,15})$/.exec(headers.get("Content-Range") ?? "") ?? [];
  return start && size ? { start, size } : undefined;
}
