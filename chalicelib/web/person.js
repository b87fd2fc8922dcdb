// What this browser stores: the user id, and whether the user wants notifications.

const DEFAULT_USER = "anonymous";

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

export const user = () => read("user") || DEFAULT_USER;

export const setUser = (name) => write("user", name);

export const wantsNotice = () => read("notify") === "yes" && globalThis.Notification?.permission === "granted";

export const setNotice = (wanted) => write("notify", wanted ? "yes" : "no");
