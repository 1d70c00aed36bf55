// Models of TensorFlow.js as the files that it saves.
import * as tf from "@tensorflow/tfjs";

/** The content of model.json, and of the one file of weights that it names. */
export interface Saved {
  readonly json: {
    modelTopology: object;
    weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  };
  readonly data: Uint8Array;
}

export async function save(model: tf.LayersModel): Promise<Saved> {
  let saved: Saved | undefined;
  await model.save(
    tf.io.withSaveHandler((artifacts) => {
      const data = new Uint8Array(artifacts.weightData as ArrayBuffer);
      const weightsManifest = [{ paths: ["a.bin"], weights: artifacts.weightSpecs! }];
      saved = { json: { modelTopology: artifacts.modelTopology as object, weightsManifest }, data };
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } });
    }),
  );
  return saved!;
}

export const encode = (json: object): Uint8Array => new TextEncoder().encode(JSON.stringify(json));
