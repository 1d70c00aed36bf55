// The network as columns of small maps, with edges between them. The canvas draws, a button on each unit can be pressed.
import type { Frame, Started, UnitName } from "../engine/types.js";
import { MAP_SIDE } from "../engine/activation-maps.js";
import { h, prepare, setText } from "./dom.js";
import { drawEdges } from "./network-edges.js";
import { layOut, type NetworkLayout, type Square } from "./network-layout.js";
import { isMotionReduced, palette } from "./palette.js";
import { causeWord, deathSentence, figure, nameOf, percent, stateWord } from "./descriptions.js";
import { drawGlyph } from "./unit-image.js";

const FADE = 300; // milliseconds

export interface Pointed extends UnitName {
  /** Among all hidden units. */
  readonly index: number;
}

export interface NetworkView {
  start(started: Started): void;
  draw(frame: Frame, chosen: UnitName | undefined): void;
  /** Draws again what was drawn last: colours or sizes have changed. */
  redraw(): void;
}

/** @param point is told which unit is pointed at or has the focus, and when none is */
export function createNetworkView(
  stage: HTMLElement,
  choose: (name: UnitName) => void,
  point: (pointed: Pointed | undefined) => void,
): NetworkView {
  const canvas = stage.querySelector("canvas")!;
  const group = stage.querySelector<HTMLElement>("#units")!;
  const tip = stage.querySelector<HTMLElement>("#tip")!;
  const atlas = document.createElement("canvas");
  let started: Started | undefined;
  let layout: NetworkLayout | undefined;
  let last: { frame: Frame; chosen: UnitName | undefined } | undefined;
  let buttons: HTMLButtonElement[] = [];
  /** By unit: when it was first seen dead, and at what step. */
  let darkSince: ({ time: number; step: number } | undefined)[] = [];
  let image: ImageData | undefined;

  function start(next: Started): void {
    started = next;
    darkSince = [];
    image = undefined;
    makeLayout();
    makeButtons();
  }

  function makeLayout(): void {
    if (started) layout = layOut(started, stage.clientWidth, stage.clientHeight);
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
    const { layer, unit } = layout!.squares[index];
    const state = frame.states[index];
    const death = frame.deaths.find((each) => each.layer === layer && each.unit === unit);
    const since = darkSince[index];
    const name = `Layer ${layer}, unit ${unit}`;
    if (state === "dead")
      return `${name}: ${death ? deathSentence(death) : `dead, closed by step ${since?.step ?? frame.shown}`}`;
    const revived = frame.revived.some((each) => each.layer === layer && each.unit === unit) ? "revived, " : "";
    return `${name}: ${revived}${stateWord(state)}, open on ${percent(frame.figures[index * 5 + 4])}, mean ${figure(frame.figures[index * 5 + 2])}`;
  }

  /** Names change only when a state does, so that a screen reader is not talked at. */
  function nameButtons(frame: Frame, chosen: UnitName | undefined): void {
    buttons.forEach((button, index) => {
      const { layer, unit } = layout!.squares[index];
      const death = frame.deaths.find((each) => each.layer === layer && each.unit === unit);
      const dead = frame.states[index] === "dead";
      const label = `${nameOf({ layer, unit })}: ${dead && death ? `dead since step ${death.step}, ${causeWord(death.cause)}` : stateWord(frame.states[index])}`;
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
      const pressed = String(chosen?.layer === layer && chosen.unit === unit);
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    });
  }

  function noteDark(frame: Frame): void {
    frame.states.forEach((state, index) => {
      if (state !== "dead") darkSince[index] = undefined;
      else darkSince[index] ??= { time: frame.shown === 0 ? -FADE : performance.now(), step: frame.shown };
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
    noteDark(frame);
    nameButtons(frame, chosen);
    if (tipped >= 0) setText(tip, describe(frame, tipped));
    const context = prepare(canvas, stage.clientWidth, stage.clientHeight);
    drawEdges(context, layout, started, frame);
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
    const { x, y, layer, unit } = square;
    const { size } = layout!;
    const { line, accent, ink } = palette();
    context.imageSmoothingEnabled = false;
    if (frame.maps.length > 0) context.drawImage(atlas, 0, index * MAP_SIDE, MAP_SIDE, MAP_SIDE, x, y, size, size);
    else drawGlyph(context, square, index, size, frame, started!);
    context.lineWidth = 1;
    context.strokeStyle = line;
    context.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    const dark = darkSince[index];
    if (dark)
      drawDead(context, square, isMotionReduced() ? 1 : Math.min(1, (performance.now() - dark.time) / FADE), frame);
    else if (frame.shown === frame.step && frame.revived.some((each) => each.layer === layer && each.unit === unit))
      ring(context, square, 2.5, accent, 1.5);
    if (chosen?.layer === layer && chosen.unit === unit) ring(context, square, 4, ink, 2);
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

  /** Dark, with a closed gate's bar across, and the step under it. */
  function drawDead(
    context: CanvasRenderingContext2D,
    { x, y, layer, unit }: Square,
    progress: number,
    frame: Frame,
  ): void {
    const { size, labels } = layout!;
    const { ink, paper, isDark } = palette();
    context.globalAlpha = progress;
    context.fillStyle = isDark ? paper : ink;
    context.fillRect(x, y, size, size);
    context.strokeStyle = ink;
    context.lineWidth = 1.5;
    context.strokeRect(x + 0.75, y + 0.75, size - 1.5, size - 1.5);
    context.fillStyle = isDark ? ink : paper;
    const death = labels ? frame.deaths.find((each) => each.layer === layer && each.unit === unit) : undefined;
    const bar = Math.max(2, size * 0.1);
    context.fillRect(x + size * 0.2, y + size * (death ? 0.36 : 0.5) - bar / 2, size * 0.6, bar);
    if (death) {
      context.font = `${size >= 34 ? 11 : 10}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.fillText(String(death.step), x + size / 2, y + size * 0.84, size - 4);
    }
    context.globalAlpha = 1;
  }

  function redraw(): void {
    if (!layout) return;
    makeLayout();
    placeButtons();
    if (last) draw(last.frame, last.chosen);
  }

  return { start, draw, redraw };
}

/** Above each column: which layer, and how many of its units live. */
function drawColumns(context: CanvasRenderingContext2D, layout: NetworkLayout, frame: Frame): void {
  const { muted, ink, line, paper } = palette();
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const apart =
    layout.columns.length > 1 ? layout.columns[1].center - layout.columns[0].center : Number.POSITIVE_INFINITY;
  const isTight = apart < context.measureText("layer 0: 10 of 10").width + 8;
  layout.columns.forEach(({ center, layer, first, units }) => {
    const living = frame.states.slice(first, first + units).filter((state) => state !== "dead").length;
    context.fillStyle = living < units ? ink : muted;
    context.fillText(isTight ? `${layer}: ${living}/${units}` : `layer ${layer}: ${living} of ${units}`, center, 12);
  });
  layout.ends.forEach(({ x, y, name }) => {
    context.fillStyle = paper;
    context.strokeStyle = line;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x - 13, y - 10, 26, 20, 3);
    context.fill();
    context.stroke();
    context.fillStyle = muted;
    context.font = `${name.length > 3 ? 10 : 12}px system-ui, sans-serif`;
    context.fillText(name, x, y + 4);
  });
}
