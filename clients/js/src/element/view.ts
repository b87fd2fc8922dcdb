// Draws <longhaul-export> into its shadow root. Texts are set as texts: they never become HTML.

import { CSS } from "./style.js";
import type { Key, Words } from "./texts.js";
import type { Archive, Job } from "../types.js";

const SPOKEN_EVERY_MS = 15_000; // a screen reader that reads each change would read nothing else
const UNSEEN = /[\p{Bidi_C}\p{Cc}]/gu; // they turn or hide what stands around them

export type State = "idle" | "starting" | "running" | "ready" | "failed" | "cancelled" | "expired";

/** What is shown. */
export interface Shown {
  state: State;
  words: Words;
  direction: string;
  label: string;
  /** The page gives the button its label. */
  isLabelled: boolean;
  isDisabled: boolean;
  /** The last state of the job, without its ticket. */
  job: Job | undefined;
  /** Why nothing moves, while it is tried again. */
  trouble: Key | undefined;
  isCancelling: boolean;
  /** Of a link that is good for some minutes. */
  href: string;
  /** Of a job that has several. */
  archives: Archive[];
  /** Why it failed: the end of a problem's type. */
  slug: string;
  retryAfter: number | undefined;
  /** So it was when the page was loaded: that is no news. */
  isOld: boolean;
}

export interface Acts {
  start(): void;
  cancel(): void;
  download(event: Event): void;
  /** One of several archives. */
  save(archive: number): void;
}

let sheet: CSSStyleSheet | undefined;

type Children = (Node | string)[];

function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string> = {}, ...children: Children): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The same text again would be read again. */
function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const clean = (name: string): string => name.replace(UNSEEN, "\ufffd");

/** Returns why nothing moves, if that is so. */
const hitchOf = ({ t }: Words, trouble: Key | undefined): string => (trouble ? joined(t(trouble), t("trying")) : "");

const joined = (...texts: (string | null)[]): string => texts.filter(Boolean).join(" · ");

/** Returns the function that draws. */
export function view(root: ShadowRoot, acts: Acts): (shown: Shown) => void {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];

  const label = h("span");
  const start = h("button", { type: "button", part: "button" }, h("slot"), label);
  const [percent, left, text] = [h("strong"), h("span", { class: "mute" }), h("p", { part: "text", class: "mute" })];
  const cancel = h("button", { type: "button", part: "cancel", class: "quiet" });
  const filled = h("i");
  const bar = h("div", { part: "bar", class: "bar", role: "progressbar" }, filled);
  const progress = h("div", { part: "progress", class: "panel", role: "group", tabindex: "-1" },
    h("div", { class: "row" }, h("span", {}, percent, " ", left), cancel), bar, text);
  const [name, about, lacks] = [h("bdi"), h("span"), h("p", { class: "mute whole" })];
  const link = h("a", { part: "download" });
  const several = h("ul", { part: "archives", class: "whole" });
  const ready = h("div", { class: "row got" }, link, h("span", { part: "text", class: "mute" }, name, about), several, lacks);
  const [title, todo] = [h("strong"), h("p", { class: "mute" })];
  const retry = h("button", { type: "button", part: "retry", class: "quiet" });
  const failed = h("div", { class: "panel row" }, h("div", { part: "error" }, title, todo), retry);
  const live = h("span", { class: "unseen", role: "status" });
  const box = h("div", {}, start, progress, ready, failed, live);
  root.append(box);

  start.onclick = retry.onclick = acts.start;
  cancel.onclick = acts.cancel;
  link.onclick = acts.download;

  const line = ({ size }: Words) => (one: Archive): Node => {
    const button = h("button", { type: "button", part: "archive", class: "quiet" }, clean(one.filename));
    button.onclick = () => acts.save(one.archive);
    return h("li", { class: "row" }, button, h("span", { class: "mute" }, size(one.size)));
  };

  let before: Shown | undefined;
  let spokenAt = 0;

  const draw = (shown: Shown): void => {
    const { state, words, job, isOld } = shown;
    const { t } = words;
    const isNew = before?.state !== state;
    const hadFocus = isNew && root.activeElement;
    const isBusy = state === "starting" || state === "running";
    const isOver = state === "failed" || state === "cancelled" || state === "expired";
    let news = "";

    box.lang = words.tag;
    box.dir = shown.direction;
    start.hidden = state !== "idle";
    start.disabled = shown.isDisabled;
    progress.hidden = !isBusy;
    ready.hidden = state !== "ready";
    failed.hidden = !isOver;
    say(label, shown.isLabelled ? "" : shown.label);

    if (isBusy) news = drawProgress(shown);
    if (state === "ready" && job) {
      say(link, t("download"));
      link.href = shown.href;
      link.hidden = shown.archives.length > 0;
      if (before?.archives !== shown.archives) several.replaceChildren(...shown.archives.map(line(words)));
      say(name, clean(job.filename));
      say(about, ` · ${words.size(job.result?.fileSize ?? job.progress.bytesTotal)}`);
      const { skipped, processedFiles, totalFiles } = job.result ?? {};
      const lacking = skipped?.length ?? (totalFiles ?? 0) - (processedFiles ?? 0);
      say(lacks, hitchOf(words, shown.trouble) || (lacking > 0 ? t("leftOut", { n: lacking }) : ""));
      news = joined(t("ready"), lacks.textContent);
    }
    if (isOver) {
      const what = state === "failed" ? words.why(shown.slug) : state;
      failed.classList.toggle("bad", state === "failed");
      say(title, t(what));
      say(todo, shown.retryAfter ? t("wait", { time: words.duration(shown.retryAfter) }) : "");
      say(retry, t("again"));
      retry.disabled = shown.isDisabled;
      news = joined(t(what), todo.textContent);
    }
    if (isNew ? !isOld && before : news && news !== live.textContent) {
      spokenAt = Date.now();
      say(live, news);
    }
    before = { ...shown };
    if (hadFocus && hadFocus.closest("[hidden]")) (isBusy ? progress : state === "ready" ? several.querySelector("button") ?? link : isOver ? retry : start).focus();
  };

  /** Returns what is to be said of it; nothing if it was said a short time ago. */
  const drawProgress = ({ state, words, label, job, trouble, isCancelling, isOld }: Shown): string => {
    const { t } = words;
    const { percent: done = 0, bytesDone = 0, bytesTotal = 0, currentFile = 0, totalFiles = 0, etaSeconds = null} = job?.progress ?? {};
    const isKnown = state === "running" && bytesTotal > 0;
    const doing = isOld && !job ? "" : t(job?.progress.stage === "queued" ? "queued" : "starting");
    const files = totalFiles > 1 ? t("files", { done: currentFile, n: totalFiles }) : "";
    say(percent, isKnown ? words.percent(done) : doing);
    const hitch = hitchOf(words, trouble);
    say(left, isKnown && etaSeconds ? t("left", { time: words.duration(etaSeconds) }) : "");
    say(text, hitch || !isKnown ? hitch : joined(files, words.sizeOf(bytesDone, bytesTotal)));
    say(cancel, t("cancel"));
    // Not `disabled`: it may have the focus.
    cancel.setAttribute("aria-disabled", String(isCancelling));
    for (const one of [progress, bar]) one.ariaLabel = label;
    bar.classList.toggle("unknown", !isKnown);
    filled.style.inlineSize = isKnown ? `${done}%` : "";
    const spoken = isKnown ? joined(words.percent(done), files) : doing;
    if (isKnown) bar.setAttribute("aria-valuenow", String(done));
    else bar.removeAttribute("aria-valuenow");
    bar.setAttribute("aria-valuetext", spoken);
    if (hitch) return hitch;
    return before?.trouble || before?.state !== state || Date.now() - spokenAt > SPOKEN_EVERY_MS ? spoken : "";
  };

  return draw;
}
