export type Dice = ReturnType<typeof createDice>;

/** Dice that fall the same way for the same seed (mulberry32). */
export function createDice(seed: number) {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  const roll = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (count: number): number => Math.floor(roll() * count);
  return {
    below,
    chance: (probability: number): boolean => roll() < probability,
    one: <T>(...choices: readonly [T, ...T[]]): T => choices[below(choices.length)] ?? choices[0],
  };
}
