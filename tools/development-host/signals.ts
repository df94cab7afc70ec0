// npm passes a terminal's Ctrl-C on to its script, which has already got it from the terminal: two signals, one wish.
const sameWishMs = 500;

/** Calls `stop` at the first SIGINT or SIGTERM and exits with 0 when it is done; a second signal exits at once. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let first: number | undefined;
  const onSignal = () => {
    if (first !== undefined) {
      if (performance.now() - first > sameWishMs) process.exit(1);
      return;
    }
    first = performance.now();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}
