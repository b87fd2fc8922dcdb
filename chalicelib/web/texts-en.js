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
    title: "New export",
    how: "How to choose files",
    byId: "By id",
    byFolder: "Browse folders",
    ids: "File ids",
    aboutIds: "Paste a list, or type ids and ranges. Commas, spaces and new lines all do.",
    // What is wrong with an id. {value} is what was typed.
    noId: "{value} is not a file id",
    backwards: "{value} runs backwards",
    below: "{value} is below {limit}",
    above: "{value} is above {limit}",
    refused: "{value} {words}",
    andMore: { one: "and {n} more", other: "and {n} more" },
    repeats: { one: "{n} id is there twice. It counts once.", other: "{n} ids are there twice. They count once." },
    folders: "Files and folders",
    source: "Source",
    noSource: "There is no source {name}. Choose another one.",
    sourceTitle: "Change the source?",
    sourceWords: { one: "The {n} file or folder that you chose in {name} is taken out. Ids stay.", other: "The {n} files and folders that you chose in {name} are taken out. Ids stay." },
    sourceKeep: "Keep them",
    sourceChange: "Change the source",
    name: "Name of the archive",
    nameExample: "March.zip",
    aboutName: "Optional. One is made up otherwise.",
    missing: "If a file is missing",
    unreadable: "If a file cannot be read",
    skip: "Leave it out, and list it",
    fail: "Stop the whole export",
    start: "Start export",
    starting: "Starting…",
    // Why it does not start.
    empty: "Choose files first.",
    emptyIds: "Type the ids of files here, or browse folders.",
    emptyFolders: "Tick files or folders here, or type ids.",
    correct: { one: "Correct {n} id first.", other: "Correct {n} ids first." },
    tooMany: { one: "An export takes at most {n} file id.", other: "An export takes at most {n} file ids." },
    tooMuch: "This is too much for one export.",
    seeAbove: "Look at what is marked above.",
    // A choice that came from elsewhere.
    loading: "Loading the choice of files…",
    fromJob: "This is what {link} was asked for. Change what you like, and start it as a new export.",
    anExport: "an earlier export",
    fromLink: "These files were chosen by whoever made the link. Look at them before you start.",
    noLink: "This link has no choice of files: it was cut, or changed. Ask for it again.",
    longLink: { one: "This link is too long: it may have {n} character.", other: "This link is too long: it may have {n} characters." },
    gone: "What that export was asked for is not kept any more. Choose the files again.",
    unknown: "There is no such export. Choose the files here.",
    replaceTitle: "Replace what you have chosen?",
    replaceWords: "You have chosen files here. They are taken out, and the others come in their place.",
    replaceKeep: "Keep mine",
    replace: "Replace",
  },
  // picked.js, weight.js
  picked: {
    title: "Chosen files",
    none: "No files chosen yet",
    sum: { one: "{n} file, {size}", other: "{n} files, {size}" },
    soFar: { one: "At least {n} file, {size} so far", other: "At least {n} files, {size} so far" },
    atLeast: { one: "{n} file, at least {size}", other: "{n} files, at least {size}" },
    noSize: { one: "{n} file", other: "{n} files" },
    counting: "Counting…",
    uncounted: "It could not be counted.",
    someUncounted: { one: "{n} folder could not be counted.", other: "{n} folders could not be counted." },
    about: "It takes about {time}.",
    aboutSoFar: "It takes at least {time}.",
    unreadable: { one: "{n} file in it cannot be read.", other: "{n} files in it cannot be read." },
    unavailable: { one: "{n} of them cannot be exported: {ids}", other: "{n} of them cannot be exported: {ids}" },
    named: "{id}: {name}",
    everything: "All files",
    in: "In {folder}",
    remove: "Take out {name}",
    removed: "{name} is taken out.",
    more: { one: "Show more: {n} is not shown", other: "Show more: {n} are not shown" },
    clear: "Clear",
    askTitle: "Take everything out?",
    askWords: "Nothing is chosen then. The files themselves stay where they are.",
    keep: "Keep it",
    cleared: "Nothing is chosen.",
    copy: "Copy link",
    copied: "The link is copied. It opens this form with these files chosen. It gives nobody access to them.",
    notCopied: "This browser does not allow copying. Copy the address of this link:",
    link: "These files",
    tooLong: "This choice is too long for a link: it would have {n} characters, and many programs cut links of more than {most}. Choose whole folders instead of their files.",
    refused: "{name}: {words}",
    // What is too much, by the name of the limit.
    "over-entries": { one: "An export takes at most {n} file, folder or id by name. Choose whole folders instead of their files.", other: "An export takes at most {n} files, folders and ids by name. Choose whole folders instead of their files." },
    "over-listedFiles": { one: "Several folders together may have at most {n} file. Export one folder alone, or fewer of them.", other: "Several folders together may have at most {n} files. Export one folder alone, or fewer of them." },
    "over-bodyBytes": "The list of files is too long to be sent: at most {size}. Choose whole folders instead of their files.",
    "over-archiveBytes": "An archive has at most {size}. Export fewer files at a time.",
    "over-filesPerJob": { one: "An export may have at most {n} file here.", other: "An export may have at most {n} files here." },
    "over-bytesPerJob": "An export may have at most {size} here.",
    "over-bytesLeftToday": "You may export {size} more today.",
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
