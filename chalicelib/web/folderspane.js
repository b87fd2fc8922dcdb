// Where files are chosen from folders. The browser is loaded when somebody browses.

import { fill, h, say, skeleton, unloaded } from "./dom.js";
import { t } from "./texts.js";

/**
 * Returns {element, open, draw, nothing, close}. `chosen`, `changed` and `moved` are as in browse.js.
 * `folder` returns the folder to begin with, when the browser is there.
 */
export function foldersPane(chosen, { changed, moved, folder }) {
  let browser;
  let isClosed = false;
  const wrong = h("p", { class: "wrong", id: "no-files" });
  const place = h("div", {}, skeleton(4));
  const element = h("div", { role: "group", "aria-label": t("form.folders"), "aria-describedby": "no-files", tabindex: -1 }, wrong, place);

  return {
    element,
    /** Shows the folder, if the pane is still shown by the time that the browser has come. */
    open: async () => {
      const loaded = await import("./browse.js").catch(() => undefined);
      if (isClosed || element.hidden) return;
      if (!loaded) fill(place, unloaded());
      else if (!browser) fill(place, (browser = loaded.browser({ basket: chosen, changed, moved })).element);
      browser?.open(chosen.source, folder());
    },
    draw: () => browser?.draw(),
    /** Says why nothing is no choice. */
    nothing: (words) => say(wrong, words),
    close: () => {
      isClosed = true;
      browser?.close();
    },
  };
}
