// Elements and messages. Text is always set as text: it never becomes HTML.

import { plain, t } from "./texts.js";

export const $ = (id) => document.getElementById(id);

const shown = (children) => children.flat(Infinity).filter(Boolean);

/** An element with attributes and children; functions (`onclick`) listen. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...shown(children));
  return element;
}

export const button = (onclick, attributes, ...children) =>
  h("button", { type: "button", onclick, ...attributes }, ...children);

export const link = (href, attributes, ...children) => h("a", { href, class: "button", ...attributes }, ...children);

export function fill(element, ...children) {
  element.replaceChildren(...shown(children));
  return element;
}

/** Sets a text if it differs: screen readers read the same text again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const ROUND = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z";
const PATHS = {
  alert: "M12 8v5M12 16.5v.01" + ROUND,
  archive: "M4 8h16v12H4V8ZM3 4h18v4H3ZM10 12h4",
  back: "M19 12H5M11 6l-6 6 6 6",
  bell: "M6 10a6 6 0 1 1 12 0c0 5 2 6 2 7H4c0-1 2-2 2-7ZM10 20.5h4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  clock: "M12 7.5V12l3 2" + ROUND,
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  file: "M13 3H6v18h12V8l-5-5v5h5",
  folder: "M3 19V5h6l2 3h10v11H3Z",
  lock: "M6 11h12v9H6ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  next: "M9 6l6 6-6 6",
  pen: "M4 20l1-4.5L16.5 4 20 7.5 8.5 19 4 20ZM14 6.5l3.5 3.5",
  plus: "M12 5v14M5 12h14",
  remove: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  stop: "M5.6 5.6l12.8 12.8" + ROUND,
};

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const drawing = (name, ...shapes) => svg("svg", { class: name, viewBox: "0 0 24 24", "aria-hidden": "true" }, ...shapes);

/** An icon. One that points along the line points the other way where people write from right to left. */
export const icon = (name) => drawing(/^(back|next)$/.test(name) ? "icon turns" : "icon", svg("path", { d: PATHS[name] }));

const circle = (more) => svg("circle", { cx: 12, cy: 12, r: 9, pathLength: 100, ...more });

/** A ring that is closed at 100 percent. */
export const ring = (percent) => drawing("icon ring", circle(), circle({ "stroke-dasharray": `${percent} 100` }));

export const newExport = () => link("#/new", { class: "button primary" }, icon("plus"), t("common.newExport"));

/** A name from outside: it may be long, and in any script. Nothing in it turns what stands around it. */
export function name(text) {
  const shown = plain(text);
  return h("bdi", { class: "name", dir: "auto", title: shown }, shown);
}

/** Announces a text to screen readers. */
export const announce = (text) => say($("announcer"), text);

/** Shows whether the server does not answer; the banner shows being offline. */
export const trouble = (is) => say($("trouble"), is && navigator.onLine ? t("frame.noAnswer") : "");

let toastTimer;

/** Shows and announces a short text for some seconds. */
export function toast(text) {
  const box = fill($("toast"), h("span", {}, text));
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => fill(box), 6000);
}

/** A piece of a sentence that the server has said, in English. */
export const english = (text) => h("bdi", { lang: "en" }, plain(text));

/** What the server says in English: it names a file, a field or a number. */
export const quoted = (quote) => quote && h("blockquote", { lang: "en", dir: "ltr" }, quote.split("\n").map((line) => h("p", {}, plain(line))));

/** Shows what went wrong, and what to do. */
export function fault({ title, words, quote }, ...actions) {
  return h("div", { class: "fault", role: "alert" }, icon("alert"), h("div", {},
    h("strong", {}, title), words && h("p", {}, words), quoted(quote), actions));
}

/** In place of a part of the page that could not be loaded. A browser asks for it again if the page is loaded again. */
export const unloaded = () => fault(Object.fromEntries(["title", "words"].map((part) => [part, t(`problems.no-connection.${part}`)])),
  button(() => location.reload(), {}, t("common.tryAgain")));

/** Shows that there is nothing, and what to do. */
export function nothing(picture, title, words, ...actions) {
  return h("div", { class: "nothing" }, h("div", { class: "disc" }, icon(picture)),
    h("h2", {}, title), h("p", {}, words), h("div", { class: "actions" }, actions));
}

export const skeleton = (lines) => h("div", { class: "skeleton", "aria-hidden": "true" },
  Array.from({ length: lines }, () => h("div", {}, h("i", {}), h("i", {}), h("i", {}))));

/** Opens a dialog with this title. It is removed when it is closed. */
export function dialog(title, content, closed) {
  const box = h("dialog", { "aria-labelledby": "asked", onclose: () => {
    box.remove();
    closed?.(box.returnValue);
  } }, h("h2", { id: "asked" }, title), content);
  document.body.append(box);
  box.showModal();
  return box;
}

/** Asks before it acts. Shows what went wrong. */
export function ask(title, words, no, yes, act) {
  const box = dialog(title, [h("p", {}, words), h("div", { class: "actions" }, button(() => box.close(), {}, no),
    button(() => box.close("yes"), { class: "danger" }, yes))], async (answer) => {
    try {
      if (answer) await act();
    } catch (problem) {
      toast(problem.words);
    }
  });
}

/** Copies a text. Browsers allow this only over https. */
export const copy = (text, done, otherwise, tell = toast) =>
  Promise.resolve().then(() => navigator.clipboard.writeText(text)).then(() => tell(done), () => tell(otherwise));
