import { isDeepStrictEqual } from "node:util";
import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/client";
import type { ToolAnswer } from "../../tools/toolbox.ts";

/** A result as text for a model: texts as they are, structured content as JSON, everything else as a note of ours. */
export function toToolAnswer({ content, structuredContent, isError }: CallToolResult): ToolAnswer {
  const parts = content.map(textOf);
  if (structuredContent !== undefined && !isRepeated(structuredContent, parts)) {
    parts.push(JSON.stringify(structuredContent));
  }
  const text = parts.join("\n");
  return { content: text === "" ? "The tool answered without content." : text, isError: isError === true };
}

/**
 * Servers mostly give the structured content as text, too, for clients that know only that: as JSON, or the text
 * itself wrapped into an object with one member.
 */
function isRepeated(structured: unknown, texts: readonly string[]): boolean {
  const members = typeof structured === "object" && structured !== null ? Object.values(structured) : [];
  if (members.length === 1 && members[0] === texts.join("\n")) return true;
  return texts.some((text) => isDeepStrictEqual(parsed(text), structured));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(block: ContentBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "image":
    case "audio":
      return `[${block.type}, ${block.mimeType}, ${bytesOf(block.data)} bytes: not shown]`;
    case "resource_link":
      return `[link to the resource ${block.uri}${block.mimeType === undefined ? "" : `, ${block.mimeType}`}]`;
    case "resource": {
      const { resource } = block;
      const name = `resource ${resource.uri}${resource.mimeType === undefined ? "" : `, ${resource.mimeType}`}`;
      return "text" in resource
        ? `[${name}]\n${resource.text}`
        : `[${name}, ${bytesOf(resource.blob)} bytes: not shown]`;
    }
    default:
      return "[content of an unknown kind: not shown]";
  }
}

const bytesOf = (base64: string): number => Buffer.byteLength(base64, "base64");
