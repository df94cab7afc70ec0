import type { Blobs } from "./blobs.ts";
import { knowledgeName } from "./names.ts";

/** The text of the knowledge base; who reads it knows what it means. One call each. */
export function createKnowledgeBlob(blobs: Blobs) {
  return {
    /** `unchanged` since the version that is known already; undefined when there is none. */
    async read(known: string | undefined): Promise<{ text: string; version: string } | "unchanged" | undefined> {
      const found = await blobs.readBytes(knowledgeName, known);
      if (found === undefined || found === "unchanged") return found;
      return { text: Buffer.from(found.bytes).toString("utf8"), version: found.etag };
    },
    /** Leaves one that exists alone. */
    async createOnce(text: string): Promise<void> {
      await blobs.write(knowledgeName, text, { condition: { ifAbsent: true } });
    },
  };
}
