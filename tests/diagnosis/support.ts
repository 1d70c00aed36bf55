// What the tests of diagnoses after a training share: the training, a small task, and what is said.
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import type { Rows } from "../reference/network.js";
import {
  diagnose,
  type DiagnoseOptions,
  type Diagnosis,
  type Finding,
  type FindingKind,
  type FitOptions,
  type Network,
  type NetworkSpec,
  type Targets,
} from "../../src/index.js";

/** Trains from the spec's seed, or not at all, and diagnoses with the history; `change` may set the network between. */
export function diagnosisAfter(
  spec: NetworkSpec,
  x: Rows,
  y: Targets,
  fit?: FitOptions,
  options?: DiagnoseOptions,
  change?: (network: Network) => void,
): Promise<Diagnosis> {
  return withNetwork(spec, async (network) => {
    const history = fit && (await network.fit({ x, y }, fit));
    change?.(network);
    return diagnose(network, x, { targets: y, proofs: false, ...(history && { history }), ...options });
  });
}

/** 400 random rows in [-2, 2]². */
export const POINTS: Rows = randomRows(seededRandom(4), 400, 2, 2);

/** Of two inputs, with relu. */
export const regression = (hidden: readonly number[], seed = 1): NetworkSpec => ({
  inputs: 2,
  layers: [...hidden.map((units) => ({ units })), { units: 1 }],
  loss: "meanSquaredError",
  seed,
});

export const find = ({ findings }: Diagnosis, kind: FindingKind): Finding | undefined =>
  findings.find((finding) => finding.kind === kind);

export const causesOf = ({ findings }: Pick<Diagnosis, "findings">): FindingKind[] =>
  findings.filter(({ role }) => role === "cause").map(({ kind }) => kind);
