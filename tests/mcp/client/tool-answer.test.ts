import type { CallToolResult } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { toToolAnswer } from "../../../shared/mcp/client/tool-answer.ts";

const words = (text: string) => ({ type: "text", text }) as const;
const told = (result: CallToolResult) => toToolAnswer(result).content;

describe("what a model is told of a result", () => {
  it("is its texts, and whether it is an error", () => {
    expect(toToolAnswer({ content: [words("one"), words("two")] })).toEqual({ content: "one\ntwo", isError: false });
    expect(toToolAnswer({ content: [words("no")], isError: true })).toEqual({ content: "no", isError: true });
  });

  it("is its structured content as JSON, once", () => {
    const structuredContent = { temperature: 21, wind: "low" };
    expect(told({ content: [], structuredContent })).toBe('{"temperature":21,"wind":"low"}');
    expect(told({ content: [words("Mild.")], structuredContent })).toBe('Mild.\n{"temperature":21,"wind":"low"}');
    const repeated = '{ "wind": "low", "temperature": 21 }';
    expect(told({ content: [words(repeated)], structuredContent })).toBe(repeated);
    expect(told({ content: [words("Mild.")], structuredContent: { result: "Mild." } })).toBe("Mild.");
  });

  it("is the text of a resource, and a note about everything that is no text", () => {
    const text = told({
      content: [
        { type: "image", data: "AAAA", mimeType: "image/png" },
        { type: "audio", data: "AAAA", mimeType: "audio/wav" },
        { type: "resource_link", uri: "file:///a", name: "a", mimeType: "text/plain" },
        { type: "resource", resource: { uri: "file:///b", mimeType: "text/plain", text: "hello" } },
        { type: "resource", resource: { uri: "file:///c", blob: "AAAA" } },
      ],
    });
    expect(text.split("\n")).toEqual([
      "[image, image/png, 3 bytes: not shown]",
      "[audio, audio/wav, 3 bytes: not shown]",
      "[link to the resource file:///a, text/plain]",
      "[resource file:///b, text/plain]",
      "hello",
      "[resource file:///c, 3 bytes: not shown]",
    ]);
  });

  it("is never empty", () => {
    expect(told({ content: [] })).toBe("The tool answered without content.");
    expect(told({ content: [words("")] })).toBe("The tool answered without content.");
  });
});
