import { type Breaker, createBreaker, usualRest } from "../resilience/breaker.ts";

/** Knows which receivers are unwell, so that they do not take the time of others. */
export interface Receivers {
  /** false: another letter just tries whether it is well again. */
  mayTry(url: string): boolean;
  /** @throws BreakerOpen without a call, or what posting throws */
  post<Result>(url: string, post: () => Promise<Result>): Promise<Result>;
}

/** People name addresses freely. A receiver that is forgotten for it begins anew. */
const mostKnown = 200;

/** A breaker for each host that was posted to, as far as they are remembered. @param isUnwell by what posting threw */
export function createReceivers(isUnwell: (thrown: unknown) => boolean): Receivers {
  const known = new Map<string, Receiver>();
  const find = (url: string): Receiver => {
    const { host } = new URL(url);
    const receiver = known.get(host) ?? createReceiver(isUnwell);
    known.delete(host);
    known.set(host, receiver);
    const [oldest = host] = known.keys();
    if (known.size > mostKnown) known.delete(oldest);
    return receiver;
  };
  return {
    mayTry: (url) => !URL.canParse(url) || find(url).mayTry(),
    post: (url, post) => find(url).post(post),
  };
}

interface Receiver {
  mayTry(): boolean;
  post<Result>(post: () => Promise<Result>): Promise<Result>;
}

function createReceiver(isFailure: (thrown: unknown) => boolean): Receiver {
  let underWay = 0;
  // What failed is recorded with each letter.
  const silent = { onOpen: () => undefined, onClose: () => undefined };
  const breaker: Breaker = createBreaker(usualRest, { isFailure, ...silent });
  return {
    // After its rest one letter tries; others would only wait for how that one ends.
    mayTry: () => breaker.state() === "closed" || underWay === 0,
    async post(post) {
      underWay++;
      return breaker.run(post).finally(() => underWay--);
    },
  };
}
