/**
 * What the work gives, or the signal's reason as soon as that aborts: for work that takes no signal, or that others wait
 * for, too.
 */
export function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  work.then(resolve, reject);
  return promise.finally(() => signal.removeEventListener("abort", abort));
}
