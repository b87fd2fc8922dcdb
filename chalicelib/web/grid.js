// A grid of any number of rows: only those in view are elements. The focus is on one row.

import { h } from "./dom.js";

const ROW = 48; // px, also in app.css
const AHEAD = 6; // rows above and below the view

/**
 * `make` returns an element for a row, `paint` shows the row of this number in it. `on`: what is done
 * with rows: {toggle, range, enter, all, up, type}, and `seen(first, end)`: which are in view.
 */
export function grid(label, head, make, paint, on) {
  let total = 0;
  let active = 0;
  let height = 0;
  const drawn = new Map(); // elements by number
  const spare = [];

  const body = h("div", {});
  const scroller = h("div", { role: "rowgroup", class: "scroll", tabindex: -1, onscroll: () => draw() }, body);
  const element = h("div", { role: "grid", class: "grid", "aria-label": label, "aria-multiselectable": "true" },
    h("div", { role: "rowgroup" }, head), scroller);
  new ResizeObserver(() => {
    height = scroller.clientHeight;
    draw();
  }).observe(scroller);

  /** Shows the rows that are in view, and the active one. */
  const draw = (isAll) => {
    const top = scroller.scrollTop;
    const first = Math.max(0, Math.floor(top / ROW) - AHEAD);
    const end = Math.min(total, Math.ceil((top + height) / ROW) + AHEAD);
    const isWanted = (i) => i < total && ((i >= first && i < end) || i === active);
    for (const [i, row] of drawn) {
      if (isWanted(i)) continue;
      drawn.delete(i);
      row.remove();
      spare.push(row);
    }
    let before;
    const one = (i) => {
      let row = drawn.get(i);
      const isNew = !row;
      if (isNew) {
        row = spare.pop() ?? make();
        drawn.set(i, row);
        row.number = i;
        row.ariaRowIndex = i + 2;
        row.style.top = `${i * ROW}px`;
        // In their order, for screen readers; the one with the focus is never moved.
        if (before) before.after(row);
        else body.prepend(row);
      }
      row.tabIndex = i === active ? 0 : -1;
      if (isNew || isAll) paint(row, i);
      before = row;
    };
    if (active < first && active < total) one(active);
    for (let i = first; i < end; i += 1) one(i);
    if (active >= end && active < total) one(active);
    on.seen(first, end);
  };

  const go = (to) => {
    active = Math.min(Math.max(to, 0), total - 1);
    draw();
    const row = drawn.get(active);
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
  };

  const rowOf = (target) => target.closest("[role=row]");

  scroller.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(height / ROW) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -total, End: total }[event.key];
    const isCommand = event.ctrlKey || event.metaKey;
    if (event.altKey) return;
    if (step && total) {
      const to = Math.min(Math.max(active + step, 0), total - 1);
      if (event.shiftKey) on.range(active, to);
      go(to);
    } else if (event.key === " " && total) on.toggle(active);
    else if (event.key === "Enter") total && on.enter(active);
    else if (isCommand && event.key.toLowerCase() === "a") on.all();
    else if (event.key === "Backspace") on.up();
    else {
      // What is typed then goes to the search field.
      if (event.key.length === 1 && !isCommand) on.type();
      return;
    }
    event.preventDefault();
  });
  // A box is clicked, and never has the focus.
  scroller.addEventListener("focusin", ({ target }) => {
    const row = rowOf(target);
    if (!row) return;
    active = row.number;
    if (row !== target) row.focus({ preventScroll: true });
    draw();
  });
  scroller.addEventListener("mousedown", (event) => event.shiftKey && event.preventDefault());
  scroller.addEventListener("click", (event) => {
    const row = rowOf(event.target);
    if (!row) return;
    const before = active;
    const { number } = row;
    const isBox = event.target.closest(".pick");
    // The box shows what is chosen, when `paint` says so.
    if (event.shiftKey) on.range(before, number, true);
    else if (isBox || event.ctrlKey || event.metaKey) on.toggle(number);
    else on.enter(number);
    if (row.isConnected && row.number === number) go(number);
  });

  return {
    element,
    /** Shows so many rows, of as many as it will be, or -1. `at`: {active, top, offset}: rows by number, and pixels. */
    show: (count, all, at) => {
      total = count;
      active = Math.max(0, Math.min(at.active, total - 1));
      element.ariaRowCount = all < 0 ? all : all + 1;
      body.style.height = `${total * ROW}px`;
      const top = at.top * ROW + at.offset;
      if (Math.abs(scroller.scrollTop - top) >= 1) scroller.scrollTop = top;
      draw(true);
    },
    paint: () => draw(true),
    place: () => ({ active, top: Math.floor(scroller.scrollTop / ROW), offset: scroller.scrollTop % ROW }),
    focus: () => (total ? go(active) : scroller.focus()),
    hasFocus: () => element.contains(document.activeElement),
  };
}
