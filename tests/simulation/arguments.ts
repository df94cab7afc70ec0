import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** Options of the command line. Ends the process with 2 and one line when there is another one. */
export function readOptions<Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    return parseArgs({ options }).values;
  } catch {
    const known = Object.entries(options).map(([name, { type }]) =>
      type === "boolean" ? `--${name}` : `--${name} VALUE`,
    );
    return refuse(`These options are known: ${known.join(", ")}.`);
  }
}

/** Ends the process with 2 when the text is no whole number from `least` on. */
export function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(number) && number >= least) return number;
  return refuse(`--${name} ${text} is not possible: pass a whole number from ${least} on.`);
}

/** Ends the process: 1 is a broken promise, 2 a command line that says nothing that can be done. */
export function refuse(words: string): never {
  process.stderr.write(`${words}\n`);
  process.exit(2);
}
