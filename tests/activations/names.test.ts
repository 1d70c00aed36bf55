// Facts about activations are told in src/activations alone: nowhere else in src/ or site/ does a program ask an activation's name,
// switch on it, or keep a list of some.
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";
import { ACTIVATION_NAMES } from "../../src/activations/activations.js";

/**
 * Lists that are choices of ours, not facts about activations: experiments, roles of a demonstration, what the page offers; and what
 * other programs and their files call activations.
 */
const CHOICES = [
  /^src\/cli\//,
  /^src\/models\//,
  /^src\/graph\/activation-nodes\.ts/,
  /^src\/tfjs\/(live-chain|treat|watched-layers)\.ts/,
  /^site\/article\/measure\.ts/,
  /^site\/figures\/(one-unit|straight-line)\//, // they set named activations side by side
  /^site\/(workshop\/state|training)\//,
  /^site\/workshop\/view\/controls\//,
];

const names = new Set<string>(ACTIVATION_NAMES);
const isName = (node: ts.Node): boolean => ts.isStringLiteralLike(node) && names.has(node.text);

const isComparison = ({ operatorToken: { kind } }: ts.BinaryExpression): boolean =>
  kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken;

/** Does the expression, by its name or its type's, speak of an activation? */
const speaksOfActivation = (text: string): boolean =>
  /\b(activation|name|names)\b/i.test(text) && !text.startsWith("shapeOf(");

/** What the file tells about activations by name. */
function findNames(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isCompared =
      ts.isBinaryExpression(node) &&
      isComparison(node) &&
      ((isName(node.left) && speaksOfActivation(node.right.getText())) ||
        (isName(node.right) && speaksOfActivation(node.left.getText())));
    const isAskedFor =
      ts.isCallExpression(node) && /\.(includes|has)$/.test(node.expression.getText()) && node.arguments.some(isName);
    const isListed = ts.isArrayLiteralExpression(node) && node.elements.filter(isName).length > 1;
    const isKeyed =
      ts.isObjectLiteralExpression(node) &&
      node.properties.filter(({ name }) => name && names.has(name.getText().replaceAll('"', ""))).length > 1;
    const isCase =
      ts.isCaseClause(node) && isName(node.expression) && speaksOfActivation(node.parent.parent.expression.getText());
    if (isCompared || isAskedFor || isListed || isKeyed || isCase)
      found.push(`${path}: ${node.getText().slice(0, 80).replaceAll("\n", " ")}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const root = new URL("../../", import.meta.url);

function readSources(folder: string): [string, string][] {
  const paths = readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  return paths.map((path) => [folder + path, readFileSync(new URL(folder + path, root), "utf8")]);
}

it("nothing outside of src/activations and the ABI tells activations apart by name", () => {
  const sources = [...readSources("src/"), ...readSources("site/")].filter(
    ([path]) => !/^src\/(activations\/|wasm\/abi\.ts)/.test(path) && !CHOICES.some((choice) => choice.test(path)),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap(([path, text]) => findNames(path, text))).toEqual([]);
});

it.each([
  `if (layer.activation.name === "relu") f();`,
  `if ("relu" !== activation) f();`,
  `const HE = ["relu", "gelu"];`,
  `const DIPS = { gelu: 1, silu: 2 };`,
  `switch (name) { case "tanh": f(); }`,
  `const bends = names.includes("sigmoid");`,
])("sees %s", (text) => {
  expect(findNames("a.ts", text)).toHaveLength(1);
});

it.each([
  `const activation = given.activation ?? "relu";`,
  `createNetwork({ activation: "leakyRelu" });`,
  `if (scale === "linear") f();`,
  `if (unit.state === "linear") f();`,
])("lets %s pass", (text) => {
  expect(findNames("a.ts", text)).toEqual([]);
});
