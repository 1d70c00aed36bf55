// relumine.min.js: what src/cdn.ts exports in one file that needs nothing else, worker and threads included: its worker
// imports the same file again (src/worker/start-module.ts).
import { build } from "esbuild";
import { bundleText, path } from "./tools.mjs";

/**
 * Left out, so that it stays small: modules that the worker knows and the file's exports do not reach, and of a
 * diagnosis all but the units: proofs, findings, the learning. The functions that they export refuse; a constant says
 * by `false` that they are not there.
 */
const LEFT_OUT = [
  "diagnosis/findings/findings.ts",
  "diagnosis/learning/learning.ts",
  "diagnosis/proof/box.ts",
  "diagnosis/proof/proof-job.ts",
  "diagnosis/proof/prove.ts",
  "diagnosis/forecast/forecast.ts",
  "diagnosis/forecast/training.ts",
  "formats/model.ts",
  "network/training/pause.ts",
  "network/training/progress.ts",
  "treatment/during-training/continual-backprop.ts",
  "treatment/during-training/prevent-deaths.ts",
  "treatment/during-training/recycle-dormant.ts",
  "treatment/trial/run-trial.ts",
  "treatment/start/calibrate.ts",
  "treatment/start/standardize.ts",
  "treatment/treat.ts",
  "worker/thread/serve-prescribe.ts",
  "worker/thread/serve-proof.ts",
].map((name) => path(`src/${name}`));

const HOSTS = {
  "#helpers": "wasm/helpers-web.ts",
  "#worker": "worker/start-module.ts",
  "#worker-port": "worker/port-web.ts",
};

async function namesOf(file) {
  const { metafile } = await build({ entryPoints: [file], write: false, metafile: true, format: "esm", outdir: "." });
  return Object.values(metafile.outputs)[0].exports;
}

const isConstant = (name) => name === name.toUpperCase();

const leaveOut = {
  name: "leave-out",
  setup({ onEnd, onLoad, onResolve }) {
    const missing = new Set(LEFT_OUT);
    onEnd(() => ({ errors: [...missing].map((file) => ({ text: `${file} is left out, and nothing imports it` })) }));
    onResolve({ filter: /^#/ }, ({ path: name }) => ({ path: path(`src/${HOSTS[name]}`) }));
    onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      if (!LEFT_OUT.includes(file)) return undefined;
      missing.delete(file);
      const names = await namesOf(file);
      const refusals = names.map((name) =>
        isConstant(name) ? `export const ${name} = false;` : `export function ${name}() { refuse("${name}"); }`,
      );
      const contents = `import { RelumineError } from ${JSON.stringify(path("src/core/errors.ts"))};
        function refuse(name) {
          throw new RelumineError("unsupported", name, "to be called on the whole package", "relumine.min.js, which leaves it out");
        }
        ${refusals.join("\n")}`;
      return { loader: "js", contents };
    });
  },
};

/** The text of the file, not yet minified. */
export const bundleForCdn = () =>
  bundleText({ entryPoints: [path("src/cdn.ts")], plugins: [leaveOut], minifySyntax: true });
