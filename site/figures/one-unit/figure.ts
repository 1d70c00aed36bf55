// One unit's step past zero, in slow motion, beside units of sigmoid and tanh that take the same step.
import { drawPanel, middleOf, niceAbove, scaleOf } from "./panel.js";
import { type FirstStep, type FromUnits, type ToUnits, UNIT_ACTIVATIONS, type UnitLook } from "./types.js";
import { afterStep, afterTraining, beforeStep, isClosed, NAMES, reading } from "./words.js";
import type { Mounted, Stage } from "../figure.js";
import { evenly, slider } from "../slider.js";
import { formatNumber, formatSigned, typeset } from "../../../src/text/numbers.js";
import { h, setText } from "../../look/dom.js";
import { isMotionReduced } from "../../look/palette.js";

const BIASES = evenly(-0.3, 0.3, 61);
const RATES = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5];
const SLOW_MOTION_MS = 1000;
/** At so many steps after the first the units are shown as they train on, at most so often. */
const SHOWN_AT = [
  1, 2, 3, 4, 6, 8, 10, 13, 18, 24, 32, 42, 56, 75, 100, 130, 180, 240, 320, 420, 560, 750, 1000,
].concat([1300, 1800, 2400, 3200, 4200, 5600, 7500, 10_000, 13_000, 18_000, 24_000, 30_000]);
const BETWEEN_MS = 90;

type Phase = "ready" | "moving" | "stepped" | "training";

export function mount(stage: Stage): Mounted {
  return new OneUnit(stage);
}

class OneUnit implements Mounted {
  private readonly canvases = UNIT_ACTIVATIONS.map(() => h("canvas", { "aria-hidden": "true" }));
  private readonly readings = UNIT_ACTIVATIONS.map(() => h("span", { class: "reading" }));
  private readonly said = h("p", { class: "said" });
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
  private readonly step = h(
    "button",
    { type: "button", class: "primary", onclick: () => this.takeStep() },
    "Take the step",
  );
  private readonly train = h("button", { type: "button", onclick: () => this.trainOrPause() }, "Train on");
  private readonly again = h("button", { type: "button", onclick: () => this.restart() }, "Start over");
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
    const panels = UNIT_ACTIVATIONS.map((name, index) =>
      h(
        "div",
        { class: `panel ${name}` },
        h("p", {}, h("b", {}, name === "relu" ? "ReLU: max(0, z)" : NAMES[name]), " ", this.readings[index]),
        this.canvases[index],
      ),
    );
    stage.root.append(
      h(
        "div",
        { class: "one-unit" },
        h("div", { class: "panels" }, ...panels),
        h(
          "div",
          { class: "controls" },
          this.bias.element,
          this.rate.element,
          h("div", { class: "row" }, this.step, this.train, this.again),
        ),
        this.said,
      ),
    );
    this.dragHump(this.canvases[0]);
    this.engine = stage.startEngine<ToUnits, FromUnits>((reply) => this.take(reply));
    this.restart();
  }

  private post(message: ToUnits): void {
    this.isAsked = true;
    this.engine.post(message);
  }

  private restart(): void {
    this.phase = "ready";
    this.isStale = this.isAsked;
    if (!this.isAsked) this.post({ kind: "start", bias: this.bias.value, rate: this.rate.value });
  }

  private take(reply: FromUnits): void {
    this.isAsked = false;
    if (this.isStale) this.restart();
    if (reply.kind === "started") {
      this.first = reply.units;
      this.now = reply.units.map(({ before }) => before);
    } else if (this.phase !== "ready") this.now = reply.units;
    this.stage.requestDraw();
  }

  private takeStep(): void {
    this.phase = isMotionReduced() ? "stepped" : "moving";
    this.movingSince = performance.now();
    this.now = this.first.map(({ after }) => after);
    this.stage.requestDraw();
  }

  private trainOrPause(): void {
    this.phase = this.phase === "training" ? "stepped" : "training";
    this.stage.requestDraw();
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
    this.drawPanels(now);
    this.write();
    if (this.phase === "moving") this.stage.requestDraw();
    if (this.phase === "training") this.trainOn(now);
  }

  private trainOn(now: number): void {
    const done = this.now[0].steps - 1;
    const next = SHOWN_AT.find((steps) => steps > done);
    if (next === undefined) this.phase = "stepped";
    else if (now - this.askedAt >= BETWEEN_MS && !this.isAsked) {
      this.askedAt = now;
      this.post({ kind: "train", steps: next - done });
    } else if (!this.isAsked) this.stage.requestDraw();
    if (next === undefined) this.write();
  }

  /** The axis holds both ends of the step, and what has become of it. */
  private reach(index: number): number {
    const { before, after } = this.first[index];
    const all = [before, after, this.now[index]].map(({ z }) =>
      z.reduce((most, each) => Math.max(most, Math.abs(each)), 0),
    );
    return niceAbove(Math.max(0.15, ...all) * 1.05);
  }

  private drawPanels(now: number): void {
    const widths = this.canvases.map((canvas) => canvas.parentElement!.clientWidth);
    const height = Math.round(Math.max(180, Math.min(280, widths[0] * 0.5)));
    const isBeside = widths[0] > 1.4 * widths[1];
    const small = isBeside ? Math.round((height - 34) / 2) : 130;
    UNIT_ACTIVATIONS.forEach((activation, index) => {
      const { before, after } = this.first[index];
      const shown = this.shownZ(index, now);
      const [from, to] = [middleOf(before.z), middleOf(after.z)];
      const isDead = this.phase !== "moving" && isClosed(this.now[index]) && activation === "relu";
      drawPanel(this.canvases[index], widths[index], index === 0 ? height : small, {
        activation,
        z: shown,
        reach: this.reach(index),
        isLarge: index === 0,
        fontSize: this.stage.isSlide ? 18 : 14,
        ...(this.phase !== "ready" && { ghost: before.z }),
        ...(index === 0 &&
          (this.phase === "ready" || this.phase === "moving") &&
          from !== to && {
            arrow: { from, to, text: typeset(`rate \u00d7 gradient: ${formatSigned(to - from, 3)}`) },
          }),
        ...(isDead && { note: "slope 0 here: no gradient comes through" }),
      });
    });
  }

  private shownZ(index: number, now: number): Float32Array {
    if (this.phase !== "moving") return this.now[index].z;
    const { before, after } = this.first[index];
    const part = Math.min(1, Math.max(0, (now - this.movingSince) / SLOW_MOTION_MS));
    return before.z.map((z, row) => z + (after.z[row] - z) * part);
  }

  private write(): void {
    const isReady = this.phase === "ready";
    setText(this.train, this.phase === "training" ? "Pause" : "Train on");
    this.step.hidden = !isReady;
    this.train.hidden = this.again.hidden = isReady;
    this.train.disabled = this.phase === "moving" || (this.phase === "stepped" && this.now[0].steps > SHOWN_AT.at(-1)!);
    this.now.forEach((look, index) => setText(this.readings[index], reading(look)));
    setText(this.said, this.words());
    if (this.phase === "stepped") this.stage.say(this.words());
  }

  private words(): string {
    if (this.phase === "ready") return beforeStep(this.first[0], this.rate.value);
    if (this.now[0].steps > 1) return afterTraining(UNIT_ACTIVATIONS, this.first, this.now);
    return this.phase === "moving" ? beforeStep(this.first[0], this.rate.value) : afterStep(this.first[0]);
  }
}
