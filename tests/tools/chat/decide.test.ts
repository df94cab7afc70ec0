import { expect, it } from "vitest";
import { readDecision } from "../../../tools/chat/decide.ts";

it.each([
  ["y", { decision: "approve" }],
  [" Yes ", { decision: "approve" }],
  ["yes, but only today", { decision: "approve", note: "but only today" }],
  ["n", { decision: "deny" }],
  ["NO", { decision: "deny" }],
  ["n: not this file", { decision: "deny", note: "not this file" }],
  ["no, two\nlines", { decision: "deny", note: "two\nlines" }],
])("%j decides", (text, decision) => expect(readDecision(text)).toEqual(decision));

it.each(["", "ok", "yeah", "not now", "y/n", "yes no", "no yes", "perhaps", "n,"])("%j decides nothing", (text) =>
  expect(readDecision(text)).toBeUndefined(),
);
