// A range test of learning rates as pictures and as a page: the curve with the rate to begin with and where units died,
// and the dead units by rate.
import { footOf, type PageSubject, subjectSection } from "./diagnosis-page.js";
import { text } from "../blocks.js";
import type { Page } from "../page.js";
import type { LinePlot } from "../svg/lines.js";
import type { LearningRateTest } from "../../diagnosis/rates/types.js";

const RATE = { label: "learning rate", scale: "log" } as const;
/** A loss that goes over more than this factor is drawn on a log axis. */
const WIDE = 30;
/** Above the losses, for the name of the rate to begin with. */
const HEADROOM = 1.1;

/** The smoothed loss by rate; bars where units died, and from where on rates kill. */
export function lossByRate({ points, looks, rate, killsFrom, deadlyFrom }: LearningRateTest): LinePlot {
  const losses = points.map(([, loss]) => loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const isWide = low > 0 && high > WIDE * low;
  const ends = { low: Math.min(0, low), ...(high > 0 && { high: HEADROOM * high }) };
  const deaths = looks.flatMap((look) => (look.died > 0 ? [[look.rate, look.died] as const] : []));
  return {
    kind: "lines",
    title: "Loss by learning rate, and where units died",
    x: RATE,
    y: { label: "smoothed loss", ...(isWide ? { scale: "log" as const } : ends) },
    series: [{ name: "loss", points }],
    ...(rate !== undefined && { mark: { x: rate, name: "begin here" } }),
    ...(killsFrom !== undefined && {
      zones: [
        { from: killsFrom, name: "units die" },
        ...(deadlyFrom === undefined ? [] : [{ from: deadlyFrom, name: "a tenth dead" }]),
      ],
    }),
    ...(deaths.length > 0 && { events: { name: "deaths", points: deaths } }),
  };
}

/** Dead units by rate. */
export function deadByRate({ looks, units, rate }: LearningRateTest): LinePlot {
  return {
    kind: "lines",
    title: "Dead units by learning rate",
    x: RATE,
    y: { label: "% of the hidden units", low: 0, high: 100 },
    series: [{ name: "dead", points: looks.map((look) => [look.rate, (100 * look.dead) / units] as const) }],
    ...(rate !== undefined && { mark: { x: rate, name: "begin here" } }),
  };
}

const RULE =
  "One training of a copy, each update at a higher rate than the one before. Steepest and a tenth of the lowest are " +
  "the rules that fastai calls steep and minimum. A unit has died that was open at the look before, is dead on the " +
  "rows looked at, and stays so at the next look.";

export function ratesPage(test: LearningRateTest, subject: PageSubject): Page {
  const plots = test.points.length < 2 ? [] : [lossByRate(test), ...(test.units > 0 ? [deadByRate(test)] : [])];
  return {
    title: subject.title,
    lead: test.sentences,
    sections: [
      { id: "rates", heading: "Rates", content: [{ kind: "plots", plots }, text(RULE)] },
      subjectSection(subject),
    ],
    foot: footOf(subject),
  };
}
