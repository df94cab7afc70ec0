import { Server } from "node:net";

/**
 * Keeps servers that name no address on this machine. The library that serves streamed HTTP opens one on all
 * interfaces; inside Azure's sandbox nobody reaches it, on a developer's network somebody might.
 */
export function listenOnLoopbackOnly(): void {
  const listen = Server.prototype.listen;
  Server.prototype.listen = function listenLocally(this: Server, ...words: unknown[]) {
    const [first, second] = words;
    if (typeof first === "function") return Reflect.apply(listen, this, [0, "127.0.0.1", first]);
    const isBarePort = typeof first === "number" && typeof second !== "string" && typeof second !== "number";
    return Reflect.apply(listen, this, isBarePort ? [first, "127.0.0.1", ...words.slice(1)] : words);
  };
}
