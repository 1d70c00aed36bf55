// A slider with its name and its value in words over it; arrow keys move it.
import { roundTo } from "../../../src/text/numbers.js";
import { h, setText } from "../../look/dom.js";

export interface SliderOptions {
  readonly label: string;
  /** What it chooses from, in order. */
  readonly values: readonly number[];
  readonly value: number;
  /** Written beside the name, and read out. */
  readonly text: (value: number) => string;
  readonly onInput: (value: number) => void;
}

export interface Slider {
  readonly element: HTMLElement;
  readonly value: number;
  /** Moves it to the nearest of its values. @returns that; `onInput` is not called */
  set(value: number): number;
}

/** Evenly spaced numbers, both ends included. */
export function evenly(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => roundTo(low + ((high - low) * i) / (count - 1), 12));
}

export function slider({ label, values, value, text, onInput }: SliderOptions): Slider {
  const output = h("output");
  const input = h("input", { type: "range", min: 0, max: values.length - 1, step: 1 });
  const current = () => values[Number(input.value)];
  function set(to: number): number {
    const distances = values.map((each) => Math.abs(each - to));
    input.value = String(distances.indexOf(Math.min(...distances)));
    show();
    return current();
  }
  function show(): void {
    setText(output, text(current()));
    input.setAttribute("aria-valuetext", text(current()));
  }
  input.addEventListener("input", () => {
    show();
    onInput(current());
  });
  set(value);
  return {
    element: h("label", { class: "slider" }, h("span", {}, `${label} `, output), input),
    get value() {
      return current();
    },
    set,
  };
}
