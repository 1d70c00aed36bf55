// Since when evaluation opens a unit no more, where training sees other preactivations than evaluation: dropout drops
// what feeds it, or batches' own statistics normalize it or what lies below. Batches tell nothing of that: what dropout
// takes away may silence a unit that is open, and open one that is closed.
//
// The rule. Such a unit is dead if evaluation, with running statistics and without dropout, opens it on no training
// row, as all units are; and its death is the last update right before which evaluation opened it. The copies that
// the trace keeps are read for it, the last first, up to one at which the unit is open; then all updates behind that
// are repeated and read, or, where that is much, those up to the next copy, halved again and again: there a unit that
// opened and closed again between two later copies is missed. To see that, each of those updates would have to be read,
// a forward pass over up to 2048 rows where a step takes a batch both ways: of batches of 32 some twenty times as long
// as the training took for them. A unit that no batch opened, and that is closed at the start and at all copies, was
// silent from the start, and so was one that is closed after every update where all can be read; of another that is
// closed at all copies nothing is known.
import type { UnitIndex } from "../../inspect/inspector.js";
import type { ResolvedSpec } from "../../network/spec.js";
import type { History, Snapshot } from "./snapshots.js";
import type { Replay, Sweep, Waiting } from "./replay.js";
import type { UnitReader } from "./unit-readings.js";

/** Rows times updates that are read one by one. */
const CHEAP_ROWS = 2 ** 16;

/** Whether training moves running statistics of the layer, or of one below. */
export function statisticsMove({ layers }: ResolvedSpec, layer: number): boolean {
  return layers.slice(0, layer + 1).some(({ normalization, frozen }) => normalization?.kind === "batch" && !frozen);
}

/** Whether evaluation makes other preactivations of a layer than training. */
export function isEvaluatedOtherwise(spec: ResolvedSpec, layer: number): boolean {
  return statisticsMove(spec, layer) || spec.layers.slice(0, layer).some(({ dropout }) => dropout !== undefined);
}

/** A unit, and the last step whose batch opened it; 0: none did. */
interface Fired extends UnitIndex {
  readonly step: number;
}

type Found = (number | undefined)[];

/** Open at `open`, closed at `closed` and, as far as copies tell, behind that. */
interface Search extends Waiting, UnitIndex {
  readonly place: number;
  /** Where it begins; `open` below it: it was open nowhere. */
  readonly from: number;
  open: number;
  closed: number;
  /** All that lies between is read in order. */
  readonly isShort: boolean;
}

export class ClosingFinder {
  constructor(
    private readonly snapshots: History,
    private readonly replay: Replay,
    private readonly reader: UnitReader,
    private readonly sweep: Sweep,
  ) {}

  /**
   * @param now updates made, after which all of them were closed
   * @returns by unit the update that closed it; 0: it was closed from the start; undefined: that is not known
   */
  async find(units: readonly Fired[], now: number): Promise<Found> {
    this.reader.readRowsOf(new Uint32Array(0));
    const found: Found = units.map(() => undefined);
    const searches = this.searchCopies(units, now, found);
    await this.sweep.run(searches, {
      at: (position, group) => this.read(position, group, found),
      giveUp: (search) => (search.next = Infinity),
    });
    return found;
  }

  /** Backwards through the copies, up to one at which the unit is open. */
  private searchCopies(units: readonly Fired[], now: number, found: Found): Search[] {
    const searches: Search[] = [];
    let left = [...units.keys()];
    let closed = now;
    for (const copy of this.snapshots.repeatable()) {
      if (left.length === 0) break;
      const shares = this.sharesAt(
        copy,
        left.map((place) => units[place]),
      );
      const isCheap = this.isCheap(now - copy.step);
      const open = left.filter((_, i) => shares[i] > 0);
      for (const place of open)
        searches.push(this.begin(units[place], place, copy.step, { closed: isCheap ? now : closed }));
      left = left.filter((_, i) => shares[i] === 0);
      closed = copy.step;
    }
    const silent = new Set(this.silentFromStart(units, left));
    for (const place of left)
      if (silent.has(place)) found[place] = 0;
      else if (closed < now && this.isCheap(now - closed))
        searches.push(this.begin(units[place], place, closed, { open: closed - 1, closed: now }));
    for (const search of searches) this.goOn(search, search.open, found);
    return searches;
  }

  /** Those that no batch opened, and that were closed at the start. */
  private silentFromStart(units: readonly Fired[], places: readonly number[]): number[] {
    const start = this.snapshots.start();
    const unfired = places.filter((place) => units[place].step === 0);
    if (!start || unfired.length === 0) return [];
    const shares = this.sharesAt(
      start,
      unfired.map((place) => units[place]),
    );
    return unfired.filter((_, i) => shares[i] === 0);
  }

  private sharesAt(copy: Snapshot, units: readonly UnitIndex[]): number[] {
    this.replay.load(copy);
    return this.reader.openShares(units);
  }

  private begin(
    { layer, unit }: UnitIndex,
    place: number,
    from: number,
    { open = from, closed }: { readonly open?: number; readonly closed: number },
  ): Search {
    return { layer, unit, place, from, open, closed, isShort: this.isCheap(closed - from), next: open };
  }

  /** So many positions. */
  private isCheap(count: number): boolean {
    return count * this.reader.count <= CHEAP_ROWS;
  }

  private read(position: number, group: readonly Search[], found: Found): void {
    this.reader.openShares(group).forEach((share, i) => {
      const search = group[i];
      if (share > 0) search.open = position;
      else if (!search.isShort) search.closed = position;
      this.goOn(search, position, found);
    });
  }

  private goOn(search: Search, position: number, found: Found): void {
    const { from, open, closed, isShort, place } = search;
    search.next = isShort ? position + 1 : Math.floor((open + closed) / 2);
    if (search.next < closed && search.next > open) return;
    search.next = Infinity;
    if (open >= from) found[place] = open + 1;
    else if (from === 0) found[place] = 0;
  }
}
