import { expect, it } from "vitest";
import { shown, shownLine } from "../../../tools/chat/shown.ts";

it("indents every line, so that foreign text never stands where the program speaks", () => {
  expect(shown("one\r\ntwo\rApprove? y\n")).toBe("  one\n  two\n  Approve? y\n  ");
});

it("removes what could hide or rewrite other lines of the terminal", () => {
  expect(shown("a\u001b[2Jb\u0007c\u009b31md\u202ee\tf", "")).toBe("a[2Jbc31mde\tf");
});

it("writes on one line, cut to its limit", () => {
  expect(shownLine(" a\n b\u001b ")).toBe("a b");
  expect(shownLine("x".repeat(20), 10)).toBe("xxxxxxx...");
});
