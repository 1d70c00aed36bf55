// A search that only climbs, for units that gradient ascents leave closed: of an input the coordinates that the
// gradient says matter most are moved to their ends of the box, few or many at once, and the best of these moves, if it
// is better than what there was, is the next input. A move that fails is tried with another softness of relu, then in
// part.
import { type Box, clampTo, cornerOf } from "./box.js";
import type { Candidate } from "./candidate.js";

/** Widths of relu's bend (see Candidate.heat), one after another as moves fail. */
const HEATS = [0.01, 0.1, 0.3, 1, 0.03];
/** How far towards the end, at first and once all heats have failed. */
const WHOLE = 1;
const PART = 0.3;

/** What runs the network. */
export interface Climber {
  /** Preactivations of the rows' units. */
  values(units: readonly number[], rows: readonly Float32Array[]): Float32Array;
  /** Gradients of the candidates' units, by row; at their starts. */
  gradients(candidates: readonly Required<Candidate>[]): Float32Array[];
}

interface Standing {
  readonly unit: number;
  x: Float32Array;
  z: number;
  /** Moves that failed since the last that was good at this softness. */
  misses: number;
}

/** How many rows are run for a candidate and round, its gradient aside. */
export function movesFor(columns: number): number {
  return Math.ceil(Math.log2(Math.max(2, columns))) + 1;
}

/** The inputs with the first 1, 2, 4 ... of the coordinates that help most moved. */
function movesOf({ x, misses }: Standing, gradient: Float32Array, box: Box): Float32Array[] {
  const share = misses < HEATS.length ? WHOLE : PART;
  const ends = cornerOf(box, gradient);
  const gains = x.map((value, c) => Math.abs(gradient[c] * (ends[c] - value)));
  const order = [...gains.keys()].filter((c) => gains[c] > 0).sort((a, b) => gains[b] - gains[a]);
  const moves: Float32Array[] = [];
  for (let count = 1; count < 2 * order.length; count *= 2) {
    const moved = x.slice();
    for (const c of order.slice(0, count)) moved[c] = clampTo(box, c, x[c] + share * (ends[c] - x[c]));
    moves.push(moved);
  }
  return moves;
}

/**
 * Climbs from each candidate, so many rounds at most; `note` hears of inputs whose unit opens, `isWanted` says whether
 * to go on with a unit.
 */
export function* exchange(
  candidates: readonly Candidate[],
  rounds: number,
  box: Box,
  climber: Climber,
  note: (unit: number, input: Float32Array) => void,
  isWanted: (unit: number) => boolean,
): Generator<void, void> {
  const standings = candidates.map(({ unit, start }): Standing => {
    const x = box.low.map((_, c) => clampTo(box, c, start[c]));
    return { unit, x, z: -Infinity, misses: 0 };
  });
  const units = (some: readonly Standing[]) => some.map(({ unit }) => unit);
  const first = climber.values(
    units(standings),
    standings.map(({ x }) => x),
  );
  standings.forEach((each, i) => (each.z = first[i]));
  for (let round = 0; round < rounds; round++) {
    const active = standings.filter(({ unit, misses }) => isWanted(unit) && misses < 2 * HEATS.length);
    if (active.length === 0) return;
    const gradients = climber.gradients(
      active.map(({ unit, x, misses }) => ({ unit, start: x, heat: HEATS[misses % HEATS.length] })),
    );
    const moves = active.map((each, i) => movesOf(each, gradients[i], box));
    const z = climber.values(
      moves.flatMap((some, i) => some.map(() => active[i].unit)),
      moves.flat(),
    );
    let at = 0;
    active.forEach((each, i) => {
      const before = each.z;
      for (const moved of moves[i]) {
        const value = z[at++];
        if (value > each.z) Object.assign(each, { x: moved, z: value });
      }
      each.misses = each.z > before ? each.misses % HEATS.length : each.misses + 1;
      if (each.z > 0) note(each.unit, each.x);
    });
    yield;
  }
}
