// The field for file ids: what is typed, and what is wrong with it.

import { english, fill, h, say } from "./dom.js";
import { MOST, parse, write } from "./ids.js";
import { plain, rich, t } from "./texts.js";

const ERRORS_SHOWN = 5;
const VALUE_SHOWN = 40; // characters

/**
 * Returns {element, text, read, takeOut, draw}. `text` is the field itself. `read()` returns what is
 * typed, as `parse` does, but with no ids if they are too many; `changed` is called when a person types.
 */
export function idsField(typed, changed) {
  const text = h("textarea", { id: "ids", name: "text", rows: 6, spellcheck: "false", autocapitalize: "off", placeholder: "10001\n10002\n10010-10050",
    "aria-describedby": "errors about-ids", oninput: () => changed() }, typed);
  const wrong = h("ul", { id: "errors", class: "wrong" });
  const repeats = h("p", { class: "hint" });
  const element = h("div", { class: "pane" }, h("label", { for: "ids" }, t("form.ids")), text, wrong, repeats,
    h("p", { class: "hint", id: "about-ids" }, t("form.aboutIds")));

  const read = () => {
    const parsed = parse(text.value);
    return parsed.tooMany ? { ...parsed, ids: [] } : parsed;
  };

  /** Takes ids out of what is typed. What is no id goes too, if no id is left and nothing else is chosen (`isRest`). */
  const takeOut = (ids, isRest) => {
    const out = new Set(ids);
    const parsed = read();
    const left = parsed.ids.filter((id) => !out.has(id));
    text.value = write(left, isRest && !left.length ? [] : parsed.errors);
  };

  const shown = (value) => h("code", {}, h("bdi", { dir: "auto" }, plain(value).slice(0, VALUE_SHOWN)));

  /** Shows what is wrong: what was `read`, what the API has `refused` of it, and why `nothing` is no choice. */
  const draw = (parsed, { tried, refused, nothing }) => {
    // What is still being typed is no error before the first try.
    const unfinished = !tried && document.activeElement === text && /[^\s,;]*$/.exec(text.value)[0];
    const errors = [...parsed.errors.filter(({ value }) => value !== unfinished), ...refused];
    text.setAttribute("aria-invalid", errors.length > 0 || !!nothing || parsed.tooMany);
    fill(wrong,
      nothing && h("li", {}, nothing),
      parsed.tooMany && h("li", {}, t("form.tooMany", { n: MOST })),
      errors.slice(0, ERRORS_SHOWN).map(({ value, why, limit, words }) =>
        h("li", {}, rich(`form.${why}`, { value: shown(value), limit, words: words && english(words) }))),
      errors.length > ERRORS_SHOWN && h("li", {}, t("form.andMore", { n: errors.length - ERRORS_SHOWN })));
    say(repeats, parsed.repeats ? t("form.repeats", { n: parsed.repeats }) : "");
  };

  return { element, text, read, takeOut, draw };
}
