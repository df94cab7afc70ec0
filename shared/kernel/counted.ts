const grouped = new Intl.NumberFormat("en");

/** `292,593,600` */
export const inDigits = (count: number): string => grouped.format(count);

/** `1 run`, `2 runs`, `3 entries`: for sentences that people read. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${inDigits(count)} ${count === 1 ? one : many}`;
