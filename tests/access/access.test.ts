import { describe, expect, it } from "vitest";
import { ownedId, ownerInId } from "../../shared/access/owned-id.ts";
import { localPrincipal, ownerOf, sharedKeyPrincipal } from "../../shared/access/principal.ts";

const uuid = "0198c0de-0000-7000-8000-000000000000";

describe("an id", () => {
  it.each([localPrincipal.owner, sharedKeyPrincipal.owner, ownerOf("tenant", "person")])(
    "tells its owner: %s",
    (owner) => {
      expect(ownerInId(ownedId(owner, uuid))).toBe(owner);
    },
  );

  it.each([
    "",
    uuid,
    `-${uuid}`,
    `Local-${uuid}`,
    `a/b-${uuid}`,
    `..-${uuid}`,
    `local-${uuid}0`,
    `local-${uuid.toUpperCase()}`,
    `local-${uuid}\n`,
    `${"a".repeat(41)}-${uuid}`,
    `local-${uuid}/../x`,
  ])("of another form has none: %j", (id) => {
    expect(ownerInId(id)).toBeUndefined();
  });
});

describe("an owner", () => {
  it("is the same for the same person, and another for another person or tenant", () => {
    const owners = [ownerOf("t1", "p1"), ownerOf("t1", "p2"), ownerOf("t2", "p1"), ownerOf("t1\np1", "")];
    expect(new Set(owners).size).toBe(4);
    expect(ownerOf("t1", "p1")).toBe(owners[0]);
  });

  it("cannot be taken for the fixed ones, and tells no person", () => {
    expect(ownerOf("tenant", "person")).toMatch(/^[0-9a-f]{20}$/);
    expect([localPrincipal.owner, sharedKeyPrincipal.owner].every((owner) => /[^0-9a-f]/.test(owner))).toBe(true);
  });
});
