// Follows a job to its end: by its stream of events, and by its status where that fails.

import { type Answer, type Connection, noConnection, retryAfter, unexpected } from "./connection.js";
import { LonghaulError, mayPass } from "./errors.js";
import { EventReader, type StreamEvent } from "./events.js";
import { backoff, bounded, limited, pause, stoppable } from "./pauses.js";
import type { Job, Stoppable } from "./types.js";

const RETRY_MS = 3_000; // until a stream says another pause
const POLL_SECONDS = 1; // until an answer says another pause
const HOLD_SECONDS = 20; // the API holds a request as long as it likes, but no longer than this
const BROKEN_MAX = 3; // broken streams in a row: something on the way lets none through

const NO_CONTENT = 204;
const NOT_MODIFIED = 304;
const TOO_MANY = 429;
const FINAL = [401, 404, 410];

/** How a job is watched. */
export interface WatchOptions extends Stoppable {
  /** Called with whether nobody answers: at first, and when that changes. A limit on requests is no
   * trouble. */
  onTrouble?: ((isTrouble: boolean, error?: LonghaulError) => void) | undefined;
  /** For how many ms failures in a row are borne. By default as long as the client's until there is
   * a first answer, and then for ever. */
  patience?: number | undefined;
}

/** What to follow: a job's id, its path, and from where. */
export interface Followed {
  connection: Connection;
  id: string;
  path: string;
}

/** Whether a job has not ended yet. */
export const isOpen = ({ status }: { readonly status: string }): boolean => status === "queued" || status === "processing";

/** Yields the job as it is, and each new state of it, until it has ended. Raises LonghaulError if
 * there is no such job, or nobody answers for longer than is borne; or the signal's reason. */
export async function* follow({ connection, id, path }: Followed, options: WatchOptions): AsyncGenerator<Job, void, undefined> {
  const { signal, onTrouble, patience } = options;
  const reader = new EventReader();
  let told = ""; // the state that was yielded last
  let goodAt = performance.now();
  let failures = 0;
  let broken = 0;
  let wait = 0; // ms until the next request
  let isTrouble: boolean | undefined;
  let etag: string | null = null;

  const trouble = (is: boolean, error?: LonghaulError) => {
    if (is !== isTrouble) onTrouble?.((isTrouble = is), error);
  };

  const isFinal = (error: LonghaulError) => {
    if (!told && patience === undefined && !mayPass(error)) return true;
    return performance.now() - goodAt > (patience ?? (told ? Infinity : connection.patience));
  };

  /** Returns what `ask` does; undefined if that fails in a way that may pass. */
  const asked = async <T>(ask: () => Promise<T>, isStream: boolean): Promise<T | undefined> => {
    try {
      const answer = await ask();
      goodAt = performance.now();
      failures = 0;
      trouble(false);
      return answer;
    } catch (error) {
      // Whatever is wrong with a stream, the status says whether there is such a job.
      if (!(error instanceof LonghaulError) || (!isStream && FINAL.includes(error.status)) || isFinal(error)) throw error;
      failures += 1;
      if (isStream) broken += 1;
      wait = backoff(failures, error.retryAfter);
      trouble(error.status !== TOO_MANY && failures > +isStream, error);
      return undefined;
    }
  };

  const isNew = (job: Job) => told !== (told = stateOf(job));

  /** Yields what the stream says. Returns whether the job has ended; if not, the status is next. */
  async function* listen(): AsyncGenerator<Job, boolean, undefined> {
    for (;;) {
      const stream = await asked(() => opened({ connection, id, path }, reader, signal), true);
      if (!stream) return false;
      wait = bounded(reader.retry ?? RETRY_MS);
      if (stream === "over") return false;
      try {
        for (;;) {
          const jobs = await asked(stream.read, true);
          if (!jobs) return false;
          broken = 0;
          wait = bounded(reader.retry ?? RETRY_MS);
          if (!jobs.length) break;
          for (const job of jobs) {
            if (!isOpen(job) && !isWhole(job)) {
              wait = 0; // the status has the lists that an event leaves out
              return false;
            }
            if (isNew(job)) yield job;
            if (!isOpen(job)) return true;
          }
        }
      } finally {
        stream.close();
      }
      await pause(wait, signal);
    }
  }

  for (;;) {
    const isPolling = broken >= BROKEN_MAX;
    const held: Record<string, string> = { Prefer: `wait=${HOLD_SECONDS}`, ...(etag && { "If-None-Match": etag }) };
    const answer: Answer | undefined = await asked(async () => {
      const found = await connection.ask({ path, job: id, signal, headers: isPolling ? held : undefined });
      if (found.body) known(found.body);
      return found;
    }, false);
    if (answer) {
      const job: Job | undefined = answer.body; // none: nothing has changed
      etag = answer.headers.get("ETag");
      if (job && isNew(job)) yield job;
      if (job && !isOpen(job)) return;
      if (isPolling) wait = untilNextPoll(answer);
      else if (yield* listen()) return;
    }
    if (wait) await pause(wait, signal, failures > 0);
    wait = 0;
  }
}

/** What changes when a job moves; not the time of the answer, or who is told. */
const stateOf = ({ status, filename, progress, expiresAt }: Job): string =>
  JSON.stringify([status, filename, progress.stage, progress.currentFile, progress.totalFiles, progress.bytesDone, progress.bytesTotal, expiresAt]);

/** Returns the job that an answer has. Raises LonghaulError if it is something else. */
function known(job: Job | null): Job {
  if (!job?.progress) throw new LonghaulError({ title: "This is no job of Longhaul", status: 0 }, { slug: "unexpected-answer" });
  return job;
}

const isWhole = ({ result }: Job): boolean => !result || result.missing !== null;

function untilNextPoll(answer: Answer): number {
  // The API has waited already.
  if (answer.status === NOT_MODIFIED && answer.headers.has("Preference-Applied")) return 0;
  return bounded((retryAfter(answer) ?? POLL_SECONDS) * 1000);
}

interface Stream {
  /** Returns the jobs of the next events; none at the end of the connection. */
  read: () => Promise<Job[]>;
  close: () => void;
}

/** Opens a stream. Returns "over" if no event can come any more. */
async function opened({ connection, id, path }: Followed, reader: EventReader, signal: AbortSignal | undefined): Promise<Stream | "over"> {
  const headers = { Accept: "text/event-stream", ...(reader.lastId && { "Last-Event-ID": reader.lastId }) };
  return connection.open({ path: `${path}/progress`, job: id, headers, signal }, async (answer) => {
    if (answer.status === NO_CONTENT) return "over";
    if (!answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
      void answer.body?.cancel();
      throw unexpected(answer);
    }
    return stream(answer, reader, connection, signal);
  });
}

function stream({ body }: Response, reader: EventReader, { url, timeout }: Connection, signal: AbortSignal | undefined): Stream {
  const source = body?.getReader();
  const decoder = new TextDecoder();
  reader.begin();

  /** Returns the events of the next piece; undefined at the end. */
  const next = async (): Promise<StreamEvent[] | undefined> => {
    const time = limited(timeout, signal);
    try {
      const piece = source && (await stoppable(source.read(), time.signal));
      return piece && !piece.done ? reader.read(decoder.decode(piece.value, { stream: true })) : undefined;
    } finally {
      time.end();
    }
  };

  return {
    read: async () => {
      try {
        for (;;) {
          const events = await next();
          const jobs = (events ?? reader.end()).map(({ data }) => known(JSON.parse(data)));
          if (jobs.length || !events) return jobs;
        }
      } catch (error) {
        signal?.throwIfAborted();
        throw noConnection(url, error);
      }
    },
    close: () => void source?.cancel().catch(() => {}),
  };
}
