// ONNX Runtime for graphs that are no chains: no part of this package, but one that stands in the folder where the
// command is run, or beside this package.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { RelumineError } from "../../core/errors.js";
import type { OnnxRuntime } from "../../onnx.js";

/** The native one is the faster; its install script has to have run. */
const NAMES = ["onnxruntime-node", "onnxruntime-web"];

type Found = OnnxRuntime & { readonly env?: { readonly wasm?: { numThreads?: number } } };

function placesOf(name: string): string[] {
  return [pathToFileURL(join(process.cwd(), "here.js")).href, import.meta.url].flatMap((from) => {
    try {
      return [createRequire(from).resolve(name)];
    } catch {
      return [];
    }
  });
}

async function load(path: string): Promise<Found | undefined> {
  try {
    const module = (await import(pathToFileURL(path).href)) as Found & { readonly default?: Found };
    return module.default?.InferenceSession ? module.default : module;
  } catch {
    return undefined; // without its binaries, say
  }
}

/**
 * @param refusal why the model is no chain of dense layers
 * @throws RelumineError "unsupported" where there is none: how to get it
 */
export async function loadRuntime({ path, given, hint }: RelumineError): Promise<OnnxRuntime> {
  for (const name of NAMES)
    for (const place of new Set(placesOf(name))) {
      const found = await load(place);
      if (typeof found?.InferenceSession?.create !== "function") continue;
      if (found.env?.wasm) found.env.wasm.numThreads = 1; // more would be workers that outlive the work
      return found;
    }
  const expected = "to be a chain of dense layers, or ONNX Runtime to be installed for its graph";
  const install =
    "npm install onnxruntime-web (or onnxruntime-node) in this folder, and the command looks into any ONNX graph";
  throw new RelumineError("unsupported", path, expected, given, hint === "" ? install : `${install}. ${hint}`);
}
