// Figure 5: one unit's life, the blow and the last straw, and the same training with that one step at a smaller rate.
import type { Mounted, Stage } from "../figure.js";
import { runButtons } from "../parts/run-buttons.js";
import { evenly, slider, type Slider } from "../parts/slider.js";
import { drawLife, type Life } from "./life-chart.js";
import {
  type Change,
  indexOf,
  isSame,
  LAST_STEP,
  type Lives,
  OPENING,
  RATES,
  type Replayed,
  type Reply,
  type Request,
  type Settings,
  type ToldDeath,
  UNITS,
  type UnitPlace,
} from "./messages.js";
import type { Death } from "../../../src/index.js";
import { capital } from "../../../src/text/capital.js";
import { formatCount, formatNumber, formatPercent, plural, typeset } from "../../../src/text/numbers.js";
import { h, replacer, setText } from "../../look/dom.js";
import { isMotionReduced } from "../../look/palette.js";

const LEAST_SPAN = 100;
const SLIDER_STEPS = 41;
/** As long as a trace waits before it takes a silent unit for dead. */
const SILENT_STEPS = 20;
const TWO_COLUMNS = 560;
const GAP = 12;
const INTRODUCTION =
  "A network of 10 and 8 units learns the spiral. When a unit dies, its last step is seldom the whole story: look for " +
  "the step that took most of the samples that open it.";

/** The step, or the steps, that are changed: the blow, or where none stands out the last straw. */
function culprit({ blow, lastStraw }: Death): Omit<Change, "rate"> | undefined {
  if (blow) return { from: blow.step, to: blow.lastStep ?? blow.step };
  return lastStraw.step > 0 ? { from: lastStraw.step, to: lastStraw.step } : undefined;
}

/** The share of the samples that the blow took. */
const lossOf = ({ blow }: Death): number => (blow ? blow.openBefore - blow.openAfter : 0);

/** The largest rate of the slider that spares the unit in that step; half of what it was where the trace names none. */
function sparingRate({ blow, lastStraw }: Death, rates: readonly number[]): number {
  const survivesAt = blow ? blow.survivesAt : lastStraw.survivesAt;
  const most = survivesAt ?? rates.at(-1)! / 2;
  return rates.findLast((rate) => rate <= most) ?? 0;
}

export function mount(stage: Stage): Mounted {
  let settings: Settings = OPENING;
  let lives: Lives | undefined;
  /** By unit and step. */
  let open: number[][] = [];
  let chosen: UnitPlace | undefined;
  let replayed: Replayed | undefined;
  let change: Change | undefined;
  let rateSlider: Slider | undefined;

  const engine = stage.startEngine<Request, Reply>((reply) => {
    if (reply.kind === "lives") takeLives(reply);
    else if (chosen && isSame(reply, chosen) && reply.seed === settings.seed && reply.rate === settings.rate)
      replayed = reply;
    if (reply.kind === "replayed" || !reply.isRunning || !isMotionReduced()) stage.requestDraw();
  });
  const buttons = runButtons({
    run: (isRunning) => engine.post({ kind: "run", isRunning, atOnce: isMotionReduced() }),
    step: () => engine.post({ kind: "step" }),
    more: {
      Again: () => begin(settings, false),
      "New start": () => begin({ ...settings, seed: settings.seed + 1 }, false),
    },
  });
  const stops = h("input", {
    type: "checkbox",
    checked: true,
    onchange: () => engine.post({ kind: "stopAtDeaths", isOn: stops.checked }),
  });
  const rates = h(
    "select",
    { onchange: () => begin({ ...settings, rate: Number(rates.value) }, false) },
    ...RATES.map((rate) => h("option", { value: rate, selected: rate === OPENING.rate }, formatNumber(rate))),
  );
  const status = h("p", { class: "small" });
  const chips = h("div", { class: "row chips", role: "group", "aria-label": "Units that died" });
  const putChips = replacer(chips);
  const sentence = h("p", { class: "sentence" });
  const whole = h("canvas", {
    role: "img",
    "aria-label": "Share of the samples that open the unit, over its whole life",
  });
  const close = h("canvas", { role: "img", "aria-label": "The same, step by step, around the blow" });
  const closeTitle = h("p", { class: "small" });
  const closeBox = h("div", {}, closeTitle, close);
  const sliderBox = h("div", { class: "what-if" });
  const otherwise = h("p");
  stage.root.append(
    h(
      "div",
      { class: "who-killed-it" },
      h(
        "div",
        { class: "row" },
        buttons.row,
        h("label", {}, stops, "Stop at each death"),
        h("label", {}, "rate", rates),
      ),
      status,
      chips,
      sentence,
      h(
        "div",
        { class: "lives" },
        h("div", {}, h("p", { class: "small" }, "Share of the samples that open it, by step"), whole),
        closeBox,
      ),
      h("div", { class: "if" }, sliderBox, otherwise),
    ),
  );
  function begin(next: Settings, atOnce: boolean): void {
    settings = next;
    choose(undefined);
    engine.post({ kind: "begin", ...settings, isRunning: true, atOnce: atOnce || isMotionReduced() });
  }

  function takeLives(next: Lives): void {
    if (next.seed !== settings.seed || next.rate !== settings.rate) return; // of a training that was replaced
    if (next.first === 0) open = Array.from({ length: UNITS }, () => []);
    next.open.forEach((share, i) => open[i % UNITS].push(share));
    const known = lives?.seed === next.seed && lives.rate === next.rate && next.first > 0 ? lives.deaths : [];
    lives = next;
    const fresh = next.deaths.filter(({ death }) => !known.some((each) => isSame(each.death, death)));
    const worst = fresh.toSorted((a, b) => lossOf(a.death) - lossOf(b.death)).at(-1);
    if (worst) stage.say(worst.sentence);
    if (worst && (!next.isRunning || !chosen)) choose(worst.death);
    else if (chosen && !told()) choose(next.deaths.at(-1)?.death);
  }

  const told = (): ToldDeath | undefined => lives?.deaths.find(({ death }) => chosen && isSame(death, chosen));

  /** Its culprit's step at a rate that spares it is looked at first. */
  function choose(place: UnitPlace | undefined): void {
    chosen = place && { layer: place.layer, unit: place.unit };
    replayed = undefined;
    change = undefined;
    rateSlider = undefined;
    sliderBox.replaceChildren();
    const death = told()?.death;
    const steps = death && culprit(death);
    if (!death || !steps) return;
    const values = evenly(0, settings.rate, SLIDER_STEPS);
    rateSlider = slider({
      label: steps.from === steps.to ? `rate of step ${formatCount(steps.from)} alone:` : `rate of ${stepsOf(steps)}:`,
      values,
      value: sparingRate(death, values),
      text: (value) => `${formatNumber(value, 3)}${value === settings.rate ? ", as it was" : ""}`,
      onInput: (rate) => askFor({ ...steps, rate }),
    });
    sliderBox.replaceChildren(rateSlider.element);
    askFor({ ...steps, rate: rateSlider.value });
  }

  function askFor(next: Change): void {
    change = next;
    engine.post({ kind: "replay", ...chosen!, change: next });
  }

  function draw(): void {
    if (!lives) return;
    const { isRunning, isOver, step, deaths, revivals } = lives;
    buttons.show({ isRunning, isOver });
    const back =
      revivals > 0 ? `; ${revivals} ${plural(revivals, "was", "were")} closed for a while and came back` : "";
    setText(
      status,
      `start ${settings.seed}, step ${formatCount(step)} of ${formatCount(LAST_STEP)}: ` +
        `${deaths.length} of ${UNITS} units have died${back}`,
    );
    putChips(JSON.stringify([chosen, deaths.map(({ death: { layer, unit, step: at } }) => [layer, unit, at])]), () =>
      deaths.map(({ death }) => chip(death)),
    );
    const death = told();
    setText(sentence, death ? typeset(`${capital(death.sentence)}.`) : INTRODUCTION);
    drawCharts(step, death?.death);
    setText(otherwise, death ? typeset(counterfactual(step, death.death)) : "");
  }

  function chip(death: Death): HTMLElement {
    const isChosen = chosen !== undefined && isSame(chosen, death);
    const text = `layer ${death.layer + 1}, unit ${death.unit + 1}: step ${formatCount(death.lastStraw.step)}`;
    const take = () => {
      choose(death);
      stage.requestDraw();
    };
    return h("button", { type: "button", "aria-pressed": String(isChosen), onclick: take }, text);
  }

  function drawCharts(step: number, death: Death | undefined): void {
    const total = stage.root.clientWidth;
    if (total === 0) return;
    const steps = death && culprit(death);
    closeBox.hidden = !steps;
    const isWide = total >= TWO_COLUMNS && steps !== undefined;
    const width = isWide ? Math.floor((total - GAP) * 0.6) : total;
    const life: Life = { open: open[chosen ? indexOf(chosen) : 0], death, replay: replayed };
    const type = stage.isSlide ? 17 : 13;
    drawLife(whole, life, { width, steps: { low: 0, high: Math.max(LEAST_SPAN, step) }, isClose: false, type });
    if (!steps) return;
    const range = { low: Math.max(0, steps.from - 8), high: steps.to + 12 };
    setText(closeTitle, `Step by step around ${stepsOf(steps)}`);
    drawLife(close, life, { width: isWide ? total - GAP - width : total, steps: range, isClose: true, type });
  }

  function counterfactual(step: number, death: Death): string {
    const steps = culprit(death);
    if (!steps) return "It was closed from the start: no step did it, and none at another rate would have spared it.";
    if (!change || !replayed) return "";
    const { shares, change: tried } = replayed;
    const mine = open[indexOf(replayed)];
    const share = (value: number) => (value === 0 ? "none" : formatPercent(value));
    const after =
      `After ${stepsOf(tried)} it is open on ${share(shares[tried.to])} of the samples, ` +
      `in place of ${share(mine[tried.to])}`;
    return (
      `Dashed: the same training again, to the bit, but for ${stepsOf(tried)} at a rate of ${formatNumber(tried.rate, 3)} ` +
      `in place of ${formatNumber(settings.rate)}. ${after}; ${fate(shares, Math.min(step, shares.length - 1))}.`
    );
  }

  begin(OPENING, true);
  return { draw };
}

/** What becomes of it up to now. */
function fate(shares: Float32Array, step: number): string {
  if (shares[step] > 0) return `at step ${formatCount(step)} it is open on ${formatPercent(shares[step])}`;
  let last = step;
  while (last > 0 && shares[last - 1] === 0) last--;
  const isDeath = step - last >= SILENT_STEPS;
  return isDeath
    ? `but it dies all the same, at step ${formatCount(last)}`
    : `at step ${formatCount(step)} none opens it`;
}

const stepsOf = ({ from, to }: Omit<Change, "rate">) =>
  from === to ? `step ${formatCount(from)}` : `steps ${formatCount(from)} to ${formatCount(to)}`;
