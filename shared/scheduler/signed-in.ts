import type { Outgoing, Reply, Send } from "./send.ts";
import type { SignIn } from "./sign-in.ts";

/** Sends with a token; a refused one is exchanged once, and the request repeated once. @throws SchedulerFailure */
export function createSignedIn(send: Send, signIn: SignIn): Send {
  const attempt = async (outgoing: Outgoing, token: string, signal: AbortSignal): Promise<Reply> =>
    send({ ...outgoing, token }, signal);
  return async (outgoing, signal) => {
    const token = await signIn.token();
    const first = await attempt(outgoing, token, signal);
    if (first.status !== 401) return first;
    signIn.refuse(token);
    const fresh = await signIn.token();
    const second = fresh === token ? first : await attempt(outgoing, fresh, signal);
    if (second.status === 401) throw signIn.refused(second.status, second.text);
    return second;
  };
}
