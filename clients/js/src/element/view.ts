// Draws <longhaul-export> into its shadow root. Texts are set as texts: they never become HTML.

import { CSS } from "./style.js";
import type { Texts, Words } from "./texts.js";
import type { Job } from "../types.js";

const SPOKEN_EVERY_MS = 15_000; // a screen reader that reads each change would read nothing else
const UNSEEN = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g; // they turn or hide what stands around them
const ARROW = "M12 4v11M7 10.5l5 5 5-5M5 20h14";

export type State = "idle" | "starting" | "running" | "ready" | "failed" | "cancelled" | "expired";

/** What is shown. */
export interface Shown {
  state: State;
  words: Words;
  direction: string;
  label: string;
  isDisabled: boolean;
  /** The last state of the job, without its ticket. */
  job: Job | undefined;
  /** Why nothing moves, while it is tried again. */
  trouble: keyof Texts | undefined;
  isCancelling: boolean;
  /** Of a link that is good for some minutes. */
  href: string;
  /** Why it failed. */
  why: keyof Texts;
  retryAfter: number | undefined;
  /** So it was when the page was loaded: that is no news. */
  isOld: boolean;
}

export interface Acts {
  start(): void;
  cancel(): void;
  download(event: Event): void;
}

let sheet: CSSStyleSheet | undefined;

type Children = (Node | string)[];

function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string> = {}, ...children: Children): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function arrow(): SVGElement {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag) as SVGElement) as [SVGElement, SVGElement];
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ARROW);
  svg.append(path);
  return svg;
}

/** The same text again would be read again. */
function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Returns the function that draws, and the link to the archive. */
export function view(root: ShadowRoot, acts: Acts): { draw: (shown: Shown) => void; link: HTMLAnchorElement } {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];

  const label = h("span");
  const start = h("button", { type: "button", part: "button" }, h("slot"), label);
  const [percent, left, text] = [h("span", { class: "percent" }), h("span", { class: "mute" }), h("p", { part: "text", class: "mute" })];
  const cancel = h("button", { type: "button", part: "cancel", class: "quiet" });
  const filled = h("i");
  const bar = h("div", { part: "bar", class: "bar", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" }, filled);
  const progress = h("div", { part: "progress", class: "panel", role: "group", tabindex: "-1" },
    h("div", { class: "row" }, h("span", {}, percent, " ", left), cancel), bar, text);
  const [got, name, about, lacks] = [h("span"), h("bdi"), h("span"), h("p", { class: "mute" })];
  const link = h("a", { part: "download" }, arrow(), got);
  const ready = h("div", {}, h("div", { class: "got" }, link, h("span", { part: "text", class: "mute" }, name, about)), lacks);
  const [title, todo] = [h("strong"), h("p", { class: "mute" })];
  const retry = h("button", { type: "button", part: "retry", class: "quiet" });
  const failed = h("div", { class: "panel" }, h("div", { part: "error" }, title, todo), h("div", {}, retry));
  const live = h("span", { class: "unseen", role: "status" });
  const box = h("div", {}, start, progress, ready, failed, live);
  root.append(box);

  start.onclick = retry.onclick = acts.start;
  cancel.onclick = acts.cancel;
  link.onclick = acts.download;

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
    say(label, shown.label ? "" : t("download"));

    if (isBusy) news = drawProgress(shown);
    if (state === "ready" && job) {
      say(got, t("download"));
      link.href = shown.href;
      say(name, job.filename.replace(UNSEEN, "\ufffd"));
      say(about, ` · ${words.size(job.result?.fileSize ?? job.progress.bytesTotal)}`);
      const { skipped, processedFiles, totalFiles } = job.result ?? {};
      const lacking = skipped?.length ?? (totalFiles ?? 0) - (processedFiles ?? 0);
      say(lacks, lacking > 0 ? t("leftOut", { n: lacking }) : "");
      news = [t("ready"), lacks.textContent].filter(Boolean).join(". ");
    }
    if (isOver) {
      const what = state === "failed" ? shown.why : state;
      failed.classList.toggle("bad", state === "failed");
      say(title, t(what));
      say(todo, shown.retryAfter ? t("wait", { time: words.duration(shown.retryAfter) }) : "");
      say(retry, t("again"));
      retry.disabled = shown.isDisabled;
      news = `${t(what)}. ${todo.textContent}`;
    }
    if (isNew ? !isOld && before : news && news !== live.textContent) {
      spokenAt = Date.now();
      say(live, news);
    }
    before = { ...shown };
    if (hadFocus && hadFocus.closest("[hidden]")) (isBusy ? progress : state === "ready" ? link : isOver ? retry : start).focus();
  };

  /** Returns what is to be said of it; nothing if it was said a short time ago. */
  const drawProgress = ({ state, words, label: named, job, trouble, isCancelling, isOld }: Shown): string => {
    const { t } = words;
    const { percent: done = 0, bytesDone = 0, bytesTotal = 0, currentFile = 0, totalFiles = 0, etaSeconds = null, stage = "" } = job?.progress ?? {};
    const isKnown = state === "running" && bytesTotal > 0;
    const doing = state === "starting" ? (isOld ? "" : t("starting")) : t(stage === "queued" ? "queued" : "planning");
    const files = totalFiles > 1 ? t("files", { done: currentFile, n: totalFiles }) : "";
    say(percent, isKnown ? words.percent(done) : doing);
    const hitch = trouble ? `${t(trouble)}. ${t("trying")}` : "";
    say(left, isKnown && etaSeconds ? t("left", { time: words.duration(etaSeconds) }) : "");
    say(text, hitch ? hitch : isKnown ? [files, words.sizeOf(bytesDone, bytesTotal)].filter(Boolean).join(" · ") : "");
    say(cancel, t("cancel"));
    // Not `disabled`: it may have the focus.
    cancel.setAttribute("aria-disabled", String(isCancelling));
    for (const one of [progress, bar]) one.ariaLabel = named || t("download");
    bar.classList.toggle("unknown", !isKnown);
    filled.style.inlineSize = isKnown ? `${done}%` : "";
    const spoken = isKnown ? [words.percent(done), files].filter(Boolean).join(", ") : doing;
    if (isKnown) bar.setAttribute("aria-valuenow", String(done));
    else bar.removeAttribute("aria-valuenow");
    bar.setAttribute("aria-valuetext", spoken);
    if (hitch) return hitch;
    return before?.trouble || before?.state !== state || Date.now() - spokenAt > SPOKEN_EVERY_MS ? spoken : "";
  };

  return { draw, link };
}
