// Proofs apart from a diagnosis: truths by construction, none contradicted on small networks, resumable, the same from
// workers, bad input.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { sampleBox } from "./contradictions.js";
import { layers, opens } from "./once-proved-wrongly.js";
import { diagnose, type Network, type NetworkProof, prove, type ProvedUnit } from "../../src/index.js";
import { proveWith, type StartProofWorkers } from "../../src/diagnosis/proof/prove-network.js";
import {
  type ProofJob,
  type ProofJobResult,
  type ProofSetup,
  ProofWorker,
} from "../../src/diagnosis/proof/proof-job.js";

const here: StartProofWorkers = async () => undefined;

/** Workers in this thread, which answer in an order of their own, from copies of what they are sent. */
const pretended =
  (size: number): StartProofWorkers =>
  async (setup) => {
    const workers = Array.from({ length: size }, () => new ProofWorker(structuredClone(setup) as ProofSetup));
    let calls = 0;
    return {
      size,
      run: async (job: ProofJob) => {
        const call = calls++;
        const result = workers[call % size]!.run(structuredClone(job));
        for (let turn = 0; turn < (call * 7) % 5; turn++) await Promise.resolve();
        return structuredClone(result);
      },
      end: () => {},
    };
  };

const LOW = -1,
  HIGH = 1;
const boxOf = (inputs: number) => ({ low: Array<number>(inputs).fill(LOW), high: Array<number>(inputs).fill(HIGH) });

/** Random weights, biases that leave many units closed on most of the box. */
async function withRandom<T>(
  seed: number,
  inputs: number,
  widths: readonly number[],
  use: (network: Network) => Promise<T>,
): Promise<T> {
  const random = seededRandom(seed);
  const layers = [...widths.map((units) => ({ units })), { units: 1 }];
  return withNetwork({ inputs, layers, loss: "meanSquaredError", seed }, (network) => {
    network.layers.slice(0, -1).forEach((layer, l) => {
      const bias = Float32Array.from({ length: layer.units }, () => random() - (l === 0 ? 0.5 : 1.5));
      layer.setWeights({ bias });
    });
    return use(network);
  });
}

function highestOn(network: Network, rows: number[][], layer: number, unit: number): number {
  return diagnose(network, rows, { proofs: false }).layers[layer]!.units[unit]!.preactivation.max;
}

const verdicts = ({ units }: NetworkProof) => units.map(({ layer, unit, proof }) => `${layer}.${unit} ${proof}`);

describe("a box alone asks about every hidden unit", () => {
  test.each([1, 2, 3])("random networks of one to three inputs, block %d: nothing is contradicted", async (block) => {
    let proved = 0,
      refuted = 0;
    for (let seed = 20 * block; seed < 20 * block + 20; seed++) {
      const random = seededRandom(seed);
      const inputs = integer(random, 1, 3);
      await withRandom(seed, inputs, [integer(random, 2, 8), integer(random, 2, 8), 6], async (network) => {
        const box = boxOf(inputs);
        const proof = await proveWith(here, network, { box }, { budget: 2e7 });
        const rows = sampleBox(box, random, 600);
        const { layers } = diagnose(network, rows, { proofs: false });
        expect(proof.units.length).toBe(layers.reduce((sum, { units }) => sum + units.length, 0));
        for (const { layer, unit, proof: verdict, wakingInput } of proof.units) {
          const highest = layers[layer]!.units[unit]!.preactivation.max;
          if (verdict === "provenDead") expect(highest, `seed ${seed}, ${layer}.${unit}`).toBeLessThanOrEqual(0);
          if (highest > 0) expect(verdict, `seed ${seed}, ${layer}.${unit}`).not.toBe("provenDead");
          if (wakingInput) expect(highestOn(network, [[...wakingInput]], layer, unit)).toBeGreaterThan(0);
          expect(wakingInput !== undefined).toBe(verdict === "refuted");
        }
        proved += proof.provenDead;
        refuted += proof.refuted;
        expect(proof.provenDead + proof.refuted + proof.open).toBe(proof.units.length);
      });
    }
    expect(proved).toBeGreaterThan(60);
    expect(refuted).toBeGreaterThan(60);
  });

  /** Open in one corner of sixteen inputs alone: sum(x) > 15.5. Behind a second layer, too. */
  test.each([
    [15.5, "refuted"],
    [15.99, "refuted"],
    [16, "provenDead"],
    [16.01, "provenDead"],
  ])("a unit that opens in the corner beyond %d is never proved closed (%s)", (threshold, verdict) =>
    withNetwork(
      { inputs: 16, layers: [{ units: 16 }, { units: 1 }, { units: 1 }], loss: "meanSquaredError" },
      async (network) => {
        const identity = Float32Array.from({ length: 256 }, (_, at) => Number(at % 17 === 0));
        network.layers[0]!.setWeights({ kernel: identity, bias: new Float32Array(16) });
        network.layers[1]!.setWeights({ kernel: new Float32Array(16).fill(1), bias: Float32Array.of(-threshold) });
        const proof = await proveWith(here, network, { box: boxOf(16) }, { budget: 1e8 });
        expect(proof.units.at(-1)).toMatchObject({ layer: 1, unit: 0, proof: verdict });
      },
    ),
  );
});

test("bounds hold on the whole box, not only where the unit may be open: a unit that a corner opens", () => {
  const spec = [8, 6, 1, 1].map((units) => ({ units }));
  return withNetwork({ inputs: 3, layers: spec, loss: "meanSquaredError" }, async (network) => {
    layers.forEach(({ kernel, bias }, l) =>
      network.layers[l]!.setWeights({ kernel: Float32Array.from(kernel), bias: Float32Array.from(bias) }),
    );
    expect(highestOn(network, [opens], 2, 0)).toBeGreaterThan(0.13);
    const { units } = await proveWith(here, network, { box: boxOf(3) }, { threads: 1 });
    expect(units.at(-1)).toMatchObject({ layer: 2, unit: 0, proof: "refuted" });
  });
});

describe("the dead units of samples", () => {
  const samples = (inputs: number, seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 12 }, () => Array.from({ length: inputs }, () => 0.4 * random()));
  };

  test("are asked about and no others, on the samples' range; the diagnosis says the same where it decides", () =>
    withRandom(4, 5, [9, 9, 9], async (network) => {
      const x = samples(5, 4);
      const diagnosis = diagnose(network, x, { proofs: true });
      const dead = diagnosis.layers.flatMap(({ units }) => units.filter(({ state }) => state === "dead"));
      const proof = await proveWith(here, network, x, { budget: 1e8 });
      expect(proof.units.map(({ layer, unit }) => [layer, unit])).toEqual(dead.map(({ layer, unit }) => [layer, unit]));
      dead.forEach((unit, i) => {
        if (unit.proof !== "open") expect(proof.units[i]!.proof).toBe(unit.proof);
      });
      expect(dead.length).toBeGreaterThan(5);
    }));

  const spec = [20, [16, 16, 16]] as const;

  test("the same verdicts from one thread, and from workers that answer in any order", () =>
    withRandom(7, ...spec, async (network) => {
      const x = samples(20, 7);
      const question = { x, box: boxOf(20) };
      const alone = await proveWith(here, network, question, { budget: 3e7 });
      expect(alone.open).toBeGreaterThan(0);
      expect(alone.refuted).toBeGreaterThan(0);
      for (const size of [1, 2, 5])
        expect(await proveWith(pretended(size), network, question, { budget: 3e7 })).toEqual(alone);
    }));

  test("an earlier proof is gone on with, also from JSON: its verdicts stand, and open ones are decided", () =>
    withRandom(7, ...spec, async (network) => {
      const question = { x: samples(20, 7), box: boxOf(20) };
      const first = await proveWith(here, network, question, { budget: 1e6 });
      const stored = JSON.parse(JSON.stringify(first)) as NetworkProof;
      const more = await proveWith(here, network, question, { budget: 3e9, from: stored });
      expect(more.open).toBeLessThan(first.open);
      expect(more.work).toBeGreaterThan(first.work);
      first.units.forEach((unit, i) => {
        if (unit.proof !== "open") expect(more.units[i]).toEqual(unit);
      });
      const same = await proveWith(here, network, { box: boxOf(20) }, { budget: 0, from: more });
      expect(verdicts(same)).toEqual(verdicts(more));
    }));

  test("is told of, stops at a signal and after seconds, and can be gone on with then", () =>
    withRandom(7, ...spec, async (network) => {
      const question = { x: samples(20, 7), box: boxOf(20) };
      const told: number[] = [];
      await proveWith(here, network, question, { budget: 3e7, onProgress: ({ work }) => told.push(work) });
      expect(told.length).toBeGreaterThan(3);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      const none = await proveWith(here, network, question, { signal: AbortSignal.abort() });
      expect(none).toMatchObject({ stopped: "aborted", provenDead: 0 });
      const controller = new AbortController();
      const begun = proveWith(here, network, question, {
        budget: 1e15,
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      expect((await begun).stopped).toBe("aborted");
      const late = await proveWith(here, network, question, { budget: 1e15, seconds: 0.05 });
      expect(late.stopped === "seconds" || late.open === 0).toBe(true);
      const on = await proveWith(here, network, question, { budget: 3e9, from: none });
      expect(on.provenDead + on.refuted).toBeGreaterThan(0);
    }));

  test("what a search tree found when it is time to stop is not lost, if it opens the unit", () =>
    withRandom(10, 12, [24, 24, 24], async (network) => {
      const question = { box: boxOf(12) };
      const whole = await proveWith(here, network, question, { budget: 1e8 });
      const stopAt = async (candidateOf: (unit: ProvedUnit) => readonly number[]) => {
        const controller = new AbortController();
        let found: ProvedUnit | undefined;
        const start: StartProofWorkers = async (setup) => {
          const worker = new ProofWorker(setup);
          const run = async (job: ProofJob): Promise<ProofJobResult> => {
            const isFound = ({ layer, unit, proof }: ProvedUnit) =>
              job.kind === "parts" && proof === "refuted" && layer === job.layer && unit === job.units[0];
            found ??= whole.units.find(isFound);
            if (!found) return worker.run(job);
            controller.abort();
            return { answers: job.units.map((unit) => ({ unit, candidate: candidateOf(found!) })), work: 1 };
          };
          return { size: 1, run, end: () => {} };
        };
        const proof = await proveWith(start, network, question, { budget: 3e6, signal: controller.signal });
        expect(proof.stopped).toBe("aborted");
        return proof.units.find(({ layer, unit }) => layer === found!.layer && unit === found!.unit)!.proof;
      };
      expect(await stopAt(({ wakingInput }) => wakingInput!)).toBe("refuted");
      expect(await stopAt(({ wakingInput }) => wakingInput!.map((value) => -value))).toBe("open");
    }));

  test("samples that are transferred meanwhile are refused by their place", () =>
    withRandom(7, ...spec, async (network) => {
      const data = Float32Array.from(samples(20, 7).flat());
      const transfer = () => data.length > 0 && structuredClone(data, { transfer: [data.buffer] });
      await expectRefusal(
        () =>
          proveWith(here, network, { x: { rows: 12, columns: 20, data }, box: boxOf(20) }, { onProgress: transfer }),
        "value",
        "x.data",
      );
    }));

  test("the start is covered: samples that are not all seen, workers that never come", () =>
    withRandom(7, ...spec, async (network) => {
      const question = { x: samples(20, 7), box: boxOf(20) };
      const none = await proveWith(here, network, question, { seconds: 0 });
      expect(none).toMatchObject({ stopped: "seconds", provenDead: 0, refuted: 0, open: none.units.length });
      expect(none.units).toHaveLength(48);
      const on = await proveWith(here, network, question, { budget: 3e9, from: none });
      const whole = await proveWith(here, network, question, { budget: 3e9 });
      for (const { layer, unit, proof } of whole.units)
        expect(on.units.find((each) => each.layer === layer && each.unit === unit)!.proof).toBe(proof);
      const never: StartProofWorkers = () => new Promise(() => {});
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 20);
      const { signal } = controller;
      expect((await proveWith(never, network, question, { budget: 1e15, signal })).stopped).toBe("aborted");
      expect((await proveWith(never, network, question, { budget: 1e15, seconds: 0.02 })).stopped).toBe("seconds");
    }));

  test("the network may train on, or go, meanwhile: the proof is about its weights at the call", async () => {
    let running: Promise<NetworkProof> | undefined;
    let expected: NetworkProof | undefined;
    await withRandom(7, ...spec, async (network) => {
      const question = { x: samples(20, 7), box: boxOf(20) };
      expected = await proveWith(here, network, question, { budget: 3e7 });
      running = proveWith(here, network, question, { budget: 3e7 });
      await new Promise((resolve) => setTimeout(resolve, 5));
      network.layers[0]!.setWeights({ bias: new Float32Array(16).fill(9) });
    });
    expect(await running).toEqual(expected);
  });

  test("bad input is refused", () =>
    withRandom(7, ...spec, async (network) => {
      const box = boxOf(20);
      const x = samples(20, 7);
      const proof = await prove(network, { x, box }, { budget: 3e7, threads: 1 });
      const refused = (path: string, question: unknown, options?: object) =>
        expectRefusal(() => prove(network, question as never, options as never), "value", path);
      await refused("question", {});
      await refused("budget", x, { budget: -1 });
      await refused("seconds", x, { seconds: NaN });
      await refused("threads", x, { threads: 0 });
      await refused("signal", x, { signal: 1 });
      await refused("onProgress", x, { onProgress: 1 });
      await refused("from", x, { from: 1 });
      await refused("from.box", x, { from: proof });
      await refused("from.weights", { box }, { from: { ...proof, weights: "0" } });
      const units = proof.units.map((unit) => ({ ...unit }));
      const forged = (change: object) => ({ ...proof, units: [{ ...units[0], ...change }, ...units.slice(1)] });
      await refused("from.units[0].layer", { box }, { from: forged({ layer: 9 }) });
      await refused("from.units[0].unit", { box }, { from: forged({ unit: -1 }) });
      await refused("from.units[0].proof", { box }, { from: forged({ proof: "yes" }) });
      await refused("from.units[0].wakingInput", { box }, { from: forged({ proof: "refuted", wakingInput: [2] }) });
      await refused(
        "from.units[1]",
        { box },
        { from: { ...proof, units: Object.assign(new Array(2), { 0: units[0] }) } },
      );
      const closed = proof.units.find(({ proof: verdict }) => verdict !== "refuted")!;
      const lie = { ...proof, units: [{ ...closed, proof: "refuted", wakingInput: [...x[0]!] }] };
      await refused("from", { box }, { from: lie });
      let reads = 0;
      const turning = Object.defineProperty({ ...proof }, "units", {
        enumerable: true,
        get: () => (reads++ ? null : units),
      });
      const on = await prove(network, { box }, { budget: 0, threads: 1, from: turning });
      expect([on.units.length, reads]).toEqual([units.length, 1]);
      network.layers[0]!.setWeights({ bias: new Float32Array(16) });
      await refused("from.weights", { box }, { from: proof });
    }));
});
