// What a person does about an export that ended without an archive, and about a name that does not fit.

import { renameJob, retryJob } from "./api.js";
import { fill, h, quoted } from "./dom.js";
import { acted, isOpen } from "./live.js";
import { plain, t } from "./texts.js";

const SKIPS = { "skip-missing": ["onMissing", "skipMissing"], "skip-unreadable": ["onUnreadable", "skipUnreadable"] };

// An API that tells no remedies knows none but this one.
const ALWAYS = ["retry"];

const REMEDIES = { completed: ["edit"], cancelled: ["retry", "edit"], expired: ["retry", "edit"] };

/** Returns [{words, href or changes}], the best first: a form to open, or what the same export is
 * started with once more. */
export function ways(job) {
  if (isOpen(job)) return [];
  const { jobId, status, error } = job;
  const remedies = REMEDIES[status] ?? error?.remedies ?? ALWAYS;
  const skips = Object.keys(SKIPS).filter((remedy) => remedies.includes(remedy));
  const n = error?.affectedFiles; // 0 of a job that failed before they were kept
  return [
    skips.length > 0 && {
      words: t(`mend.${skips.length > 1 ? "skipBoth" : SKIPS[skips[0]][1]}${n ? "" : "All"}`, { n }),
      changes: Object.fromEntries(skips.map((remedy) => [SKIPS[remedy][0], "skip"])),
    },
    remedies.includes("retry") && { words: t(status === "failed" ? "common.tryAgain" : "mend.again"), changes: {} },
    remedies.includes("edit") && { words: t("mend.edit"), href: `#/new?from=${jobId}` },
  ].filter(Boolean);
}

/** Starts the same export once more, with these changes. Returns the id of the new one. */
export async function startAgain({ jobId }, changes) {
  const { jobId: made } = await retryJob(jobId, changes);
  acted(made);
  return made;
}

/**
 * A form for another name. Calls `saved` with the job as it is then, and `left` if the person does not
 * want it after all. Returns {element, start}: `start` puts the cursor there.
 */
export function renaming({ jobId, filename }, saved, left) {
  const wrong = h("div", { class: "wrong", id: "wrong-name", role: "alert" });
  const input = h("input", { id: "new-name", value: plain(filename), maxlength: 200, dir: "auto", autocomplete: "off", spellcheck: "false",
    "aria-describedby": "wrong-name" });
  const submit = h("button", { class: "primary" }, t("mend.save"));
  const refused = (...why) => {
    fill(wrong, ...why);
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  const save = async (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name) return refused(t("mend.noName"));
    if (name === plain(filename)) return left();
    submit.disabled = true;
    try {
      const job = await renameJob(jobId, name);
      acted(jobId);
      saved(job);
    } catch ({ words, quote }) {
      refused(words, quoted(quote));
    }
    submit.disabled = false;
  };
  const leave = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    left();
  };
  const element = h("form", { class: "rename", novalidate: true, onsubmit: save, onkeydown: leave },
    h("label", { for: "new-name" }, t("mend.name")), input, wrong,
    h("div", { class: "actions" }, h("button", { type: "button", onclick: left }, t("common.close")), submit));
  return {
    element,
    start: () => {
      input.focus();
      input.setSelectionRange(0, input.value.replace(/\.(zip|tar|tar\.gz)$/i, "").length);
    },
  };
}
