// The frame of the page: the view, the user, and the network.

import { takeTicket, tickets } from "./address.js"; // the first: it takes secrets out of the address
import { access } from "./api.js";
import { $, announce, button, dialog, fill, h, say, toast, trouble, unloaded } from "./dom.js";
import { auth, awaited, setUser, user, who } from "./person.js";
import { noRing } from "./tab.js";
import { choose, language, LANGUAGES, plain, t } from "./texts.js";

// A view is loaded when it is shown: few visits see all of them.
const VIEWS = [
  [/^#\/new(?:\?|$)/, () => import("./create.js").then(({ create }) => create)],
  [/^#\/jobs\/([\w-]+)$/, () => import("./job.js").then(({ job }) => job)],
  [/^/, () => import("./jobs.js").then(({ jobs }) => jobs)],
];

let leave, current;
// Only the newest address is shown: a view may come later than the next one.
let asked = 0;

/**
 * Shows the view for the address, or first signs the person in. A view returns a function that stops
 * it, or {stop, went}: `went` is called when the address changes and the view stays.
 */
async function route() {
  takeTicket();
  const own = (asked += 1);
  const [pattern, load] = VIEWS.find(([candidate]) => candidate.test(location.hash));
  const [, id] = pattern.exec(location.hash);
  const isShared = tickets.has(id) || history.state?.isShared;
  if (auth && !isShared && !access.token) {
    import("./signin.js").then(({ enter }) => enter(route, shut));
    return;
  }
  if (current?.load === load && current.went) {
    current.went();
    return;
  }
  const view = await load().catch(() => without);
  if (own !== asked) return;
  show((main) => {
    const shown = view(main, id, isShared);
    current = { load, went: shown?.went };
    return shown?.stop ?? shown;
  }, !isShared);
  for (const link of document.querySelectorAll("nav a")) {
    link.setAttribute("aria-current", link.hash === (location.hash.split("?")[0] || "#/") ? "page" : "false");
  }
}

/** In place of a view that could not be loaded. */
function without(main) {
  main.append(h("h1", { tabindex: -1 }, "Longhaul"), unloaded());
}

function show(view, isFramed) {
  const isFirst = !leave;
  leave?.();
  current = undefined;
  noRing();
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
  fill($("banner"), !navigator.onLine && h("p", { class: "wrap" }, h("strong", {}, t("frame.offline")), " ",
    t("frame.offlineWords")));
}

function showPerson() {
  const name = plain(who());
  fill($("person"), h("span", { class: "initial", "aria-hidden": "true" }, [...name][0].toLocaleUpperCase()),
    h("span", { class: "unseen" }, `${t("frame.user")} `), h("bdi", { class: "who" }, name));
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
    toast(t("frame.userIs", { user: user() }));
    route();
  };
  const box = dialog(t("frame.whose"), h("form", { onsubmit: save },
    h("label", { for: "user" }, t("frame.userId")), input,
    h("p", { class: "hint", id: "about-user" }, t("frame.aboutUser")),
    h("div", { class: "actions" }, button(() => box.close(), {}, t("common.close")), h("button", { class: "primary" }, t("frame.save")))));
  input.select();
}

/** What of the page's own stands in index.html. */
function showFrame() {
  say($("skip"), t("frame.skip"));
  $("nav").setAttribute("aria-label", t("frame.nav"));
  for (const link of document.querySelectorAll("nav a")) say(link, t(link.hash === "#/" ? "frame.exports" : "common.newExport"));
  const select = h("select", { id: "language", onchange: () => speak(select.value) },
    Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === language }, name)));
  fill($("bottom"), h("label", { for: "language" }, t("frame.language")), select, h("a", { href: "docs" }, "API"));
}

/** Loads the page again in this language. Who came by a share link needs its ticket again. */
function speak(tag) {
  try {
    choose(tag);
  } catch {
    toast(t("frame.cannotKeep"));
    return;
  }
  const ticket = tickets.get(location.hash.split("/")[2]);
  if (ticket) location.hash += `?ticket=${ticket}`;
  location.reload();
}

addEventListener("hashchange", route);
addEventListener("online", showNetwork);
addEventListener("offline", showNetwork);
$("person").addEventListener("click", askPerson);
$("skip").addEventListener("click", () => $("main").focus());
showFrame();
showNetwork();
route();
if (awaited.size) import("./watch.js");
