// The page's words, in the person's language. Each language is one file: texts-en.js and so on.

/** The languages that there are, each by its own name. */
export const LANGUAGES = {
  ar: "العربية",
  de: "Deutsch",
  en: "English",
  es: "Español",
  fr: "Français",
  it: "Italiano",
  ja: "日本語",
  nl: "Nederlands",
  pt: "Português",
  zh: "中文",
};

const RIGHT_TO_LEFT = ["ar"];
const CHOICE = "longhaul.language";

/** The language that the person has chosen here; else the first of the browser's that there is. */
function chosen() {
  let own;
  try {
    own = localStorage[CHOICE];
  } catch {
    // Storage is not allowed.
  }
  const tags = [own, ...navigator.languages].map((tag) => String(tag).toLowerCase().split("-")[0]);
  return tags.find((tag) => Object.hasOwn(LANGUAGES, tag)) ?? "en";
}

export const language = chosen();

/** What Intl takes: the browser's own tag, which may have a region. */
export const locale = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language) ?? language;

const isRightToLeft = RIGHT_TO_LEFT.includes(language);
Object.assign(document.documentElement, { lang: language, dir: isRightToLeft ? "rtl" : "ltr" });

const { texts } = await import(`./texts-${language}.js`);
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(locale);

/** Keeps the language. It is used when the page is loaded again. Raises if storage is not allowed. */
export function choose(next) {
  localStorage[CHOICE] = next;
}

const UNSEEN = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A text from outside, in which nothing turns the direction, and no character is unseen. */
export const plain = (text) => String(text).replace(UNSEEN, "\ufffd");

/** Whether each part of the text that is set apart also ends, as in what `t` returns. */
function isWhole(text) {
  let depth = 0;
  return (text.match(/[\u2068\u2069]/g) ?? []).every((mark) => (depth += mark === "\u2068" ? 1 : -1) >= 0) && !depth;
}

/** A value in a sentence. A name may run in the other direction: then it is set apart. */
function shown(value) {
  if (typeof value === "number") return numbers.format(value);
  const own = isWhole(String(value)) ? "\u2068\u2069" : "";
  const text = String(value).replace(UNSEEN, (mark) => (own.includes(mark) ? mark : "\ufffd"));
  return isRightToLeft || /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text;
}

/**
 * Returns the text of this key, such as "list.title". `{name}` in it stands for a value; numbers are
 * written as the language does. A text with plural forms is chosen by `n`. Raises TypeError for a
 * key that does not exist.
 */
export const t = (key, values) => rich(key, values).join("");

const found = (key) => key.split(".").reduce((tree, name) => (Object.hasOwn(tree ?? "", name) ? tree[name] : undefined), texts);

/** The same as a list of texts and elements: a value may be an element. */
export function rich(key, values = {}) {
  let text = found(key);
  if (typeof text === "object") text = text[plurals.select(values.n)] ?? text.other;
  return text.split(/\{(\w+)\}/).map((part, i) => (i % 2 ? (values[part] instanceof Node ? values[part] : shown(values[part])) : part));
}

/** Whether there is such a text. */
export const has = (key) => found(key) !== undefined;
