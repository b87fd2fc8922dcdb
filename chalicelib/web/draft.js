// The form for a new export as it is, kept while another view is shown, and when the tab leaves the page.

import { isEmpty, pack, unpack } from "./basket.js";
import { owner } from "./person.js";
import { forget } from "./weight.js";

const DRAFT = "longhaul.draft";

let kept;

/** Returns {owner, key, chosen, folder, text, filename, missing, unreadable, way, isOld}, and the fields of formats.js, each if there is one. `chosen` is a basket.
 * `isOld`: it is of before the page was loaded. */
export const draft = () => (kept ??= restored());

/** What this tab had before it left the page, perhaps to sign in again. */
function restored() {
  try {
    const { packed, ...rest } = JSON.parse(sessionStorage[DRAFT]);
    delete sessionStorage[DRAFT];
    if (rest.owner === owner()) return { ...rest, isOld: true, chosen: unpack(packed) };
  } catch {
    // There is none, or no storage.
  }
  return {};
}

export function forgetDraft() {
  kept = {};
  forget();
  store();
}

function store() {
  if (!kept) return;
  try {
    delete sessionStorage[DRAFT];
    const { chosen, ...rest } = kept;
    if (chosen && (kept.text || kept.filename || !isEmpty(chosen))) sessionStorage[DRAFT] = JSON.stringify({ ...rest, packed: pack(chosen) });
  } catch {
    // There is no storage, or too little.
  }
}

addEventListener("pagehide", store);
// A phone ends a tab that is not seen, and says nothing.
document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && store());
