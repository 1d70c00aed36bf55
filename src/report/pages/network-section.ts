// The network drawn by layer: each unit a cell by its state.
import { layerHeading } from "./layer-names.js";
import type { Block, Stage } from "../blocks.js";
import { gridOf } from "../svg/unit-map.js";
import { describeStates, describeUnit, STATE_MEANINGS, STATE_WORDS, UNIT_STATES } from "../unit-words.js";
import type { ShownDiagnosis, ShownLayer } from "../shown.js";
import type { ObservedUnit } from "../../diagnosis/types.js";
import { countStates } from "../../inspect/unit-state.js";
import type { NetworkSpec } from "../../network/spec.js";
import { countOf, formatCount } from "../../text/numbers.js";

/** Units that a pointer finds by themselves; of a larger network those that are not alive come first. */
const MOST_TITLES = 4096;

/** The units that get words of their own, at most so many of the network. */
function titledUnits({ units, layers }: Pick<ShownDiagnosis, "units" | "layers">): ReadonlySet<ObservedUnit> {
  const all = layers.flatMap((layer) => layer.units);
  if (units <= MOST_TITLES) return new Set(all);
  const ranked = UNIT_STATES.filter((state) => state !== "alive").flatMap((state) =>
    all.filter((unit) => unit.state === state),
  );
  return new Set(ranked.slice(0, MOST_TITLES));
}

function describeGrid(units: number): string {
  const { columns, perCell } = gridOf(units);
  const cells =
    perCell === 1 ? `${columns} a row` : `${columns} cells a row, each the worst of ${formatCount(perCell)}`;
  return units > columns ? `, ${cells}, from unit 0 at the top left` : "";
}

function stageOf(layer: ShownLayer, titled: ReadonlySet<ObservedUnit>, isResidual: boolean): Stage {
  const { units, activation, closedRows = 0 } = layer;
  const heading = `${layerHeading(layer)}, ${activation}`;
  if (units.length === 0) return { heading, texts: ["no units"] };
  const counts = describeStates(units);
  return {
    heading,
    ...(isResidual && { isPassed: true }),
    texts: [
      closedRows > 0 ? `${counts}; every unit closed on ${countOf(closedRows, "row")}` : counts,
      `${countOf(units.length, "unit")}${describeGrid(units.length)}`,
      ...(isResidual ? ["residual: what feeds it passes it by and is added to its outputs"] : []),
    ],
    map: {
      title: `${layerHeading(layer)}: ${countOf(units.length, "unit")}: ${counts}`,
      states: units.map(({ state }) => state),
      titles: new Map(units.flatMap((unit, at) => (titled.has(unit) ? [[at, describeUnit(unit, layer)]] : []))),
    },
  };
}

/** Inputs above and outputs below, where they are known. */
export function networkBlocks(diagnosis: ShownDiagnosis, spec: NetworkSpec | undefined): Block[] {
  const titled = titledUnits(diagnosis);
  const stages = diagnosis.layers.map((layer) => stageOf(layer, titled, spec?.layers[layer.layer]?.residual === true));
  const last = spec?.layers.at(-1);
  const present = countStates(diagnosis.layers.flatMap(({ units }) => units));
  const states = UNIT_STATES.filter((state) => present.has(state) || state === "dead" || state === "alive");
  return [
    { kind: "legend", states: states.map((state) => [state, `${STATE_WORDS[state]}: ${STATE_MEANINGS[state]}`]) },
    {
      kind: "network",
      stages: [
        ...(spec ? [{ heading: countOf(spec.inputs, "input"), texts: [] }] : []),
        ...stages,
        ...(last ? [{ heading: countOf(last.units, "output"), texts: [] }] : []),
      ],
    },
  ];
}
