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
