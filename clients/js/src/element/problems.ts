// Why an export failed, in the component's words, by the slug of a problem.

import type { Texts } from "./texts.js";

const WHY: Record<string, keyof Texts> = {
  "selection-used": "used",
  unauthorized: "unauthorized",
  forbidden: "forbidden",
  "source-missing": "missing",
  "source-unreadable": "unreadable",
  "nothing-to-export": "nothing",
  "quota-exceeded": "tooMuch",
  "limit-exceeded": "tooMuch",
  "body-too-large": "tooMuch",
  "no-connection": "noConnection",
  "too-many-jobs": "busy",
  "rate-limited": "busy",
  unavailable: "busy",
};

/** Returns the name of the text that says why, by the end of a problem's type. */
export const whyOf = (slug: string): keyof Texts => (Object.hasOwn(WHY, slug) ? WHY[slug]! : "failed");
