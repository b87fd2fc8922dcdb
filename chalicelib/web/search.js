// How a search compares names.

/** A text in which upper case, accents and the width of letters make no difference. */
export const folded = (text) => (/^[ -~]*$/.test(text) ? text : text.normalize("NFKD").replace(/\p{M}/gu, "")).toLowerCase();
