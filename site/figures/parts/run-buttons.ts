// The buttons that run a training: Run or Pause, Step, and others of a figure's own.
import { h, setText } from "../../look/dom.js";

export interface RunButtons {
  readonly row: HTMLElement;
  /** What is running can be paused; at the end only what begins again goes on. */
  show(state: { readonly isRunning: boolean; readonly isOver: boolean }): void;
}

interface RunActions {
  run(isRunning: boolean): void;
  step?(): void;
  /** By its words. */
  readonly more: Readonly<Record<string, () => void>>;
}

export function runButtons({ run, step, more }: RunActions): RunButtons {
  let isRunning = false;
  const go = h("button", { type: "button", class: "primary", onclick: () => run(!isRunning) }, "Run");
  const one = step && h("button", { type: "button", onclick: step }, "Step");
  const others = Object.entries(more).map(([name, act]) => h("button", { type: "button", onclick: act }, name));
  return {
    row: h("div", { class: "row" }, go, ...(one ? [one] : []), ...others),
    show(state) {
      ({ isRunning } = state);
      setText(go, isRunning ? "Pause" : "Run");
      go.disabled = state.isOver;
      if (one) one.disabled = state.isOver;
    },
  };
}
