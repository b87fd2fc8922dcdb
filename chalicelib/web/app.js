// The frame of the page: the view, the user, and the network.

import { create } from "./create.js";
import { $, announce, button, dialog, fill, h, toast, trouble } from "./dom.js";
import { job } from "./job.js";
import { jobs } from "./jobs.js";
import { setUser, user } from "./person.js";
import { plain } from "./tab.js";

const VIEWS = [[/^#\/new$/, create], [/^#\/jobs\/([\w-]+)$/, job], [/^/, jobs]];

let leave;

/** Shows the view for the address. Each view returns a function that stops it. */
function route() {
  const [pattern, view] = VIEWS.find(([candidate]) => candidate.test(location.hash));
  const isFirst = !leave;
  leave?.();
  plain();
  announce("");
  trouble(false);
  const main = fill($("main"));
  leave = view(main, ...pattern.exec(location.hash).slice(1));
  for (const link of document.querySelectorAll("nav a")) {
    link.setAttribute("aria-current", link.hash === (location.hash || "#/") ? "page" : "false");
  }
  if (isFirst) return;
  scrollTo(0, 0);
  main.querySelector("h1").focus();
}

function showNetwork() {
  fill($("banner"), !navigator.onLine && h("p", { class: "wrap" }, h("strong", {}, "You are offline."),
    " Exports go on without you. This page catches up when you are back."));
}

function showPerson() {
  fill($("person"), h("span", { class: "initial", "aria-hidden": "true" }, [...user()][0].toUpperCase()),
    h("span", { class: "unseen" }, "User: "), h("bdi", { class: "who" }, user()));
}

function askPerson() {
  const input = h("input", { id: "user", value: user(), maxlength: 128, spellcheck: "false", "aria-describedby": "about-user" });
  const save = (event) => {
    event.preventDefault();
    setUser(input.value.trim());
    box.close();
    showPerson();
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
showPerson();
route();
