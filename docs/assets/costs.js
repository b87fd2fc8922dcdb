// The calculator of how-to/costs.md. All formulas and prices come from costs.json, which
// infra/costs/written.py makes of the model in Python. Here is only how to read a formula.
"use strict";

(() => {
  const operations = {
    "+": (of) => of.reduce((sum, one) => sum + one),
    "-": (of) => of.reduce((rest, one) => rest - one),
    "*": (of) => of.reduce((product, one) => product * one),
    "/": (of) => of.reduce((quotient, one) => quotient / one),
    max: (of) => Math.max(...of),
    min: (of) => Math.min(...of),
    sqrt: ([one]) => Math.sqrt(one),
    power: ([one, exponent]) => one ** exponent,
  };

  function tiers(amount, prices, sizes) {
    let [rest, total] = [amount, 0];
    prices.forEach((price, index) => {
      const part = index < sizes.length ? Math.min(rest, sizes[index]) : rest;
      total += part * price;
      rest -= part;
    });
    return total;
  }

  function value(formula, known) {
    if (typeof formula === "number") return formula;
    if (typeof formula === "string") return known[formula];
    const [operation, ...of] = formula;
    if (operation === "tiers") {
      return tiers(value(of[0], known), of[1].map((price) => value(price, known)), of[2]);
    }
    return operations[operation](of.map((one) => value(one, known)));
  }

  /** The dollars of a month for each line of the bill, and their sum as `total`. */
  function month(model, chosen) {
    const known = {};
    for (const input of model.inputs) known[input.id] = input.value;
    for (const price of model.prices) known[price.id] = price.dollars;
    Object.assign(known, chosen);
    for (const [name, formula] of model.quantities) known[name] = value(formula, known);
    const bill = {};
    let total = 0;
    for (const line of model.lines) {
      bill[line.id] = value(line.dollars, known);
      total += bill[line.id];
    }
    return { ...bill, total };
  }

  if (typeof module === "object") {
    module.exports = { month };
    return;
  }

  const script = document.currentScript.src;

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

  function field(id, label, input, unit) {
    return element("p", {}, element("label", { htmlFor: id }, label), input, element("span", {}, unit));
  }

  function build(place, model) {
    const fields = new Map();
    const form = element("form", { className: "costs-form" });
    for (const one of model.inputs) {
      const id = `costs-${one.id}`;
      const input = one.is_choice
        ? element("input", { id, type: "checkbox", checked: one.value === 1 })
        : element("input", { id, type: "number", min: 0, max: one.most, step: "any", value: one.value, required: true });
      fields.set(one.id, () => (one.is_choice ? Number(input.checked) : input.valueAsNumber));
      form.append(field(id, one.label, input, one.unit));
    }
    const prices = element("details", {}, element("summary", {}, `Prices of ${model.region}, in dollars`));
    for (const one of model.prices) {
      const id = `costs-${one.id}`;
      const shown = Number((one.dollars * one.per).toPrecision(12));
      const input = element("input", { id, type: "number", min: 0, step: "any", value: shown, required: true });
      fields.set(one.id, () => input.valueAsNumber / one.per);
      const many = one.per === 1 ? "" : `, for ${one.per.toLocaleString("en-US")}`;
      const source = element("a", { href: one.source, ariaLabel: `source: ${one.label}` }, "source");
      prices.append(field(id, `${one.label}${many}`, input, source));
    }
    form.append(prices);

    const body = element("tbody");
    const total = element("output", { className: "costs-total" });
    const told = element("p", {}, "Together, a month: ", total);
    told.setAttribute("role", "status");
    const head = element("tr", {}, element("th", { scope: "col" }, "What"), element("th", { scope: "col" }, "Dollars a month"));
    const table = element("table", {}, element("caption", {}, "The bill"), element("thead", {}, head), body);

    function show() {
      if (!form.checkValidity()) {
        total.textContent = "a number is missing, or is out of its bounds";
        return;
      }
      const chosen = Object.fromEntries([...fields].map(([name, read]) => [name, read()]));
      const bill = month(model, chosen);
      total.textContent = money.format(bill.total);
      body.replaceChildren(
        ...model.lines.map((line) =>
          element("tr", {}, element("th", { scope: "row" }, line.label), element("td", {}, money.format(bill[line.id]))),
        ),
      );
    }

    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    place.replaceChildren(form, told, table);
    show();
  }

  async function start() {
    const place = document.getElementById("costs-calculator");
    if (!place) return;
    try {
      const answer = await fetch(new URL("costs.json", script));
      if (!answer.ok) throw new Error(String(answer.status));
      build(place, await answer.json());
    } catch {
      place.textContent = "The calculator could not be loaded. The tables below say what it would.";
    }
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
