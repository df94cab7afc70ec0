/** Endings by which a word is a file's name; others are mostly abbreviations and hosts. */
const endings = "txt|md|json|jsonl|csv|tsv|html?|xml|ya?ml|toml|log|pdf|png|jpe?g|js|ts|py|sh|sql|docx?|xlsx?";

/** Words beside "directory" that do not name one. */
const notNames =
  "and|as|at|called|contents?|current|for|from|given|in|into|is|listing|named|new|now|of|or|other|root|same|structure|that|then|this|to|tree|where|which|whole|with|working";

const path = new RegExp(
  [
    // /srv/reports, ./notes, C:\reports
    String.raw`(?<![\w/\\:.-])(?:~|\.{1,2}|[A-Za-z]:)?(?:[\\/][\w.-]*\w)+[\\/]?`,
    // report.md, notes/monday.txt
    String.raw`(?<![\w/\\:.@-])(?:[\w-][\w.-]*[\\/])*[\w-][\w.-]*\.(?:${endings})\b`,
    // A directory named reports, a file called "my notes", the directory reports, the reports folder
    String.raw`(?<=\b(?:directory|folder|file) (?:named |called )?["“«])[^"“”«»]+(?=["”»])`,
    String.raw`(?<=\b(?:directory|folder|file) (?:named|called) )[\w-][\w./\\-]*\w`,
    String.raw`(?<=\b(?:the|a|my|our) (?:new )?(?:directory|folder) )(?!(?:${notNames})\b)[\w-]+`,
    String.raw`(?<=\b(?:the|my|our) )(?!(?:${notNames})\b)[\w-]+(?= (?:directory|folder)\b)`,
  ].join("|"),
  "gi",
);

/** Files and folders that a prompt names, in their order. */
export const saidPaths = (prompt: string): readonly string[] => [...new Set(prompt.match(path) ?? [])];

/** The prompt with a word in place of each path: `file`, and nothing for the name of a folder, which is called one. */
export const withoutPaths = (prompt: string): string =>
  prompt.replace(path, (said) => (/[./\\]/.test(said) ? " file " : " "));
