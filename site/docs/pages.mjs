// The pages of the documentation, in the order of the menu: a file of the checkout, and the name of its page.
export const GROUPS = [
  {
    title: "Begin",
    pages: [
      { file: "README.md", name: "index" },
      { file: "docs/api.md", name: "api" },
      { file: "docs/tables.md", name: "tables" },
      { file: "docs/data-files.md", name: "data-files" },
      { file: "docs/reports.md", name: "reports" },
      { file: "docs/in-the-browser.md", name: "in-the-browser" },
    ],
  },
  {
    title: "A network of another program",
    pages: [
      { file: "docs/from-pytorch.md", name: "from-pytorch" },
      { file: "docs/from-keras.md", name: "from-keras" },
      { file: "docs/tensorflow-js.md", name: "tensorflow-js" },
      { file: "docs/from-scikit-learn.md", name: "from-scikit-learn" },
      { file: "docs/onnx-graphs.md", name: "onnx-graphs" },
      { file: "docs/any-framework.md", name: "any-framework" },
      { file: "docs/in-ci.md", name: "in-ci" },
    ],
  },
  {
    title: "Many trainings",
    pages: [
      { file: "docs/sweeps.md", name: "sweeps" },
      { file: "docs/queues.md", name: "queues" },
    ],
  },
  {
    title: "Evidence",
    pages: [
      { file: "tests/casebook/README.md", name: "case-book" },
      { file: "docs/speed.md", name: "speed" },
      { file: "bench/README.md", name: "benchmarks" },
      { file: "docs/demonstrations.md", name: "demonstrations" },
      { file: "docs/resets.md", name: "resets" },
    ],
  },
  {
    title: "The project",
    pages: [
      { file: "docs/playground.md", name: "playground" },
      { file: "docs/does-it-teach.md", name: "does-it-teach" },
      { file: "ARCHITECTURE.md", name: "architecture" },
      { file: "CONTRIBUTING.md", name: "contributing" },
      { file: "CHANGELOG.md", name: "changelog" },
    ],
  },
];

export const PAGES = GROUPS.flatMap(({ pages }) => pages);
