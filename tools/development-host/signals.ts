// npm passes a terminal's Ctrl-C on to its script, which has already got it from the terminal: two signals, one wish.
const sameWishMs = 500;

const parentLookMs = 500;

/**
 * Calls `stop` at the first SIGINT or SIGTERM, or when the npm that runs this script has died, and exits with 0 when it
 * is done; a second signal exits at once.
 */
export function stopOnSignal(stop: () => Promise<void>): void {
  let first: number | undefined;
  const onSignal = () => {
    if (first !== undefined) {
      if (performance.now() - first > sameWishMs) process.exit(1);
      return;
    }
    beginStop();
  };
  const beginStop = () => {
    first = performance.now();
    clearInterval(parentWatch);
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  const parentWatch = process.env.npm_lifecycle_event === undefined ? undefined : watchParent(beginStop);
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

/** npm hands SIGTERM to the shell between it and this script, and not every shell hands it on. */
function watchParent(onGone: () => void): NodeJS.Timeout {
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) onGone();
  }, parentLookMs).unref();
}
