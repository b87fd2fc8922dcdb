// English. A person reads it; so no word of ours (job, prefix, key) that they cannot know.
// Each section belongs to one part of the page. Plural forms: those of Intl.PluralRules.

export const texts = {
  // What several parts say.
  common: {
    files: { one: "{n} file", other: "{n} files" },
    newExport: "New export",
    tryAgain: "Try again",
    close: "Close",
  },
  // app.js, person.js, tab.js: the frame.
  frame: {
  },
  // api.js: what went wrong, by the last part of a problem's type.
  problems: {
  },
  // jobs.js
  list: {
  },
  // job.js
  job: {
  },
  // mend.js
  mend: {
  },
  // create.js, ids.js
  form: {
  },
  // picked.js
  picked: {
  },
  // browse.js, grid.js, listing.js
  choose: {
    folder: "Folder",
    top: "All files",
    search: "Search this folder",
    files: "Files and folders",
    name: "Name",
    size: "Size",
    date: "Changed",
    pickAll: "Choose everything here",
    wholeFolder: "Whole folder {name}",
    soFar: { one: "{n} loaded so far…", other: "{n} loaded so far…" },
    entries: { one: "{n} folder or file", other: "{n} folders and files" },
    matches: { one: "{n} of {all} matches", other: "{n} of {all} match" },
    more: "Load more",
    tryAgain: "Try again",
    isIn: "{name} is chosen.",
    folderIsIn: "The whole folder {name} is chosen.",
    isOut: "{name} is not chosen any more.",
    range: { one: "{n} row is chosen.", other: "{n} rows are chosen." },
    all: { one: "{n} folder or file is chosen, with all that is in it.", other: "All {n} folders and files are chosen, with all that is in them." },
    allFiles: { one: "The only file here is chosen.", other: "All {n} files are chosen." },
    allComing: "Everything in this folder is chosen, also what is still being loaded.",
    allFound: { one: "The match is chosen.", other: "All {n} matches are chosen." },
    none: "Nothing in this folder is chosen any more.",
    noneFound: "None of the matches is chosen any more.",
    looking: "Looking into the folder…",
    stillLoading: "The list is still being loaded. Try again when it is complete.",
    cannotLeaveOut: "This cannot be left out. The folder is chosen as a whole. Without this, all the rest would be chosen one by one, and an export takes at most {most} of these.",
    tooMany: { one: "Nothing was chosen. An export takes at most {most} files and folders, and you would have more.", other: "Nothing was chosen. These are {n}, and an export takes at most {most} files and folders. Search for less, or choose a whole folder." },
    tooManyHere: { one: "Nothing was chosen. Choose whole folders.", other: "Nothing was chosen. These are {n}, and an export takes at most {most} that are chosen one by one. Choose whole folders." },
    noFiles: "No files here yet",
    putFiles: "Put files into the bucket. Then load this page again.",
    nothing: "Nothing here",
    nothingHere: "This folder has no files.",
    noMatch: "Nothing found",
    noneHasThat: "No name in this folder has that in it.",
    noneYetHasThat: "No name has that in it so far. The rest is still being loaded.",
  },
  // share.js
  share: {
  },
  // tell.js, watch.js
  tell: {
  },
  // signin.js
  signin: {
  },
};
