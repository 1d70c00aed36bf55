import { nodeResolve } from "@rollup/plugin-node-resolve";

export default {
  input: "train.js",
  plugins: [nodeResolve({ browser: true })],
  output: { dir: "by-rollup", format: "es" },
};
