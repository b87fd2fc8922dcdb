// The form for a new export: its files and its name.

import { createJob, listFiles, newKey } from "./api.js";
import { basket as emptyBasket, clear } from "./basket.js";
import { browser } from "./browse.js";
import { announce, fault, fill, h, say } from "./dom.js";
import { count, files, size } from "./format.js";
import { MOST, parse } from "./ids.js";
import { owner, user } from "./person.js";
import { title } from "./tab.js";

const ERRORS_SHOWN = 5;
const VALUE_SHOWN = 40;
const TOO_MANY = `More than the ${count(MOST)} files that one export takes`;

const DRAFT = "longhaul.draft";

// A promise of a list of files, which names the sources.
let sources;
// The form as it is, kept while another view is shown.
let draft;

/** Returns the form that this tab had before it left the page, perhaps to sign in again. */
function restored() {
  try {
    const kept = JSON.parse(sessionStorage[DRAFT]);
    delete sessionStorage[DRAFT];
    if (kept.owner === owner()) return kept;
  } catch {
    // There is none, or no storage.
  }
  return {};
}

export function forgetDraft() {
  draft = {};
  sessionStorage.removeItem(DRAFT);
}

addEventListener("pagehide", () => {
  if (!draft?.text && !draft?.filename && !draft?.keys?.length && !draft?.prefixes?.length) return;
  try {
    sessionStorage[DRAFT] = JSON.stringify(draft);
  } catch {
    // There is no storage, or too little.
  }
});

export function create(main) {
  draft ??= restored();
  let { way = "ids", key } = draft;
  let tried = false;

  const changed = () => {
    draw();
    key = newKey();
    draft = { owner: owner(), key, ...Object.fromEntries(new FormData(form)), keys: [...basket.files], prefixes: [...basket.folders], source: basket.source };
  };

  const draw = () => {
    const { words, errors = [], request } = wanted();
    say(summary, words);
    onMissing.hidden = request?.prefix !== undefined;
    // What is still being typed is no error before the first try.
    const typed = !tried && document.activeElement === text && /[^\s,;]*$/.exec(text.value)[0];
    showErrors(errors.filter(({ value }) => value !== typed));
  };

  const turn = (to) => {
    way = to;
    byIds.hidden = way !== "ids";
    folders.element.hidden = way === "ids";
    if (way !== "ids" && source.length) folders.open(source.value || undefined, folderNow());
    draw();
  };

  const turned = (to) => {
    turn(to);
    changed();
  };

  const choice = (group, value, label, checked, onchange = changed) =>
    h("label", {}, h("input", { type: "radio", name: group, value, checked, onchange }), h("span", {}, label));

  const text = h("textarea", { id: "ids", name: "text", rows: 6, spellcheck: "false", autocapitalize: "off", placeholder: "10001\n10002\n10010-10050",
    "aria-describedby": "errors about-ids",
    oninput: changed }, draft.text);
  const errorList = h("ul", { id: "errors", class: "wrong" });
  const byIds = h("div", { class: "pane" }, h("label", { for: "ids" }, "File ids"), text, errorList,
    h("p", { class: "hint", id: "about-ids" }, "Paste a list, or type ids and ranges. Commas, spaces and new lines all do."));
  const basket = emptyBasket(draft.source);
  basket.files = new Map(draft.keys);
  basket.folders = new Set(draft.prefixes);
  const folderNow = () => new URLSearchParams(location.hash.split("?")[1]).get("folder") ?? "";
  const folders = browser({ basket, changed, moved: (folder) => {
    location.hash = `#/new?${new URLSearchParams({ folder })}`;
  } });
  const filename = h("input", { id: "filename", name: "filename", maxlength: 200, autocomplete: "off", spellcheck: "false", placeholder: "March.zip",
    "aria-describedby": "about-name", value: draft.filename, oninput: changed });
  const fate = (group, words, isFail) => h("fieldset", { class: "choice" }, h("legend", {}, words),
    choice(group, "skip", "Leave it out, and list it", !isFail), choice(group, "fail", "Stop the whole export", isFail));
  const onMissing = fate("missing", "If a file is not there", draft.missing === "fail");
  const source = h("select", { onchange: () => {
    clear(basket);
    basket.source = source.value;
    folders.open(source.value, "");
    changed();
  } });
  const from = h("label", { class: "from", hidden: true }, "Source", source);
  const summary = h("p", { class: "summary", role: "status" });
  const start = h("button", { class: "primary" }, "Start export");
  const refusal = h("div", {});

  const form = h("form", { onsubmit: (event) => send(event) },
    h("fieldset", { class: "chips" }, h("legend", { class: "unseen" }, "How to choose files"),
      choice("way", "ids", "By id", way === "ids", () => turned("ids")), choice("way", "folders", "Browse folders", way !== "ids", () => turned("folders"))),
    from, byIds, folders.element,
    h("div", { class: "options" },
      h("div", {}, h("label", { for: "filename" }, "Name of the archive"), filename, h("p", { class: "hint", id: "about-name" }, "Optional. One is made up otherwise.")),
      h("div", { class: "choice" }, onMissing, fate("unreadable", "If a file cannot be read", draft.unreadable !== "skip"))),
    refusal, h("div", { class: "submit" }, summary, start));
  main.append(h("div", { class: "head" }, h("h1", { tabindex: -1 }, "New export")), form);
  title("New export");

  /** {words} about the selection, {errors}, and a {request} if it is valid. */
  const wanted = () => {
    if (way !== "ids") {
      const found = [...[...basket.files.keys()].map((key) => ({ key })), ...[...basket.folders].map((prefix) => ({ prefix }))];
      const bytes = [...basket.files.values()].reduce((sum, value) => sum + value, 0);
      if (!found.length) return { words: "No files chosen yet" };
      const words = [basket.files.size && `${files(basket.files.size)}, ${size(bytes)}`, ...[...basket.folders].map((prefix) => `Everything in ${prefix}`)].filter(Boolean).join("; ");
      return found.length > MOST ? { words: TOO_MANY } : { request: { files: found }, words };
    }
    const { ids, repeats, tooMany, errors } = parse(text.value);
    if (tooMany) return { words: TOO_MANY, errors };
    if (errors.length) return { words: `${count(errors.length)} ${errors.length === 1 ? "id" : "ids"} to correct`, errors };
    if (!ids.length) return { words: "No files chosen yet" };
    return { request: { file_ids: ids }, words: files(ids.length) + (repeats ? `, ${count(repeats)} named twice` : "") };
  };

  const showErrors = (errors) => {
    text.setAttribute("aria-invalid", errors.length > 0);
    fill(errorList,
      errors.slice(0, ERRORS_SHOWN).map(({ value, why }) => h("li", {}, h("code", {}, h("bdi", {}, value.slice(0, VALUE_SHOWN))), ` ${why}`)),
      errors.length > ERRORS_SHOWN && h("li", {}, `and ${count(errors.length - ERRORS_SHOWN)} more`));
  };

  const send = async (event) => {
    event.preventDefault();
    tried = true;
    const sent = key;
    const { request, words, errors = [] } = wanted();
    if (!request) {
      showErrors(errors);
      announce(words);
      (way === "ids" ? text : folders.element.querySelector("input")).focus();
      return;
    }
    if (filename.value.trim()) request.filename = filename.value.trim();
    if (!from.hidden) request.source = source.value;
    if (form.elements.unreadable.value === "skip") request.on_unreadable = "skip";
    if (!onMissing.hidden) request.on_missing = form.elements.missing.value;
    fill(refusal);
    start.disabled = true;
    say(start, "Starting…");
    try {
      location.hash = `#/jobs/${(await createJob({ ...request, user_id: user() }, sent)).jobId}`;
      draft = {};
    } catch (problem) {
      fill(refusal, fault(problem)).scrollIntoView({ block: "nearest" });
      start.disabled = false;
      say(start, "Start export");
    }
  };

  key ??= newKey();
  sources ??= listFiles().catch(() => (sources = undefined));
  sources.then((page) => {
    fill(source, (page?.sources ?? []).map((name) => h("option", { selected: name === (draft.source || page.source) }, name)));
    from.hidden = source.length < 2;
    turn(way);
  });
  turn(way);
  return { stop: folders.close, went: () => way !== "ids" && folders.open(source.value || undefined, folderNow()) };
}
