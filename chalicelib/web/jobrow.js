// One row of the list.

import { downloadLinkOf } from "./actions.js";
import { button, fill, h, icon, link, name, ring, say, toast } from "./dom.js";
import { ago, files, percent as percentOf, size } from "./format.js";
import { inWords } from "./problems.js";
import { leftOf, STATUS } from "./states.js";
import { plain, t } from "./texts.js";

/** Makes a row of the list. Returns a function that updates the row and returns it. */
export function row({ jobId }, { changed, deleted, started }) {
  let current, drawn, named;
  const picture = h("span", { class: "disc" });
  const facts = h("span", { class: "meta" });
  const side = h("span", { class: "side" });
  const anchor = link(`#/jobs/${jobId}`, { class: "" });
  const open = async (event) => {
    event.preventDefault(); // of what a button of a popover does by itself
    if (element.querySelector(".menu")) return element.querySelector(".menu").hidePopover();
    try {
      (await import("./menu.js")).openMenu(dots, current, { changed, deleted: () => deleted(jobId), started });
    } catch {
      toast(t("job.unreachable"));
    }
  };
  const dots = button(open, { class: "dots", "aria-haspopup": "menu", "aria-expanded": "false", onkeydown: (event) => event.key === "ArrowDown" && open(event) }, icon("dots"));
  const element = h("li", {}, picture, h("span", { class: "what" }, anchor, facts), side, dots);
  return (job) => {
    current = job;
    say(facts, described(job));
    const { status, filename, archives, progress: { percent, etaSeconds } } = job;
    if (named !== filename) {
      named = filename;
      drawn = undefined;
      fill(anchor, name(filename));
      dots.setAttribute("aria-label", t("list.menuOf", { name: filename }));
    }
    const look = `${status} ${percent} ${etaSeconds}`;
    if (look === drawn) return element;
    drawn = look;
    element.className = status;
    const hadFocus = side.contains(document.activeElement);
    fill(picture, status === "processing" ? ring(percent) : icon(STATUS[status][1]));
    fill(side, status === "completed"
      ? archives > 1 ? link(`#/jobs/${jobId}`, {}, t("common.archives", { n: archives })) : downloadLinkOf(jobId, { "aria-label": t("list.downloadOf", { name: filename }) }, h("span", { class: "wide" }, t("list.download")))
      : [h("span", { class: "word" }, status === "processing" ? percentOf(percent) : STATUS[status][0]),
        etaSeconds !== null && h("span", { class: "meta" }, leftOf(etaSeconds))]);
    if (hadFocus) dots.focus();
    return element;
  };
}

function described({ createdAt, progress, result, error }) {
  const number = result ? result.processedFiles : progress.totalFiles;
  const lost = result && result.totalFiles - number;
  return [number && files(number), result && size(result.fileSize), ago(createdAt), lost && t("list.leftOut", { n: lost }), error && plain(inWords(error).title)]
    .filter(Boolean).join(" · ");
}
