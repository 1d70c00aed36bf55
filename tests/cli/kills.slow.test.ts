// 200 kills at random moments: no file is ever half written, nothing but the time since the last checkpoint is lost,
// and what comes out at the end is the training that was never killed.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readMetadata } from "../../src/index.js";
import { seededRandom } from "../support/random.js";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";

const KILLS = 200;
const LONGEST = 1200; // milliseconds from a start to its kill
const SETTINGS = [PENGUINS, "--target", "species", "--epochs", "8000", "--optimizer", "sgd", "--learning-rate", "0.3"];

it("survives 200 kills", async () => {
  const seed = Date.now() % 2 ** 31;
  const random = seededRandom(seed);
  const folder = new Folder();
  const [whole, out] = ["whole", "out"].map((name) => join(folder.path, `${name}.safetensors`));
  expect((await relumine("train", ...SETTINGS, "--out", whole)).code).toBe(0);
  let kills = 0;
  for (let training = 0; kills < KILLS; training++) {
    const file = join(folder.path, `training-${training}`);
    for (let isDone = false; !isDone;) {
      const from = fs.existsSync(file) ? [PENGUINS, "--resume", file] : [...SETTINGS, "--checkpoint", file];
      const child = start(["train", ...from, "--every", "20ms", "--out", out]);
      const timer = setTimeout(() => child.kill("SIGKILL"), random() * LONGEST);
      const { code, stderr } = await finish(child);
      clearTimeout(timer);
      isDone = code !== null;
      kills += Number(!isDone);
      if (isDone)
        expect({ code, stderr: stderr.match(/error.*/)?.[0], seed }).toEqual({ code: 0, stderr: undefined, seed });
      if (fs.existsSync(file)) readMetadata(fs.readFileSync(file));
      expect(fs.readdirSync(folder.path).filter((name) => name.endsWith(".tmp")).length).toBeLessThanOrEqual(2);
    }
    expect(fs.readFileSync(out).equals(fs.readFileSync(whole)), `seed ${seed}`).toBe(true);
  }
}, 1_200_000);
