// The form for a new export: its files and its options. What is typed and ticked is kept while the tab is there.

import { createJob, listFiles, newKey } from "./api.js";
import { basket, clear, isEmpty, replace, request } from "./basket.js";
import { announce, ask, button, english, fault, fill, h, say, skeleton, unloaded } from "./dom.js";
import { draft, forgetDraft } from "./draft.js";
import { duration, sentence, size } from "./format.js";
import { MOST, parse, write } from "./ids.js";
import { owner, user } from "./person.js";
import { picked } from "./picked.js";
import { title } from "./tab.js";
import { has, plain, rich, t } from "./texts.js";
import { tooMuch, weight } from "./weight.js";

const ERRORS_SHOWN = 5;
const VALUE_SHOWN = 40;

// A promise of a list of files, which names the sources.
let sources;

/** As exact as a guess is: to ten seconds, or to a minute. */
const rounded = (seconds) => (seconds < 55 ? Math.ceil(seconds / 10) * 10 : Math.round(seconds / 60) * 60);

const query = () => new URLSearchParams(location.hash.split("?")[1] ?? "");

export function create(main) {
  const kept = draft();
  const chosen = (kept.chosen ??= basket());
  let { way = "ids", key = newKey() } = kept;
  let tried = false;
  let isGone = false;
  let refused = { ids: [] }; // what the API said of this form as it is: {words, ids}
  let ids = parse(kept.text ?? "");
  // Of whole folders and of files that were looked up.
  const weighed = weight(chosen, () => {
    list.draw();
    draw();
  });

  // -- the elements ------------------------------------------------------------------------------

  const choice = (group, value, words, checked, onchange = () => changed()) =>
    h("label", {}, h("input", { type: "radio", name: group, value, checked, onchange }), h("span", {}, words));
  const fate = (group, words, isFail) => h("fieldset", { class: "choice" }, h("legend", {}, words),
    choice(group, "skip", t("form.skip"), !isFail), choice(group, "fail", t("form.fail"), isFail));

  const text = h("textarea", { id: "ids", name: "text", rows: 6, spellcheck: "false", autocapitalize: "off", placeholder: "10001\n10002\n10010-10050",
    "aria-describedby": "errors about-ids", oninput: () => changed() }, kept.text);
  const errorList = h("ul", { id: "errors", class: "wrong" });
  const repeats = h("p", { class: "hint" });
  const byIds = h("div", { class: "pane" }, h("label", { for: "ids" }, t("form.ids")), text, errorList, repeats,
    h("p", { class: "hint", id: "about-ids" }, t("form.aboutIds")));

  let folders; // made when somebody browses
  const nothingTicked = h("p", { class: "wrong", id: "no-files" });
  const place = h("div", {}, skeleton(4));
  const byFolders = h("div", { role: "group", "aria-label": t("form.folders"), "aria-describedby": "no-files", tabindex: -1 }, nothingTicked, place);

  const source = h("select", { "aria-describedby": "no-source", onchange: () => askForSource(source.value) });
  const noSource = h("p", { class: "wrong", id: "no-source" });
  const from = h("div", { class: "from", hidden: true }, h("label", {}, t("form.source"), source), noSource);

  const filename = h("input", { id: "filename", name: "filename", maxlength: 200, autocomplete: "off", spellcheck: "false", placeholder: t("form.nameExample"), dir: "auto",
    "aria-describedby": "no-name about-name", value: kept.filename, oninput: () => changed() });
  const noName = h("p", { class: "wrong", id: "no-name" });
  const onMissing = fate("missing", t("form.missing"), kept.missing === "fail");
  const onUnreadable = fate("unreadable", t("form.unreadable"), kept.unreadable !== "skip");

  const note = h("div", { class: "note", role: "status" });
  const list = picked({
    chosen,
    weighed,
    text: () => text.value,
    changed: (taken) => {
      const out = new Set(taken);
      // Whoever takes everything out also takes out what is no id.
      if (taken) text.value = write(chosen.ids.filter((id) => !out.has(id)), isEmpty({ ...chosen, ids: [] }) && chosen.ids.length === out.size ? [] : ids.errors);
      folders?.draw();
      changed();
    },
    emptied: () => focus(),
  });
  const summary = h("p", { class: "summary", role: "status" });
  const time = h("p", { class: "hint", id: "time" });
  const over = h("ul", { class: "over", id: "over" });
  const reason = h("p", { class: "wrong", id: "reason" });
  const start = h("button", { class: "primary", "aria-describedby": "reason over time" }, t("form.start"));
  const refusal = h("div", {});

  const form = h("form", { onsubmit: (event) => send(event), novalidate: true },
    note,
    h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, t("form.how")),
      choice("way", "ids", t("form.byId"), way === "ids", () => turned("ids")), choice("way", "folders", t("form.byFolder"), way !== "ids", () => turned("folders"))),
    from, byIds, byFolders, list.element,
    h("div", { class: "options" },
      h("div", {}, h("label", { for: "filename" }, t("form.name")), filename, noName, h("p", { class: "hint", id: "about-name" }, t("form.aboutName"))),
      h("div", { class: "choice" }, onMissing, onUnreadable)),
    refusal, h("div", { class: "submit" }, h("div", { class: "sums" }, summary, time, over, reason), start));
  main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, t("common.newExport"))), form);
  title(t("common.newExport"));

  // -- what it says ------------------------------------------------------------------------------

  /** Why it cannot start: {words, at}, of which `at` is the way to choose files that shows it. */
  const hindrance = () => {
    if (ids.tooMany) return { words: t("form.tooMany", { n: MOST }), at: "ids" };
    if (ids.errors.length) return { words: t("form.correct", { n: ids.errors.length }), at: "ids" };
    if (isEmpty(chosen)) return { words: t("form.empty") };
    return tooMuch(chosen, weighed.of()).some(({ isCertain }) => isCertain) && { words: t("form.tooMuch") };
  };

  const draw = () => {
    const sum = weighed.of();
    const { files, bytes, unsized, isCounting, uncounted, seconds } = sum;
    const values = { n: files, size: size(bytes) };
    const kind = isCounting ? "soFar" : uncounted ? "least" : unsized === files && !bytes ? "noSize" : unsized ? "atLeast" : "sum";
    const isKnown = files > 0 || !uncounted;
    say(summary, isEmpty(chosen) ? t("picked.none") : isKnown ? t(`picked.${kind}`, values) : t("picked.someUncounted", { n: uncounted }));
    const about = seconds != null && files > 0 && t(`picked.${isCounting ? "aboutSoFar" : "about"}`, { time: duration(rounded(seconds)) });
    say(time, [about, uncounted > 0 && isKnown && t("picked.someUncounted", { n: uncounted })].filter(Boolean).join(" "));
    const overs = isEmpty(chosen) ? [] : tooMuch(chosen, sum);
    fill(over, overs.map(({ limit, most, detail }) => h("li", {},
      has(`picked.over-${limit}`) ? t(`picked.over-${limit}`, { n: most, size: size(most) }) : sentence(detail))));
    onMissing.hidden = !chosen.ids.length && !chosen.files.size && chosen.folders.size === 1;
    say(reason, refused.words || (tried && hindrance()?.words) || "");
    const isNothing = tried && !ids.errors.length && !ids.tooMany && isEmpty(chosen);
    say(nothingTicked, isNothing ? t("form.emptyFolders") : "");
    // What is still being typed is no error before the first try.
    const typed = !tried && document.activeElement === text && /[^\s,;]*$/.exec(text.value)[0];
    showErrors([...ids.errors.filter(({ value }) => value !== typed), ...refused.ids], isNothing && t("form.emptyIds"));
    say(repeats, ids.repeats ? t("form.repeats", { n: ids.repeats }) : "");
  };

  const shown = (value) => h("code", {}, h("bdi", { dir: "auto" }, plain(value).slice(0, VALUE_SHOWN)));

  const showErrors = (errors, nothing) => {
    text.setAttribute("aria-invalid", errors.length > 0 || !!nothing || ids.tooMany);
    fill(errorList,
      nothing && h("li", {}, nothing),
      ids.tooMany && h("li", {}, t("form.tooMany", { n: MOST })),
      errors.slice(0, ERRORS_SHOWN).map(({ value, why, limit, words }) => h("li", {}, rich(`form.${why}`, { value: shown(value), limit, words: words && english(words) }))),
      errors.length > ERRORS_SHOWN && h("li", {}, t("form.andMore", { n: errors.length - ERRORS_SHOWN })));
  };

  const changed = () => {
    ids = parse(text.value);
    chosen.ids = ids.tooMany ? [] : ids.ids;
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
  const focus = () => (way === "ids" ? text : byFolders).focus();

  // -- where one is ------------------------------------------------------------------------------

  const turn = (to) => {
    way = to;
    for (const input of form.elements.way) input.checked = input.value === way;
    byIds.hidden = way !== "ids";
    byFolders.hidden = way === "ids";
    if (way !== "ids") browse();
    draw();
  };

  const browse = async () => {
    const loaded = await import("./browse.js").catch(() => undefined);
    if (isGone || way === "ids") return;
    if (!loaded) fill(place, unloaded());
    else if (!folders) fill(place, (folders = loaded.browser({ basket: chosen, changed, moved })).element);
    folders?.open(chosen.source, kept.folder ?? "");
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
    else if (parts.has("source") && parts.get("source") !== sourceNow()) askForSource(parts.get("source"), parts.get("folder") ?? "");
    else {
      kept.folder = parts.get("folder") ?? "";
      turn(kept.folder ? "folders" : way);
    }
  };

  // -- the source --------------------------------------------------------------------------------

  const sourceNow = () => chosen.source ?? (source.value || undefined);

  const askForSource = (next, folder = "") => {
    const change = () => {
      clear(chosen);
      chosen.source = next;
      kept.folder = folder;
      fill(noSource);
      source.value = next;
      stay();
      changed();
      folders?.draw();
      turn(folder ? "folders" : way);
    };
    const n = chosen.files.size + chosen.folders.size;
    if (!n) return change();
    const back = sourceNow();
    source.value = back;
    stay();
    return ask(t("form.sourceTitle"), t("form.sourceWords", { n, name: back ?? "" }), t("form.sourceKeep"), t("form.sourceChange"), change);
  };

  const showSources = (page) => {
    if (!page || isGone) return;
    const names = page.sources ?? [];
    fill(source, names.map((one) => h("option", {}, one)));
    from.hidden = names.length < 2 && !(chosen.source && !names.includes(chosen.source));
    source.value = chosen.source ?? page.source;
    if (chosen.source && !names.includes(chosen.source)) fill(noSource, t("form.noSource", { name: chosen.source }));
  };

  // -- a choice that comes from elsewhere ------------------------------------------------------------

  /** Puts it in place of what there is, if the person wants that. */
  const take = ({ chosen: other, words, fields }) => {
    const put = () => {
      replace(chosen, other);
      for (const [field, value] of Object.entries(fields)) form.elements[field].value = value;
      tried = false;
      kept.folder = "";
      stay();
      fill(note, h("p", {}, words));
      changed();
      folders?.draw();
      sources?.then(showSources);
      turn((chosen.files.size || chosen.folders.size) && !ids.errors.length ? "folders" : "ids");
    };
    stay();
    if (isEmpty(chosen) && !text.value.trim()) put();
    else ask(t("form.replaceTitle"), t("form.replaceWords"), t("form.replaceKeep"), t("form.replace"), put);
  };

  const arrive = async (by, from) => {
    turn(way);
    fill(note, h("p", {}, t("form.loading")));
    try {
      const arrived = await (await import("./arrivals.js"))[by](from);
      if (isGone) return;
      fill(note, !arrived.chosen && h("p", {}, arrived.words));
      if (arrived.chosen) take(arrived);
      else stay();
    } catch (problem) {
      if (!isGone) fill(note, fault(problem, button(() => arrive(by, from), {}, t("common.tryAgain"))));
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
      if (why.at || isEmpty(chosen)) focus();
      return;
    }
    const body = { ...request({ ...chosen, source: from.hidden ? chosen.source : source.value }), onUnreadable: form.elements.unreadable.value };
    if (filename.value.trim()) body.filename = filename.value.trim();
    if (!onMissing.hidden) body.onMissing = form.elements.missing.value;
    fill(refusal);
    start.disabled = true;
    say(start, t("form.starting"));
    try {
      const { jobId } = await createJob({ ...body, userId: user() }, sent);
      forgetDraft();
      location.hash = `#/jobs/${jobId}`;
    } catch (problem) {
      start.disabled = false;
      say(start, t("form.start"));
      refuse(problem, body);
    }
  };

  /** Shows what the API says beside what it names, and what it names nothing for at the button. */
  const refuse = (problem, body) => {
    const inList = [];
    const inIds = [];
    for (const { pointer, detail } of problem.errors ?? []) {
      const [, field, at, part] = pointer.split("/");
      const which = body[field]?.[at]?.[part] ?? body[field]?.[at] ?? body[field];
      if (field === "filename") fill(noName, english(sentence(detail)));
      else if (field === "source") fill(noSource, english(sentence(detail)));
      else if (field === "fileIds" || part === "id") inIds.push({ value: String(which), why: "refused", words: detail });
      else if (["keys", "prefix", "files"].includes(field)) inList.push({ which: String(which?.key ?? which?.prefix ?? which), words: sentence(detail) });
    }
    const isHere = inList.length || inIds.length || noName.firstChild || noSource.firstChild;
    refused = { ids: inIds, words: isHere && t("form.seeAbove") };
    draw();
    if (isHere) announce(t("form.seeAbove"));
    else fill(refusal, fault(problem));
    if (noName.firstChild) {
      filename.setAttribute("aria-invalid", true);
      filename.focus();
    } else if (inIds.length) {
      turn("ids");
      text.focus();
    } else if (inList.length) list.quote(inList.slice(0, ERRORS_SHOWN));
    else if (noSource.firstChild) source.focus();
    else refusal.scrollIntoView({ block: "nearest" });
  };

  // -- the beginning -----------------------------------------------------------------------------

  if (!location.hash.includes("?") && kept.folder) stay();
  sources ??= listFiles({ limit: 1 }).catch(() => (sources = undefined));
  sources.then(showSources);
  chosen.ids = ids.tooMany ? [] : ids.ids;
  weighed.changed();
  list.draw();
  went();
  return {
    went,
    stop: () => {
      isGone = true;
      list.stop();
      weighed.stop();
      folders?.close();
    },
  };
}
