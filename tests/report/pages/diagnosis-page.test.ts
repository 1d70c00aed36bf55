import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNetwork, diagnose, type Diagnosis, type Network } from "../../../src/index.js";
import { pageToHtml } from "../../../src/report/page.js";
import { diagnosisPage, type PageSubject } from "../../../src/report/pages/diagnosis-page.js";
import type { ShownDiagnosis } from "../../../src/report/shown.js";
import { UNIT_STATES } from "../../../src/report/unit-words.js";
import type { Finding, LayerDiagnosis, ObservedUnit, UnitDiagnosis, UnitState } from "../../../src/diagnosis/types.js";
import { markupFault, OUTSIDE } from "../../support/markup.js";

const subject: PageSubject = {
  title: "Diagnosis of a model",
  facts: [["model", "model.onnx"]],
  notes: [],
  madeBy: "relumine 0",
};
const pageOf = (diagnosis: ShownDiagnosis | string, more: Partial<PageSubject> = {}): string =>
  pageToHtml(diagnosisPage(diagnosis, { ...subject, ...more }));

const unitOf = (layer: number, unit: number, state: UnitState): UnitDiagnosis => ({
  layer,
  unit,
  state,
  activity: state === "dead" ? 0 : 0.5,
  activityBound: state === "dead" ? 0.03 : 0.6,
  dormancy: state === "dead" ? 0 : 1,
  preactivation:
    state === "dead" ? { min: -3, max: -1 - unit, mean: -2, std: 0.5 } : { min: -1, max: 1, mean: 0, std: 0.5 },
  ...(state === "dead" && { mechanism: "negativeBias", permanent: true, biasToRevive: 1 }),
});

function diagnosisOf(
  states: readonly (readonly UnitState[])[],
  more: Partial<Omit<Diagnosis, "toString">> = {},
): Diagnosis {
  const layers = states.map((own, layer): LayerDiagnosis => ({
    layer,
    activation: "relu",
    dead: own.filter((state) => state === "dead").length,
    units: own.map((state, unit) => unitOf(layer, unit, state)),
  }));
  const units = states.flat().length;
  const dead = states.flat().filter((state) => state === "dead").length;
  return { samples: 100, units, dead, deadFraction: units === 0 ? 0 : dead / units, layers, findings: [], ...more };
}

const countIn = (html: string, pattern: RegExp): number => html.match(pattern)?.length ?? 0;

/** The cells of a state over all layers; the legend's marks apart. */
const cellsIn = (html: string, state: UnitState): number =>
  [...html.matchAll(new RegExp(`<svg class="units"[^]*?</svg>`, "g"))]
    .flatMap(([map]) => [...map.matchAll(new RegExp(`<path class="u ${state}" d="([^"]*)"`, "g"))])
    .reduce((sum, [, path]) => sum + countIn(path, /M/g), 0);

describe("the page of a trained network's diagnosis", () => {
  let network: Network;
  let diagnosis: Diagnosis;
  let html: string;
  beforeAll(async () => {
    network = await createNetwork({
      inputs: 8,
      layers: [
        { units: 40, activation: "relu", biasInitializer: -0.6 },
        { units: 20, activation: "relu" },
        { units: 2 },
      ],
      loss: "crossEntropy",
      seed: 3,
    });
    const data = Float32Array.from({ length: 8 * 200 }, (_, i) => ((i * 7919) % 101) / 101 - 0.5);
    const x = { rows: 200, columns: 8, data };
    diagnosis = diagnose(network, x, { targets: Array.from({ length: 200 }, (_, row) => row % 2), proofs: true });
    html = pageOf(diagnosis, { spec: network.spec });
  });
  afterAll(() => network.dispose());

  it("is whole, and asks for nothing", () => {
    expect(markupFault(html)).toBeUndefined();
    expect(html.match(OUTSIDE)).toBeNull();
    expect(html).not.toMatch(/NaN|undefined|\[object/);
  });

  it("has a cell, a title and a row of the table for each unit, by the diagnosis's states", () => {
    expect(diagnosis.dead).toBeGreaterThan(3);
    const units = diagnosis.layers.flatMap((layer) => layer.units);
    for (const state of UNIT_STATES)
      expect(cellsIn(html, state), state).toBe(units.filter((unit) => unit.state === state).length);
    expect(countIn(html, /<title>unit \d+: /g)).toBe(60);
    expect(countIn(html, /<title>unit \d+: dead/g)).toBe(diagnosis.dead);
    const [table] = /All 60 units[^]*?<\/table>/.exec(html)!;
    expect(countIn(table, /<tr><th scope="row">/g)).toBe(60);
    expect(table.indexOf(">dead<")).toBeLessThan(table.indexOf(">alive<"));
  });

  it("says the counts, the verdict on learning, and each finding with its advice", () => {
    expect(html).toContain(`${diagnosis.dead} of 60 hidden units are dead`);
    expect(html).toContain("8 inputs");
    expect(html).toContain("2 outputs");
    expect(html).toContain('id="learning"');
    expect(diagnosis.findings.length).toBeGreaterThan(0);
    expect(countIn(html, /<li id="finding-\d+">/g)).toBe(diagnosis.findings.length);
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of html.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
  });

  it("is the same for the same diagnosis", () => expect(pageOf(diagnosis, { spec: network.spec })).toBe(html));
});

describe("a page", () => {
  const finding = (role: Finding["role"], kind: Finding["kind"], advice: string): Finding => ({
    kind,
    role,
    message: `About ${kind}.`,
    advice,
  });

  it("puts causes before the dead, those before symptoms, and says each advice once", () => {
    const findings = [
      finding("symptom", "silentTogether", "See."),
      finding("symptom", "silentTogether", "See."),
      finding("remark", "constantInputs", "Leave them."),
      finding("cause", "unscaledInputs", "Scale."),
    ];
    const html = pageOf(diagnosisOf([["dead", "alive"]], { findings }));
    const [steps] = /<ol class="steps">[^]*?<\/ol>/.exec(html)!;
    const texts = [...steps.matchAll(/<li>([^<]*)</g)].map(([, text]) => text.trim());
    expect(texts).toEqual(["Scale.", expect.stringContaining("1 dead unit closed by bias"), "See."]);
    const headings = [...html.matchAll(/<span class="label">(\w+)<\/span> ([^<]*)</g)].map(([, role]) => role);
    expect(headings).toEqual(["cause", "symptom", "symptom", "remark"]);
  });

  it("of a large network stays below 3 MB, with all cells and 500 rows", () => {
    const layer = (units: number) =>
      Array.from({ length: units }, (_, unit): UnitState => (unit % 3 === 0 ? "dead" : "alive"));
    const html = pageOf(diagnosisOf([layer(768), layer(8192), layer(768)]));
    expect(html.length).toBeLessThan(3e6);
    expect(cellsIn(html, "dead") + cellsIn(html, "alive")).toBe(9728);
    expect(countIn(html, /<title>unit \d+: dead/g)).toBe(256 + 2731 + 256);
    expect(html).toContain("The 500 worst of 9,728 units");
    expect(countIn(/The 500 worst[^]*?<\/table>/.exec(html)![0], /<tr><th scope="row">/g)).toBe(500);
  });

  it("escapes and cuts what files say", () => {
    const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>\u202e\u0000\u0007`;
    const plain = diagnosisOf([["dead", "alive"]]);
    const layers = plain.layers.map((layer) => ({ ...layer, name: `${"x".repeat(1e6)}${evil.slice(0, 40)}` }));
    const html = pageOf(
      { ...plain, layers },
      { title: evil, facts: [["model", evil + "y".repeat(1e6)]], notes: new Array<string>(1000).fill(evil) },
    );
    expect(markupFault(html)).toBeUndefined();
    expect(html.replaceAll("\n", "").match(/<script|<img|\u202e|\p{Cc}/u)).toBeNull();
    expect(html).toContain("&quot;&gt;&lt;script&gt;");
    expect(html).toContain("and 960 notes more");
    expect(html.length).toBeLessThan(100_000);
  });

  it("says what layers are called", () => {
    const plain = diagnosisOf([["dead", "alive"]]);
    const html = pageOf({ ...plain, layers: plain.layers.map((layer) => ({ ...layer, name: "encoder.fc1" })) });
    expect(html).toContain("Layer 0 (encoder.fc1), relu");
    expect(html).toContain('<th scope="row">layer 0 (encoder.fc1), unit 0</th>');
  });

  it("leaves out what is not known, and figures that are no numbers", () => {
    const nothing = { min: Number.NaN, max: Number.NaN, mean: Number.NaN, std: Number.NaN };
    const plain = diagnosisOf([["dead", "alive", "notFinite"]]);
    const units = plain.layers[0].units.map(
      ({ mechanism: _m, permanent: _p, biasToRevive: _b, preactivation: _z, ...unit }): ObservedUnit =>
        unit.state === "notFinite" ? { ...unit, preactivation: nothing } : unit,
    );
    const html = pageOf({ ...plain, layers: [{ ...plain.layers[0], units }] });
    expect(html).not.toMatch(/NaN|undefined|closed by|bias to revive|lowest|class="whisker"/);
    expect(html).toContain("1 not finite, 1 dead, 1 alive");
  });

  it("tells activations where those alone are known, and rows on which a layer is closed", () => {
    const plain = diagnosisOf([["dead", "alive"]]);
    const units = plain.layers[0].units.map(({ preactivation: _, ...unit }): ObservedUnit => ({
      ...unit,
      activation: { min: 0, max: unit.unit * 7, mean: 0, std: 0 },
    }));
    const html = pageOf({ ...plain, layers: [{ ...plain.layers[0], units, closedRows: 12 }] });
    expect(html).toContain("activation 0 to 7</title>");
    expect(html).toContain('<th scope="col">highest activation</th>');
    expect(html).toContain("1 dead, 1 alive; every unit closed on 12 rows");
  });

  it("bears no units, no layers, no diagnosis", () => {
    expect(pageOf(diagnosisOf([[]]))).toContain("There are no hidden units");
    expect(markupFault(pageOf(diagnosisOf([])))).toBeUndefined();
    const none = pageOf("expected x to be finite, got <NaN>");
    expect(none).toContain("No diagnosis: expected x to be finite, got &lt;NaN&gt;");
    expect(none).toContain("model.onnx");
  });
});
