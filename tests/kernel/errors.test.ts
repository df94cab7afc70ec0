import { describe, expect, it } from "vitest";
import { AppError, invalid, notFound, toEnvelope } from "../../shared/kernel/errors.ts";

describe("the error envelope", () => {
  it("carries what we wrote, and not the cause", () => {
    const cause = new Error("s3cr3t");
    const envelope = toEnvelope(new AppError("SERVICE_ERROR", "Storage is busy.", { status: 503 }, cause));
    expect(envelope).toEqual({ error: "SERVICE_ERROR", message: "Storage is busy.", details: { status: 503 } });
  });

  it.each([new Error("s3cr3t"), "s3cr3t", { message: "s3cr3t" }, undefined, null])("shows nothing of %s", (thrown) => {
    const envelope = toEnvelope(thrown);
    expect(envelope).toMatchObject({ error: "INTERNAL_ERROR", details: {} });
    expect(JSON.stringify(envelope)).not.toContain("s3cr3t");
  });

  it("says what is wrong and what to do about what is not there", () => {
    expect(toEnvelope(notFound("run", "r1", "list_runs shows them."))).toEqual({
      error: "VALIDATION_ERROR",
      message: 'There is no run "r1". list_runs shows them.',
      details: { reason: "not_found" },
    });
    expect(toEnvelope(invalid("No.")).error).toBe("VALIDATION_ERROR");
  });
});
