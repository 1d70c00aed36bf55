// Signals, readers that go away, and disks that are full: what was learnt is saved, or the exit code says that it is
// not.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importNetwork } from "../../src/index.js";
import { finish, Folder, MAIN, PENGUINS, start } from "./run.js";

const folder = new Folder();
const TABLE = [PENGUINS, "--target", "species"];

async function expectNetwork(path: string): Promise<void> {
  const network = await importNetwork(fs.readFileSync(path));
  expect(network.parameterCount).toBeGreaterThan(100);
  network.dispose();
}

/** Runs a line of the shell with "relumine" in it. */
function shell(line: string): { code: number | null; stdout: string; stderr: string } {
  const command = line.replaceAll("relumine ", `"${process.execPath}" "${MAIN}" `);
  const { status, stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8", cwd: folder.path });
  return { code: status, stdout, stderr };
}

describe.skipIf(process.platform === "win32")("a signal", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s saves what was learnt, with exit code 1 (BREAK, F14)",
    async (signal) => {
      const out = join(folder.path, `${signal}.safetensors`);
      const child = start(["train", ...TABLE, "--epochs", "20000", "--out", out]);
      let wasSent = false;
      child.stderr!.on("data", (chunk: Buffer) => {
        if (!wasSent && String(chunk).includes("epoch 1000 of 20000")) wasSent = child.kill(signal);
      });
      const { code, stdout } = await finish(child);
      expect(wasSent).toBe(true);
      expect(code).toBe(1);
      expect(stdout).toContain("Interrupted: this is what was learnt so far.");
      await expectNetwork(out);
    },
  );

  it.skipIf(!fs.existsSync("/proc/self/status"))("before the first step leaves the file as it was", async () => {
    const out = folder.write("early.safetensors", "of before");
    const table = folder.write("early.csv", `x,y\n${"1,2\n3,4\n".repeat(400_000)}`);
    const child = start(["train", table, "--target", "y", "--task", "regression", "--out", out]);
    const polling = setInterval(() => {
      const [, caught] = /SigCgt:\s*(\w+)/.exec(fs.readFileSync(`/proc/${child.pid}/status`, "utf8"))!;
      if (BigInt(`0x${caught}`) & 1n) child.kill("SIGHUP"); // number 1 is listened to
    }, 5);
    const { code, stderr } = await finish(child);
    clearInterval(polling);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: expected the training to begin/);
    expect(fs.readFileSync(out, "utf8")).toBe("of before");
  });
});

describe.skipIf(process.platform === "win32")("a reader that goes away", () => {
  it("of both streams ends no training: it is saved, with exit code 0", async () => {
    const { code, stdout } = shell(
      `relumine train "${PENGUINS}" --target species --epochs 30 --out piped.safetensors 2>&1 | head -1; exit \${PIPESTATUS[0]}`,
    );
    expect(code).toBe(0);
    expect(stdout.split("\n")).toHaveLength(2);
    await expectNetwork(join(folder.path, "piped.safetensors"));
  });

  it("before the first word changes nothing either", async () => {
    const out = join(folder.path, "unread.safetensors");
    const child = spawn(process.execPath, [MAIN, "train", ...TABLE, "--epochs", "3", "--out", out], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
    await expectNetwork(out);
  });

  it("of stdout alone gets no error on the other", async () => {
    const child = start(["train", ...TABLE, "--epochs", "1", "--hidden", "4"]);
    child.stdout!.destroy();
    const { code, stderr } = await finish(child);
    expect(stderr).not.toMatch(/EPIPE|error|\n\s+at /);
    expect(code).toBe(0);
  });

  it.each([
    ["forecast", `relumine forecast "${PENGUINS}" --target species 2>&1 | head -1`],
    ["textbook --html", "relumine textbook --only 3 --repeats 1 --html page.html 2>&1 | head -1"],
    [
      "cure --code",
      `relumine cure "${PENGUINS}" --target species --epochs 2 --repeats 1 --trials 1 --code cure.mjs 2>&1 | head -1`,
    ],
  ])("%s: exit code 0, no trace of an error", (_name, line) => {
    const { code, stdout } = shell(`${line}; exit \${PIPESTATUS[0]}`);
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/EPIPE|error/);
    const file = /--(?:html|code) (\S+)/.exec(line)?.[1];
    if (file) expect(fs.statSync(join(folder.path, file)).size).toBeGreaterThan(1000);
  });
});

describe.skipIf(!fs.existsSync("/dev/full"))("a full disk", () => {
  it.each([
    ["train", `train "${PENGUINS}" --target species --epochs 2`],
    ["train --json", `train "${PENGUINS}" --target species --epochs 2 --json`],
    ["forecast", `forecast "${PENGUINS}" --target species`],
    ["help", "--help"],
  ])("under stdout: %s says so in one line, with exit code 1 (BREAK, F14)", (_name, words) => {
    const { code, stderr } = shell(`relumine ${words} > /dev/full`);
    expect(code).toBe(1);
    expect(stderr.match(/no space is left on the device\n/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("under both streams: the network is saved, exit code 1", async () => {
    const { code } = shell(
      `relumine train "${PENGUINS}" --target species --epochs 2 --out full.safetensors > /dev/full 2>&1`,
    );
    expect(code).toBe(1);
    await expectNetwork(join(folder.path, "full.safetensors"));
  });

  it("under the file: the old one stays, and it is told", () => {
    const out = folder.write("limited.safetensors", "of before");
    const { code, stderr } = shell(
      `ulimit -f 1; relumine train "${PENGUINS}" --target species --epochs 2 --out "${out}"`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: the network was not saved: .*The file that was there is as it was/);
    expect(fs.readFileSync(out, "utf8")).toBe("of before");
    expect(fs.readdirSync(folder.path).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it.each([
    ["page", "textbook --only 3 --repeats 1 --html", /error: the page was not saved/],
    [
      "program",
      `cure "${PENGUINS}" --target species --epochs 2 --repeats 1 --trials 1 --code`,
      /error: the program was not written/,
    ],
    [
      "checkpoint",
      `train "${PENGUINS}" --target species --epochs 2 --checkpoint`,
      /error: the checkpoint was not written/,
    ],
  ])("under a %s: the old one stays, and it is told, with exit code 1", (name, words, message) => {
    const file = folder.write(`limited-${name}`, "of before");
    const { code, stderr } = shell(`ulimit -f 1; relumine ${words} "${file}"`);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(fs.readFileSync(file, "utf8")).toBe("of before");
    expect(fs.readdirSync(folder.path).filter((each) => each.endsWith(".tmp"))).toEqual([]);
  });
});

describe("escape codes in a file's name", () => {
  it("reach no terminal", async () => {
    const { stdout, stderr } = await finish(
      start(["train", "a\u001b[31mb\u009bc\u202e.csv", "--out", "x\u001b]0;t\u0007"]),
    );
    expect(`${stdout}${stderr}`).toMatch(/error: .*a \[31mb/);
    expect(`${stdout}${stderr}`).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    const usage = await finish(start(["train", "--\u001b[31m"]));
    expect(usage.code).toBe(2);
    expect(usage.stderr).not.toContain("\u001b");
  });
});
