// Who uses the page, and what this browser keeps: the user id, and the jobs whose end it shall notify of.

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

/** The ids of the jobs whose end this tab notifies of (watch.js). Kept when the page is loaded again. */
export const AWAITED = "longhaul.awaited";
export const awaited = new Set(idsKept());

function idsKept() {
  try {
    return sessionStorage[AWAITED]?.split(" ");
  } catch {
    return [];
  }
}
