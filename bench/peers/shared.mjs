// What several adapters need.
import { readFileSync } from "node:fs";

/** The version of an installed package, from its package.json. */
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}

/** Labels (rows) as rows x classes of zeros and ones. */
export function oneHot(labels, classes) {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => (rows[row * classes + label] = 1));
  return rows;
}

/**
 * An adapter out of `step(batch)`, which trains on one batch, and `stepLoss(batch)`, which also gives its loss. Either
 * may be asynchronous.
 */
export function cycling(batches, version, step, stepLoss) {
  let next = 0;
  return {
    version,
    async losses(steps) {
      const losses = [];
      for (let i = 0; i < steps; i++) losses.push(await stepLoss(0));
      return losses;
    },
    async train(steps) {
      for (let i = 0; i < steps; i++) {
        const pending = step(next);
        if (pending instanceof Promise) await pending;
        next = (next + 1) % batches;
      }
    },
  };
}
