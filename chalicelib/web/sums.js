// How much is chosen, about how long it takes, and what is too much, as a person reads it.

import { isEmpty } from "./basket.js";
import { fill, h, say } from "./dom.js";
import { duration, sentence, size } from "./format.js";
import { has, t } from "./texts.js";
import { tooMuch } from "./weight.js";

/** As exact as a guess is: to ten seconds, or to a minute. */
const rounded = (seconds) => (seconds < 55 ? Math.ceil(seconds / 10) * 10 : Math.round(seconds / 60) * 60);

const NAMED = 5;

/** Says of some ids or keys that they cannot be exported. */
export const unavailable = (some) => t("picked.unavailable", { n: some.length, ids: some.slice(0, NAMED).join(", ") + (some.length > NAMED ? ", …" : "") });

/** Which of the texts says how much it is. */
function kindOf({ files, bytes, unsized, isCounting, uncounted }) {
  if (isCounting) return files ? "soFar" : "counting";
  if (uncounted) return "least";
  if (unsized === files && !bytes) return "noSize";
  return unsized ? "atLeast" : "sum";
}

/** Returns {elements, draw}. `draw(chosen, sum)` shows a basket, of which `sum` is what weight.js knows. */
export function sums() {
  const summary = h("p", { class: "summary", role: "status" });
  const time = h("p", { class: "hint", id: "time" });
  const over = h("ul", { class: "over", id: "over" });

  const draw = (chosen, sum) => {
    const { files, bytes, isCounting, uncounted, seconds } = sum;
    const isKnown = files > 0 || !uncounted;
    const others = uncounted > 0 && t("picked.someUncounted", { n: uncounted });
    say(summary, isEmpty(chosen) ? t("picked.none") : isKnown ? t(`picked.${kindOf(sum)}`, { n: files, size: size(bytes) }) : others);
    const about = seconds != null && files > 0 && t(`picked.${isCounting ? "aboutSoFar" : "about"}`, { time: duration(rounded(seconds)) });
    say(time, [about, isKnown && others].filter(Boolean).join(" "));
    fill(over, sum.unavailable.length > 0 && h("li", {}, unavailable(sum.unavailable)), !isEmpty(chosen) && tooMuch(chosen, sum).map(({ limit, most, detail }) => h("li", {},
      has(`picked.over-${limit}`) ? t(`picked.over-${limit}`, { n: most, size: size(most) }) : sentence(detail))));
  };

  return { elements: [summary, time, over], draw };
}
