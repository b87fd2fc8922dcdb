// What is chosen, as a person sees it: each folder, file and id with a button that takes it out.

import { clear, folderIn, groups, isEmpty, pack, remove } from "./basket.js";
import { announce, ask, button, copy, english, fill, h, icon, name, say } from "./dom.js";
import { reasonOf, size } from "./format.js";
import { runs } from "./ids.js";
import { unavailable } from "./sums.js";
import { plain, rich, t } from "./texts.js";

const AT_ONCE = 50;

/**
 * `element` to show. `draw` shows what is in `chosen`; `quote` shows what the API says of one file or
 * folder. After a change here, it calls `changed` with the ids that were taken out. `weighed` is of
 * weight.js. `text` returns the ids as they are typed.
 */
export function picked({ chosen, weighed, changed, text, emptied }) {
  let most = AT_ONCE;
  let timer;

  const list = h("ul", { class: "chosen" });
  const more = h("div", { class: "more" });
  const refused = h("ul", { class: "wrong", id: "refused" });
  const news = h("p", { class: "hint", role: "status" });
  const title = h("h2", { id: "picked", tabindex: -1 }, t("picked.title"));
  const element = h("section", { class: "pane picked", "aria-labelledby": "picked", hidden: true },
    h("div", { class: "line" }, title, h("div", { class: "actions" },
      button(() => link(), {}, t("picked.copy")), button(() => askToClear(), {}, t("picked.clear")))),
    news, refused, list, more);

  const take = (said, ids, act) => {
    const at = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    act();
    changed(ids);
    show();
    announce(said);
    const left = list.querySelectorAll("button");
    if (left.length) left[Math.min(Math.max(at, 0), left.length - 1)].focus();
    else emptied();
  };

  /** A line. `full` is what it is called where the lines around it are not seen; `folder`: it stands for
   * the files in this one; `sentence` is shown in place of `words` where a name is only a part of them. */
  const line = (picture, words, facts, act, { problems, ids, full = words, folder, isInner, sentence } = {}) => {
    const [label, taken] = folder ? [t("picked.removeIn", { folder }), t("picked.removedIn", { folder })]
      : [t("picked.remove", { name: plain(full) }), t("picked.removed", { name: plain(full) })];
    return h("li", { class: isInner && "inner" }, icon(picture), sentence ? h("span", { class: "name" }, sentence) : name(words), h("span", { class: "size" }, facts),
      button(() => take(taken, ids, act), { class: "remove", "aria-label": label, title: label }, icon("remove")),
      problems && h("p", { class: "why" }, problems));
  };

  const folderLine = (prefix) => {
    const sum = weighed.folder(prefix);
    const values = { n: sum?.files ?? 0, size: size(sum?.bytes ?? 0) };
    const facts = sum?.isUnknown ? t("picked.uncounted") : sum?.isDone ? t("picked.sum", values) : sum?.files ? t("picked.soFar", values) : t("picked.counting");
    const problems = sum?.unreadableFiles > 0 && t("picked.unreadable", { n: sum.unreadableFiles });
    return line("folder", prefix || t("picked.everything"), facts, () => remove(chosen, prefix), { problems });
  };

  const fileLine = (key, folder) => {
    const found = weighed.file(key);
    const bytes = weighed.size(key);
    const isGone = found?.available === false;
    return line("file", key.slice(folder.length), isGone || Number.isNaN(bytes) ? "" : size(bytes), () => remove(chosen, key), {
      problems: isGone && reasonOf(found),
      full: key,
      isInner: folder !== "",
    });
  };

  const group = ({ folder, keys, files, bytes }) => [
    files > 1 && line("folder", t("picked.in", { folder: folder || "/" }), Number.isNaN(bytes) ? t("common.files", { n: files }) : t("picked.sum", { n: files, size: size(bytes) }), () => {
      for (const key of chosen.files.keys()) if (folderIn(key) === folder) remove(chosen, key);
    }, { folder: folder || "/", sentence: rich("picked.in", { folder: name(folder || "/") }) }),
    ...keys.map((key) => fileLine(key, files > 1 ? folder : "")),
  ];

  const runLine = ({ from, to, ids }) => {
    if (from !== to) {
      const gone = ids.filter((id) => weighed.file(id)?.available === false);
      const problems = gone.length > 0 && unavailable(gone);
      return line("file", `${from}–${to}`, t("common.files", { n: ids.length }), () => {}, { problems, ids });
    }
    const found = weighed.file(from);
    const values = found?.name && found.name !== `${from}` && { id: `${from}`, name: found.name };
    return line("file", values ? t("picked.named", values) : `${from}`, found?.size == null ? "" : size(found.size), () => {}, {
      problems: found?.available === false && reasonOf(found),
      ids,
      full: `${from}`,
      sentence: values && rich("picked.named", { ...values, name: name(found.name) }),
    });
  };

  const show = () => {
    clearTimeout(timer);
    timer = undefined;
    element.hidden = isEmpty(chosen);
    if (element.hidden) {
      most = AT_ONCE;
      fill(list);
      return;
    }
    const focused = document.activeElement;
    const at = list.contains(focused) && focused.getAttribute("aria-label");
    const all = runs(chosen.ids);
    const folders = [...chosen.folders].slice(0, most);
    const some = all.slice(0, most - folders.length);
    const files = groups(chosen, most - folders.length - some.length, weighed.size).filter(({ keys }) => keys.length);
    const shown = [...folders.map(folderLine), ...some.map(runLine), ...files.flatMap(group)].filter(Boolean);
    fill(list, shown);
    if (at) [...list.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === at)?.focus();
    const left = Math.max(0, chosen.folders.size + all.length + chosen.files.size - most);
    fill(more, left > 0 && button(() => {
      const before = list.children.length;
      most += AT_ONCE;
      show();
      list.children[before].querySelector("button").focus();
    }, {}, t("picked.more", { n: left })));
  };

  /** Shows it soon: what is ticked comes first. What was said of another choice goes. */
  const draw = (isNew) => {
    if (isNew) for (const said of [news, refused]) fill(said);
    timer ??= setTimeout(show);
  };

  const askToClear = () => ask(t("picked.askTitle"), t("picked.askWords"), t("picked.keep"), t("picked.clear"), () => {
    const { ids } = chosen;
    clear(chosen);
    changed(ids);
    show();
    announce(t("picked.cleared"));
    emptied();
  });

  const link = async () => {
    const { encode, LONGEST } = await import("./pick.js");
    const packed = await encode([text(), ...pack(chosen)]);
    if (packed.length > LONGEST) {
      say(news, t("picked.tooLong", { n: packed.length, most: LONGEST }));
      return;
    }
    const url = `${location.href.split("#")[0]}#/new?pick=${packed}`;
    copy(url, t("picked.copied"), t("picked.notCopied"), (words) => fill(news, words, words === t("picked.notCopied") && h("a", { href: url }, t("picked.link"))));
  };

  return {
    element,
    draw,
    /** Shows what was said of these: [{which, words}]. */
    quote: (all) => {
      fill(refused, all.map(({ which, words }) => h("li", {}, rich("picked.refused", { name: name(which), words: english(words) }))));
      title.focus();
    },
    stop: () => clearTimeout(timer),
  };
}
