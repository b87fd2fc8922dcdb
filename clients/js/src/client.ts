// The client of one stack: a method for each thing that a caller can ask for.

import { save } from "#save";
import type { Built } from "./save-browser.js";
import { type Asked, Connection, type LonghaulOptions, patiently } from "./connection.js";
import { isProblem, LonghaulError } from "./errors.js";
import type {
  Archive, AskedFor, CheckAnswer, CheckRequest, Download, Estimate, EstimateQuery, ExportAccepted, ExportRequest, Files, FilesQuery, Job, JobList,
  JobRef, JobSummary, ListQuery, RetryChanges, SelectionRequest, Stoppable, Totals, TotalsQuery,
} from "./types.js";
import { follow, type WatchOptions } from "./watching.js";

const PAGE_JOBS = 100; // the most that the API puts on one page

/** How an export is asked for. */
export interface CreateOptions extends Stoppable {
  /** The same key is the same job, however often it is sent. By default a new one. */
  idempotencyKey?: string | undefined;
}

/** How a status is asked for. */
export interface StatusOptions extends Stoppable {
  /** For how many seconds the answer may be held until something changes. The API decides how long
   * it really holds it. */
  wait?: number | undefined;
}

/** How an end is waited for. */
export interface WaitOptions extends WatchOptions {
  /** Called with each new state. */
  onState?: ((job: Job) => void) | undefined;
}

/** What a link leads to. */
export interface LinkOptions extends Stoppable {
  /** The number of an archive, from 1. A job with several needs it. */
  archive?: number | undefined;
  /** Not to the archive, but to the index of a tar: a table of where each file is in it. */
  index?: boolean | undefined;
}

/** Where an archive goes. */
export interface DownloadOptions extends Stoppable {
  /** The number of an archive, from 1. A job with several needs it. */
  archive?: number | undefined;
  /** In Node.js: the file, or a folder that is there. By default the working directory. */
  to?: string | undefined;
  /** In Node.js: called with the bytes that are there, and all of them. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** In Node.js: whether a file that is there may be replaced. */
  replace?: boolean | undefined;
}

/** What a download has made in Node.js. */
export interface Saved {
  path: string;
  /** In bytes. */
  size: number;
}

/** One Longhaul stack, as one caller sees it. Every method raises LonghaulError, or the reason of its
 * signal as soon as that is aborted. A request that gets no answer, or one of 429 or 5xx, is sent
 * again for a while (`patience`): each may be repeated without harm. */
export class Longhaul {
  /** Tickets by job id: `create` keeps those of selections. The job's requests carry them. */
  readonly tickets: Map<string, string>;
  readonly #connection: Connection;

  constructor(options: LonghaulOptions) {
    this.#connection = new Connection(options);
    this.tickets = this.#connection.tickets;
  }

  /** The API's base URL, without a slash at its end. */
  get url(): string {
    return this.#connection.url;
  }

  /** Starts an export: of files, or of what a signed selection says. That needs no token. */
  async create(request: ExportRequest | SelectionRequest, { signal, idempotencyKey = newKey() }: CreateOptions = {}): Promise<ExportAccepted> {
    const headers = { "Idempotency-Key": idempotencyKey };
    return this.#accepted({ method: "POST", path: "v1/export", body: request, headers, signal, isAnonymous: "selection" in request });
  }

  /** Returns the job as it is now, or with `wait` as it is after a change. */
  async status(job: JobRef, { signal, wait }: StatusOptions = {}): Promise<Job> {
    return this.#read(this.#of(job, "", { signal, headers: wait ? { Prefer: `wait=${wait}` } : undefined }));
  }

  /** Yields the job as it is, and each new state of it, until it has ended. A stream that breaks is
   * opened again; where none comes through, the status is asked. */
  watch(job: JobRef, options: WatchOptions = {}): AsyncGenerator<Job, void, undefined> {
    const { job: id = "", path } = this.#of(job);
    return follow({ connection: this.#connection, id, path }, options);
  }

  /** Watches the job until it has ended, and returns how. */
  async wait(job: JobRef, { onState, ...options }: WaitOptions = {}): Promise<Job> {
    let last: Job | undefined;
    for await (last of this.watch(job, options)) onState?.(last);
    return last as Job; // there is a first state, or an error
  }

  /** Yields the caller's jobs, newest first. Asks for each page when it is needed. */
  async *list({ signal, ...query }: ListQuery & Stoppable = {}): AsyncGenerator<JobSummary, void, undefined> {
    let cursor: string | null | undefined = query.cursor;
    do {
      const page: JobList = await this.listPage({ ...query, ...(cursor && { cursor }), signal });
      yield* page.jobs;
      cursor = page.cursor;
    } while (cursor);
  }

  /** Returns one page of the caller's jobs: 100, or `limit`. */
  async listPage({ signal, ...query }: ListQuery & Stoppable = {}): Promise<JobList> {
    return this.#read({ path: withQuery("v1/export", { limit: PAGE_JOBS, ...query }), signal });
  }

  /** Cancels the job, and returns it. It never deletes a job, even one that ends at this moment:
   * then it raises `already-ended`. */
  async cancel(job: JobRef, options: Stoppable = {}): Promise<Job> {
    try {
      return await this.#read(this.#of(job, "?only=open", { method: "DELETE", ...options }));
    } catch (error) {
      // It may be cancelled already: by this call, if the network has lost the first answer.
      const now = isProblem(error, "already-ended") ? await this.status(job, options) : undefined;
      if (now?.status !== "cancelled") throw error;
      return now;
    }
  }

  /** Starts the same export again, perhaps with something changed. The same changes are the same new
   * job, however often it is called. */
  async retry(job: JobRef, changes: RetryChanges = {}, options: Stoppable = {}): Promise<ExportAccepted> {
    return this.#accepted(this.#of(job, "/retry", { method: "POST", body: changes, ...options }));
  }

  /** Deletes a job that has ended, with its archive. A second call does nothing. */
  async delete(job: JobRef, options: Stoppable = {}): Promise<void> {
    await this.#read(this.#of(job, "?only=ended", { method: "DELETE", ...options }));
  }

  /** Gives the archive another name for downloads, and returns the job. */
  async rename(job: JobRef, filename: string, options: Stoppable = {}): Promise<Job> {
    return this.#read(this.#of(job, "", { method: "PATCH", body: { filename }, ...options }));
  }

  /** Returns a fresh link to the archive. Raises `not-ready` if there is none yet, `expired` if it is
   * gone, and `several-archives` if it is not said which. */
  async link(job: JobRef, { archive, index, ...options }: LinkOptions = {}): Promise<Download> {
    const found: Download | { archives: Archive[] } = await this.#read(this.#of(job, withQuery("/download", { archive, index }), options));
    if ("archives" in found) throw new LonghaulError({ title: `There are ${found.archives.length} archives: say which`, status: 0 }, { slug: "several-archives" });
    // A page would run a link of javascript.
    if (!/^https?:\/\/./.test(found.downloadUrl)) throw new LonghaulError({ title: "This is no link to an archive", status: 0 }, { slug: "unexpected-answer" });
    return found;
  }

  /** Returns the archives of a job that has completed: one, or as many as `split` has made of it. Raises
   * what `link` does. */
  async archives(job: JobRef, options: Stoppable = {}): Promise<Archive[]> {
    return this.#archivesOf(await this.status(job, options), job, options);
  }

  /** Returns what the job was asked for: a request for `create`. */
  async request(job: JobRef, options: Stoppable = {}): Promise<AskedFor> {
    return this.#read(this.#of(job, "/request", options));
  }

  /** Downloads the archive. In Node.js into a file, which is there only when it is whole; a second
   * call goes on where the first has stopped, in another process too. In a browser, the browser
   * downloads it: this returns undefined when it has begun. */
  async download(job: JobRef, options: DownloadOptions = {}): Promise<Saved | undefined> {
    const facts = async () => {
      const state = await this.status(job, options);
      const { archive = 1 } = options;
      // Without a number, the link says that there are several.
      const all = options.archive || !(state.archives > 1) ? await this.#archivesOf(state, job, options) : [];
      return { format: state.format, ...(all[archive - 1] ?? state) };
    };
    return this.#save(job, facts, options);
  }

  /** Downloads all archives of the job, one after the other, as `download` does with one. In Node.js
   * `to` is a folder, which is made if it is not there, and a second call goes on: an archive that is
   * there already is left as it is. In a browser, it has to allow several downloads. */
  async downloadAll(job: JobRef, { onProgress, ...options }: Omit<DownloadOptions, "archive"> = {}): Promise<Saved[]> {
    const state = await this.status(job, options);
    const all = await this.#archivesOf(state, job, options);
    const total = all.reduce((sum, { size }) => sum + size, 0);
    const saved: Saved[] = [];
    let before = 0;
    for (const one of all) {
      const { archive, size } = one;
      const told = onProgress && { onProgress: (done: number) => onProgress(before + done, total) };
      const found = await this.#save(job, async () => ({ format: state.format, ...one }), { ...options, ...told, archive }, true);
      if (found) saved.push(found);
      before += size;
    }
    return saved;
  }

  /** Returns a page of what is in a folder of a source; without a `prefix`, at its top. */
  async files({ signal, ...query }: FilesQuery & Stoppable = {}): Promise<Files> {
    return this.#read({ path: withQuery("v1/files", query), signal });
  }

  /** Counts the files below a prefix, as far as that goes in some seconds: ask again with the
   * `cursor`, and add the answers up. */
  async totals({ signal, ...query }: TotalsQuery & Stoppable = {}): Promise<Totals> {
    return this.#read({ path: withQuery("v1/files/totals", query), signal });
  }

  /** Returns about how long an export takes, and what is too much. */
  async estimate({ signal, ...query }: EstimateQuery & Stoppable): Promise<Estimate> {
    return this.#read({ path: withQuery("v1/estimate", query), signal });
  }

  /** Returns whether files can be exported, and what they are called. */
  async check(request: CheckRequest, options: Stoppable = {}): Promise<CheckAnswer> {
    return this.#read({ method: "POST", path: "v1/download/check", body: request, ...options });
  }

  /** Sends any other request, such as those for share links. `path` is below the API's URL, and
   * `job` says whose ticket it carries. Returns the answer's JSON; undefined if it has none. */
  async call<T = unknown>(asked: Asked): Promise<T> {
    return this.#read(asked);
  }

  /** Returns the request of a job's route. */
  #of(job: JobRef, rest = "", asked: Omit<Asked, "path"> = {}): Asked {
    const { jobId, ticket } = typeof job === "string" ? { jobId: job } : job;
    if (ticket) this.tickets.set(jobId, ticket);
    return { ...asked, path: `v1/export/${encodeURIComponent(jobId)}${rest}`, job: jobId };
  }

  async #archivesOf({ archives, filename, result }: Job, job: JobRef, options: Stoppable): Promise<Archive[]> {
    if (result && !(archives > 1)) return [{ archive: 1, filename, size: result.fileSize, downloadUrl: result.downloadUrl ?? "", linkUrl: result.linkUrl ?? "" }];
    const found: { archives?: Archive[] } = await this.#read(this.#of(job, "/download", options));
    return found.archives ?? this.archives(job, options); // it has completed since
  }

  async #save(job: JobRef, facts: Built["facts"], options: DownloadOptions, isAll = false): Promise<Saved | undefined> {
    const { fetch, patience, timeout } = this.#connection;
    const { archive } = options;
    const link = () => this.link(job, { archive, signal: options.signal });
    return save({ id: this.#of(job).job ?? "", isAll, facts, link, fetch, patience, timeout }, options);
  }

  async #read<T>(asked: Asked): Promise<T> {
    const { body } = await patiently(() => this.#connection.ask(asked), this.#connection.patience, asked.signal);
    return body;
  }

  async #accepted(asked: Asked): Promise<ExportAccepted> {
    const accepted = await this.#read<ExportAccepted>(asked);
    if (accepted.ticket) this.tickets.set(accepted.jobId, accepted.ticket);
    return accepted;
  }
}

/** Returns a key of 128 random bits. Unlike randomUUID, this works in a page without TLS too. */
const newKey = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");

function withQuery(path: string, values: object): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : path;
}
