import { describe, expect, it } from "vitest";
import { startWebServer } from "../support/web-server.ts";
import {
  address,
  envelope,
  openOffice,
  refusal,
  request,
  runId,
  said,
  scheduleId,
  signed,
  signedUrl,
  slot,
} from "./callback-office.ts";

const limit = 256 * 1024;
const kib = 1024;

describe("the body of a callback", () => {
  it("may be 256 KiB", async () => {
    const { post, taken } = openOffice();
    const headers = { "content-length": String(limit) };
    expect((await post(request({ url: signedUrl(), body: "x".repeat(limit), headers }))).status).toBe(202);
    expect((await post(signed(envelope(runId, "completed", "x".repeat(255 * kib))))).status).toBe(202);
    expect(taken.map(({ content }) => content.length)).toEqual([limit, 255 * kib]);
  });

  it("is refused above that by its announced length, and not read", async () => {
    const { post, taken } = openOffice();
    const body = new ReadableStream(
      {
        pull: () => {
          throw new Error("It was read.");
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { "content-length": String(limit + 1) };
    const response = await post(request({ url: signedUrl(), body, headers }));
    expect(await said(response)).toEqual([413, refusal(expect.stringContaining(String(limit)))]);
    expect(taken).toEqual([]);
  });

  it.each([undefined, "5", "-1", "many"])(
    "is refused above that when %s is announced, and read no further",
    async (announced) => {
      const { post, taken } = openOffice();
      let pulled = 0;
      const body = new ReadableStream({
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(16 * kib));
        },
      });
      const headers: Record<string, string> = announced === undefined ? {} : { "content-length": announced };
      const response = await post(request({ url: signedUrl(), body, headers }));
      expect(response.status).toBe(413);
      expect(pulled).toBeLessThan(20);
      expect(taken).toEqual([]);
    },
  );

  it("without an end is refused with 413 on a socket, too", async () => {
    const { post } = openOffice();
    await using server = await startWebServer(post);
    const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16 * kib)) });
    const init = { method: "POST", body, duplex: "half" } as RequestInit;
    expect((await fetch(`http://127.0.0.1:${server.port}${new URL(address).pathname}`, init)).status).toBe(413);
  });

  it("that is cut off is refused", async () => {
    const { post, taken } = openOffice();
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("aborted")) });
    const response = await post(request({ url: signedUrl(), body }));
    expect(await said(response)).toEqual([400, refusal("The body was cut off. Send it again.")]);
    expect(taken).toEqual([]);
  });

  it.each([
    ["Latin-1", Buffer.from("überall", "latin1")],
    ["UTF-16", Buffer.from("\uFEFFtext", "utf16le")],
    ["gzip", Buffer.from("1f8b0800", "hex")],
    ["half a character", Buffer.from("€").subarray(0, 2)],
  ])("that is no UTF-8 is refused: %s", async (_what, body) => {
    const { post, taken } = openOffice();
    const response = await post(request({ url: signedUrl(), body }));
    expect(await said(response)).toEqual([400, refusal(expect.stringContaining("The body is not UTF-8."))]);
    expect(taken).toEqual([]);
  });

  it("arrives whole over a socket, in pieces that cut characters in two", async () => {
    const { post, taken } = openOffice();
    await using server = await startWebServer(post);
    const bytes = Buffer.from(envelope(runId, "completed", "ü€😀"));
    const body = ReadableStream.from([...bytes].map((byte) => Uint8Array.of(byte)));
    const url = signedUrl().replace("https://contoso.com", `http://127.0.0.1:${server.port}`);
    const response = await fetch(url, { method: "POST", body, duplex: "half" } as RequestInit);
    expect(await said(response)).toEqual([202, { success: true, runId }]);
    expect(taken).toEqual([{ scheduleId, slot, status: "completed", content: "ü€😀" }]);
  });
});
