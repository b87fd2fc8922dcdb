// The shapes of requests and answers, by their names in the OpenAPI document.

import type { components, operations } from "./api-types.js";

type Schemas = components["schemas"];

/** Of these fields, a request has exactly one. */
type OneOf<T, K extends keyof T> = {
  [Here in K]-?: Omit<T, K> & Required<Pick<T, Here>> & { [Other in Exclude<K, Here>]?: never };
}[K];

type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;

/** What to export: exactly one of `fileIds`, `keys`, `prefix` and `files`, and how. */
export type ExportRequest = OneOf<Schemas["ExportRequest"], "fileIds" | "keys" | "prefix" | "files">;
/** What your backend has signed: it says what to export, and for whom. */
export type SelectionRequest = Schemas["SelectionRequest"];
/** What a retry is to change of the request. */
export type RetryChanges = Schemas["RetryRequest"];
/** The answer to a new export. `ticket` is there after a selection. */
export type ExportAccepted = Schemas["ExportAccepted"];
/** How far a job is, and how it has ended. */
export type Job = Schemas["Job"];
/** A job as a list has it: long lists of files are null, and it does not say who is told. */
export type JobSummary = Schemas["JobList"]["jobs"][number];
/** A page of jobs. `cursor` is for the next one; null on the last. */
export type JobList = Schemas["JobList"];
/** `queued` and `processing` are open; all others are ends. */
export type JobStatus = Job["status"];
/** A fresh link straight to S3, good for `expiresIn` seconds. */
export type Download = Extract<Schemas["Download"], { downloadUrl: string }>;
/** One of a job's archives. Its `size` is in bytes; the URLs want the caller's token or ticket. */
export type Archive = Extract<Schemas["Download"], { archives: unknown }>["archives"][number];
/** What kind of archive a job makes. */
export type ArchiveFormat = Job["format"];
/** A page of one folder of a source. */
export type Files = Schemas["Files"];
/** How many files are below a prefix, as far as they were counted. */
export type Totals = Schemas["Totals"];
/** About how long an export takes, and what is too much. */
export type Estimate = Schemas["Estimate"];
/** The files to look up: `fileIds` or `keys`, 100 at most; or one `fileId`. */
export type CheckRequest = OneOf<Schemas["CheckRequest"], "fileId" | "fileIds" | "keys">;
/** Whether the files are there and can be read, and what they are called: in the order of the request. */
export type CheckAnswer = Schemas["CheckAnswer"];
/** What a job was asked for: a request for `create`. */
export type AskedFor = Schemas["AskedFor"];

/** Which folder: `prefix` and `source`; `limit` and `cursor` of the page. */
export type FilesQuery = QueryOf<"listFiles">;
/** What to count: `prefix` and `source`; the `cursor` of the answer before. */
export type TotalsQuery = QueryOf<"countFiles">;
/** How much an export would have: `files`, `bytes`, and `entries`, the rows of its request. */
export type EstimateQuery = QueryOf<"estimateExport">;
/** Whose jobs, and how many on a page. */
export type ListQuery = QueryOf<"listExports">;

/** A job's id, or anything with it, such as the answer to `create`. */
export type JobRef = string | { readonly jobId: string; readonly ticket?: string | undefined };

/** Stops what it is given to at once: it rejects with the signal's reason. */
export interface Stoppable {
  signal?: AbortSignal | undefined;
}
