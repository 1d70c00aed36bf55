import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { saveFile, temporaryFor } from "../../src/cli/save-file.js";
import { relumineError } from "../support/errors.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (path: string) => fs.readFileSync(path, "utf8");
const newFolder = () => fs.mkdtempSync(join(fs.realpathSync(tmpdir()), "relumine-save-"));
const modeOf = (path: string) => fs.statSync(path).mode & 0o777;

/** The number of a process that has ended. */
const deadProcess = () => spawnSync(process.execPath, ["--version"]).pid;

function makeOld(path: string, minutes: number): void {
  const then = new Date(Date.now() - minutes * 60_000);
  fs.utimesSync(path, then, then);
}

describe("saveFile", () => {
  it("leaves the file and nothing else", async () => {
    const folder = newFolder();
    await saveFile(join(folder, "m"), bytesOf("one"));
    await saveFile(join(folder, "m"), bytesOf("two"));
    expect(fs.readdirSync(folder)).toEqual(["m"]);
    expect(read(join(folder, "m"))).toBe("two");
  });

  it("writes one file from many callers at once, each time whole", async () => {
    const path = join(newFolder(), "m");
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(50_000));
    await Promise.all(texts.map((text) => saveFile(path, bytesOf(text))));
    expect(texts).toContain(read(path));
    expect(fs.readdirSync(join(path, ".."))).toEqual(["m"]);
  });

  it("takes no name that a temporary file has, and none twice", () => {
    const names = new Set(Array.from({ length: 1000 }, () => temporaryFor("/a/m")));
    expect(names.size).toBe(1000);
  });

  it("takes names of 255 bytes, whatever the letters", async () => {
    const folder = newFolder();
    for (const letter of ["m", "字", "🦭"]) {
      const name = letter.repeat(Math.floor(255 / Buffer.byteLength(letter)));
      await saveFile(join(folder, name), bytesOf(letter));
      expect(read(join(folder, name))).toBe(letter);
    }
    expect(fs.readdirSync(folder)).toHaveLength(3);
  });

  describe("removes what killed runs left", () => {
    it("at once where the process is known to be dead, later where it is not known", async () => {
      const folder = newFolder();
      const place = join(folder, "m");
      const dead = temporaryFor(place, deadProcess());
      const sameNumber = temporaryFor(place);
      const alive = temporaryFor(place, process.ppid);
      const [elsewhere, elsewhereOld] = [1, 2].map((n) => join(folder, `.m.0123abcd-1.000000000000000${n}.tmp`));
      const [early, earlyOld] = [7, 8].map((n) => join(folder, `.m.${n}.tmp`));
      for (const path of [dead, sameNumber, alive, elsewhere, elsewhereOld, early, earlyOld])
        fs.writeFileSync(path, "half");
      makeOld(elsewhereOld, 20);
      makeOld(earlyOld, 20);
      await saveFile(place, bytesOf("new"));
      const left = fs.readdirSync(folder).map((name) => join(folder, name));
      expect(left.sort()).toEqual([alive, early, elsewhere, place].sort());
    });

    it("and nothing of others", async () => {
      const folder = newFolder();
      const place = join(folder, "m");
      const other = temporaryFor(join(folder, "m.safetensors"), deadProcess());
      const names = [".m.tmp", ".m.x.tmp", ".m.12.swp", "m.12.tmp", ".m.12.tmp.bak", ".m.0123abcd-12.tmp.tmp"];
      for (const path of [other, ...names.map((name) => join(folder, name))]) {
        fs.writeFileSync(path, "theirs");
        makeOld(path, 10_000);
      }
      await saveFile(place, bytesOf("new"));
      expect(fs.readdirSync(folder)).toHaveLength(names.length + 2);
    });
  });

  it.skipIf(process.platform === "win32")("keeps the permissions of the file that it replaces", async () => {
    const folder = newFolder();
    for (const mode of [0o600, 0o640, 0o444, 0o666, 0o755]) {
      const path = join(folder, mode.toString(8));
      fs.writeFileSync(path, "old");
      fs.chmodSync(path, mode);
      await saveFile(path, bytesOf("new"));
      expect(modeOf(path).toString(8)).toBe(mode.toString(8));
      expect(read(path)).toBe("new");
    }
    await saveFile(join(folder, "new"), bytesOf("new"));
    expect(modeOf(join(folder, "new"))).toBe(0o666 & ~process.umask());
  });

  it.skipIf(process.getuid?.() !== 0)("keeps the owner where it may", async () => {
    const path = join(newFolder(), "m");
    fs.writeFileSync(path, "old");
    fs.chownSync(path, 1234, 4321);
    await saveFile(path, bytesOf("new"));
    const { uid, gid } = fs.statSync(path);
    expect([uid, gid]).toEqual([1234, 4321]);
  });

  it.skipIf(process.platform === "win32")("writes where links point to, also where nothing is there yet", async () => {
    const folder = newFolder();
    fs.mkdirSync(join(folder, "deep"));
    fs.symlinkSync("second", join(folder, "first"));
    fs.symlinkSync(join("deep", "third"), join(folder, "second"));
    fs.symlinkSync("deep", join(folder, "folder"));
    fs.symlinkSync("../beside", join(folder, "deep", "up"));
    for (const text of ["one", "two"]) {
      await saveFile(join(folder, "first"), bytesOf(text));
      expect(read(join(folder, "deep", "third"))).toBe(text);
      await saveFile(join(folder, "folder", "up"), bytesOf(text));
      expect(read(join(folder, "beside"))).toBe(text);
    }
    expect(fs.lstatSync(join(folder, "first")).isSymbolicLink()).toBe(true);
    expect(fs.lstatSync(join(folder, "second")).isSymbolicLink()).toBe(true);
    expect(fs.readdirSync(folder).sort()).toEqual(["beside", "deep", "first", "folder", "second"]);
  });

  it("says why it can't, and leaves what was there", async () => {
    const folder = newFolder();
    const inTheWay = join(folder, "m");
    fs.mkdirSync(inTheWay);
    fs.writeFileSync(join(inTheWay, "kept"), "kept");
    await expect(saveFile(inTheWay, bytesOf("new"))).rejects.toThrow(relumineError("value", inTheWay));
    expect(read(join(inTheWay, "kept"))).toBe("kept");
    const nowhere = join(folder, "none", "m");
    await expect(saveFile(nowhere, bytesOf("new"))).rejects.toThrow(relumineError("value", nowhere));
    expect(fs.readdirSync(folder)).toEqual(["m"]);
  });
});
