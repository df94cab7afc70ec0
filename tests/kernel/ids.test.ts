import { describe, expect, it } from "vitest";
import { createIds } from "../../shared/app/local-clocks.ts";
import { derivedId } from "../../shared/kernel/ids.ts";

describe("ids", () => {
  it("that are fresh are UUIDs of version 7, never twice, in the order of their time", () => {
    const { unique } = createIds();
    const ids = Array.from({ length: 1000 }, unique);
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
      true,
    );
    expect(new Set(ids).size).toBe(1000);
    const times = ids.map((id) => id.slice(0, 13));
    expect(times).toEqual([...times].sort());
  });

  it("that are derived are UUIDs of version 8, the same for the same parts only", () => {
    expect(derivedId("a", "b")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(derivedId("a", "b")).toBe(derivedId("a", "b"));
    expect(derivedId("a", "b")).not.toBe(derivedId("b", "a"));
  });
});
