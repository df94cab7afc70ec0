import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import type { RegisteredFunction } from "../../tools/development-host/core.ts";
import { createAnswer, httpFunctions } from "../../tools/development-host/http.ts";
import { listen } from "../../tools/development-host/http-server.ts";

/** A server that keeps connections, and ends each at the moment at which it is used a second time. */
async function startForgetful() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let requests = 0;
    sockets.add(socket.on("error", () => undefined));
    socket.on("data", () => {
      if (++requests > 1) socket.destroy();
      else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

it("answers request after request although the app's own server ends connections that were kept", async () => {
  await using app = await startForgetful();
  const fn = { name: "hello", trigger: { type: "httpTrigger", route: "hello" } } as unknown as RegisteredFunction;
  const host = await listen(0, () => undefined);
  const invoke = async () => ({ value: {} });
  host.serve(
    createAnswer({
      functions: httpFunctions([fn], ""),
      streamingUri: app.url,
      key: undefined,
      invoke: invoke as never,
      log: () => undefined,
    }),
  );
  const answers: [number, string][] = [];
  for (let count = 0; count < 5; count++) {
    const response = await fetch(`http://127.0.0.1:${host.port}/hello`, { method: "POST", body: "hi" });
    answers.push([response.status, await response.text()]);
  }
  expect(answers).toEqual(Array(5).fill([200, "ok"]));
  host.close();
  await host.stop();
});
