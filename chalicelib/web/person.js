// What this browser keeps: who the user is, and whether they want to be notified.

const DEFAULT_USER = "anonymous";

const kept = {}; // for this visit, where there is no storage

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
    // not allowed
  }
}

export const user = () => read("user") || DEFAULT_USER;

export const setUser = (name) => write("user", name);

export const wantsNotice = () => read("notify") === "yes" && globalThis.Notification?.permission === "granted";

export const setNotice = (wanted) => write("notify", wanted ? "yes" : "no");
