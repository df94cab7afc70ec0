import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "../../shared/kernel/secret.ts";

const secret = new Secret("s3cr3t");

describe("a secret", () => {
  it.each<[string, () => string]>([
    ["String", () => String(secret)],
    ["a template", () => `${secret}`],
    ["joining it to a text", () => "".concat(secret as never)],
    ["joining a list", () => [secret].join()],
    ["JSON", () => JSON.parse(JSON.stringify({ secret })).secret],
    ["inspect", () => inspect(secret)],
    [
      "inspect with hidden fields, deep in an object",
      () => inspect({ a: { b: [secret] } }, { showHidden: true, depth: 9 }),
    ],
    ["format", () => format("%s %o %O %j", secret, secret, secret, secret)],
    ["console.log", () => printed((to) => to.log("key", secret, { secret }))],
    ["console.dir", () => printed((to) => to.dir(secret, { customInspect: true }))],
    [
      "console.dir without its own word",
      () => printed((to) => to.dir(secret, { customInspect: false, showHidden: true })),
    ],
    ["an error's message", () => inspect(new Error(`refused: ${secret}`, { cause: secret }))],
    ["its fields", () => JSON.stringify([Object.entries(secret), { ...secret }, structuredClone({ ...secret })])],
  ])("does not show in %s", (_way, text) => {
    expect(text()).not.toContain("s3cr3t");
  });

  it("says instead that it is one", () => {
    expect([String(secret), JSON.stringify({ secret }), inspect([secret])]).toEqual([
      "[secret]",
      '{"secret":"[secret]"}',
      "[ [secret] ]",
    ]);
  });

  it("is opened by who sends it", () => {
    expect(secret.open()).toBe("s3cr3t");
  });
});

function printed(print: (to: Console) => void): string {
  const lines: string[] = [];
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  print(new Console(stdout));
  return lines.join("");
}
