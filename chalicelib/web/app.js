// The frame of the page: the view, the user, and the network.

import { takeTicket, tickets } from "./address.js"; // the first: it takes secrets out of the address
import { access } from "./api.js";
import { create } from "./create.js";
import { $, announce, button, dialog, fill, h, toast, trouble } from "./dom.js";
import { job } from "./job.js";
import { jobs } from "./jobs.js";
import { auth, awaited, setUser, user, who } from "./person.js";
import { plain } from "./tab.js";

const VIEWS = [[/^#\/new(?:\?|$)/, create], [/^#\/jobs\/([\w-]+)$/, job], [/^/, jobs]];

let leave, current;

/**
 * Shows the view for the address, or first signs the person in. A view returns a function that stops
 * it, or {stop, went}: `went` is called when the address changes and the view stays.
 */
function route() {
  takeTicket();
  const [pattern, view] = VIEWS.find(([candidate]) => candidate.test(location.hash));
  const [, id] = pattern.exec(location.hash);
  const isShared = tickets.has(id) || history.state?.isShared;
  if (auth && !isShared && !access.token) {
    import("./signin.js").then(({ enter }) => enter(route, shut));
    return;
  }
  if (current?.view === view && current.went) {
    current.went();
    return;
  }
  show((main) => {
    const shown = view(main, id, isShared);
    current = { view, went: shown?.went };
    return shown?.stop ?? shown;
  }, !isShared);
  for (const link of document.querySelectorAll("nav a")) {
    link.setAttribute("aria-current", link.hash === (location.hash.split("?")[0] || "#/") ? "page" : "false");
  }
}

function show(view, isFramed) {
  const isFirst = !leave;
  leave?.();
  current = undefined;
  plain();
  announce("");
  trouble(false);
  for (const part of [$("nav"), $("person")]) part.hidden = !isFramed;
  showPerson();
  const main = fill($("main"));
  leave = view(main) ?? (() => {});
  if (isFirst) return;
  scrollTo(0, 0);
  main.querySelector("h1").focus();
}

/** Shows a view in place of all that needs sign-in. */
const shut = (view) => show(view, false);

function showNetwork() {
  fill($("banner"), !navigator.onLine && h("p", { class: "wrap" }, h("strong", {}, "You are offline."),
    " Exports go on without you. This page catches up when you are back."));
}

function showPerson() {
  fill($("person"), h("span", { class: "initial", "aria-hidden": "true" }, [...who()][0].toUpperCase()),
    h("span", { class: "unseen" }, "User: "), h("bdi", { class: "who" }, who()));
}

function askPerson() {
  if (auth) {
    import("./signin.js").then(({ askToLeave }) => askToLeave());
    return;
  }
  const input = h("input", { id: "user", value: user(), maxlength: 128, spellcheck: "false", "aria-describedby": "about-user" });
  const save = (event) => {
    event.preventDefault();
    setUser(input.value.trim());
    box.close();
    toast(`These are the exports of ${user()}.`);
    route();
  };
  const box = dialog("Whose exports?", h("form", { onsubmit: save },
    h("label", { for: "user" }, "User id"), input,
    h("p", { class: "hint", id: "about-user" }, "New exports are started under this name, and its exports are listed. Kept in this browser only."),
    h("div", { class: "actions" }, button(() => box.close(), {}, "Close"), h("button", { class: "primary" }, "Save"))));
  input.select();
}

addEventListener("hashchange", route);
addEventListener("online", showNetwork);
addEventListener("offline", showNetwork);
$("person").addEventListener("click", askPerson);
$("skip").addEventListener("click", () => $("main").focus());
showNetwork();
route();
if (awaited.size) import("./watch.js");
