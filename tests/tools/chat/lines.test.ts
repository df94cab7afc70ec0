import { PassThrough } from "node:stream";
import { afterEach, expect, it } from "vitest";
import { type Lines, readLines } from "../../../tools/chat/lines.ts";

let open: Lines | undefined;
afterEach(() => open?.close());

/** A terminal whose keys are text: \r is Enter. */
function terminal() {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const output = new PassThrough();
  let left = 0;
  let shown = "";
  output.on("data", (chunk: Buffer) => (shown += chunk.toString()));
  const lines = readLines({ input, output, onLeave: () => left++ });
  open = lines;
  return { lines, left: () => left, shown: () => shown, press: (keys: string) => void input.write(keys) };
}

it("gives a line when Enter is pressed", async () => {
  const { lines, press } = terminal();
  const said = lines.ask("you> ");
  press("hello\r");
  expect(await said).toBe("hello");
});

it("takes a paste of several lines for one message, which can be typed on", async () => {
  const { lines, press, shown } = terminal();
  const said = lines.ask("you> ");
  press("see: \u001b[200~one\rtwo\rthree\u001b[201~ done\r");
  expect(await said).toBe("see: one\ntwo\nthree done");
  expect(shown()).toContain("\u001b[?2004h");
  const next = lines.ask("you> ");
  press("next\r");
  expect(await next).toBe("next");
});

it("does not take for an answer what was typed before the question was there", async () => {
  const { lines, press } = terminal();
  press("y\r");
  const decision = lines.ask("Approve? ", true);
  press("n\r");
  expect(await decision).toBe("n");
});

it.each([
  ["Ctrl-C", "\u0003"],
  ["Ctrl-D", "\u0004"],
])("leaves at %s", async (_name, key) => {
  const { press, left } = terminal();
  press(key);
  await new Promise((resolve) => setImmediate(resolve));
  expect(left()).toBe(1);
});

it("reads a pipe line by line to its end, also when it has ended before, and shows what was read", async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  let left = 0;
  open = readLines({ input, output, onLeave: () => left++ });
  input.end("one\ntwo");
  expect(await open.ask("you> ")).toBe("one");
  expect(await open.ask("Approve? ", true)).toBe("two");
  expect(await open.ask("you> ")).toBeUndefined();
  expect(output.read()?.toString()).toBe("you> one\nApprove? two\nyou> \n");
  expect(left).toBe(0);
});
