// The menu of one export in the list.

import { askToCancel, askToDelete, copyLinkOf, downloadLinkOf } from "./actions.js";
import { button, dialog, h, link, toast } from "./dom.js";
import { isOpen } from "./live.js";
import { renaming, startAgain, ways } from "./mend.js";
import { auth } from "./person.js";
import { t } from "./texts.js";

const GAP = 4; // CSS pixels between the menu and its button, and the edge of the window

/**
 * Opens the menu of a job below its button. Calls `changed` with the job after something was done with
 * it, `deleted` after it was deleted, and `started` after it was started again.
 */
export function openMenu(trigger, job, { changed, deleted, started }) {
  const { jobId, status, filename, archives } = job;

  const item = (words, act) => button(() => {
    // The focus goes back to the button, so also from a dialog.
    menu.hidePopover();
    act();
  }, { role: "menuitem", tabindex: -1 }, words);

  const again = async (changes) => {
    try {
      started(await startAgain(job, changes));
      toast(t("list.started"));
    } catch (problem) {
      toast(problem.words);
    }
  };

  const rename = () => {
    const form = renaming(job, (renamed) => {
      box.close();
      changed(renamed);
      toast(t("mend.renamed"));
    }, () => box.close());
    const box = dialog(t("list.rename"), form.element);
    form.start();
  };

  const menu = h("div", { class: "menu", popover: "auto", role: "menu", "aria-label": t("list.menuOf", { name: filename }) },
    status === "completed" && !(archives > 1) && downloadLinkOf(jobId, { class: "", role: "menuitem", tabindex: -1 }, t("list.download")),
    ways(job).map(({ words, href, changes }) => (href ? link(href, { class: "", role: "menuitem", tabindex: -1 }, words) : item(words, () => again(changes)))),
    auth ? item(t("job.share"), () => import("./share.js").then(({ share }) => share(jobId))) : item(t("job.copyLink"), () => copyLinkOf(jobId)),
    item(t("list.rename"), rename),
    isOpen(job) ? item(t("list.cancel"), () => askToCancel(job, changed)) : item(t("list.delete"), () => askToDelete(job, deleted)));

  const items = [...menu.children];
  menu.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    const letter = event.key.length === 1 && event.key.toLowerCase();
    const next = letter ? [...items.slice(at + 1), ...items].find((one) => one.textContent.toLowerCase().startsWith(letter))
      : event.key in places && items.at(places[event.key] % items.length);
    if (event.key === "Tab") menu.hidePopover();
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    next.focus();
  });
  const put = () => place(menu, trigger.getBoundingClientRect());
  menu.addEventListener("toggle", ({ newState }) => {
    if (newState === "open") return;
    removeEventListener("resize", put);
    trigger.setAttribute("aria-expanded", "false");
    menu.remove();
  });

  trigger.after(menu);
  // So a press on the button does not count as one beside the menu.
  trigger.popoverTargetElement = menu;
  trigger.setAttribute("aria-expanded", "true");
  menu.showPopover();
  put();
  addEventListener("resize", put);
  items[0].focus({ preventScroll: true });
}

/** Places the menu below its button, or above it if there is no room. It scrolls with the page. */
function place(menu, { top, bottom, left, right }) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const isTurned = document.documentElement.dir === "rtl";
  const x = Math.max(GAP, Math.min(isTurned ? left : right - width, innerWidth - width - GAP));
  const below = bottom + GAP;
  const y = below + height > innerHeight && top - GAP - height > 0 ? top - GAP - height : below;
  menu.style.left = `${x + scrollX}px`;
  menu.style.top = `${y + scrollY}px`;
}
