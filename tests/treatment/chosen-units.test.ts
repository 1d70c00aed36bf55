// Remedies for some of the dead units alone: the others stay as they are, to the bit.
import { describe, expect, test } from "vitest";
import { withDeadUnits, x } from "../support/dead-networks.js";
import { relumineError } from "../support/errors.js";
import { diagnose, type Network, treat, type UnitPlace } from "../../src/index.js";

const deadOf = (network: Network): UnitPlace[] =>
  diagnose(network, x).layers.flatMap(({ layer, units }) =>
    units.flatMap(({ state, unit }) => (state === "dead" ? [{ layer, unit }] : [])),
  );

/** Weights that lead into each unit, with its bias. */
const incomingOf = (network: Network): string[][] =>
  network.layers.map((layer) => {
    const { kernel, bias } = layer.getWeights();
    return Array.from(bias, (own, unit) =>
      [own, ...Array.from({ length: kernel.length / bias.length }, (_, k) => kernel[k * bias.length + unit])].join(),
    );
  });

describe.each([{ kind: "liftBias" as const }, { kind: "recycle" as const }, { kind: "reinitialize" as const }])(
  "$kind",
  ({ kind }) => {
    test("treats the chosen dead unit, and no other one of its layer", () =>
      withDeadUnits(async (network) => {
        const dead = deadOf(network);
        const chosen = dead.at(-1)!;
        expect(dead.filter(({ layer }) => layer === chosen.layer).length).toBeGreaterThan(1);
        const before = incomingOf(network);
        const { treated, outputChange } = await treat(network, x, { kind, units: [chosen] });
        expect(treated.map(({ layer, unit }) => ({ layer, unit }))).toEqual([chosen]);
        expect(deadOf(network)).toEqual(dead.slice(0, -1));
        const after = incomingOf(network);
        for (const [layer, units] of before.entries()) {
          if (layer > chosen.layer) continue; // what leads out of it may have changed
          for (const [unit, weights] of units.entries())
            expect(after[layer][unit] === weights, `${layer} ${unit}`).toBe(
              layer !== chosen.layer || unit !== chosen.unit,
            );
        }
        if (kind === "liftBias") expect(outputChange).toBe(0);
      }));

    test("says that there is nothing to do where the unit lives; refuses units that there are not", () =>
      withDeadUnits(async (network) => {
        const own = diagnose(network, x).layers[0].units.toSorted((a, b) => b.activity - a.activity);
        const living = { layer: 0, unit: own[0].unit };
        const before = incomingOf(network);
        const { findings, treated } = await treat(network, x, { kind, units: [living] });
        expect([findings[0].kind, treated.length]).toEqual(["nothingToTreat", 0]);
        for (const [given, path] of [
          [[], "units"],
          ["first", "units"],
          [[{ layer: 9, unit: 0 }], "units[0].layer"],
          [
            [
              { layer: 0, unit: 0 },
              { layer: 0, unit: 999 },
            ],
            "units[1].unit",
          ],
          [[{ layer: 0, unit: 0.5 }], "units[0].unit"],
        ] as const)
          await expect(treat(network, x, { kind, units: given } as never)).rejects.toMatchObject(
            relumineError("value", path),
          );
        expect(incomingOf(network)).toEqual(before);
      }));
  },
);

test("all dead units by name are lifted as none by name, to the bit", () =>
  withDeadUnits(async (network) => {
    const other = await network.clone();
    await treat(network, x, { kind: "liftBias" });
    await treat(other, x, { kind: "liftBias", units: deadOf(other) });
    expect(incomingOf(other)).toEqual(incomingOf(network));
    other.dispose();
  }));

test("a remedy for whole layers takes no units", () =>
  withDeadUnits(async (network) => {
    const remedy = { kind: "replaceActivation", activation: "leakyRelu", units: [{ layer: 0, unit: 0 }] };
    await expect(treat(network, x, remedy as never)).rejects.toMatchObject(relumineError("value", "remedy.units"));
  }));
