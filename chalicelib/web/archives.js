// The archives of an export that has several: each is a file of its own to download.

import { begin, downloadLinkOf } from "./actions.js";
import { downloadLink } from "./api.js";
import { button, fault, fill, h, name, skeleton, toast } from "./dom.js";
import { size } from "./format.js";
import { t } from "./texts.js";

const PAUSE_MS = 2_000; // Chromium drops a download whose answer has not begun when the next one is asked for

/** Returns {all, list}: a button that downloads all archives of a job, and the list of them. `gone` is called if there are none any more. */
export function archives(id, gone) {
  const list = h("div", {}, skeleton(2));
  let found = [];

  const downloadAll = async ({ currentTarget }) => {
    currentTarget.disabled = true;
    toast(t("job.downloadingAll"));
    try {
      for (const { archive } of found) {
        if (!list.isConnected) return;
        await begin(id, { archive });
        await new Promise((go) => setTimeout(go, PAUSE_MS));
      }
    } catch (problem) {
      toast(problem.words);
    }
    currentTarget.disabled = false;
  };
  const all = button(downloadAll, { class: "primary", disabled: true }, t("job.downloadAll"));

  const line = ({ archive, filename, size: bytes }) => h("li", {},
    downloadLinkOf(id, { class: "button plain", of: { archive }, ongone: gone, "aria-label": t("list.downloadOf", { name: filename }) }, name(filename)), h("span", { class: "size" }, size(bytes)));

  const load = async () => {
    try {
      ({ archives: found } = await downloadLink(id));
      fill(list, h("p", { class: "hint" }, t("job.each")), h("ol", { class: "archives", "aria-label": t("common.archives", { n: found.length }) }, found.map(line)));
      all.disabled = false;
    } catch (problem) {
      if (problem.status === 410) gone();
      else fill(list, fault(problem, button(load, {}, t("common.tryAgain"))));
    }
  };
  load();
  return { all, list };
}
