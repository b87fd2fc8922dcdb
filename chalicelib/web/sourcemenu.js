// The menu of the sources, where a stack has several. A basket has files of one source.

import { listFiles } from "./api.js";
import { clear } from "./basket.js";
import { ask, fill, h } from "./dom.js";
import { t } from "./texts.js";

// A promise of a list of files, which names the sources.
let sources;

/**
 * Returns {element, now, asked, choose, draw, refuse, focus, stop}. `changed` is called with a folder of
 * the new source after `chosen` was emptied for it, `unchanged` before the person is asked about that.
 */
export function sourceMenu(chosen, { changed, unchanged }) {
  let isStopped = false;
  const select = h("select", { "aria-describedby": "no-source", onchange: () => choose(select.value) });
  const wrong = h("p", { class: "wrong", id: "no-source" });
  const element = h("div", { class: "from", hidden: true }, h("label", {}, t("form.source"), select), wrong);

  const now = () => chosen.source ?? (select.value || undefined);

  const choose = (next, folder = "") => {
    const change = () => {
      clear(chosen);
      chosen.source = next;
      fill(wrong);
      select.value = next;
      changed(folder);
    };
    const n = chosen.files.size + chosen.folders.size;
    if (!n) return change();
    const back = now();
    select.value = back;
    unchanged();
    return ask(t("form.sourceTitle"), t("form.sourceWords", { n, name: back ?? "" }), t("form.sourceKeep"), t("form.sourceChange"), change);
  };

  const show = (page) => {
    if (!page || isStopped) return;
    const names = page.sources ?? [];
    const isUnknown = chosen.source && !names.includes(chosen.source);
    fill(select, names.map((one) => h("option", {}, one)));
    element.hidden = names.length < 2 && !isUnknown;
    select.value = chosen.source ?? page.source;
    if (isUnknown) fill(wrong, t("form.noSource", { name: chosen.source }));
  };

  return {
    element,
    now,
    /** The source as a request names it: not at all where there is only one. */
    asked: () => (element.hidden ? chosen.source : select.value),
    choose,
    draw: () => {
      sources ??= listFiles({ limit: 1 }).catch(() => (sources = undefined));
      sources.then(show);
    },
    refuse: (words) => fill(wrong, words),
    focus: () => select.focus(),
    stop: () => {
      isStopped = true;
    },
  };
}
