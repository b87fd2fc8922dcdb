// The files that are not in the archive of a job, or for which it has none.

import { button, copy, h, icon, name } from "./dom.js";
import { reasonOf, why } from "./format.js";
import { t } from "./texts.js";

const LIST_SHOWN = 200; // the rest can be copied

/** Returns {number, list} of them. `list` is null if the answer does not have it: it is too long, then. */
export function leftOut({ result, error }) {
  // An older answer has only the missing ones.
  const list = (error ? error.affected : result.skipped ?? result.missing?.map((file) => ({ file, reason: "missing" }))) ?? null;
  return { number: list?.length ?? (error ? error.affectedFiles : result.totalFiles - result.processedFiles), list };
}

/** Returns a section that shows them; false if there is nothing to show. */
export function leftOutSection(job) {
  const { error } = job;
  const { number, list } = leftOut(job);
  if (!number || (error && !list)) return false;
  const isPlain = list?.every(({ reason }) => reason === "missing");
  const heading = t(`job.${isPlain ? "filesMissing" : error ? "filesUnreadable" : "filesLeftOut"}`, { n: number });
  const line = (one) => (isPlain ? one.file : `${one.file}\t${why(one)}`);
  return h("section", { class: "missing" },
    h("div", { class: "line" }, h("h2", { id: "missing" }, icon("alert"), heading),
      list && button(() => copy(list.map(line).join("\n"), t("job.listCopied"), t("job.cannotCopy")), {}, t("job.copyList"))),
    !error && h("p", {}, t(list ? "job.leftOutWords" : "job.leftOutMany")),
    list && h("ul", { class: "codes", tabindex: 0, "aria-labelledby": "missing" },
      list.slice(0, LIST_SHOWN).map((one) => h("li", {}, name(`${one.file}`), !isPlain && h("span", { class: "why" }, reasonOf(one))))),
    list?.length > LIST_SHOWN && h("p", {}, t("job.moreInList", { n: list.length - LIST_SHOWN })));
}
