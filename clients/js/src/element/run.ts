// One export of <longhaul-export>: asks for it once, follows it to its end, and gets its link.

import { Connection, retryAfter, type Token } from "../connection.js";
import { LonghaulError, mayPass } from "../errors.js";
import { backoff, pause } from "../pauses.js";
import type { Archive, Download, ExportAccepted, Job } from "../types.js";
import { type Asked, signed, subjectOf } from "./asked.js";
import type { Kept } from "./memory.js";

const TRIES = 5; // of a request that makes or cancels something; after that, the person may try again
const HOLD_SECONDS = 20; // the API holds a request as long as it likes, but no longer than this
const FRESH_MS = 30_000; // a link that ends sooner is asked for again

/** Why nothing moves, while it is tried again. */
export type Trouble = "no-connection" | "unavailable";

/** What is told of an export on its way. */
export interface Told {
  /** There is trouble, or no more. */
  trouble(why?: Trouble): void;
  /** This is to be kept, now. */
  keep(kept: Kept): void;
  /** There is a job. */
  started(job: Omit<ExportAccepted, "ticket" | "ticketExpiresAt">): void;
  /** It has moved. */
  moved(job: Job): void;
}

export const isOpen = ({ status }: { status: string }): boolean => status === "queued" || status === "processing";

export class Run {
  /** Of the archive, once it is ready. It is good for some minutes. */
  href = "";
  /** Of a job that has several. */
  archives: Archive[] = [];
  #isFreshUntil = 0;
  #isSent = false; // the request that makes the job
  #isUnwanted = false;
  readonly #left = new AbortController();
  readonly #connection: Connection;
  readonly #asked: Asked;
  readonly #kept: Kept;
  readonly #told: Told;

  constructor(api: string, token: Token | undefined, asked: Asked, kept: Kept, told: Told) {
    this.#connection = new Connection({ url: api, ...(token && { token }) });
    this.#asked = asked;
    this.#kept = kept;
    this.#told = told;
  }

  /** Aborted when nobody wants to know any more. The export itself goes on. */
  get signal(): AbortSignal {
    return this.#left.signal;
  }

  stop(): void {
    this.#left.abort();
  }

  get isFresh(): boolean {
    return Date.now() < this.#isFreshUntil;
  }

  /** Returns the job as it has ended, with `href` if it is ready. `delay`: it was begun earlier, or by
   * another tab, which has this many ms to end its request. Returns undefined if what was kept is not
   * of the person who is here now. Raises what was refused, or the signal's reason. */
  async end(delay?: number): Promise<Job | undefined> {
    if (delay) await pause(delay, this.signal);
    if (delay !== undefined && this.#kept.sub !== undefined && !(await this.#isStillTheirs())) return undefined;
    if (!this.#kept.jobId) await this.#begin();
    const { jobId, ticket } = this.#kept;
    if (ticket) this.#connection.tickets.set(jobId!, ticket);
    if (this.#isUnwanted) return this.#cancelled();
    return this.#followed();
  }

  /** Returns the job as it was cancelled; undefined if there is none, or if `end` will return it. */
  async cancel(isTrouble: boolean): Promise<Job | undefined> {
    if (this.#kept.jobId) return this.#cancelled();
    // While a request is on its way, its answer will say what to cancel. If nobody answers, nobody waits
    // for a job that may have been made.
    this.#isUnwanted = true;
    if (!this.#isSent || isTrouble) this.stop();
    return undefined;
  }

  /** Asks for a link, which `href` is then; of several archives, for their list. */
  async link(archive?: number): Promise<void> {
    const { archives, downloadUrl, expiresIn } = (await this.#ask("GET", `/download${archive ? `?archive=${archive}` : ""}`, Infinity)).body as Download & { archives?: Archive[] };
    if (archives) {
      this.archives = archives;
      return;
    }
    if (!/^https?:/.test(downloadUrl)) throw new TypeError("No link");
    this.href = downloadUrl;
    this.#isFreshUntil = Date.now() + expiresIn * 1000 - FRESH_MS;
  }

  /** Whether what was kept is of the person who is here now: somebody else may have signed in. */
  async #isStillTheirs(): Promise<boolean> {
    try {
      return subjectOf((await this.#signed(Infinity)) ?? "") === this.#kept.sub;
    } catch {
      this.signal.throwIfAborted();
      return false;
    }
  }

  #signed(tries = TRIES): Promise<string | undefined> {
    return this.#patiently(() => signed(this.#asked, this.signal), tries);
  }

  /** Makes the job. What was kept before says how to ask for it once more. */
  async #begin(): Promise<void> {
    const kept = this.#kept;
    for (let isOld = kept.selection !== undefined; ; isOld = false) {
      const selection = isOld ? kept.selection : await this.#signed();
      if (selection !== undefined) Object.assign(kept, { selection, sub: subjectOf(selection) });
      this.#told.keep(kept);
      this.#isSent = true;
      try {
        const body = selection === undefined ? this.#asked.request : { selection };
        const headers = { "Idempotency-Key": kept.key };
        const send = () => this.#connection.ask({ method: "POST", path: "v1/export", body, headers, signal: this.signal, isAnonymous: selection !== undefined });
        const { ticket, ticketExpiresAt, ...job } = (await this.#patiently(send)).body as ExportAccepted;
        delete kept.selection;
        this.#told.keep(Object.assign(kept, { jobId: job.jobId, ticket, ends: ticketExpiresAt && Date.parse(ticketExpiresAt) }));
        return this.#told.started(job);
      } catch (error) {
        // It was kept over a reload, and has ended since: another one is the same request.
        if (!isOld || !(error instanceof LonghaulError) || error.status !== 401) throw error;
      }
    }
  }

  async #followed(): Promise<Job> {
    for (let etag: string | null = null; ; ) {
      const before: string | null = etag;
      const { headers, body } = await this.#ask("GET", "", Infinity, { Prefer: `wait=${HOLD_SECONDS}`, ...(before && { "If-None-Match": before }) });
      etag = headers.get("ETag");
      const job = body as Job | undefined; // none: nothing is new
      if (job?.status === "completed") await this.link();
      if (job && !isOpen(job)) return job;
      if (job) this.#told.moved(job);
      if (job || !headers.has("Preference-Applied")) await pause((retryAfter({ headers }) ?? 1) * 1000, this.signal);
    }
  }

  async #cancelled(): Promise<Job> {
    return (await this.#ask("DELETE", "?only=open")).body as Job;
  }

  #ask(method: string, rest: string, tries?: number, headers?: Record<string, string>) {
    const job = this.#kept.jobId!;
    const path = `v1/export/${encodeURIComponent(job)}${rest}`;
    return this.#patiently(() => this.#connection.ask({ method, path, job, headers, signal: this.signal }), tries);
  }

  /** Repeats what fails in a way that may pass, and says so meanwhile. */
  async #patiently<T>(ask: () => Promise<T>, tries = TRIES): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      try {
        const answer = await ask();
        this.#told.trouble();
        return answer;
      } catch (error) {
        this.signal.throwIfAborted();
        if (!(error instanceof LonghaulError) || !mayPass(error) || error.slug === "too-many-jobs" || failures >= tries) throw error;
        this.#told.trouble(error.status ? "unavailable" : "no-connection");
        if (this.#isUnwanted) this.stop();
        await pause(backoff(failures, error.retryAfter), this.signal, true);
      }
    }
  }
}
