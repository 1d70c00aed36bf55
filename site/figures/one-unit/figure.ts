// One unit's step past zero, in slow motion, beside units of sigmoid and tanh that take the same step.
import { drawPanel, middleOf, type PanelView, scaleOf } from "./panel.js";
import { type FirstStep, type FromUnits, SHOWN_AT, type ToUnits, UNIT_ACTIVATIONS, type UnitLook } from "./types.js";
import { afterStep, afterTraining, beforeStep, isClosed, lossWords, NAMES, slopeWords } from "./words.js";
import type { Mounted, Stage } from "../figure.js";
import { evenly, slider } from "../parts/slider.js";
import { formatNumber, formatSigned, typeset } from "../../../src/text/numbers.js";
import { h, setText } from "../../look/dom.js";
import { isMotionReduced } from "../../look/palette.js";
import { niceAbove } from "../../look/plot.js";

const BIASES = evenly(-0.3, 0.3, 61);
const RATES = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5];
const HUGE_RATE = 3;
const TRY_HUGE = `Try a step at a rate of ${formatNumber(HUGE_RATE)}.`;
const SLOW_MOTION_MS = 1000;
/** Between two looks at a training. */
const BETWEEN_MS = 90;

/** ended: it has trained on for as long as it is shown. */
type Phase = "ready" | "moving" | "stepped" | "training" | "ended";

const MAIN_BUTTON: Readonly<Record<Phase, string>> = {
  ready: "Take the step",
  moving: "Taking the step",
  stepped: "Train on",
  training: "Pause",
  ended: "Start over",
};

export function mount(stage: Stage): Mounted {
  return new OneUnit(stage);
}

class OneUnit implements Mounted {
  private readonly canvases = UNIT_ACTIVATIONS.map(() => h("canvas", { "aria-hidden": "true" }));
  private readonly slopes = UNIT_ACTIVATIONS.map(() => h("span", { class: "slope" }));
  private readonly losses = UNIT_ACTIVATIONS.map(() => h("span", { class: "loss" }));
  private readonly words = h("span");
  private readonly bias = slider({
    label: "Bias",
    values: BIASES,
    value: 0.1,
    text: (value) => typeset(formatSigned(value, 2)),
    onInput: () => this.restart(),
  });
  private readonly rate = slider({
    label: "Rate of the step",
    values: RATES,
    value: 0.2,
    text: (value) => formatNumber(value),
    onInput: () => this.restart(),
  });
  private readonly main = h(
    "button",
    { type: "button", class: "primary", onclick: () => this.act() },
    MAIN_BUTTON.ready,
  );
  private readonly again = h("button", { type: "button", onclick: () => this.startOver() }, "Start over");
  private readonly huge = h("button", { type: "button", class: "inline", onclick: () => this.tryHuge() }, TRY_HUGE);
  private readonly engine;
  private phase: Phase = "ready";
  private first: readonly FirstStep[] = [];
  private now: readonly UnitLook[] = [];
  private movingSince = 0;
  /** An answer of the engine is waited for; `isStale`: what is wanted has changed meanwhile. */
  private isAsked = false;
  private isStale = false;
  private askedAt = 0;

  constructor(private readonly stage: Stage) {
    stage.root.append(this.layout());
    this.dragHump(this.canvases[0]);
    this.engine = stage.startEngine<ToUnits, FromUnits>((reply) => this.take(reply));
    this.restart();
  }

  private layout(): HTMLElement {
    const panels = UNIT_ACTIVATIONS.map((name, index) => {
      const caption = h("b", {}, name === "relu" ? "ReLU: max(0, z)" : NAMES[name]);
      const readings = h("span", { class: "readings" }, this.slopes[index], this.losses[index]);
      return h("div", { class: `panel ${name}` }, h("p", {}, caption, readings), this.canvases[index]);
    });
    const buttons = h("div", { class: "row" }, this.main, this.again);
    return h(
      "div",
      { class: "one-unit" },
      h("div", { class: "panels" }, ...panels),
      h("div", { class: "controls" }, this.bias.element, this.rate.element, buttons),
      h("p", { class: "said" }, this.words, " ", this.huge),
    );
  }

  private post(message: ToUnits): void {
    this.isAsked = true;
    this.engine.post(message);
  }

  private restart(): void {
    this.phase = "ready";
    if (this.isAsked) this.isStale = true;
    else this.askForStart();
  }

  private askForStart(): void {
    this.isStale = false;
    this.post({ kind: "start", bias: this.bias.value, rate: this.rate.value });
  }

  private take(reply: FromUnits): void {
    const { isStale } = this;
    this.isAsked = false;
    if (isStale) this.askForStart();
    if (reply.kind === "started") {
      this.first = reply.units;
      // the step may have been asked for before its answer came
      this.now = reply.units.map(({ before, after }) => (this.phase === "ready" ? before : after));
    } else if (!isStale && this.phase !== "ready") this.now = reply.units;
    this.stage.requestDraw();
  }

  /** The main button. */
  private act(): void {
    if (this.first.length === 0) return;
    if (this.phase === "ready") this.takeStep();
    else if (this.phase === "ended") this.startOver();
    else if (this.phase !== "moving") this.phase = this.phase === "training" ? "stepped" : "training";
    this.stage.requestDraw();
  }

  private takeStep(): void {
    this.phase = isMotionReduced() ? "stepped" : "moving";
    this.movingSince = performance.now();
    this.now = this.first.map(({ after }) => after);
  }

  private startOver(): void {
    this.main.focus(); // the other button goes
    this.restart();
  }

  private tryHuge(): void {
    this.rate.set(HUGE_RATE);
    this.startOver();
  }

  private dragHump(canvas: HTMLCanvasElement): void {
    let from: { x: number; bias: number; perPixel: number } | undefined;
    canvas.addEventListener("pointerdown", ({ clientX, pointerId }) => {
      if (this.first.length === 0) return;
      const x = scaleOf(canvas.clientWidth, this.reach(0));
      from = { x: clientX, bias: this.bias.value, perPixel: 1 / (x(1) - x(0)) };
      canvas.setPointerCapture(pointerId);
    });
    canvas.addEventListener("pointermove", ({ clientX }) => {
      if (!from) return;
      const before = this.bias.value;
      if (this.bias.set(from.bias + (clientX - from.x) * from.perPixel) !== before) this.restart();
    });
    const end = () => (from = undefined);
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
  }

  draw(now: number): void {
    if (this.first.length === 0) return;
    if (this.phase === "moving" && now - this.movingSince >= SLOW_MOTION_MS) this.phase = "stepped";
    if (this.phase === "training") this.trainOn(now);
    this.drawPanels(now);
    this.write();
    if (this.phase === "moving") this.stage.requestDraw();
  }

  private trainOn(now: number): void {
    const done = this.now[0].steps - 1;
    const next = (isMotionReduced() ? [1000, 10_000, SHOWN_AT.at(-1)!] : SHOWN_AT).find((steps) => steps > done);
    if (next === undefined) this.phase = "ended";
    else if (now - this.askedAt >= BETWEEN_MS && !this.isAsked) {
      this.askedAt = now;
      this.post({ kind: "train", steps: next - done });
    } else if (!this.isAsked) this.stage.requestDraw();
  }

  /** The axis holds both ends of the step, and what has become of it. */
  private reach(index: number): number {
    const { before, after } = this.first[index];
    const ends = [before, after, this.now[index]].map(({ z }) =>
      z.reduce((most, each) => Math.max(most, Math.abs(each)), 0),
    );
    return niceAbove(Math.max(0.15, ...ends) * 1.05);
  }

  private drawPanels(now: number): void {
    const widths = this.canvases.map((canvas) => canvas.parentElement!.clientWidth);
    const height = Math.round(Math.max(176, Math.min(300, widths[0] * 0.42)));
    const isBeside = widths[0] > 1.4 * widths[1];
    const caption = this.slopes[0].parentElement!.parentElement!.offsetHeight;
    const small = isBeside ? Math.round((height - caption - 4) / 2) : 110;
    UNIT_ACTIVATIONS.forEach((_, index) =>
      drawPanel(this.canvases[index], widths[index], index === 0 ? height : small, this.view(index, now)),
    );
  }

  private view(index: number, now: number): PanelView {
    const { before, after } = this.first[index];
    const isBefore = this.phase === "ready" || this.phase === "moving";
    const [from, to] = [middleOf(before.z), middleOf(after.z)];
    const text = typeset(`rate \u00d7 gradient: ${formatSigned(to - from, 3)}`);
    const isLarge = index === 0;
    const isNoted = isLarge && isClosed(this.phase === "moving" ? before : this.now[0]);
    return {
      activation: UNIT_ACTIVATIONS[index],
      z: this.shownZ(index, now),
      reach: this.reach(index),
      isLarge,
      fontSize: this.stage.isSlide ? 18 : 14,
      ...(this.phase !== "ready" && { ghost: before.z }),
      ...(isLarge && isBefore && from !== to && { arrow: { from, to, text } }),
      ...(isNoted && { note: ["slope 0 here:", "no gradient comes through"] }),
    };
  }

  private shownZ(index: number, now: number): Float32Array {
    if (this.phase !== "moving") return this.now[index].z;
    const { before, after } = this.first[index];
    const part = Math.min(1, Math.max(0, (now - this.movingSince) / SLOW_MOTION_MS));
    return before.z.map((z, row) => z + (after.z[row] - z) * part);
  }

  private write(): void {
    setText(this.main, MAIN_BUTTON[this.phase]);
    const isAlone = this.phase === "ready" || this.phase === "ended";
    this.again.style.visibility = isAlone ? "hidden" : "visible"; // keeps its place
    this.huge.hidden = this.phase === "ready" || this.phase === "moving" || this.rate.value >= HUGE_RATE;
    const shown = this.phase === "moving" ? this.first.map(({ before }) => before) : this.now;
    shown.forEach((look, index) => {
      setText(this.slopes[index], slopeWords(look));
      setText(this.losses[index], lossWords(look));
    });
    const words = this.wordsNow();
    setText(this.words, words);
    if (this.phase === "stepped" || this.phase === "ended") this.stage.say(words);
  }

  private wordsNow(): string {
    if (this.phase === "ready" || this.phase === "moving") return beforeStep(this.first[0], this.rate.value);
    return this.now[0].steps > 1 ? afterTraining(this.first, this.now) : afterStep(this.first[0]);
  }
}
