// What can go wrong, by the types of problems that the API has (RFC 9457).

import type { components } from "./api-types.js";

const BASE = "urn:problem-type:longhaul:";

// Of the gateway before the API: it answers with problems, and knows no types.
const BY_STATUS: Record<number, ProblemSlug> = {
  400: "invalid-request",
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  413: "body-too-large",
  415: "unsupported-media-type",
  429: "rate-limited",
};

const REQUEST_TIMEOUT = 408;
const TOO_EARLY = 425;
const TOO_MANY = 429;
const SERVER_ERROR = 500;

type End<T> = T extends `urn:problem-type:longhaul:${infer Slug}` ? Slug : never;
type TypeOf<T> = T extends { type: infer Type } ? Type : never;

/** The ends of the types of problems with which the API refuses a request. */
export type ProblemSlug = End<components["schemas"]["Problem"]["type"]>;

/** The ends of the types that the `error` of a job can have: why it failed. */
export type FailureSlug = End<TypeOf<components["schemas"]["Job"]["error"]>>;

/** What `LonghaulError.slug` can be, as far as this version knows. `no-connection`: no answer came,
 * or only a part of one. `no-token`: `token` or `renew` has failed, and `cause` says why.
 * `unexpected-answer`: it is not an answer of Longhaul. `several-archives`: the job has
 * several, and it was not said which is meant. `broken-archive`: what was downloaded is not what the job
 * has built. */
export type Slug = ProblemSlug | "no-connection" | "no-token" | "unexpected-answer" | "several-archives" | "broken-archive";

/** A problem document. */
export interface ProblemDocument {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  requestId?: string;
  errors?: FieldError[];
}

/** One mistake in a request. `pointer` is a JSON pointer into the body, or the name of a header or a
 * query parameter. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** A request that was refused, or that got no answer. */
export class LonghaulError extends Error {
  /** The problem's type: a URN, "about:blank" of the gateway, or empty if nothing was said. */
  readonly type: string;
  /** The end of the type. A newer stack may have others than those of `Slug`. */
  readonly slug: Slug | (string & {});
  readonly title: string;
  /** Of HTTP; 0 if no answer came. */
  readonly status: number;
  readonly detail: string;
  /** By it, the operator finds the request in the log. */
  readonly requestId: string | undefined;
  /** What is wrong, field by field, if the slug is `invalid-request`. */
  readonly errors: FieldError[];
  /** Seconds, if the answer says when to ask again. */
  readonly retryAfter: number | undefined;

  constructor(problem: ProblemDocument, more: { slug?: Slug; retryAfter?: number | undefined; cause?: unknown } = {}) {
    const { title, detail = "" } = problem;
    super(detail && detail !== title ? `${title}: ${detail}` : title, more.cause === undefined ? {} : { cause: more.cause });
    this.name = "LonghaulError";
    this.type = problem.type ?? "";
    this.slug = more.slug ?? slugOf(problem);
    this.title = title;
    this.status = problem.status;
    this.detail = detail;
    this.requestId = problem.requestId;
    this.errors = problem.errors ?? [];
    this.retryAfter = more.retryAfter;
  }
}

/** Whether an error is a LonghaulError with one of these slugs; without slugs, with any. */
export function isProblem<S extends Slug>(error: unknown, ...slugs: S[]): error is LonghaulError & { readonly slug: S } {
  return error instanceof LonghaulError && (!slugs.length || (slugs as string[]).includes(error.slug));
}

/** Returns the end of a problem's type, also of the `error` of a job. For one without a type, it
 * follows from the status. */
export function slugOf(problem: { type?: string; status?: number }): Slug | FailureSlug | (string & {}) {
  const { type = "", status = 0 } = problem;
  if (type && type !== "about:blank") return type.slice(type.startsWith(BASE) ? BASE.length : type.search(/[^:/#]*$/));
  return BY_STATUS[status] ?? "unavailable";
}

/** Whether the same request may succeed a little later. */
export function mayPass({ slug, status }: LonghaulError): boolean {
  if (slug === "no-connection" || status >= SERVER_ERROR) return true;
  // The quota of a day begins anew at midnight: nobody waits for that.
  return [REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY].includes(status) && slug !== "quota-exceeded";
}
