import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Environment } from "../../shared/app/config.ts";
import { projectDirectory } from "../build.ts";
import { localSettingsIn } from "../development-host/settings.ts";
import { startErrorText } from "../development-host/start-error.ts";
import { type Explained, explain, verdict } from "./explain.ts";

// npm run config -- [--explain] [--settings FILE]: what the app would be started with, and whether it would start. Reads
// the environment and local.settings.json, as npm start does, or the file alone; sends nothing anywhere.

const { isLong, file } = readWords();
const explained = explain(sources());
if (isLong) console.log(describeRows(explained));
for (const line of explained.misspelt) console.log(`WARNING  ${line}`);
console.log(verdict(explained, file === undefined && process.env.AZURE_FUNCTIONS_ENVIRONMENT === undefined));
process.exit(explained.follows === undefined ? 1 : 0);

function readWords(): { isLong: boolean; file: string | undefined } {
  try {
    const { values } = parseArgs({ options: { explain: { type: "boolean" }, settings: { type: "string" } } });
    return { isLong: values.explain === true, file: values.settings };
  } catch {
    console.error("Expected is: npm run config -- [--explain] [--settings FILE]");
    process.exit(2);
  }
}

function sources() {
  try {
    if (file !== undefined) return [{ name: file, values: localSettingsIn(file) }];
    const usual = join(projectDirectory, "local.settings.json");
    const local = existsSync(usual) ? [{ name: "local.settings.json", values: localSettingsIn(usual) }] : [];
    return [{ name: "environment", values: process.env as Environment }, ...local];
  } catch (error) {
    console.error(startErrorText(error));
    process.exit(2);
  }
}

function describeRows({ rows }: Explained): string {
  const width = (of: "name" | "value") => Math.min(60, Math.max(...rows.map((row) => row[of].length)));
  const lines = rows.map(
    ({ name, value, from }) => `${name.padEnd(width("name"))}  ${value.padEnd(width("value"))}  ${from}`,
  );
  return `${lines.join("\n")}\n`;
}
