// Sends requests to one API: who asks, how long an answer may take, and what is sent again.

import { LonghaulError, mayPass, type ProblemDocument } from "./errors.js";
import { backoff, limited, pause, stoppable } from "./pauses.js";

const TIMEOUT_MS = 35_000; // API Gateway gives up after 29 s
const PATIENCE_MS = 30_000;

const UNAUTHORIZED = 401;
const NO_CONTENT = 204;
const NOT_MODIFIED = 304;

/** A token, or what returns one: it is asked before each request. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

/** Which stack, and who asks it. */
export interface LonghaulOptions {
  /** The API's base URL, as `make url` prints it. */
  url: string;
  /** Sent as a bearer token, where people have to prove who they are. */
  token?: Token;
  /** In place of the global fetch. */
  fetch?: typeof fetch;
  /** The most ms that an answer may take. 35,000 by default. */
  timeout?: number;
  /** For how many ms a request that fails is sent again. 30,000 by default; 0: it is sent once. */
  patience?: number;
  /** Called after a 401 with the token that was refused, and how often this request was sent again
   * already. Returns whether to send it once more, with what `token` returns then. Without it, it is
   * sent once more if `token` returns another one. */
  renew?: (secret: string | undefined, tries: number) => boolean | undefined | Promise<boolean | undefined>;
  /** Tickets by job id, if they are kept elsewhere. */
  tickets?: Map<string, string>;
}

/** A request. `path` is below the API's URL. `job`: its ticket is sent, if there is one. */
export interface Asked {
  method?: string;
  path: string;
  job?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
  /** It carries its own proof: no token is sent. */
  isAnonymous?: boolean;
}

/** An answer with its JSON; that is undefined if the answer has no body. */
export interface Answer {
  status: number;
  headers: Headers;
  body: any; // the methods of Longhaul say what it is
}

/** The way to one API. */
export class Connection {
  readonly url: string;
  readonly patience: number;
  readonly timeout: number;
  readonly tickets: Map<string, string>;
  readonly fetch: typeof fetch;
  readonly #token: Token | undefined;
  readonly #renew: LonghaulOptions["renew"];

  constructor({ url, token, fetch, timeout = TIMEOUT_MS, patience = PATIENCE_MS, renew, tickets }: LonghaulOptions) {
    this.url = url.replace(/\/+$/, "");
    // The global one at the time of the request: somebody may replace it, and it wants no other `this`.
    this.fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.timeout = timeout;
    this.patience = patience;
    this.tickets = tickets ?? new Map();
    this.#token = token;
    this.#renew = renew;
  }

  /** Sends a request once, and again only after a token was renewed. Raises LonghaulError, or the
   * signal's reason. */
  async ask(asked: Asked): Promise<Answer> {
    return this.open(asked, async (answer) => ({ status: answer.status, headers: answer.headers, body: await json(answer) }));
  }

  /** The same, but `take` reads the answer of status 2xx or 304, within the time for an answer. */
  async open<T>(asked: Asked, take: (answer: Response, signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = asked;
    const ticket = this.tickets.get(asked.job ?? "");
    const ownToken = ticket === undefined && !asked.isAnonymous;
    let secret = ownToken ? await this.#secret(signal) : ticket;
    for (let tries = 0; ; tries += 1) {
      const answered = await this.#exchange(asked, secret, take);
      if (!(answered instanceof LonghaulError)) return answered.taken;
      if (answered.status !== UNAUTHORIZED || !ownToken) throw answered;
      const before: string | undefined = secret;
      const renew = this.#renew;
      if (renew && !(await this.#given(() => renew(before, tries), signal))) throw answered;
      secret = await this.#secret(signal);
      if (!renew && (tries > 0 || secret === before)) throw answered;
    }
  }

  async #secret(signal: AbortSignal | undefined): Promise<string | undefined> {
    const token = this.#token;
    const secret = (typeof token === "function" ? await this.#given(token, signal) : token)?.trim();
    // The error of fetch would have the token in its words. ("undefined" has no such character.)
    if (/[^!-~]/.test(secret!)) throw new LonghaulError({ title: "This is no token", status: 0 }, { slug: "no-token" });
    return secret;
  }

  /** Returns what the caller's function says. */
  async #given<T>(ask: () => T | Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    try {
      return await stoppable(Promise.resolve(ask()), signal);
    } catch (cause) {
      signal?.throwIfAborted();
      throw new LonghaulError({ title: `There is no token for ${this.url}`, status: 0 }, { slug: "no-token", cause });
    }
  }

  /** Returns what `take` makes of the answer, or the error that the answer stands for. */
  async #exchange<T>(
    { method = "GET", path, body, headers, signal }: Asked,
    secret: string | undefined,
    take: (answer: Response, signal: AbortSignal) => Promise<T>,
  ): Promise<LonghaulError | { taken: T }> {
    const time = limited(this.timeout, signal);
    try {
      const reply = async () => {
        const answer = await this.fetch(`${this.url}/${path}`, {
          method,
          headers: {
            Accept: "application/json",
            ...(body !== undefined && { "Content-Type": "application/json" }),
            ...(secret !== undefined && { Authorization: `Bearer ${secret}` }),
            ...headers,
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          cache: "no-store",
          redirect: "manual", // the API never redirects: this is another server
          signal: time.signal,
        });
        if (answer.ok || answer.status === NOT_MODIFIED) return { taken: await take(answer, time.signal) };
        return refusal(answer, await answer.text());
      };
      return await stoppable(reply(), time.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof LonghaulError) throw error;
      throw noConnection(this.url, error);
    } finally {
      time.end();
    }
  }
}

/** Calls `attempt` until it succeeds, as long as it fails in ways that may pass, and for `patience`
 * ms. Raises its error, or the signal's reason. */
export async function patiently<T>(attempt: () => Promise<T>, patience: number, signal: AbortSignal | undefined): Promise<T> {
  const until = performance.now() + patience;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LonghaulError) || !mayPass(error)) throw error;
      const wait = backoff(failures, error.retryAfter);
      if (performance.now() + wait > until) throw error;
      await pause(wait, signal);
    }
  }
}

/** Returns the error of a request that nobody has answered, or only in part. */
export const noConnection = (url: string, cause: unknown): LonghaulError =>
  new LonghaulError({ title: `${url || "The server"} does not answer`, status: 0 }, { slug: "no-connection", cause });

/** Returns the error of an answer that Longhaul does not give. */
export const unexpected = (answer: Response): LonghaulError => {
  const status = answer.type === "opaqueredirect" ? "a redirect" : answer.status;
  const title = `This is no answer of Longhaul: ${status}, ${answer.headers.get("Content-Type") ?? "without a type"}`;
  return new LonghaulError({ title, status: answer.status }, { slug: "unexpected-answer", retryAfter: retryAfter(answer) });
};

/** Returns the seconds of a Retry-After, which may also be a date. */
export function retryAfter({ headers }: { headers: Headers }): number | undefined {
  const text = headers.get("Retry-After")?.trim();
  if (!text) return undefined;
  const seconds = /^[0-9]+$/.test(text) ? +text : (Date.parse(text) - Date.now()) / 1000;
  return seconds >= 0 ? seconds : undefined;
}

async function json(answer: Response): Promise<any> {
  const text = await answer.text();
  if (answer.status === NO_CONTENT || answer.status === NOT_MODIFIED) return undefined;
  const found = object(text);
  if (found) return found;
  // Half an answer is a lost one, which may be asked again.
  if (/json/.test(answer.headers.get("Content-Type") ?? "") && !/[}\]]\s*$/.test(text)) throw new Error("The answer was cut");
  throw unexpected(answer);
}

function refusal(answer: Response, text: string): LonghaulError {
  const problem = object(text) as ProblemDocument | undefined;
  if (typeof problem?.title !== "string") return unexpected(answer);
  return new LonghaulError({ ...problem, status: answer.status }, { retryAfter: retryAfter(answer) });
}

/** Returns the object that a text is as JSON, if it is one. */
function object(text: string): object | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found && !Array.isArray(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
