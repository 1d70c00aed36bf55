// The workloads' networks, and the same in float64.
import { createNetwork, type Matrix, type Network, type NetworkSpec } from "../src/index.js";
import type { ReferenceLayer } from "../tests/reference/network.js";
import type { Context } from "./measure.js";
import type { Workload } from "./workloads.js";

export function specOf({ widths, loss }: Workload): NetworkSpec {
  const [inputs, ...units] = widths;
  return { inputs: inputs!, layers: units.map((count) => ({ units: count })), loss, seed: 1 };
}

export function create(workload: Workload, { build }: Context, threads = 1): Promise<Network> {
  return createNetwork(specOf(workload), { arithmetic: build === "strict" ? "reproducible" : "fast", threads });
}

export function rowsOf({ rows, columns, data }: Matrix): number[][] {
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}

export function toReference(network: Network): ReferenceLayer[] {
  return network.layers.map((layer) => {
    const { kernel, bias } = layer.getWeights();
    return {
      activation: layer.activation,
      kernel: rowsOf({ rows: layer.inputs, columns: layer.units, data: kernel }),
      bias: [...bias],
    };
  });
}
