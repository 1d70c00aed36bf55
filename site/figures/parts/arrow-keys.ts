// Arrow keys as directions.

/** By `event.key`: one to the right, one up. */
const ARROWS: Readonly<Record<string, readonly [right: number, up: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** Where an arrow key points; undefined for other keys. */
export const arrowOf = ({ key }: KeyboardEvent): readonly [right: number, up: number] | undefined =>
  Object.hasOwn(ARROWS, key) ? ARROWS[key] : undefined;
