import { createServer } from "node:net";

/** Whether a port of this machine can be listened on. */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  const free = await new Promise<boolean>((answer) => {
    probe.once("error", () => answer(false)).listen(port, "127.0.0.1", () => answer(true));
  });
  if (free) await new Promise((closed) => probe.close(closed));
  return free;
}
