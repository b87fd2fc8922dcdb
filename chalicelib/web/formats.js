// The form of an archive: its format, and how large it may be before there are several.

import { h, say } from "./dom.js";
import { size, unitOf } from "./format.js";
import { t } from "./texts.js";

const MAIL = 20_000_000; // what most mail servers take
const FAT32 = 2 ** 32 - 1; // the largest file that its 32 bits can count
const LEAST = 2 ** 20; // as the API has it
const MOST = 5 * 2 ** 40;
const POWERS = [2, 3]; // a size is typed in MB or GB

// Each value is a format, and how it is compressed if that is not the usual way. The last two can only come with an earlier export.
const FORMATS = [["zip", "ZIP"], ["zip+auto", "ZIP", true], ["tar", "TAR"], ["tar.gz", "TAR (.tar.gz)", true], ["zip+deflate", "ZIP", true], ["tar.gz+auto", "TAR (.tar.gz)", true]];
const SHOWN = 4;

/** What the form's fields have for a request, by their names. */
export function fieldsOf({ format = "zip", compression, split = "" }) {
  const isUsual = !compression || compression === (format === "tar.gz" ? "deflate" : "none");
  const power = split % 1e9 ? 2 : 3;
  return { format: isUsual ? format : `${format}+${compression}`,
    ...(!split || [MAIL, FAT32].includes(split) ? { split: String(split) } : { split: "other", splitSize: split / 1000 ** power, splitUnit: power }) };
}

/** Returns {elements, asked, wrong, draw}: the fields, what a request says of them, and why that is no request. `kept`: what the fields had before. */
export function formats(kept, changed) {
  const select = (name, options, more) => h("select", { id: name, name, onchange: changed, ...more },
    options.map(([value, words, hidden]) => h("option", { value, hidden, selected: String(value) === kept[name] }, words)));
  const format = select("format", FORMATS.map(([value, words, isCompressed], i) => [value, isCompressed ? t("form.compressed", { format: words }) : words, i >= SHOWN]));
  const split = select("split", [["", t("form.splitNo")], [MAIL, t("form.splitMail", { size: size(MAIL) })], [FAT32, t("form.splitFat", { size: size(FAT32) })], ["other", t("form.splitOther")]]);
  const number = h("input", { type: "number", id: "splitSize", name: "splitSize", min: 0, step: "any", value: kept.splitSize, "aria-label": t("form.splitSize"), "aria-describedby": "no-size", oninput: changed });
  const unit = select("splitUnit", POWERS.map((power) => [power, unitOf(power)]), { "aria-label": t("form.unit") });
  const own = h("div", { class: "find" }, number, unit);
  const why = h("p", { class: "wrong", id: "no-size" });

  const bytes = () => (split.value === "other" ? Math.round(number.value * 1000 ** unit.value) : +split.value);

  return {
    elements: [h("div", { class: "form" }, h("label", { for: "format" }, t("form.format")), format), h("div", { class: "form" }, h("label", { for: "split" }, t("form.split")), split, own, why)],
    asked: () => {
      const [is, compression] = format.value.split("+");
      return { ...(is !== "zip" && { format: is }), ...(compression && { compression }), ...(split.value && { split: bytes() }) };
    },
    /** The field that is wrong, if one is. */
    wrong: () => split.value && !(bytes() >= LEAST && bytes() <= MOST) && number,
    /** What is still being typed is not wrong before the first try. */
    draw: (wrong) => {
      own.hidden = split.value !== "other";
      say(why, wrong ? t("form.splitWrong", { least: size(1.1e6), most: size(5e12) }) : "");
      number.setAttribute("aria-invalid", !!wrong);
    },
    /** "tar.gz" */
    extension: () => format.value.split("+")[0],
  };
}
