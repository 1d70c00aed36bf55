// Which of many deaths are explained unasked: one of each layer and step of death first, the largest such groups first
// and in each the unit that lost most; then the others by what they lost, the share of open rows by the counters. Those
// that do not fit are left out, and with them the others of their layer and step.
//
// What explaining them takes is estimated beforehand in multiplications, so that the choice depends on the training
// alone and on no clock. What is not a product counts as many of them as take as long (measured).
import type { FoundDeath } from "./explain-deaths.js";
import { searchedPositions } from "./find-blows.js";
import { RateLine } from "./rate-line.js";
import { isStraight } from "./survival-rate.js";
import type { Snapshots } from "./snapshots.js";
import { EXPLAINED_BY_DEFAULT } from "./trace-options.js";
import { rowsRead } from "./unit-readings.js";
import { groupBy } from "../../core/group-by.js";
import { sum } from "../../core/statistics.js";
import { rowsPerStep } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

const lost = ({ counters }: FoundDeath): number => (counters ? counters.before - counters.after : 0);

const byLoss = (a: FoundDeath, b: FoundDeath): number =>
  lost(b) - lost(a) || a.step - b.step || a.layer - b.layer || a.unit - b.unit;

const groupOf = ({ layer, step }: FoundDeath): string => `${layer} ${step}`;

/**
 * At most so many of them.
 * @param fit can so many be explained?
 */
function mostTelling(
  found: readonly FoundDeath[],
  most: number,
  fit: (chosen: readonly FoundDeath[]) => boolean = () => true,
): ReadonlySet<FoundDeath> {
  if (found.length <= most && fit(found)) return new Set(found);
  const groups = [...groupBy(found, groupOf).values()]
    .map((group) => group.sort(byLoss))
    .sort((a, b) => b.length - a.length || byLoss(a[0], b[0]));
  const others = groups.flatMap((group) => group.slice(1)).sort(byLoss);
  const chosen: FoundDeath[] = [];
  const isTooMuch = new Set<string>();
  for (const each of [...groups.map(([first]) => first), ...others]) {
    if (chosen.length >= most) break;
    if (isTooMuch.has(groupOf(each))) continue;
    if (fit([...chosen, each])) chosen.push(each);
    else isTooMuch.add(groupOf(each));
  }
  return new Set(chosen);
}

/** Multiplications that explanations may take unasked: of those of the training ... */
const ALLOWED_SHARE = 0.75;
/** ... or so many: some hundredths of a second. */
const LEAST_ALLOWED = 2 ** 30;

/** What one fit has explained unasked, and may still have. */
export class Unasked {
  /** Multiplications, by their price. */
  spent = 0;
  private readonly prices: Prices;

  /** @param most so many of those that are found at once; undefined: as many as are not too much */
  constructor(
    private readonly fit: RunningFit,
    snapshots: Snapshots,
    window: number,
    private readonly most: number | undefined,
  ) {
    this.prices = new Prices(fit, snapshots, window);
  }

  /** The most telling of them that may be explained unasked; of all that die in the fit at least one. */
  choose(found: readonly FoundDeath[]): ReadonlySet<FoundDeath> {
    if (this.most !== undefined) return mostTelling(found, this.most);
    const { prices } = this;
    const allowance = Math.max(LEAST_ALLOWED, ALLOWED_SHARE * this.fit.step * prices.step) - this.spent;
    const isFirst = this.spent === 0;
    const telling = mostTelling(
      found,
      EXPLAINED_BY_DEFAULT,
      (chosen) => (isFirst && chosen.length === 1) || prices.of(chosen) <= allowance,
    );
    this.spent += prices.of([...telling]);
    return telling;
  }
}

/** Readings of a death: where its window begins, before the lethal update and after it; as often one for its blow. */
const READINGS = 4;
/** Steps of the training besides: the gradient, and that by rows. */
const STEPS = 3;
/** Of a row's input: to fetch it; of an input of a layer that is read: to add it up. */
const FETCH = 30;
const ADD = 15;
/** Rates that are tried of all units of a layer at once, and what an input takes for it beside the products. */
const TRIED = 14;
const FILL = 30;
/** Of one unit: values on all rows at a rate of its own. */
const TRIED_ALONE = 4;
const ALONE = 50;

/** How many units of each layer are read at one position. */
type Read = Map<number, number>;

function add(to: Read, layer: number, units: number): void {
  to.set(layer, (to.get(layer) ?? 0) + units);
}

class Prices {
  /** Of a step of the training. */
  readonly step: number;
  private readonly inputs: readonly number[];
  private readonly widths: readonly number[];
  private readonly rows: number;

  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: Snapshots,
    private readonly window: number,
  ) {
    const { state, plan } = fit;
    this.widths = state.spec.layers.map(({ units }) => units);
    this.inputs = this.widths.map((_, layer) => state.inputsOf(layer));
    const products = this.widths.map((units, layer) => units * this.inputs[layer]);
    // no gradient by inputs
    this.step = rowsPerStep(plan) * (3 * sum(products) - products[0]);
    this.rows = rowsRead(plan);
  }

  /** One pass that ends with some units of the highest layer. */
  private pass(units: Read): number {
    const { inputs, widths } = this;
    const top = Math.max(...units.keys());
    const chosen = 2 * units.get(top)! > widths[top] ? widths[top] : units.get(top)!;
    const below = sum(widths.slice(0, top).map((width, layer) => width * inputs[layer]));
    return this.rows * (FETCH * inputs[0] + below + chosen * inputs[top]);
  }

  /** A pass, and the means of what feeds the units. */
  private reading(units: Read): number {
    return this.pass(units) + this.rows * ADD * sum([...units.keys()].map((layer) => this.inputs[layer]));
  }

  /** All of these deaths together: what serves several is counted once. */
  of(deaths: readonly FoundDeath[]): number {
    const positions = new Map<number, Read>();
    let [from, to] = [Infinity, 0];
    let price = 0;
    for (const [step, group] of groupBy(deaths, (death) => death.step)) {
      const units: Read = new Map();
      for (const death of group) {
        add(units, death.layer, 1);
        for (const position of searchedPositions(death, this.snapshots, this.rows, this.window)) {
          if (!positions.has(position)) positions.set(position, new Map());
          add(positions.get(position)!, death.layer, 1);
          from = Math.min(from, position);
        }
      }
      price += READINGS * this.reading(units) + STEPS * this.step;
      price += sum([...units].map(([layer, count]) => this.rates(layer, count)));
      from = Math.min(from, Math.max(0, step - this.window, this.snapshots.lastBreak(step - 1)));
      to = Math.max(to, step);
    }
    price += sum([...positions.values()].map((units) => this.pass(units)));
    return price + Math.max(0, to - (this.snapshots.before(from)?.step ?? from)) * this.step;
  }

  /** Of the rates that spare units of one layer. */
  private rates(layer: number, units: number): number {
    if (isStraight(this.fit.state.spec, layer)) return 0;
    if (!RateLine.serves(this.fit.state.spec, layer))
      return TRIED * this.pass(new Map([[layer, units]])) + units * TRIED_ALONE * this.pass(new Map([[layer, 1]]));
    return this.rows * this.inputs[layer] * (TRIED * (FILL + units) + TRIED_ALONE * ALONE * units);
  }
}
