import { expect, test } from "vitest";
import { createNetwork } from "../../src/network/network.js";
import { readModel } from "../../src/models/read-model.js";
import { openHdf5 } from "../../src/models/read/keras/hdf5.js";
import { hdf5File } from "./hdf5-file.js";
import { kerasFile } from "./keras-file.js";

test("groups, arrays and attributes of a file are read back", () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const b = { attributes: { name: "inner" }, members: { array: { shape: [2, 3], data } } };
  const root = openHdf5(hdf5File({ members: { b, a: { members: {} } } }));
  expect(root.keys()).toEqual(["a", "b"]);
  expect(root.within(["b"])!.attribute("name")).toBe("inner");
  expect([...root.within(["b"])!.numbers("it", "array", [2, 3]).data]).toEqual([...data]);
});

test("a network saved as Keras saves it is read to the bit", async () => {
  const layers = [
    { units: 4, activation: "relu", kernelInitializer: { normal: 0.5 } },
    { units: 3, activation: "tanh", kernelInitializer: "glorotUniform" },
    { units: 1, activation: "sigmoid" },
  ] as const;
  using network = await createNetwork({ inputs: 2, layers, loss: "meanSquaredError", seed: 3 });
  const model = await readModel(kerasFile(network));
  using same = await model.toNetwork();
  expect(same.layers.map((layer) => layer.getWeights())).toEqual(network.layers.map((layer) => layer.getWeights()));
  expect({ ...same.spec, seed: 3 }).toEqual(network.spec);
  expect(model.head).toBe("sigmoid");
});
