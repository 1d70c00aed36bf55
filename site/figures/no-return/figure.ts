// The plane of one unit's weight and bias, with the wedge from which no gradient leads back, and trainings that one
// starts by a click.
import { drawPlane, planeScale } from "./draw-plane.js";
import { drawSamples } from "./draw-samples.js";
import { type FromPlane, hullOf, isOfNoReturn, PLANE, type Point, type ToPlane, type Training } from "./types.js";
import { fatesWords, pointWords, trainingWords } from "./words.js";
import type { Mounted, Stage } from "../figure.js";
import { arrowOf } from "../parts/arrow-keys.js";
import { slider } from "../parts/slider.js";
import { formatNumber, roundTo } from "../../../src/text/numbers.js";
import { h, setText } from "../../look/dom.js";
import { isMotionReduced } from "../../look/palette.js";

const RATES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5];
const START: Point = { w: -0.4, b: 2 };
const PAST_AT_MOST = 6;
/** Of the slow motion along a path: a step's time, and that of all. */
const [STEP_MS, PATH_MS] = [800, 2400];
const ARROW_STEP = 0.1;

type Wanted = { readonly start: Point; readonly rate: number };

export function mount(stage: Stage): Mounted {
  return new NoReturn(stage);
}

class NoReturn implements Mounted {
  private readonly plane = h("canvas", { "aria-hidden": "true" });
  private readonly answers = h("canvas", { "aria-hidden": "true" });
  private readonly handle = h("div", {
    class: "handle",
    role: "slider",
    tabindex: 0,
    "aria-label": "Start of the training",
    "aria-valuenow": START.b,
  });
  private readonly words = h("span");
  private readonly fateWords = h("span");
  private readonly rate = slider({
    label: "Rate",
    values: RATES,
    value: 0.9,
    text: (value) => formatNumber(value),
    onInput: () => this.want(this.start, false),
  });
  private readonly clear = h("button", { type: "button", onclick: () => this.forget() }, "Clear the paths");
  private readonly engine;
  private start = START;
  private given: Extract<FromPlane, { kind: "samples" }> | undefined;
  private fates: Extract<FromPlane, { kind: "fates" }> | undefined;
  private training: Training | undefined;
  private past: readonly Training[] = [];
  private shownSince = 0;
  /** The engine is asked for one thing at a time, and the last that was wanted next. */
  private isAsked = true;
  private wanted: Wanted | undefined;

  constructor(private readonly stage: Stage) {
    stage.root.append(this.layout());
    this.takePointer();
    this.handle.addEventListener("keydown", (event) => this.takeKey(event));
    this.engine = stage.startEngine<ToPlane, FromPlane>((reply) => this.take(reply));
    this.engine.post({ kind: "samples" });
    this.want(START, true);
  }

  private layout(): HTMLElement {
    const panel = (name: string, caption: string, ...inside: HTMLElement[]) =>
      h("div", { class: `panel ${name}` }, h("p", {}, h("b", {}, caption)), h("div", { class: "spot" }, ...inside));
    return h(
      "div",
      { class: "no-return" },
      h(
        "div",
        { class: "panels" },
        panel("plane", "Weight w, bias b, lines of equal loss", this.plane, this.handle),
        panel("answers", "Its answers, max(0, w x + b)", this.answers),
      ),
      h("div", { class: "controls" }, this.rate.element, this.clear),
      h("p", { class: "said" }, this.words, " ", this.fateWords),
    );
  }

  private want(start: Point, isNew: boolean): void {
    if (isNew && this.training) this.past = [...this.past, this.training].slice(-PAST_AT_MOST);
    if (isNew) this.training = undefined;
    this.start = start;
    this.wanted = { start, rate: this.rate.value };
    this.ask();
  }

  private ask(): void {
    if (this.isAsked) return;
    if (this.wanted) this.engine.post({ kind: "train", ...this.wanted });
    else if (this.fates?.rate !== this.rate.value) this.engine.post({ kind: "fates", rate: this.rate.value });
    else return;
    this.wanted = undefined;
    this.isAsked = true;
  }

  private take(reply: FromPlane): void {
    this.isAsked = false;
    if (reply.kind === "samples") this.given = reply;
    else if (reply.kind === "fates") this.fates = reply;
    else {
      this.shownSince = this.training ? -Infinity : performance.now(); // a changed rate shows its path at once
      this.training = reply.training;
    }
    this.ask();
    this.stage.requestDraw();
  }

  private forget(): void {
    this.past = [];
    this.stage.requestDraw();
  }

  private startAt(point: Point, isNew: boolean): void {
    const within = (value: number, [low, high]: readonly [number, number]) => Math.max(low, Math.min(high, value));
    const rounded = { w: roundTo(within(point.w, PLANE.w), 3), b: roundTo(within(point.b, PLANE.b), 3) };
    if (rounded.w !== this.start.w || rounded.b !== this.start.b) this.want(rounded, isNew);
  }

  /** A click starts a training, and a mouse that is held down draws its start along; a finger drags the page. */
  private takePointer(): void {
    const { plane } = this;
    const at = ({ offsetX, offsetY }: MouseEvent) =>
      planeScale(plane.clientWidth, plane.clientHeight).toPoint(offsetX, offsetY);
    plane.addEventListener("click", (event) => {
      this.startAt(at(event), true);
      this.handle.focus({ preventScroll: true });
    });
    plane.addEventListener("pointermove", (event) => {
      if (event.buttons === 1 && event.pointerType !== "touch") this.startAt(at(event), false);
    });
  }

  private takeKey(event: KeyboardEvent): void {
    const arrow = arrowOf(event);
    if (!arrow && event.key !== "Enter") return;
    event.preventDefault();
    if (!arrow) return this.want(this.start, true); // keeps the path that is there
    const [w, b] = arrow;
    this.startAt({ w: this.start.w + w * ARROW_STEP, b: this.start.b + b * ARROW_STEP }, false);
  }

  draw(now: number): void {
    if (!this.given || !this.training) return;
    const { samples, losses } = this.given;
    const { path, open } = this.training;
    const hull = hullOf(samples);
    const at = this.along(now);
    const isAtEnd = at >= path.length - 1;
    const shown = [...path.slice(0, Math.floor(at) + 1), this.pointAt(at)];
    const [width, answersWidth] = [this.plane, this.answers].map((canvas) => canvas.parentElement!.clientWidth);
    const height = Math.round(Math.max(198, Math.min(380, width * 0.6)));
    const fontSize = this.stage.isSlide ? 18 : 14;
    drawPlane(this.plane, width, height, {
      hull,
      losses,
      ...(this.fates && { fates: this.fates.fates }),
      past: this.past,
      path: shown,
      isAtEnd,
      isDead: open === 0,
      fontSize,
    });
    const current = this.pointAt(at);
    drawSamples(this.answers, answersWidth, height, {
      samples,
      at: current,
      isDead: isOfNoReturn(current, hull),
      fontSize,
    });
    this.placeHandle(width, height);
    this.write(isAtEnd, hull);
    if (!isAtEnd) this.stage.requestDraw();
  }

  /** How far along the path, in steps. */
  private along(now: number): number {
    const steps = this.training!.path.length - 1;
    if (isMotionReduced()) return steps;
    const time = Math.min(STEP_MS, PATH_MS / Math.max(1, steps));
    return Math.min(steps, Math.max(0, (now - this.shownSince) / time));
  }

  private pointAt(at: number): Point {
    const { path } = this.training!;
    const [from, to] = [path[Math.floor(at)], path[Math.min(path.length - 1, Math.floor(at) + 1)]];
    const part = at - Math.floor(at);
    return { w: from.w + (to.w - from.w) * part, b: from.b + (to.b - from.b) * part };
  }

  private placeHandle(width: number, height: number): void {
    const [x, y] = planeScale(width, height).toPixels(this.start);
    this.handle.style.translate = `${x}px ${y}px`;
    this.handle.setAttribute("aria-valuetext", pointWords(this.start));
    this.handle.setAttribute("aria-valuenow", String(this.start.b));
  }

  private write(isAtEnd: boolean, hull: readonly [number, number]): void {
    this.clear.style.visibility = this.past.length > 0 ? "visible" : "hidden";
    const words = trainingWords(this.training!, this.given!.samples.x.length);
    if (isAtEnd) {
      setText(this.words, words);
      this.stage.say(words);
    }
    if (this.fates) setText(this.fateWords, fatesWords(this.fates.fates, hull));
  }
}
