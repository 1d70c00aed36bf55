// The chosen unit's numbers, to be changed by hand: its bias, or beta where its layer is normalized, by a handle under
// the histogram, which it moves; gamma, and its largest weights, as fields.
import type { EditName } from "../../../training/changes.js";
import type { Edit, Frame, Started, UnitName } from "../../engine/types.js";
import { roundTo } from "../../../../src/text/numbers.js";
import { h, setText } from "../../../look/dom.js";
import { figure, nameOf, signed } from "../descriptions.js";

export interface UnitNumbers {
  readonly element: HTMLElement;
  start(started: Started): void;
  /** @param reach of the histogram's axis, to either side of 0 */
  draw(frame: Frame, chosen: UnitName, reach: number): void;
  /** How far the bias, or beta, is dragged from where it is. */
  readonly shift: number;
  /** Opens the weights, at one of them. */
  openWeight(of: WeightPlace): void;
}

/** Of a weight: the unit that it leads into, and from which of its inputs. */
export interface WeightPlace extends UnitName {
  readonly input: number;
}

const MOST_WEIGHTS = 8;
const STOPS = 200;
const DIGITS = 4;
const EVERY_MS = 250;
const GAMMA_HINT = "What the normalized preactivation is multiplied by.";
const BIAS_HINT = "Added before the normalization.";

interface Row {
  readonly place: WeightPlace;
  readonly field: HTMLInputElement;
}

/** @param shifted the bias is being dragged: the histogram is to be drawn again */
export function createUnitNumbers(edit: (edit: Edit) => void, shifted: () => void): UnitNumbers {
  let started: Started;
  let frame: Frame | undefined;
  let chosen: UnitName | undefined;
  let reach = 1;
  let shift = 0;
  /** What was set by hand, until the network has it. */
  let awaited: number | undefined;
  let rows: Row[] = [];
  /** It is to be shown once its unit is. */
  let wanted: WeightPlace | undefined;
  let drawnAt = 0;

  const isPast = () => frame!.shown < frame!.step;
  /** What is added to all that goes into its activation. */
  let what: "setBias" | "setBeta" = "setBias";
  const shiftName = h("span", {});
  const handle = h("input", {
    type: "range",
    class: "bias-handle",
    min: -STOPS / 2,
    max: STOPS / 2,
    step: 1,
    "aria-label": "Shift: moves the preactivations of all samples",
    oninput: () => {
      shift = (handle.valueAsNumber / (STOPS / 2)) * reach;
      nameShift();
      shifted();
    },
    onchange: () => setShift(roundTo(shiftNow() + shift, DIGITS)),
  });
  const shiftField = numberField("Bias", (value) => setShift(value));
  const gammaField = numberField("Gamma", (value) => editOwn("setGamma", value));
  const biasField = numberField("Bias", (value) => editOwn("setBias", value));
  const gammaRow = h("label", { title: GAMMA_HINT }, h("span", {}, "Gamma"), gammaField);
  const biasRow = h("label", { title: BIAS_HINT }, h("span", {}, "Bias"), biasField);
  const weights = h("details", { class: "weights" }, h("summary", {}, "Weights"));
  const list = h("div", {});
  weights.append(list);
  weights.addEventListener("toggle", () => weights.open && rows.length === 0 && listWeights());
  const element = h(
    "div",
    { class: "numbers" },
    handle,
    h("div", { class: "own" }, h("label", {}, shiftName, shiftField), gammaRow, biasRow),
    weights,
  );

  function numberField(name: string, act: (value: number) => void): HTMLInputElement {
    const input = h("input", {
      type: "number",
      step: "any",
      required: true,
      "aria-label": name,
      onchange: () => Number.isFinite(input.valueAsNumber) && act(input.valueAsNumber),
    });
    return input;
  }

  const valueAt = ({ layer, unit, input }: WeightPlace) =>
    frame!.parameters[started.layout[layer].kernel + input * started.spec.layers[layer].units + unit];
  const own = (part: "bias" | "gamma" | "beta") =>
    frame!.parameters[(started.layout[chosen!.layer][part] ?? NaN) + chosen!.unit];
  const shiftNow = () => own(what === "setBias" ? "bias" : "beta");

  function editOwn(name: EditName, value: number): void {
    if (chosen) edit({ what: name, unit: chosen, value });
  }

  function setShift(value: number): void {
    if (!chosen || Math.fround(value) === shiftNow()) return void recentre();
    awaited = Math.fround(value);
    editOwn(what, value);
  }

  /** Of the layer that it is in: what there is beside its weights. */
  function showParts({ layer }: UnitName): void {
    const isNormalized = started.layout[layer].gamma !== undefined;
    what = isNormalized ? "setBeta" : "setBias";
    gammaRow.hidden = biasRow.hidden = !isNormalized;
    shiftField.setAttribute("aria-label", isNormalized ? "Beta" : "Bias");
  }

  function showOwn(): void {
    const show = (field: HTMLInputElement, value: number) => {
      if (field !== document.activeElement) field.value = String(roundTo(value, DIGITS));
    };
    nameShift();
    show(shiftField, shiftNow());
    if (what === "setBias") return;
    show(gammaField, own("gamma"));
    show(biasField, own("bias"));
  }

  function recentre(): void {
    shift = 0;
    awaited = undefined;
    handle.value = "0";
  }

  function nameShift(): void {
    const now = shiftNow();
    const name = what === "setBias" ? "Bias" : "Beta";
    setText(shiftName, shift === 0 ? name : `${name} ${signed(now)} → ${signed(now + shift)}`);
    handle.setAttribute("aria-valuetext", figure(now + shift));
  }

  const inputsOf = (layer: number) => (layer === 0 ? started.spec.inputs : started.spec.layers[layer - 1].units);

  function inputName(layer: number, input: number): string {
    return layer === 0
      ? (started.task.features[input] ?? `input ${input + 1}`)
      : nameOf({ layer: layer - 1, unit: input });
  }

  function unitName(place: UnitName): string {
    if (place.layer < started.recipe.layers.length) return nameOf(place);
    return started.task.classes.length > 2 ? `output ${started.task.classes[place.unit]}` : "output";
  }

  /** The largest first. */
  function largest(places: readonly WeightPlace[]): WeightPlace[] {
    return places.toSorted((a, b) => Math.abs(valueAt(b)) - Math.abs(valueAt(a))).slice(0, MOST_WEIGHTS);
  }

  function listWeights(at?: WeightPlace): void {
    rows = []; // those of another unit
    if (!chosen || !frame || !weights.open) return;
    const { layer, unit } = chosen;
    const into = Array.from({ length: inputsOf(layer) }, (_, input) => ({ layer, unit, input }));
    const outOf = Array.from({ length: started.spec.layers[layer + 1].units }, (_, to) => ({
      layer: layer + 1,
      unit: to,
      input: unit,
    }));
    const isWanted = (place: WeightPlace) =>
      place.layer === at?.layer && place.unit === at.unit && place.input === at.input;
    const part = (title: string, places: readonly WeightPlace[], name: (place: WeightPlace) => string) => {
      const shown = largest(places);
      if (at && places.some(isWanted) && !shown.some(isWanted)) shown[shown.length - 1] = at;
      const lines = shown.map((place) => {
        const field = numberField(`Weight ${title} ${name(place)}`, (value) =>
          edit({ what: "setWeight", unit: place, input: place.input, value }),
        );
        rows.push({ place, field });
        return h("label", {}, h("span", {}, name(place)), field);
      });
      const all = places.length > shown.length ? `, the largest ${shown.length} of ${places.length}` : "";
      return h("fieldset", {}, h("legend", {}, `${title === "from" ? "In, from" : "Out, to"}${all}`), ...lines);
    };
    list.replaceChildren(
      part("from", into, ({ input }) => inputName(layer, input)),
      part("to", outOf, unitName),
    );
    showWeights();
    rows.find(({ place }) => isWanted(place))?.field.focus();
  }

  /** It leads into the chosen unit, or out of it. */
  const isOfChosen = ({ layer, unit, input }: WeightPlace) =>
    (layer === chosen?.layer && unit === chosen.unit) || (layer - 1 === chosen?.layer && input === chosen.unit);

  function showWanted(): void {
    const place = wanted;
    wanted = undefined;
    listWeights(place);
  }

  function showWeights(): void {
    for (const { place, field } of rows) {
      field.disabled = isPast();
      if (field !== document.activeElement) field.value = String(roundTo(valueAt(place), DIGITS));
    }
  }

  return {
    element,
    start(next) {
      started = next;
      frame = chosen = undefined;
      rows = [];
      list.replaceChildren();
      recentre();
    },
    draw(next, unit, axis) {
      const isOther = chosen?.layer !== unit.layer || chosen.unit !== unit.unit;
      frame = next;
      chosen = { layer: unit.layer, unit: unit.unit };
      if (isOther) showParts(unit);
      if (isOther || shiftNow() === awaited) recentre();
      if (shift === 0) reach = axis;
      if (!isOther && !wanted && !next.isSettled && performance.now() - drawnAt < EVERY_MS) return;
      drawnAt = performance.now();
      for (const field of [handle, shiftField, gammaField, biasField]) field.disabled = isPast();
      showOwn();
      if (wanted && isOfChosen(wanted)) showWanted();
      else if (isOther || rows.length === 0) listWeights();
      else if (weights.open) showWeights();
    },
    get shift() {
      return shift;
    },
    openWeight(of) {
      wanted = of;
      weights.open = true;
      if (isOfChosen(of)) showWanted();
    },
  };
}
