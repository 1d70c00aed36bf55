// `--fail-on`: exit code 1 and a line for each rule that a diagnosis breaks.
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addFailOnOption, type FailOnOptions, failuresOf } from "../../src/cli/fail-on.js";
import { fixture, pathOf, rowsOf } from "./fixtures.js";
import { Folder, PENGUINS, relumine } from "./run.js";

const folder = new Folder();
const model = fixture("onnx/relu-dead.ts17.onnx"); // 2 of 9 units and 1 of 8 are dead, the two permanently
const diagnose = (...args: string[]) => relumine("diagnose", pathOf(model), rowsOf(folder, "rows", model), ...args);

describe("diagnose --fail-on", () => {
  it.each([
    ["dead", 1, "3 of 17 hidden units are dead (17.6 %)"],
    ["dead:0.17", 1, "3 of 17"],
    ["dead:0.18", 0, ""],
    ["permanent", 1, "2 of 17"],
    ["permanent:0.2", 0, ""],
    ["layer:0.2", 1, "2 of 9 units of layer 0"],
    ["layer:0.25", 0, ""],
    ["dormant", 1, "1 of 17"],
    ["notFinite", 0, ""],
    ["saturated,linear", 0, ""],
    ["finding", 0, ""],
    ["finding:silentTogether", 1, "2 of 9 units in layer 0 are 0 together"],
    ["finding:closedSamples", 0, ""],
  ])("%s: exit code %d", async (rules, code, message) => {
    const result = await diagnose("--fail-on", rules);
    expect(result.code).toBe(code);
    if (code === 0) expect(result.stderr).toBe("");
    else expect(result.stderr).toContain(`error: --fail-on ${rules}: ${message}`);
    expect(result.stdout, "the diagnosis is told all the same").toMatch(/3 of 17 hidden units dead/);
  });

  it("takes several rules, by commas or again, and names each that is broken", async () => {
    const { code, stdout, stderr } = await diagnose("--fail-on", "dead:0.5, permanent", "--fail-on", "layer", "--json");
    expect(code).toBe(1);
    expect(stderr.match(/--fail-on \S+:/g)).toEqual(["--fail-on permanent:", "--fail-on layer:"]);
    const { failures } = JSON.parse(stdout) as { failures: { rule: string; message: string }[] };
    expect(failures.map(({ rule }) => rule)).toEqual(["permanent", "layer"]);
  });

  it("leaves the document without failures where none is broken", async () => {
    const { code, stdout } = await diagnose("--fail-on", "dead:0.5", "--json");
    expect([code, "failures" in (JSON.parse(stdout) as object)]).toEqual([0, false]);
  });

  it.each([
    ["ded", /It has to begin with one of dead, permanent.*Did you mean "dead"/],
    ["dead:1.5", /at least 0 and below 1/],
    ["dead:x", /a finite number/],
    ["dead:0.1:0.2", /It has to be such as/],
    ["finding:closedSample", /There is no finding "closedSample". Did you mean "closedSamples"/],
    ["", /It has to begin with/],
  ])("%j is bad usage", async (rules, message) => {
    const { code, stdout, stderr } = await diagnose("--fail-on", rules);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

describe("train --fail-on", () => {
  it("saves what was trained, and fails", async () => {
    const out = join(folder.path, "kept.safetensors");
    const args = ["train", PENGUINS, "-t", "species", "--epochs", "2", "--bias=-9", "--out", out];
    const [failed, fine] = [
      await relumine(...args, "--fail-on", "dead:0.5"),
      await relumine(...args.slice(0, -3), "--fail-on", "dead:0.5"),
    ];
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(/--fail-on dead:0.5: \d+ of 96 hidden units are dead/);
    expect(failed.stdout).toMatch(/Saved: /);
    expect(fine.code, fine.stderr).toBe(0);
  });
});

it("names the worst layer, by its name where it has one", () => {
  const layer = (index: number, dead: number, name?: string) =>
    ({
      layer: index,
      dead,
      units: Array.from({ length: 4 }, () => ({ state: "alive" })),
      ...(name && { name }),
    }) as never;
  const { failOn } = addFailOnOption(new Command())
    .parse(["--fail-on", "layer"], { from: "user" })
    .opts<FailOnOptions>();
  const told = (...layers: never[]) => failuresOf(failOn, { layers, findings: [] })[0]?.message;
  expect(told(layer(0, 1, "first"), layer(1, 3, "second"))).toContain("3 of 4 units of layer second");
  expect(told(layer(0, 2), layer(1, 1))).toContain("2 of 4 units of layer 0");
  expect(told(layer(0, 0))).toBeUndefined();
});
