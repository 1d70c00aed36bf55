// The proof that stands behind a network's file: what `prove` said of a network before units were taken out of it, and
// a checksum that ties it to the weights in the file. A checksum tells of a mix-up or damage, not of malice: whoever
// wants to be sure proves again, without `from`, on the network that `weights` names.
import { PROOF_NAME, readModelHeader, SPEC_NAME } from "./model-header.js";
import { type Header, readTensors, type StoredTensor, type Tensor } from "./safetensors.js";
import { longChecksumOf } from "../core/checksum.js";
import { checkInteger, checkName, checkNumber, describe, isFloat32 } from "../core/checks.js";
import { RelumineError, errorIn } from "../core/errors.js";
import { checkMembers, parseStrictJson } from "../core/strict-json.js";
import type { NetworkProof, ProvedUnit } from "../diagnosis/proof/proof-types.js";

const WHAT = "the file's proof";
const DEPTH = 4;

/** Of the stored spec and all weights in the file. */
function checksumOfFile(spec: string, tensors: Iterable<readonly [string, ArrayBufferView]>): string {
  const sorted = [...tensors].filter(([name]) => name.startsWith("layers.")).sort(([a], [b]) => (a < b ? -1 : 1));
  const views = sorted.map(([, view]) => view);
  const names = sorted.map(([name]) => name);
  return longChecksumOf([spec, ...names], views);
}

function checkEnds(path: string, values: unknown): readonly number[] {
  const isEnd = (value: unknown) => typeof value === "number" && isFloat32(value);
  if (Array.isArray(values) && values.findIndex((value) => !isEnd(value)) < 0) return values as number[]; // sees holes
  throw new RelumineError("value", path, "to be a list of finite numbers", describe(values));
}

function objectAt(path: string, value: unknown): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new RelumineError("value", path, "to be an object", describe(value));
}

/** A proof as plain data from elsewhere, every field checked. */
function checkProof(given: unknown): NetworkProof {
  const { weights, box, units, work, stopped } = objectAt("proof", given) as Partial<NetworkProof>;
  if (typeof weights !== "string" || !/^[0-9a-f]{16}$/.test(weights))
    throw new RelumineError("value", "proof.weights", "to be a checksum", describe(weights));
  const ends = objectAt("proof.box", box) as { low?: unknown; high?: unknown };
  const low = checkEnds("proof.box.low", ends.low);
  const high = checkEnds("proof.box.high", ends.high);
  if (low.length !== high.length || low.some((value, i) => value > high[i]))
    throw new RelumineError("value", "proof.box", "to have a low for each high, and none above it", "another box");
  if (!Array.isArray(units)) throw new RelumineError("value", "proof.units", "to be a list", describe(units));
  const checked = Array.from(units, (unit: unknown, i): ProvedUnit => {
    const each = objectAt(`proof.units[${i}]`, unit) as ProvedUnit;
    return {
      layer: checkInteger(`proof.units[${i}].layer`, each.layer, { low: 0 }),
      unit: checkInteger(`proof.units[${i}].unit`, each.unit, { low: 0 }),
      proof: checkName(`proof.units[${i}].proof`, each.proof, ["provenDead", "refuted", "open"] as const),
    };
  });
  const count = (verdict: ProvedUnit["proof"]) => checked.filter(({ proof }) => proof === verdict).length;
  return {
    weights,
    box: { low, high },
    units: checked,
    provenDead: count("provenDead"),
    refuted: count("refuted"),
    open: count("open"),
    work: checkNumber("proof.work", work, { low: 0 }),
    ...(stopped !== undefined && { stopped: checkName("proof.stopped", stopped, ["aborted", "seconds"] as const) }),
  };
}

/** The text that a file holds: verdicts without the inputs that refute. */
export function packProof(proof: unknown, spec: string, tensors: ReadonlyMap<string, Tensor>): string {
  const file = checksumOfFile(
    spec,
    [...tensors].map(([name, { data }]) => [name, data] as const),
  );
  return JSON.stringify({ file, proof: checkProof(proof) });
}

/**
 * What the text says, once it is known to be about the weights beside it.
 * @throws RelumineError "format"
 */
function unpackProof(text: string, spec: string, tensors: ReadonlyMap<string, StoredTensor>): NetworkProof {
  const { file, proof } = checkMembers(WHAT, parseStrictJson(WHAT, text, DEPTH), ["file", "proof"]);
  const expected = checksumOfFile(
    spec,
    [...tensors].map(([name, { bytes }]) => [name, bytes] as const),
  );
  if (file !== expected)
    throw new RelumineError(
      "format",
      WHAT,
      "to be about the spec and weights in the file",
      `the checksum ${describe(file)} of others`,
      "Were weights changed, or is the file damaged?",
    );
  try {
    return checkProof(proof);
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn(WHAT, error, "format");
    throw error;
  }
}

/** The proof that a file holds, if any, held against its weights. */
export function proofIn({ metadata }: Header, tensors: ReadonlyMap<string, StoredTensor>): NetworkProof | undefined {
  const text = metadata.get(PROOF_NAME);
  return text === undefined ? undefined : unpackProof(text, metadata.get(SPEC_NAME)!, tensors);
}

/**
 * The proof in a network's file: what `prove` said, of this network or of the one that it was pruned from, whose
 * checksum `weights` is. undefined where there is none. importNetwork makes the same check.
 * @param bytes the whole file
 * @cost reads all weights once, for their checksum
 * @throws RelumineError "format" (the weights are not those that the proof was stored with) or "value"
 * @example
 * const bytes = await exportNetwork(pruned, "safetensors", { proof: await prove(network, x) });
 * console.log(readProof(bytes)?.provenDead);
 */
export function readProof(bytes: Uint8Array): NetworkProof | undefined {
  const header = readModelHeader(bytes);
  return proofIn(header, readTensors(header));
}
