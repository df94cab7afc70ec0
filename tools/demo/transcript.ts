import type { Event } from "../client/answers.ts";

const width = 100;

/** The conversation as a person reads it: who said what, wrapped and indented. */
export function transcript(events: readonly Event[]): string {
  return events.flatMap(linesOf).join("\n");
}

function linesOf({ type, text = "", tool, tool_calls = [] }: Event): readonly string[] {
  switch (type) {
    case "system":
    case "user":
      return block(type, text);
    case "assistant":
      return [
        ...(text === "" ? [] : block("assistant", text)),
        ...tool_calls.flatMap((call) => block("assistant calls", `${call.name} ${call.arguments}`)),
      ];
    case "tool_result":
      return block(`${tool ?? "tool"} answers`, shorten(text));
    default:
      return block(type.replace("_", " "), text);
  }
}

function block(speaker: string, text: string): readonly string[] {
  if (text === "") return [`  ${speaker}`];
  return [`  ${speaker}`, ...text.split("\n").flatMap((line) => wrap(line).map((part) => `      ${part}`))];
}

function wrap(line: string): readonly string[] {
  const lines: string[] = [];
  for (const word of line.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const shorten = (text: string): string => (text.length <= 600 ? text : `${text.slice(0, 600)} ...`);
