// The network as columns of small maps, with edges between them. Drawn on a canvas, with a button over each unit.
import type { Frame, Started, UnitName } from "../engine/types.js";
import { MAP_SIDE } from "../../training/activation-maps.js";
import { isSameUnit, lastDeath, livingByLayer, openDeath } from "../state/units.js";
import { byId, h, prepare, setText } from "../../look/dom.js";
import { drawEdges, type Edge, edgeAt } from "./network-edges.js";
import { computeLayout, type NetworkLayout, type Square } from "./network-layout.js";
import { isMotionReduced, palette } from "../../look/palette.js";
import { deathSentence, figure, nameOf, reasonOf, stateText } from "./descriptions.js";
import { drawSkips, unitsLabel } from "./network-skips.js";
import { createSizeButtons } from "./size-buttons.js";
import { drawUnitImage } from "./unit-image.js";
import { percent } from "../../look/text.js";

const FADE_MS = 500;
const END_HEIGHT = 20;

export interface Pointed extends UnitName {
  /** Among all hidden units. */
  readonly index: number;
}

export interface NetworkView {
  start(started: Started): void;
  draw(frame: Frame, chosen: UnitName | undefined): void;
  /** Draws again what was drawn last: colours or sizes have changed. */
  redraw(): void;
  /** A death is still being shown: it wants further frames. */
  isFading(): boolean;
}

/**
 * @param point is told which unit is pointed at or has the focus, and when none is
 * @param resize is told other numbers of units, layer by layer
 * @param chooseEdge is told which edge was clicked; by keys a weight is reached in its unit's panel
 */
export function createNetworkView(
  stage: HTMLElement,
  choose: (name: UnitName) => void,
  point: (pointed: Pointed | undefined) => void,
  resize: (layers: readonly number[]) => void,
  chooseEdge: (edge: Edge) => void,
): NetworkView {
  const canvas = stage.querySelector("canvas")!;
  const group = stage.querySelector<HTMLElement>("#units")!;
  const tip = stage.querySelector<HTMLElement>("#tip")!;
  const sizes = createSizeButtons(stage, resize);
  const atlas = document.createElement("canvas");
  let started: Started | undefined;
  let layout: NetworkLayout | undefined;
  let last: { frame: Frame; chosen: UnitName | undefined } | undefined;
  let buttons: HTMLButtonElement[] = [];
  /** By unit: when it was first seen dead, and at what step. */
  let deadSince: ({ time: number; step: number } | undefined)[] = [];
  let image: ImageData | undefined;

  function start(next: Started): void {
    started = next;
    deadSince = [];
    image = undefined;
    makeLayout();
    makeButtons();
    group.setAttribute("aria-label", unitsLabel(layout!));
    byId("residual-legend").hidden = layout!.skips.length === 0;
    sizes.start(next.recipe.layers);
    sizes.place(layout!);
  }

  function makeLayout(): void {
    if (started) layout = computeLayout(started, stage.clientWidth, stage.clientHeight);
  }

  function makeButtons(): void {
    const hadFocus = group.contains(document.activeElement);
    buttons = layout!.squares.map((square, index) =>
      h("button", {
        type: "button",
        tabindex: index === 0 ? 0 : -1,
        "aria-describedby": "tip",
        onclick: () => choose(square),
        onkeydown: (event: KeyboardEvent) => move(event, index),
        onfocus: () => showTip(index),
        onblur: hideTip,
        onmouseenter: () => showTip(index),
        onmouseleave: hideTip,
      }),
    );
    group.replaceChildren(...buttons);
    placeButtons();
    if (hadFocus) buttons[0]?.focus();
  }

  function placeButtons(): void {
    layout!.squares.forEach(({ x, y }, index) => {
      const { size } = layout!;
      Object.assign(buttons[index].style, { left: `${x}px`, top: `${y}px`, width: `${size}px`, height: `${size}px` });
    });
  }

  /** Arrow keys walk over the units: up and down within a layer, left and right between layers. */
  function move(event: KeyboardEvent, index: number): void {
    const { squares } = layout!;
    const { layer, unit } = squares[index];
    const widths = started!.recipe.layers;
    const across = (by: number): number =>
      squares.findIndex(
        (other) => other.layer === layer + by && other.unit === Math.min(unit, (widths[layer + by] ?? 1) - 1),
      );
    const targets: Record<string, number> = {
      ArrowUp: unit > 0 ? index - 1 : -1,
      ArrowDown: unit < widths[layer] - 1 ? index + 1 : -1,
      ArrowLeft: across(-1),
      ArrowRight: across(1),
      Home: 0,
      End: squares.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    if (target < 0) return;
    buttons[index].tabIndex = -1;
    buttons[target].tabIndex = 0;
    buttons[target].focus();
  }

  const edgeUnder = ({ clientX, clientY }: MouseEvent): Edge | undefined => {
    if (!layout || !started || !last) return undefined;
    const { left, top } = canvas.getBoundingClientRect();
    return edgeAt({ x: clientX - left, y: clientY - top }, layout, started, last.frame);
  };
  canvas.addEventListener("pointermove", (event) => {
    canvas.style.cursor = edgeUnder(event) ? "pointer" : "";
  });
  canvas.addEventListener("click", (event) => {
    const edge = edgeUnder(event);
    if (edge) chooseEdge(edge);
  });

  let tipped = -1;
  function showTip(index: number): void {
    tipped = index;
    point({ ...layout!.squares[index], index });
    if (!last) return;
    const { x, y } = layout!.squares[index];
    setText(tip, describe(last.frame, index));
    tip.hidden = false;
    const left = Math.max(0, Math.min(x, stage.clientWidth - tip.offsetWidth));
    const below = y + layout!.size + 8;
    const top = below + tip.offsetHeight > stage.clientHeight ? y - tip.offsetHeight - 8 : below;
    Object.assign(tip.style, { left: `${left}px`, top: `${top}px` });
  }
  function hideTip(): void {
    tipped = -1;
    point(undefined);
    tip.hidden = true;
  }

  function describe(frame: Frame, index: number): string {
    const square = layout!.squares[index];
    const state = frame.states[index];
    const death = openDeath(frame.deaths, square);
    const since = deadSince[index];
    const name = `L${nameOf(square).slice(1)}`;
    if (state === "dead" && death) return `${name}: ${deathSentence(death)}`;
    if (state === "dead") return `${name}: dead, closed by step ${since?.step ?? frame.shown}`;
    const revived = isRevived(frame, square) ? "revived, " : "";
    const [, , mean, , firingRate] = frame.figures.subarray(index * 5, index * 5 + 5);
    return `${name}: ${revived}${stateText(state)}, fires on ${percent(firingRate)}, mean ${figure(mean)}`;
  }

  /** Names change only when a state does, so that a screen reader does not repeat them. */
  function nameButtons(frame: Frame, chosen: UnitName | undefined): void {
    buttons.forEach((button, index) => {
      const square = layout!.squares[index];
      const death = openDeath(frame.deaths, square);
      const dead = frame.states[index] === "dead";
      const deathText = dead && death && `dead since step ${death.step}, ${reasonOf(death)}`;
      const label = `${nameOf(square)}: ${deathText || stateText(frame.states[index])}`;
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
      const pressed = String(isSameUnit(square, chosen));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    });
  }

  function noteDead(frame: Frame): void {
    frame.states.forEach((state, index) => {
      if (state !== "dead") deadSince[index] = undefined;
      else deadSince[index] ??= { time: frame.shown === 0 ? -FADE_MS : performance.now(), step: frame.shown };
    });
  }

  /** All maps side by side in one small picture. */
  function paintAtlas({ maps }: Frame): void {
    const units = layout!.squares.length;
    atlas.width = MAP_SIDE;
    atlas.height = MAP_SIDE * units;
    const context = atlas.getContext("2d")!;
    image ??= context.createImageData(MAP_SIDE, MAP_SIDE * units);
    const { ramp } = palette();
    const { data } = image;
    for (let i = 0; i < maps.length; i++) {
      const value = maps[i] * 3;
      data[i * 4] = ramp[value];
      data[i * 4 + 1] = ramp[value + 1];
      data[i * 4 + 2] = ramp[value + 2];
      data[i * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  function draw(frame: Frame, chosen: UnitName | undefined): void {
    if (!layout || !started || frame.states.length !== layout.squares.length) return;
    last = { frame, chosen };
    noteDead(frame);
    nameButtons(frame, chosen);
    if (tipped >= 0) setText(tip, describe(frame, tipped));
    const context = prepare(canvas, stage.clientWidth, stage.clientHeight);
    drawEdges(context, layout, started, frame);
    drawSkips(context, layout);
    drawColumns(context, layout, frame);
    if (frame.maps.length > 0) paintAtlas(frame);
    layout.squares.forEach((square, index) => drawUnit(context, square, index, frame, chosen));
  }

  function drawUnit(
    context: CanvasRenderingContext2D,
    square: Square,
    index: number,
    frame: Frame,
    chosen: UnitName | undefined,
  ): void {
    const { x, y } = square;
    const { size } = layout!;
    const { rim, accent, ink } = palette();
    context.imageSmoothingEnabled = false;
    if (frame.maps.length > 0) context.drawImage(atlas, 0, index * MAP_SIDE, MAP_SIDE, MAP_SIDE, x, y, size, size);
    else drawUnitImage(context, square, index, size, frame, started!);
    context.lineWidth = 1;
    context.strokeStyle = rim;
    context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    const since = deadSince[index];
    if (since) drawDying(context, square, since.time, frame);
    else if (frame.shown === frame.step && isRevived(frame, square)) ring(context, square, 2.5, accent, 1.5);
    if (isSameUnit(square, chosen)) ring(context, square, 4, ink, 2);
  }

  function ring(
    context: CanvasRenderingContext2D,
    { x, y }: Square,
    away: number,
    colour: string,
    width: number,
  ): void {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.roundRect(x - away, y - away, layout!.size + 2 * away, layout!.size + 2 * away, 3);
    context.stroke();
  }

  /** It sinks into the ground: a square without light, a thin bar across, and the step of the death under it. */
  function drawDead(context: CanvasRenderingContext2D, square: Square, progress: number, frame: Frame): void {
    const { x, y } = square;
    const { size, labels } = layout!;
    const { dead, deadLine } = palette();
    context.globalAlpha = progress;
    context.fillStyle = dead;
    context.fillRect(x, y, size, size);
    context.fillStyle = deadLine;
    const death = labels ? openDeath(frame.deaths, square) : undefined;
    const bar = Math.max(1.5, size * 0.05);
    context.fillRect(x + size * 0.2, y + size * (death ? 0.36 : 0.5) - bar / 2, size * 0.6, bar);
    if (death) {
      context.font = `${size >= 34 ? 12 : 10}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.fillText(String(death.step), x + size / 2, y + size * 0.84, size - 4);
    }
    context.globalAlpha = 1;
  }

  /** A death is an event: the unit flashes once and sinks. */
  function drawDying(context: CanvasRenderingContext2D, square: Square, since: number, frame: Frame): void {
    const progress = isMotionReduced() ? 1 : Math.min(1, (performance.now() - since) / FADE_MS);
    drawDead(context, square, progress, frame);
    if (progress === 1) return;
    context.globalAlpha = 1 - progress;
    ring(context, square, 2 + 4 * progress, palette().accent, 2.5);
    context.globalAlpha = 1;
  }

  function isFading(): boolean {
    const now = performance.now();
    return !isMotionReduced() && deadSince.some((since) => since && now - since.time < FADE_MS);
  }

  function redraw(): void {
    if (!layout) return;
    makeLayout();
    placeButtons();
    sizes.place(layout);
    if (last) draw(last.frame, last.chosen);
  }

  return { start, draw, redraw, isFading };
}

function isRevived({ deaths }: Frame, name: UnitName): boolean {
  return lastDeath(deaths, name)?.cameBack !== undefined;
}

/** By how much room there is; the shortest tells the living alone. */
const COLUMN_TEXTS: readonly ((layer: number, living: number, units: number) => string)[] = [
  (layer, living, units) => `layer ${layer + 1}: ${living} of ${units}`,
  (layer, living, units) => `${layer + 1}: ${living}/${units}`,
  (_, living, units) => `${living}/${units}`,
  (_, living) => String(living),
];

/** Above each column: which layer, and how many of its units are alive. */
function drawColumns(context: CanvasRenderingContext2D, layout: NetworkLayout, frame: Frame): void {
  const { muted, ink, line, paper } = palette();
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const apart =
    layout.columns.length > 1 ? layout.columns[1].center - layout.columns[0].center : Number.POSITIVE_INFINITY;
  const livingUnits = livingByLayer(
    frame.states,
    layout.columns.map(({ units }) => units),
  );
  const isFitting = (text: (typeof COLUMN_TEXTS)[number]) =>
    layout.columns.every(({ layer, units }) => context.measureText(text(layer, units, units)).width + 6 < apart);
  const write = COLUMN_TEXTS.find(isFitting) ?? COLUMN_TEXTS.at(-1)!;
  layout.columns.forEach(({ center, layer, units }) => {
    const living = livingUnits[layer];
    context.fillStyle = living < units ? ink : muted;
    context.fillText(write(layer, living, units), center, 12);
  });
  layout.ends.forEach(({ x, y, name, side }) => {
    const width = layout.endWidths[side];
    context.fillStyle = paper;
    context.strokeStyle = line;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x - width / 2, y - END_HEIGHT / 2, width, END_HEIGHT, 3);
    context.fill();
    context.stroke();
    context.fillStyle = muted;
    context.fillText(fitText(context, name, width - 6), x, y + 4);
  });
}

/** Cut to a width, with an ellipsis; of "island = Biscoe" the column's name is cut first. */
function fitText(context: CanvasRenderingContext2D, text: string, width: number): string {
  const fits = (shorter: string) => context.measureText(shorter).width <= width;
  if (fits(text)) return text;
  const [column, word] = text.split(" = ");
  const kept = word === undefined ? [] : Array.from({ length: column.length - 1 }, (_, cut) => column.length - 1 - cut);
  const shorter = kept.map((length) => `${column.slice(0, length)}…= ${word}`).find(fits);
  if (shorter !== undefined) return shorter;
  let length = text.length - 1;
  while (length > 1 && !fits(`${text.slice(0, length)}…`)) length--;
  return `${text.slice(0, length).trimEnd()}…`;
}
