// Who uses the page, and what this browser stores: the user id, and whether the user wants notifications.

const DEFAULT_USER = "anonymous";

/** How people sign in here; null if they do not. */
export const auth = JSON.parse(document.querySelector("meta[name=longhaul-auth]").content || "null");

/** The claims of who is signed in. They are for showing: the API checks its own. */
export const signedIn = {};

const kept = {}; // for this visit, if there is no storage

function read(key) {
  try {
    return localStorage[`longhaul.${key}`];
  } catch {
    return kept[key];
  }
}

function write(key, value) {
  kept[key] = value;
  try {
    localStorage[`longhaul.${key}`] = value;
  } catch {
    // Storage is not allowed.
  }
}

/** The user id that requests assert; with sign-in none, as the token says it. */
export const user = () => (auth ? undefined : read("user") || DEFAULT_USER);

/** Whose form it is that this tab keeps. */
export const owner = () => signedIn.sub ?? user();

export const who = () => {
  const { name, preferred_username: short, email, sub } = signedIn;
  return String(name || short || email || sub || user() || "?");
};

export const setUser = (name) => write("user", name);

export const wantsNotice = () => read("notify") === "yes" && globalThis.Notification?.permission === "granted";

export const setNotice = (wanted) => write("notify", wanted ? "yes" : "no");
