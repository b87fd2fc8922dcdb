// Longhaul turns slow downloads into jobs. This is its client.

export * from "./client.js";
export type { Asked, LonghaulOptions, Token } from "./connection.js";
export { type FailureSlug, type FieldError, isProblem, LonghaulError, type ProblemDocument, type ProblemSlug, type Slug, slugOf } from "./errors.js";
export type * from "./types.js";
export { isOpen, type WatchOptions } from "./watching.js";
