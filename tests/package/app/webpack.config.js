export default {
  mode: "production",
  entry: "./train.js",
  output: { path: new URL("by-webpack", import.meta.url).pathname, filename: "train.js" },
};
