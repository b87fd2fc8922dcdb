// Links by which others see one job, and download its archive, for a time.

import { call, jobPath, post } from "./api.js";
import { button, copy, dialog, fault, fill, h, say, skeleton } from "./dom.js";
import { moment } from "./format.js";
import { auth } from "./person.js";

const HOUR = 3600;
const TIMES = [[HOUR, "1 hour"], [24 * HOUR, "1 day"], [7 * 24 * HOUR, "7 days"], [30 * 24 * HOUR, "30 days"]];
const MOST_DAYS = 7; // the default of SHARE_MAX_DAYS

export function share(id) {
  const path = `${jobPath(id)}/shares`;
  const most = (auth?.shareMaxDays ?? MOST_DAYS) * 24 * HOUR;
  let newest; // the id of the link that is shown
  const made = h("div", { class: "made" });
  const live = h("div", {}, skeleton(1));
  const news = h("p", { class: "hint", role: "status" });

  const form = h("form", { onsubmit: (event) => make(event) },
    h("fieldset", { class: "chips" }, h("legend", {}, "How long it works"),
      TIMES.filter(([seconds]) => seconds <= most).map(([seconds, words]) => h("label", {},
        h("input", { type: "radio", name: "seconds", value: seconds, checked: seconds === 24 * HOUR }), h("span", {}, words)))),
    h("button", { class: "primary" }, "Make a link"));

  const make = async (event) => {
    event.preventDefault();
    const { submitter } = event;
    submitter.disabled = true;
    try {
      const { id: own, url } = await post(path, { expires_in: Number(form.elements.seconds.value) });
      const link = h("input", { id: "link", readonly: true, value: url, "aria-describedby": "about-link", onfocus: () => link.select() });
      fill(made, h("label", { for: "link" }, "The new link"), link,
        h("div", { class: "line" }, h("p", { class: "hint", id: "about-link" }, "Copy it now: it is shown only once."),
          button(() => copy(url, "Link copied.", "Copy the link from the field.", (words) => say(news, words)), {}, "Copy")));
      newest = own;
      link.focus();
      load();
    } catch (problem) {
      fill(made, fault(problem));
    }
    submitter.disabled = false;
  };

  const load = async () => {
    try {
      const { shares } = await call("GET", path);
      fill(live, shares.length ? h("ul", { class: "shares", "aria-label": "Links that work now" }, shares.map(line))
        : h("p", { class: "hint" }, "No link works now."));
    } catch (problem) {
      fill(live, fault(problem, button(load, {}, "Try again")));
    }
  };

  const line = (shared) => {
    const [from, until] = [moment(shared.createdAt), moment(shared.expiresAt)];
    const revoke = async ({ currentTarget }) => {
      currentTarget.disabled = true;
      try {
        await call("DELETE", `${path}/${encodeURIComponent(shared.id)}`);
        say(news, "The link was revoked.");
        if (shared.id === newest) fill(made);
        await load();
        heading.focus();
      } catch (problem) {
        say(news, problem.words);
        load();
      }
    };
    return h("li", { class: "line" }, h("div", {}, `Until ${until}`, h("p", { class: "hint" }, `Made ${from}`)),
      button(revoke, { "aria-label": `Revoke the link that works until ${until}` }, "Revoke"));
  };

  const heading = h("h3", { tabindex: -1 }, "Links that work now");
  const box = dialog("Share this export", [
    h("p", {}, "People with the link can see this export and download it, without signing in. They can do nothing else."),
    form, made, heading, live, news, h("div", { class: "actions" }, button(() => box.close(), {}, "Close"))]);
  load();
}
