import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { provenByUrl, signedCallbackUrl } from "../../shared/alarm/callback-url.ts";
import { hourMs, minuteMs } from "../../shared/kernel/clock.ts";

const armed = { scheduleId: "local-0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee", slot: Date.UTC(2026, 10, 23, 7) };
const [present, previous, older] = ["the present key", "the previous key", "an older key"];
const keys = [present, previous];

const signed = (key = present): URL => new URL(signedCallbackUrl("https://contoso.com", armed, key));
const proven = (url: URL | string, now = armed.slot, accepted: readonly string[] = keys) =>
  provenByUrl(new URL(url).searchParams, accepted, now);

describe("a signed address", () => {
  it("leads to the callback function, also of an app below a path", () => {
    expect(signed().origin + signed().pathname).toBe("https://contoso.com/scheduler/callback");
    for (const app of ["https://contoso.com/talks", "https://contoso.com/talks/"]) {
      expect(new URL(signedCallbackUrl(app, armed, present)).pathname).toBe("/talks/scheduler/callback");
    }
  });

  it("proves its slot and nothing else, early, on time and late", () => {
    for (const now of [armed.slot - hourMs, armed.slot, armed.slot + hourMs])
      expect(proven(signed(), now)).toEqual(armed);
  });

  it("proves nothing once it has expired, a day after its slot", () => {
    expect(proven(signed(), armed.slot + 24 * hourMs)).toEqual(armed);
    expect(proven(signed(), armed.slot + 24 * hourMs + 1)).toBeUndefined();
  });

  it("is taken with both keys of a rotation, and with no third", () => {
    expect([present, previous, older].map((key) => proven(signed(key)))).toEqual([armed, armed, undefined]);
  });

  it("proves nothing while there is no key, or an empty one", () => {
    expect(proven(signed(), armed.slot, [])).toBeUndefined();
    expect(proven(signed(""), armed.slot, ["", present])).toBeUndefined();
  });
});

describe("a changed address", () => {
  it("proves nothing with any one byte of its query changed", () => {
    const { search } = signed();
    const place = fc.integer({ min: 1, max: search.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 0x21, max: 0x7e }), (at, code) => {
        fc.pre(search.charCodeAt(at) !== code);
        const changed = search.slice(0, at) + String.fromCharCode(code) + search.slice(at + 1);
        expect(provenByUrl(new URLSearchParams(changed), keys, armed.slot)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it("proves nothing with any single byte of its signature changed, however it is spelt", () => {
    const sig = signed().searchParams.get("sig")!;
    for (let at = 0; at < sig.length; at++) {
      for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= ") {
        if (letter === sig[at]) continue;
        const url = signed();
        url.searchParams.set("sig", sig.slice(0, at) + letter + sig.slice(at + 1));
        expect(proven(url)).toBeUndefined();
      }
    }
  });

  it.each(["cid", "slot", "exp", "sig"])("proves nothing without its %s, or with an empty one", (name) => {
    const url = signed();
    url.searchParams.set(name, "");
    expect(proven(url)).toBeUndefined();
    url.searchParams.delete(name);
    expect(proven(url)).toBeUndefined();
  });

  it("proves nothing for another slot, another schedule or a later end", () => {
    const changes = [
      ["slot", String(armed.slot + minuteMs)],
      ["cid", `${armed.scheduleId}x`],
      ["exp", String(armed.slot + 48 * hourMs)],
    ] as const;
    for (const [name, value] of changes) {
      const url = signed();
      url.searchParams.set(name, value);
      expect(proven(url)).toBeUndefined();
    }
  });

  it.each(["1e12", "-1", "0x10", "1.5", "NaN", " 1", "٣", "9".repeat(16), `0${armed.slot}`])(
    "proves nothing with a slot that is no plain number: %s",
    (slot) => {
      const url = signed();
      url.searchParams.set("slot", slot);
      expect(proven(url)).toBeUndefined();
    },
  );

  it("counts with its first spelling when a field is there twice", () => {
    const appended = signed();
    appended.searchParams.append("cid", "another");
    expect(proven(appended)).toEqual(armed);
    expect(proven(appended.href.replace("?", "?cid=another&"))).toBeUndefined();
  });
});
