// The source files as folders. The user selects files in any folders, or one whole folder.

import { listFiles } from "./api.js";
import { announce, button, fault, fill, h, icon, name, nothing, skeleton } from "./dom.js";
import { count, files, moment, size, why } from "./format.js";

const TYPING_MS = 300;

/** `element` to show, `open` to start, `from` for the source, `chosen` for the {request} and {words}
 * about it. Calls `changed` after each change. Begins with what `picked` returned before. */
export function browser(changed, picked) {
  // Sizes by key, of the selected files.
  const keys = new Map(picked.keys);
  // The prefix of the selected folder, and of the open one.
  let { whole, folder = "", source } = picked;
  let top = "";
  let begun = false;
  // Only the newest request's answer counts.
  let asked = 0;
  let timer;

  const crumbs = h("ol", { class: "crumbs", "aria-label": "Folder" });
  const filter = h("input", { type: "search", "aria-label": "Show names that begin with", placeholder: "Begins with…", spellcheck: "false",
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => load(folder + filter.value), TYPING_MS);
    },
    onkeydown: (event) => event.key === "Enter" && event.preventDefault() });
  const list = h("ul", { class: "files" });
  const state = h("div", {});
  const more = h("div", { class: "more" });
  const tray = h("div", { class: "tray" });
  const element = h("div", { class: "pane browse" }, h("div", { class: "line" }, crumbs, filter), list, state, more, tray);

  const here = () => crumbs.querySelector("[aria-current=true]")?.focus();

  const enter = async (prefix) => {
    // For the previous folder.
    clearTimeout(timer);
    filter.value = "";
    await load(prefix);
    here();
  };

  const load = async (prefix, at) => {
    const own = (asked += 1);
    if (!at) {
      fill(list);
      fill(state, skeleton(4));
    }
    fill(more);
    try {
      const page = await listFiles({ prefix, cursor: at, source });
      if (own !== asked) return;
      top = page.topPrefix;
      folder = page.prefix.slice(0, page.prefix.lastIndexOf("/") + 1);
      const lines = [...page.folders.map(folderLine), ...page.files.map(fileLine)];
      list.append(...lines);
      fill(state, !list.children.length && nothing("folder", "Nothing here",
        filter.value ? "No name here begins with that." : "This folder has no files."));
      fill(more, page.cursor && button(() => load(prefix, page.cursor), {}, "Show more"));
      trail();
      draw();
      if (at) lines[0]?.querySelector("input").focus();
      announce(`${count(list.children.length)} entries${page.cursor ? ", and more" : ""}`);
    } catch (problem) {
      if (own !== asked) return;
      draw();
      fill(state, fault(problem, button(() => load(prefix, at), {}, "Try again")));
    }
  };

  const trail = () => {
    const steps = folder.slice(top.length).split("/").slice(0, -1);
    fill(crumbs, ["All files", ...steps].map((step, i) => h("li", {},
      button(() => enter(top + steps.slice(0, i).map((part) => `${part}/`).join("")), { "aria-current": i === steps.length ? "true" : false },
        h("bdi", {}, step || "/")))));
  };

  const choose = (change) => {
    change();
    draw();
    changed();
  };

  const wholly = (prefix) => choose(() => {
    whole = prefix;
    keys.clear();
  });

  const folderLine = (found) => h("li", {},
    h("label", { class: "tick" }, h("input", { type: "checkbox", value: found.prefix, "aria-label": `Whole folder ${found.name}`,
      onchange: ({ target }) => wholly(target.checked ? found.prefix : undefined) })),
    button(() => enter(found.prefix), {}, icon("folder"), name(found.name || "/"), icon("next")));

  const fileLine = (file) => h("li", {}, h("label", {},
    h("input", { type: "checkbox", value: file.key, disabled: !!file.unreadable && !keys.has(file.key), onchange: ({ target }) => choose(() => {
      whole = undefined;
      if (target.checked) keys.set(file.key, file.size);
      else keys.delete(file.key);
    }) }),
    icon("file"), name(file.name), h("span", { class: "size" }, size(file.size)), h("span", { class: "date" }, moment(file.lastModified)),
    file.unreadable && h("span", { class: "why" }, why(file.unreadable))));

  /** Ticks what is selected, and offers what can be selected. */
  const draw = () => {
    for (const input of list.querySelectorAll("input")) input.checked = whole === input.value || keys.has(input.value);
    const boxes = [...list.querySelectorAll("label:not(.tick) :enabled")];
    const isAll = boxes.every((input) => input.checked);
    const offer = (is, act, words) => is && button(() => {
      act();
      here();
    }, {}, words);
    fill(tray,
      offer(boxes.length, () => boxes.filter((input) => input.checked === isAll).forEach((input) => input.click()),
        isAll ? "Unselect these files" : `Select ${boxes.length === 1 ? "this file" : `these ${files(boxes.length)}`}`),
      offer(folder && folder !== whole, () => wholly(folder), "Select this whole folder"),
      offer(keys.size || whole, () => wholly(), "Clear selection"));
  };

  return {
    element,
    open: () => {
      if (!begun) load(folder);
      begun = true;
    },
    close: () => {
      asked += 1;
      clearTimeout(timer);
    },
    from: (name) => {
      source = name;
      folder = filter.value = "";
      wholly();
      if (begun) load(folder);
    },
    picked: () => ({ keys: [...keys], whole, folder, source }),
    chosen: () => {
      if (whole) return { request: { prefix: whole }, words: `Everything in ${whole.slice(top.length) || "all files"}` };
      if (!keys.size) return { words: "No files chosen yet" };
      const bytes = [...keys.values()].reduce((sum, value) => sum + value, 0);
      return { request: { keys: [...keys.keys()] }, words: `${files(keys.size)}, ${size(bytes)}` };
    },
  };
}
