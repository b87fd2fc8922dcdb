// The form for a new export: its files and its options. What is typed and ticked is kept while the tab is there.

import { createJob, newKey } from "./api.js";
import { basket, isEmpty, replace, request } from "./basket.js";
import { announce, ask, button, english, fault, fill, h, say } from "./dom.js";
import { draft, forgetDraft } from "./draft.js";
import { foldersPane } from "./folderspane.js";
import { formats } from "./formats.js";
import { MOST } from "./ids.js";
import { idsField } from "./idsfield.js";
import { owner, user } from "./person.js";
import { picked } from "./picked.js";
import { sourceMenu } from "./sourcemenu.js";
import { sums } from "./sums.js";
import { title } from "./tab.js";
import { t } from "./texts.js";
import { tooMuch, weight } from "./weight.js";

const QUOTED = 5; // files and folders that the API refuses: more say nothing new

const query = () => new URLSearchParams(location.hash.split("?")[1] ?? "");

export function create(main) {
  const kept = draft();
  const chosen = (kept.chosen ??= basket());
  let { way = "ids", key = newKey() } = kept;
  let tried = false;
  let isGone = false;
  let arriving = 0; // only the newest link is taken
  let refused = { ids: [] }; // what the API said of this form as it is: {words, ids}
  // Of whole folders and of files that were looked up.
  const weighed = weight(chosen, () => {
    list.draw();
    draw();
  }, () => !archive.wrong() && archive.asked());

  // -- the elements ------------------------------------------------------------------------------

  const choice = (group, value, words, checked, onchange = () => changed()) =>
    h("label", {}, h("input", { type: "radio", name: group, value, checked, onchange }), h("span", {}, words));
  const fate = (group, words, isFail) => h("fieldset", { class: "choice" }, h("legend", {}, words),
    choice(group, "skip", t("form.skip"), !isFail), choice(group, "fail", t("form.fail"), isFail));

  const byIds = idsField(kept.text, () => changed());
  const { text } = byIds;
  let ids = byIds.read();

  const byFolders = foldersPane(chosen, { changed: () => changed(), moved: (folder) => moved(folder), folder: () => kept.folder ?? "" });

  const source = sourceMenu(chosen, {
    changed: (folder) => {
      kept.folder = folder;
      stay();
      changed();
      byFolders.draw();
      turn(folder ? "folders" : way);
    },
    unchanged: () => stay(),
  });

  const filename = h("input", { id: "filename", name: "filename", maxlength: 200, autocomplete: "off", spellcheck: "false", dir: "auto",
    "aria-describedby": "no-name about-name", value: kept.filename, oninput: () => changed() });
  const noName = h("p", { class: "wrong", id: "no-name" });
  const archive = formats(kept, () => changed());
  const onMissing = fate("missing", t("form.missing"), kept.missing === "fail");
  const onUnreadable = fate("unreadable", t("form.unreadable"), kept.unreadable !== "skip");

  const note = h("div", { class: "note", role: "status" });
  const list = picked({
    chosen,
    weighed,
    text: () => text.value,
    changed: (taken) => {
      // Whoever takes everything out also takes out what is no id.
      if (taken) byIds.takeOut(taken, isEmpty({ ...chosen, ids: [] }));
      byFolders.draw();
      changed();
    },
    emptied: () => focus(),
  });
  const sum = sums();
  const reason = h("p", { class: "wrong", id: "reason" });
  const start = h("button", { class: "primary", "aria-describedby": "reason over time" }, t("form.start"));
  const refusal = h("div", {});

  const form = h("form", { onsubmit: (event) => send(event), novalidate: true },
    note,
    h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, t("form.how")),
      choice("way", "ids", t("form.byId"), way === "ids", () => turned("ids")), choice("way", "folders", t("form.byFolder"), way !== "ids", () => turned("folders"))),
    source.element, byIds.element, byFolders.element, list.element,
    h("div", { class: "options" },
      h("div", {}, h("label", { for: "filename" }, t("form.name")), filename, noName, h("p", { class: "hint", id: "about-name" }, t("form.aboutName")), archive.elements),
      h("div", { class: "choice" }, onMissing, onUnreadable)),
    refusal, h("div", { class: "submit" }, h("div", { class: "sums" }, sum.elements, reason), start));
  main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, t("common.newExport"))), form);
  title(t("common.newExport"));

  // -- what it says ------------------------------------------------------------------------------

  /** Why it cannot start: {words, at, field}, of which `at` is the way to choose files that shows it, and `field` what is wrong. */
  const hindrance = () => {
    if (ids.tooMany) return { words: t("form.tooMany", { n: MOST }), at: "ids" };
    if (ids.errors.length) return { words: t("form.correct", { n: ids.errors.length }), at: "ids" };
    if (isEmpty(chosen)) return { words: t("form.empty") };
    if (archive.wrong()) return { words: t("form.seeAbove"), field: archive.wrong() };
    return tooMuch(chosen, weighed.of()).some(({ isCertain }) => isCertain) && { words: t("form.tooMuch") };
  };

  const draw = () => {
    sum.draw(chosen, weighed.of());
    // Of one folder alone nothing can be missing: it takes what is there.
    onMissing.hidden = !chosen.ids.length && !chosen.files.size && chosen.folders.size === 1;
    say(reason, refused.words || (tried && hindrance()?.words) || "");
    const isNothing = tried && !ids.errors.length && !ids.tooMany && isEmpty(chosen);
    byFolders.nothing(isNothing ? t("form.emptyFolders") : "");
    archive.draw(tried && archive.wrong());
    filename.placeholder = t("form.nameExample").replace("zip", archive.extension());
    byIds.draw(ids, { tried, refused: refused.ids, nothing: isNothing && t("form.emptyIds") });
  };

  const changed = () => {
    ids = byIds.read();
    chosen.ids = ids.ids;
    key = newKey();
    refused = { ids: [] };
    filename.removeAttribute("aria-invalid");
    fill(noName);
    Object.assign(kept, { owner: owner(), key, ...Object.fromEntries(new FormData(form)) });
    weighed.changed();
    list.draw(true);
    draw();
  };

  /** Moves to where files are chosen. */
  const focus = () => (way === "ids" ? text : byFolders.element).focus();

  // -- where one is ------------------------------------------------------------------------------

  const turn = (to) => {
    way = to;
    for (const input of form.elements.way) input.checked = input.value === way;
    byIds.element.hidden = way !== "ids";
    byFolders.element.hidden = way === "ids";
    if (way !== "ids") byFolders.open();
    draw();
  };

  const turned = (to) => {
    turn(to);
    changed();
  };

  const address = (folder) => {
    const parts = new URLSearchParams({ ...(folder && { folder }), ...(chosen.source && { source: chosen.source }) });
    return `#/new${parts.size ? "?" : ""}${parts}`;
  };

  const moved = (folder) => {
    kept.folder = folder;
    if (address(folder) !== location.hash) location.hash = address(folder);
  };

  /** Sets the address, and leaves none behind in the history. */
  const stay = () => history.replaceState(history.state, "", location.pathname + location.search + address(kept.folder));

  const went = () => {
    const parts = query();
    if (parts.has("pick")) arrive("byLink", parts.get("pick"));
    else if (parts.has("from")) arrive("byJob", parts.get("from"));
    else if (parts.has("source") && parts.get("source") !== source.now()) source.choose(parts.get("source"), parts.get("folder") ?? "");
    else {
      kept.folder = parts.get("folder") ?? "";
      turn(kept.folder ? "folders" : way);
    }
  };

  // -- a choice that comes from elsewhere ------------------------------------------------------------

  /** Puts it in place of what there is, if the person wants that. */
  const take = ({ chosen: other, words, fields }) => {
    const put = () => {
      replace(chosen, other);
      weighed.doubt();
      for (const [field, value] of Object.entries(fields)) form.elements[field].value = value;
      tried = false;
      kept.folder = "";
      stay();
      fill(note, h("p", {}, words));
      changed();
      byFolders.draw();
      source.draw();
      turn((chosen.files.size || chosen.folders.size) && !ids.errors.length ? "folders" : "ids");
    };
    stay();
    if (isEmpty(chosen) && !text.value.trim()) put();
    else ask(t("form.replaceTitle"), t("form.replaceWords"), t("form.replaceKeep"), t("form.replace"), put);
  };

  const arrive = async (by, from) => {
    const own = (arriving += 1);
    turn(way);
    fill(note, h("p", {}, t("form.loading")));
    try {
      const arrived = await (await import("./arrivals.js"))[by](from);
      if (isGone || own !== arriving) return;
      fill(note, !arrived.chosen && h("p", {}, arrived.words));
      if (arrived.chosen) take(arrived);
      else stay();
    } catch (problem) {
      if (!isGone && own === arriving) fill(note, fault(problem, button(() => arrive(by, from), {}, t("common.tryAgain"))));
    }
  };

  // -- the start ---------------------------------------------------------------------------------

  const send = async (event) => {
    event.preventDefault();
    tried = true;
    const sent = key;
    const why = hindrance();
    if (why) {
      if (why.at && why.at !== way) turn(why.at);
      draw();
      announce(why.words);
      if (why.field) why.field.focus();
      else if (why.at || isEmpty(chosen)) focus();
      return;
    }
    const body = { ...request({ ...chosen, source: source.asked() }), onUnreadable: form.elements.unreadable.value, ...archive.asked() };
    if (filename.value.trim()) body.filename = filename.value.trim();
    if (!onMissing.hidden) body.onMissing = form.elements.missing.value;
    fill(refusal);
    start.disabled = true;
    say(start, t("form.starting"));
    try {
      const { jobId } = await createJob({ ...body, userId: user() }, sent);
      if (draft() === kept) forgetDraft();
      if (!isGone) location.hash = `#/jobs/${jobId}`; // whoever has left in the meantime stays there
    } catch (problem) {
      start.disabled = false;
      say(start, t("form.start"));
      refuse(problem, body);
    }
  };

  /** Shows what the API says beside what it names, and what it names nothing for at the button. */
  const refuse = async (problem, body) => {
    const loaded = await import("./refusals.js").catch(() => undefined);
    if (isGone) return;
    const wrong = loaded?.refusals(problem, body) ?? { ids: [], listed: [] };
    const isHere = wrong.filename || wrong.source || wrong.ids.length || wrong.listed.length;
    fill(noName, wrong.filename && english(wrong.filename));
    if (wrong.source) source.refuse(english(wrong.source));
    refused = { ids: wrong.ids, words: isHere && t("form.seeAbove") };
    draw();
    if (isHere) announce(t("form.seeAbove"));
    else fill(refusal, fault(problem));
    if (wrong.filename) {
      filename.setAttribute("aria-invalid", true);
      filename.focus();
    } else if (wrong.ids.length) {
      turn("ids");
      text.focus();
    } else if (wrong.listed.length) list.quote(wrong.listed.slice(0, QUOTED));
    else if (wrong.source) source.focus();
    else refusal.scrollIntoView({ block: "nearest" });
  };

  // -- the beginning -----------------------------------------------------------------------------

  if (!location.hash.includes("?") && kept.folder) stay();
  source.draw();
  chosen.ids = ids.ids;
  if (kept.isOld) weighed.doubt();
  kept.isOld = false;
  weighed.changed();
  list.draw();
  went();
  return {
    went,
    stop: () => {
      isGone = true;
      list.stop();
      weighed.stop();
      source.stop();
      byFolders.close();
    },
  };
}
