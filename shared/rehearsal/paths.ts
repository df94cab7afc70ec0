/** Endings by which a word is a file's name; others are mostly abbreviations and hosts. */
const endings = "txt|md|json|jsonl|csv|tsv|html?|xml|ya?ml|toml|log|pdf|png|jpe?g|js|ts|py|sh|sql|docx?|xlsx?";

const path = new RegExp(
  [
    // /srv/reports, ./notes, C:\reports
    String.raw`(?<![\w/\\:.-])(?:~|\.{1,2}|[A-Za-z]:)?(?:[\\/][\w.-]*\w)+[\\/]?`,
    // report.md, notes/monday.txt
    String.raw`(?<![\w/\\:.@-])(?:[\w-][\w.-]*[\\/])*[\w-][\w.-]*\.(?:${endings})\b`,
  ].join("|"),
  "gi",
);

/** Files and folders that a prompt names, in their order. */
export const saidPaths = (prompt: string): readonly string[] => [...new Set(prompt.match(path) ?? [])];
