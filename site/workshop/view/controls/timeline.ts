// The time axis: a slider from the start to now with a tick for each death. While it is held at an earlier step the
// page shows the weights of that step; released, it returns to now. By keys: arrows go back, Escape or End returns.
import type { Frame } from "../../engine/types.js";
import { h, prepare } from "../../../look/dom.js";
import { palette } from "../../../look/palette.js";
import { count } from "../descriptions.js";

export interface TimelineView {
  draw(frame: Frame, at: number | undefined): void;
  redraw(): void;
}

export function createTimelineView(stage: HTMLElement, onScrub: (step: number | undefined) => void): TimelineView {
  const canvas = h("canvas", { "aria-hidden": "true" });
  let isHeld = false; // by the pointer
  let isByKey = false;
  const release = () => {
    isHeld = isByKey = false;
    onScrub(undefined);
  };
  const slider = h("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 1,
    value: 1,
    "aria-label": "Go back in time: drag or use the arrow keys; Escape returns to now",
    // browsers may send one more when it is released
    oninput: () => (isHeld || isByKey) && onScrub(slider.valueAsNumber),
    onpointerdown: () => {
      isHeld = true;
      isByKey = false;
    },
    onpointerup: release,
    onpointercancel: release,
    onblur: release,
    onkeydown: (event: KeyboardEvent) => {
      isByKey = true;
      if (event.key !== "Escape" && event.key !== "End") return;
      event.preventDefault();
      release();
    },
  });
  stage.replaceChildren(canvas, slider);
  let last: Frame | undefined;
  let lastAt: number | undefined;

  function draw(frame: Frame, at: number | undefined): void {
    last = frame;
    lastAt = at;
    const most = Math.max(1, frame.step);
    if (at === undefined || Number(slider.max) < at) {
      slider.max = String(most);
      slider.step = String(Math.max(1, Math.round(most / 200)));
    }
    if (at === undefined) slider.value = slider.max;
    slider.setAttribute(
      "aria-valuetext",
      at === undefined ? `now, step ${frame.step}` : `step ${frame.shown} of ${frame.step}`,
    );
    drawAxis(canvas, stage.clientWidth, frame, Number(slider.max));
  }

  return { draw, redraw: () => last && draw(last, lastAt) };
}

function drawAxis(canvas: HTMLCanvasElement, width: number, { deaths, step, shown }: Frame, most: number): void {
  const context = prepare(canvas, width, 46);
  const { line, ink, muted, accent } = palette();
  const at = (value: number) => 1.5 + (Math.min(value, most) / most) * (width - 3);
  context.fillStyle = line;
  context.fillRect(0, 17, width, 2);
  context.fillStyle = accent;
  context.fillRect(0, 17, at(shown === step ? most : shown), 2);
  context.fillStyle = ink;
  for (const death of deaths) {
    context.fillRect(at(death.step) - 1, 10, 2, 16);
    context.fillRect(at(death.step) - 4, 17, 8, 2);
  }
  context.strokeStyle = accent; // open, where one came back
  context.lineWidth = 1.5;
  for (const { cameBack } of deaths) if (cameBack) context.strokeRect(at(cameBack.step) - 2.5, 12, 5, 12);
  context.fillStyle = muted;
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "bottom";
  context.textAlign = "left";
  context.fillText("start", 0, 45);
  context.textAlign = "right";
  context.fillText(`step ${count(step)}`, width, 45);
  context.textAlign = "center";
  const back = deaths.filter(({ cameBack }) => cameBack).length;
  const cameBack = back > 0 ? `, ${back} came back` : "";
  const counted = `${deaths.length} ${deaths.length === 1 ? "death" : "deaths"}${cameBack}`;
  const deathsText = deaths.length === 0 ? "deaths are marked here" : counted;
  if (width > 560) context.fillText(`${deathsText}; drag back to see the weights of an earlier step`, width / 2, 45);
}
