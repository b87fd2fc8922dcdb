// The files of a source, folder by folder: whoever looks ticks what goes into the basket.

import { folderAbove, folderIn } from "./basket.js";
import { announce, button, fault, fill, h, nothing, say, skeleton, toast } from "./dom.js";
import { grid } from "./grid.js";
import { isFolder, listing } from "./listing.js";
import { namesOf } from "./names.js";
import { makeRow, paintRow } from "./filerow.js";
import { folded } from "./search.js";
import { plain, t } from "./texts.js";
import { ticking } from "./ticking.js";

const COLUMNS = ["name", "size", "date"];
const IN_VIEW = 6; // rows, at least
const TOP = { active: 0, top: 0, offset: 0 };

/**
 * Returns {element, open, close, draw}. `basket` (basket.js) is changed in place, and `changed` is
 * called after it; `draw` shows it after someone else has changed it. `moved` is called with the
 * folder that the person has gone to. `open(source, folder)` shows a folder, and is how it begins.
 */
export function browser({ basket, changed, moved }) {
  const seen = { rows: [] }; // {here: the listing that is shown, rows: those of it}
  const order = { by: "name", isDown: false };
  let asked; // the folder as `open` was told
  let names;
  let trailed;
  let isFocusWanted = false;

  const crumbs = h("ol", { class: "crumbs", "aria-label": t("choose.folder") });
  const search = h("input", { type: "search", "aria-label": t("choose.search"), placeholder: t("choose.search"), spellcheck: "false", autocomplete: "off",
    oninput: () => find(),
    onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== "ArrowDown" && (event.key !== "Escape" || search.value)) return;
      event.preventDefault();
      table.focus();
    } });
  const all = h("input", { type: "checkbox", "aria-label": t("choose.pickAll"), onchange: () => ticks.toggleAll() });
  const titles = COLUMNS.map((by) => h("span", { role: "columnheader", class: by }, button(() => sort(by), {}, t(`choose.${by}`))));
  const head = h("div", { role: "row", class: "titles", "aria-rowindex": 1 }, h("span", { role: "columnheader", class: "pick" }, h("label", {}, all)), titles);
  const state = h("div", {});
  const counted = h("span", {});
  const said = h("strong", {});
  const status = h("p", { class: "hint status" }, counted, said);

  const tell = (words) => {
    say(said, words);
    announce(words);
  };

  const ticks = ticking(basket, seen, {
    changed: (words) => {
      draw();
      changed();
      tell(words);
    },
    refused: (words) => {
      draw();
      tell(words);
      toast(words);
    },
    waiting: tell,
  });

  const draw = () => {
    if (!seen.here) return;
    ticks.forget();
    const is = ticks.isAll();
    all.checked = is === true;
    all.indeterminate = is === "mixed";
    table.paint();
  };

  const enter = (folder) => {
    isFocusWanted = true;
    show(seen.here.source, folder);
    moved(folder);
  };

  const up = ({ here } = seen) => {
    if (here.folder !== here.top) enter(folderAbove(here.folder));
  };

  const table = grid(t("choose.files"), head, makeRow, (row, i) => paintRow(row, seen.rows[i], ticks.isAt(i)), {
    all: ticks.toggleAll,
    enter: (i) => (isFolder(seen.rows[i]) ? enter(seen.rows[i].prefix) : ticks.toggle(i)),
    range: ticks.extend,
    seen: (first, end) => basket.names !== "key" && names?.look(seen.rows.slice(first, end)),
    toggle: ticks.toggle,
    type: () => search.focus(),
    up,
  });

  const find = async () => {
    const { here } = seen;
    here.searched = search.value;
    say(said, "");
    await here.arrange({ words: folded(search.value.trim()) });
    if (here === seen.here && here.view.words) announce(t("choose.matches", { n: here.shown.length, all: here.rows.length }));
  };

  const sort = (by) => {
    Object.assign(order, { by, isDown: order.by === by && !order.isDown });
    seen.here.arrange(order);
    ordered();
  };

  const ordered = () => COLUMNS.forEach((by, i) => {
    titles[i].ariaSort = by !== order.by ? "none" : order.isDown ? "descending" : "ascending";
  });

  const trail = ({ folder, top } = seen.here) => {
    if (trailed === `${top} ${folder}`) return;
    trailed = `${top} ${folder}`;
    const steps = folder.slice(top.length).split("/").slice(0, -1);
    fill(crumbs, [t("choose.top"), ...steps].map((step, i) => h("li", {},
      button(() => enter(top + steps.slice(0, i).map((part) => `${part}/`).join("")), { "aria-current": i === steps.length ? "true" : false },
        h("span", { dir: "auto" }, plain(step) || "/")))));
  };

  /** Keeps where one was, and goes to a folder. */
  const show = (source, folder) => {
    const before = seen.here;
    if (before) {
      before.place = table.place();
      before.changed = undefined;
    }
    names?.stop();
    const here = listing(source, folder);
    // Whoever goes up is on the folder where they were.
    const below = before && before.source === source && before.folder.startsWith(folder) && before.folder.indexOf("/", folder.length) + 1;
    here.below = !here.place && below ? before.folder.slice(0, below) : undefined;
    here.changed = () => listed();
    Object.assign(seen, { here, rows: [], view: undefined });
    if (before && before.source === source) here.top ||= before.top;
    asked = folder;
    names = namesOf(source, draw);
    search.value = here.searched ?? "";
    say(said, "");
    here.arrange(order);
    if (!here.isWhole) here.load((it) => it === seen.here);
    listed();
  };

  /** Where the grid is to be, now that it has other rows: what is in view stays there. */
  const placed = (before, isSame) => {
    const { here, rows } = seen;
    const below = here.below === undefined ? -1 : rows.findIndex(({ prefix }) => prefix === here.below);
    if (below >= 0) {
      here.below = undefined;
      return { active: below, top: Math.max(0, below - 2), offset: 0 };
    }
    const at = before.length ? table.place() : TOP;
    const isMoved = at.top || at.offset || at.active;
    const { place } = here;
    if (place && !isMoved && (here.isWhole || rows.length > place.active)) {
      here.place = undefined;
      return place;
    }
    if (!isSame || !isMoved) return TOP;
    const isHeld = table.hasFocus() && at.active >= at.top && at.active < at.top + IN_VIEW;
    const held = isHeld ? at.active : at.top;
    const by = isHeld || at.top || at.offset ? rows.indexOf(before[held]) - held : 0;
    return { active: at.active && rows.indexOf(before[at.active]), top: Math.max(0, at.top + by), offset: at.offset };
  };

  /** Shows the listing, which has more rows now, or has them in another order. */
  const listed = () => {
    const { here, rows: before, view } = seen;
    const { rows, problem, isWhole, isLoading } = here;
    seen.rows = here.shown;
    if (before !== here.shown) {
      ticks.renumber();
      seen.view = here.view;
      const at = placed(before, view === here.view);
      table.show(here.shown.length, isWhole ? here.shown.length : -1, at);
    }
    table.element.hidden = isWhole && !rows.length;
    search.hidden = table.element.hidden;
    draw();
    trail();
    const n = here.shown.length;
    fill(state, problem ? fault(problem, button(goOn, {}, t("common.tryAgain")))
      : !rows.length ? (isWhole ? nothing("folder", ...(here.folder === here.top ? [t("choose.noFiles"), t("choose.putFiles")] : [t("choose.nothing"), t("choose.nothingHere")])) : skeleton(4))
        : !n && here.view.words ? nothing("file", t("choose.noMatch"), t(isWhole ? "choose.noneHasThat" : "choose.noneYetHasThat"))
          : !isWhole && !isLoading && h("div", { class: "more" }, button(goOn, {}, t("choose.more"))));
    say(counted, isLoading && !isWhole ? t("choose.soFar", { n: rows.length })
      : here.view.words ? t("choose.matches", { n, all: rows.length })
        : t(here.files === n ? "common.files" : "choose.entries", { n }));
    counted.hidden = !rows.length;
    if (!isFocusWanted || (!rows.length && isLoading)) return;
    isFocusWanted = false;
    if (document.activeElement === document.body || element.contains(document.activeElement)) table.focus();
  };

  const goOn = () => {
    seen.here.load((it) => it === seen.here);
    isFocusWanted = true;
    listed();
  };

  const element = h("div", { class: "pane browse" }, h("div", { class: "line" }, crumbs, search), table.element, state, status);
  ordered();

  return {
    element,
    draw,
    open: (source, folder = "") => {
      const to = folderIn(folder);
      const { here } = seen;
      if (here && here.source === source && (to === asked || to === here.folder)) return;
      // By Back, the row with the focus goes.
      isFocusWanted = !!here && (document.activeElement === document.body || element.contains(document.activeElement));
      show(source, to);
    },
    close: () => {
      names?.stop();
      if (seen.here) {
        seen.here.place = table.place();
        seen.here.changed = undefined;
      }
      seen.here = undefined;
    },
  };
}
