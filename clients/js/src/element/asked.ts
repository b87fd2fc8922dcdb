// What <longhaul-export> is asked to export: by its attributes, a request, or a signed selection.

import { unexpected } from "../connection.js";
import { LonghaulError } from "../errors.js";
import type { ExportRequest } from "../types.js";

/** A selection, or what returns one. */
export type Selection = string | (() => string | Promise<string>);

/** What an element's attributes and properties say. */
export interface Asked {
  selection?: Selection | undefined;
  selectionUrl?: string | undefined;
  request?: ExportRequest | undefined;
  /** By which the page knows this element from the others, for a selection of a function. */
  place?: string | undefined;
}

const TEXTS = ["filename", "format", "compression"];

/** Returns the entries of an attribute: a JSON list, or a text that is split. */
export function entries(text: string, separator: RegExp): string[] {
  if (/^\s*\[/.test(text)) return (JSON.parse(text) as unknown[]).map(String);
  return text.split(separator).map((one) => one.trim()).filter(Boolean);
}

/** Returns the request that these attributes make; undefined if they say nothing. */
export function requestOf(attribute: (name: string) => string | null): ExportRequest | undefined {
  const [ids, keys, prefix, split, ...texts] = ["file-ids", "keys", "prefix", "split", ...TEXTS].map(attribute);
  const named = { ...Object.fromEntries(TEXTS.map((name, i) => [name, texts[i]]).filter(([, text]) => text)), ...(split && { split: Number(split) }) };
  // A stack may have ids that are texts: then one of digits has a zero or a letter somewhere.
  if (ids) return { fileIds: entries(ids, /[\s,]+/).map((id) => (/^(0|[1-9]\d{0,14})$/.test(id) ? Number(id) : id)), ...named } as ExportRequest;
  if (keys) return { keys: entries(keys, /[\r\n]+/), ...named } as ExportRequest;
  return prefix == null ? undefined : ({ prefix, ...named } as ExportRequest);
}

/** Returns what a selection says. It is not checked here: the API does that. */
function claims(selection: string): Record<string, unknown> {
  try {
    const payload = (selection.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(payload)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Returns the user in a selection. Letters beyond ASCII are not decoded: it is only compared. */
export const subjectOf = (selection: string): string => String(claims(selection)["sub"]);

/** Returns the name of what is asked for, which is the same after a reload; undefined if nothing is
 * sure to be. */
export function nameOf({ selection, selectionUrl, request, place }: Asked): string | undefined {
  if (typeof selection === "string") {
    const { exp, iat, nbf, jti, ...rest } = claims(selection);
    return JSON.stringify(rest);
  }
  if (selection) return place;
  return selectionUrl ?? (request && JSON.stringify(request));
}

/** Returns the selection, fresh from the page or its backend; undefined if there is none to ask for.
 * Raises LonghaulError if the backend refuses, or does not answer. */
export async function signed({ selection, selectionUrl }: Asked, signal: AbortSignal): Promise<string | undefined> {
  if (selection) return typeof selection === "string" ? selection : selection();
  if (!selectionUrl) return undefined;
  let answer: Response;
  let body: { selection?: unknown } | null;
  try {
    answer = await fetch(selectionUrl, { headers: { Accept: "application/json" }, cache: "no-store", credentials: "same-origin", signal });
    body = answer.ok ? ((await answer.json()) as typeof body) : null;
  } catch (cause) {
    signal.throwIfAborted();
    throw new LonghaulError({ title: "No selection", status: 0 }, { slug: "no-connection", cause });
  }
  if (typeof body?.selection === "string") return body.selection;
  if (answer.ok) throw unexpected(answer);
  // A backend that hides what is another's says 404.
  const status = answer.status === 404 ? 403 : answer.status;
  throw new LonghaulError({ title: "No selection", status });
}
