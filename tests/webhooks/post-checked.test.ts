import { describe, expect, it } from "vitest";
import { AddressNotAllowed, postChecked } from "../../shared/webhooks/post-checked.ts";
import { startReceiver } from "../support/receiver.ts";

const post = (url: string, allow: { anyAddress: boolean; anyRedirect: boolean }) =>
  postChecked(url, {
    headers: { "x-test": "1" },
    body: "{}",
    allow: { ...allow, plainHttp: true },
    signal: AbortSignal.timeout(4000),
  });

const nowhere = { anyAddress: false, anyRedirect: false };

describe("an address that a person gives", () => {
  it.each([
    "127.0.0.1",
    "localhost",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "①②⑦.0.0.1",
  ])("does not reach this machine as %s", async (host) => {
    await using receiver = await startReceiver();
    await expect(post(`http://${host}:${receiver.port}/`, nowhere)).rejects.toBeInstanceOf(AddressNotAllowed);
    expect(receiver.received).toEqual([]);
  });

  it("does not reach this machine by a name with a full stop either, where that is a name at all", async () => {
    await using receiver = await startReceiver();
    await expect(post(`http://localhost.:${receiver.port}/`, nowhere)).rejects.toThrow();
    expect(receiver.received).toEqual([]);
  });

  it.each([
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "[::ffff:168.63.129.16]",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[fd00::1]",
    "[fe80::1]",
    "[2002:7f00:1::]",
  ])("does not reach a private or a platform address: %s", async (host) => {
    await expect(post(`http://${host}/`, nowhere)).rejects.toBeInstanceOf(AddressNotAllowed);
  });

  it.each(["ftp://127.0.0.1/", "file:///etc/passwd", "data:text/plain,x"])("is a web address: not %s", async (url) => {
    await expect(post(url, { anyAddress: true, anyRedirect: true })).rejects.toBeInstanceOf(AddressNotAllowed);
  });
});

describe("a redirect", () => {
  it("that keeps the method is followed, with the same body and headers", async () => {
    await using receiver = await startReceiver((count) =>
      count === 1
        ? new Response(null, { status: 307, headers: { location: "/moved" } })
        : new Response(null, { status: 204 }),
    );
    expect(await post(receiver.url, { anyAddress: true, anyRedirect: true })).toMatchObject({ status: 204 });
    expect(receiver.received.map(({ body, headers }) => [body, headers.get("x-test")])).toEqual([
      ["{}", "1"],
      ["{}", "1"],
    ]);
  });

  it("does not lead to where the address itself could not", async () => {
    await using inside = await startReceiver();
    await using outside = await startReceiver(
      () => new Response(null, { status: 308, headers: { location: inside.url } }),
    );
    const followed = post(outside.url, { anyAddress: true, anyRedirect: false });
    await expect(followed).rejects.toBeInstanceOf(AddressNotAllowed);
    expect([outside.received.length, inside.received.length]).toEqual([1, 0]);
  });

  it("does not go round for ever", async () => {
    await using receiver = await startReceiver(
      () => new Response(null, { status: 307, headers: { location: "/again" } }),
    );
    expect(await post(receiver.url, { anyAddress: true, anyRedirect: true })).toMatchObject({ status: 307 });
    expect(receiver.received).toHaveLength(4);
  });
});
