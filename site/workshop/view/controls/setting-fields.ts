// The parts that settings are made of: a labelled field, a list to choose from, a number, a slider, a group.
import { h, setText } from "../../../look/dom.js";

export function field(name: string, ...children: HTMLElement[]): HTMLElement {
  return h("label", { class: "field" }, h("span", {}, name), ...children);
}

export function choice<T extends string>(
  names: readonly T[],
  texts: Readonly<Record<T, string>>,
  act: (name: T) => void,
): HTMLSelectElement {
  const select = h(
    "select",
    { onchange: () => act(select.value as T) },
    ...names.map((name) => h("option", { value: name }, texts[name])),
  );
  return select;
}

/** Acts on whole and allowed numbers alone; the browser says what is wrong with others. */
export function numberField(
  min: number,
  max: number,
  step: number | "any",
  act: (value: number) => void,
): HTMLInputElement {
  const input = h("input", {
    type: "number",
    min,
    max,
    step,
    required: true,
    onchange: () => input.reportValidity() && act(input.valueAsNumber),
  });
  return input;
}

export interface Slider {
  readonly element: HTMLElement;
  show(value: number): void;
}

/**
 * Acts when it is let go; what it stands at is named above it all the time.
 * @param text of a value: `Noise 0.1`
 */
export function slider(
  [min, max, step]: readonly [min: number, max: number, step: number],
  text: (value: number) => string,
  act: (value: number) => void,
): Slider {
  const title = h("span");
  const name = (value: number): void => {
    setText(title, text(value));
    input.setAttribute("aria-valuetext", text(value));
  };
  const input = h("input", {
    type: "range",
    min,
    max,
    step,
    oninput: () => name(input.valueAsNumber),
    onchange: () => act(input.valueAsNumber),
  });
  return {
    element: h("label", { class: "field slider" }, title, input),
    show(value) {
      input.value = String(value);
      name(value);
    },
  };
}

/** Settings that belong together, under a title that folds them. */
export function group(title: string, isOpen: boolean, ...children: HTMLElement[]): HTMLDetailsElement {
  return h(
    "details",
    { class: "group", ...(isOpen && { open: true }) },
    h("summary", {}, title),
    h("div", { class: "fields" }, ...children),
  );
}
