import { describe, expect, it } from "vitest";
import { createServiceClock } from "../../shared/azure/storage/service-clock.ts";

const noon = Date.parse("2026-12-01T12:00:00Z");
const noonHeader = "Tue, 01 Dec 2026 12:00:00 GMT";

/** Replies dated noon, with when the request was sent and the reply had, relative to noon on the wall. */
function offsetAfter(...replies: [sentAt: number, receivedAt: number, dateHeader?: string | undefined][]): number {
  const { clock, observe } = createServiceClock({ localNow: () => noon, monotonic: () => 0 });
  for (const [sentAt, receivedAt, dateHeader = noonHeader] of replies) {
    observe({ dateHeader, sentAt, receivedAt });
  }
  return clock.now() - noon;
}

describe("the service's clock", () => {
  it.each<[string, Parameters<typeof offsetAfter>, number]>([
    ["no reply yet", [], 0],
    ["a local clock that may be right", [[100, 200]], 0],
    ["right at the start of the second", [[0, 0]], 0],
    ["right at its end", [[999, 999]], 0],
    ["a local clock that is behind: sent and answered before noon by its time", [[-5_000, -4_900]], 4_900],
    ["a local clock that is ahead", [[10_000, 10_100]], -9_001],
    ["a slow reply, which says little", [[-3_000, 3_000]], 0],
    [
      "two replies, which say more than one",
      [
        [-5_000, -4_900],
        [-4_950, -4_000],
      ],
      4_900,
    ],
    [
      "a later reply that raises the lower bound",
      [
        [-5_000, -4_000],
        [-4_900, -4_800],
      ],
      4_800,
    ],
    [
      "a monotonic clock that stood still while the machine slept: the newest reply starts over",
      [
        [-5_000, -4_900],
        [100, 200],
      ],
      0,
    ],
    ["a reply without a date", [[-5_000, -4_900, "yesterday"]], 0],
  ])("%s", (_name, replies, offset) => {
    expect(offsetAfter(...replies)).toBe(offset);
  });

  it("is never further from the service than the reply allows, wherever in its second the service was", () => {
    for (const skew of [-7_300, -999, -1, 0, 1, 600, 45_000]) {
      const { clock, observe } = createServiceClock({ localNow: () => noon, monotonic: () => 0 });
      for (let at = noon - 20_000; at < noon; at += 1_337) {
        const serviceAt = at + 20 + skew;
        observe({ dateHeader: new Date(serviceAt).toUTCString(), sentAt: at - noon, receivedAt: at - noon + 40 });
      }
      expect(Math.abs(clock.now() - (noon + skew))).toBeLessThan(1_040);
    }
  });

  it.each([-5 * 3_600_000, -30_000, 30_000, 5 * 3_600_000])(
    "stays right when the local clock is set by %i ms",
    (byMs) => {
      const local = { set: 0 };
      const time = { passed: 0 };
      const { clock, observe } = createServiceClock({
        localNow: () => noon + time.passed + local.set,
        monotonic: () => time.passed,
      });
      const dateHeader = noonHeader;
      observe({ dateHeader, sentAt: -10, receivedAt: 0 });
      // Between two replies, and in the middle of a request.
      local.set = byMs;
      time.passed = 700;
      expect(Math.abs(clock.now() - (noon + 700))).toBeLessThan(1_010);
      observe({ dateHeader, sentAt: -10, receivedAt: 700 });
      time.passed = 60_000;
      expect(Math.abs(clock.now() - (noon + 60_000))).toBeLessThan(1_010);
    },
  );

  it("hands the monotonic clock through", () => {
    expect(createServiceClock({ localNow: () => 0, monotonic: () => 42 }).clock.monotonic()).toBe(42);
  });
});
