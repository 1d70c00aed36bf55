// Each kind of file that a command writes, killed, interrupted or failing at each call that writing it takes: what is
// there afterwards is the old file or the new one, whole, and what was left does not hinder the next run. What a kill
// at each call would leave is copied in one run; the kills themselves, the failures and the kinds are some, which the
// run's seed chooses. RELUMINE_LONG=6 tries all of them, which takes a quarter of an hour.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { integer, seededRandom } from "../support/random.js";
import { importNetwork } from "../../src/index.js";
import { patienceFor, someOf, times } from "../support/times.js";
import { type Finished, finish, Folder, MAIN, PENGUINS, relumine, start } from "./run.js";

const PRELOAD = ["--import", new URL("failing-files.mjs", import.meta.url).href];
const LONGEST = patienceFor(3);
const RANDOM_KILLS = times(2);
const PAUSE = 20; // milliseconds before each call of a write that is to be hit
const OLD = new TextEncoder().encode("of before");
/** Somebody to whom permissions apply. */
const anybody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const isAnybody = spawnSync(process.execPath, [MAIN, "--version"], anybody).status === 0;
const train = (...more: string[]) => ["train", PENGUINS, "--target", "species", ...more];

interface Kind {
  readonly name: string;
  readonly words: (file: string) => string[];
  /** What the file holds before; undefined: `OLD`. */
  readonly before?: () => Uint8Array;
  /** What is printed also where the file cannot be written. */
  readonly printed?: RegExp;
  /** It says how long it took: two new ones differ. */
  readonly differs?: boolean;
}

const trained = join(new Folder().path, "network");
function prove(file: string, budget: string): string[] {
  const question = ["prove", trained, PENGUINS, "--threads", "1"];
  return [...question, "--budget", budget, "--proof", file];
}
let checkpoint: Uint8Array;
let proof: Uint8Array;

/** With the right checksum. */
function isNetwork(bytes: Uint8Array): Promise<boolean> {
  return importNetwork(bytes).then(
    (network) => (network.dispose(), true),
    () => false,
  );
}

const KINDS: readonly Kind[] = [
  { name: "a network", words: (file) => train("--epochs", "2", "--out", file) },
  { name: "a checkpoint", words: (file) => train("--epochs", "2", "--checkpoint", file), differs: true },
  {
    name: "a checkpoint that is gone on with",
    words: (file) => ["train", PENGUINS, "--epochs", "2", "--resume", file],
    before: () => checkpoint,
    differs: true,
  },
  {
    name: "a proof that is gone on with",
    words: (file) => prove(file, "1e9"),
    before: () => proof,
    printed: /Layer 1: .* proved closed/,
  },
  { name: "a page", words: (file) => ["textbook", "--only", "3", "--repeats", "1", "--html", file] },
  {
    name: "a program",
    words: (file) => {
      const few = ["--epochs", "1", "--repeats", "1", "--trials", "1", "--threads", "1"];
      return ["cure", PENGUINS, "--target", "species", ...few, "--code", file];
    },
  },
];

const CHOSEN = someOf(KINDS, 2);

/** What befalls the calls: see failing-files.mjs. */
interface Befalls {
  readonly at?: number;
  readonly how?: string;
  readonly lasting?: boolean;
  readonly pause?: number;
  readonly report?: string;
  readonly copies?: string;
}

type Left = "old" | "new";

const temporariesIn = (folder: string) => fs.readdirSync(folder).filter((name) => name.endsWith(".tmp"));

/** A file of one kind in a folder of its own. */
class Place {
  readonly folder = new Folder();
  readonly file = join(this.folder.path, "file");
  readonly old: Uint8Array;
  /** What a run does with the folder. */
  calls: readonly string[] = [];
  /** The folder as it was before each of them. */
  private readonly copies = new Folder().path;
  private whole = new Uint8Array();

  constructor(private readonly kind: Kind) {
    this.old = kind.before?.() ?? OLD;
  }

  /** Finds out what the new file is, and which calls it takes. */
  async prepare(): Promise<void> {
    this.restore();
    const report = join(new Folder().path, "calls");
    expect((await finish(this.start({ report, copies: this.copies }))).code).toBe(0);
    this.whole = Uint8Array.from(fs.readFileSync(this.file));
    expect(this.whole).not.toEqual(this.old);
    this.calls = fs.readFileSync(report, "utf8").split("\n");
  }

  /** The last of them that moves the new file to its place. */
  get move(): number {
    return this.calls.lastIndexOf("rename");
  }

  restore(): void {
    fs.writeFileSync(this.file, this.old);
    fs.chmodSync(this.file, 0o600);
  }

  /** The same, and nothing that was left: what is swept would be a call. */
  clear(): void {
    this.restore();
    for (const name of this.temporaries) fs.rmSync(join(this.folder.path, name));
  }

  start(befalls: Befalls): ReturnType<typeof start> {
    const files = JSON.stringify({ folder: this.folder.path, ...befalls });
    return start(this.kind.words(this.file), PRELOAD, { env: { RELUMINE_FILES: files } });
  }

  /** Which one is there; an error, where it is neither or more people may read it. */
  async left(hint: string, file = this.file): Promise<Left> {
    const bytes = fs.readFileSync(file);
    expect(fs.statSync(file).mode & 0o777, hint).toBe(0o600);
    if (bytes.equals(this.old)) return "old";
    if (this.kind.differs) expect(await isNetwork(bytes), `half a file: ${hint}`).toBe(true);
    else expect(bytes.equals(this.whole), `half a file: ${hint}`).toBe(true);
    return "new";
  }

  /** Which one a kill at each call would leave. */
  leftByKills(): Promise<Left[]> {
    return Promise.all(this.calls.map((call, i) => this.left(call, join(this.copies, String(i + 1), "file"))));
  }

  get temporaries(): string[] {
    return temporariesIn(this.folder.path);
  }

  /** How many of them a kill at each call would leave. */
  temporariesByKills(): number[] {
    return this.calls.map((_, i) => temporariesIn(join(this.copies, String(i + 1))).length);
  }

  /** A run to which nothing happens. */
  async expectUnhindered(): Promise<void> {
    expect(await finish(this.start({}))).toMatchObject({ code: 0 });
    expect(await this.left("the last run")).toBe("new");
    expect(this.temporaries).toEqual([]);
  }

  /** Once a temporary file is there. */
  async whileWriting(befalls: Befalls, act: (kill: (signal: NodeJS.Signals) => boolean) => void): Promise<Finished> {
    const before = new Set(this.temporaries);
    const child = this.start(befalls);
    const polling = setInterval(() => {
      if (this.temporaries.every((name) => before.has(name))) return;
      clearInterval(polling);
      act((signal) => child.kill(signal));
    }, 1);
    const finished = await finish(child);
    clearInterval(polling);
    return finished;
  }
}

function expectToldInALine({ stderr }: Finished, hint: string): void {
  expect(stderr.match(/^error: /gm), hint).toHaveLength(1);
  expect(stderr, hint).not.toMatch(/\n\s+at |fault in relumine/);
}

beforeAll(async () => {
  const made = async (place: string, words: readonly string[]) => {
    expect((await relumine(...words)).code).toBe(0);
    return Uint8Array.from(fs.readFileSync(place));
  };
  const [first, begun] = ["checkpoint", "proof"].map((name) => join(new Folder().path, name));
  checkpoint = await made(first, train("--epochs", "1", "--checkpoint", first));
  await made(trained, train("--epochs", "1", "--bias=-1", "--hidden", "16,16", "--out", trained));
  proof = await made(begun, prove(begun, "0"));
});

describe.skipIf(process.platform === "win32").each(CHOSEN)("$name", (kind) => {
  let place: Place;
  beforeAll(async () => {
    place = new Place(kind);
    await place.prepare();
  });

  it(
    "killed at each call: the old one until it is moved, then the new one",
    async () => {
      const { calls, move } = place;
      expect(calls.slice(0, move)).toEqual(expect.arrayContaining(["open", "write", "sync", "close"]));
      const left = await place.leftByKills();
      expect(left).toEqual(calls.map((_, i) => (i <= move ? "old" : "new")));
      const temporaries = place.temporariesByKills();
      const open = calls.lastIndexOf("open", move);
      expect(temporaries).toEqual(calls.map((_, i) => Number(i > open && i <= move)));
      for (const i of new Set([move, move + 1, ...someOf([...calls.keys()], 2)])) {
        place.clear();
        const { code } = await finish(place.start({ at: i + 1, how: "kill" }));
        expect([code, place.temporaries.length], calls[i]).toEqual([null, temporaries[i]]);
        expect(await place.left(calls[i])).toBe(left[i]); // the copies tell the truth
      }
      await place.expectUnhindered();
    },
    LONGEST,
  );

  it(
    "a device that fails or is full at a call, once or lasting: told, with exit code 1, or the new one is there",
    async () => {
      const { calls } = place;
      for (const [each, i] of someOf([...calls.keys()], 5).entries()) {
        place.clear();
        const befalls = { at: i + 1, how: each % 2 ? "ENOSPC" : "EIO", lasting: each % 4 > 1 };
        const hint = `${calls[i]} ${JSON.stringify(befalls)}`;
        const finished = await finish(place.start(befalls));
        const left = await place.left(hint);
        expect(finished.code, hint).toBe(left === "new" ? 0 : 1);
        if (left === "old") expectToldInALine(finished, hint);
        if (kind.printed && i >= calls.indexOf("open")) expect(finished.stdout, hint).toMatch(kind.printed);
        if (!befalls.lasting) expect(place.temporaries, hint).toEqual([]);
      }
    },
    LONGEST,
  );

  it(
    "killed at random moments of the write",
    async () => {
      const seed = inject("seed");
      const random = seededRandom(seed);
      let kills = 0;
      for (let i = 0; i < RANDOM_KILLS; i++) {
        place.restore();
        const delay = integer(random, 0, 8 * PAUSE);
        const { code } = await place.whileWriting({ pause: PAUSE }, (kill) => setTimeout(kill, delay, "SIGKILL"));
        kills += Number(code === null);
        expect(await place.left(`RELUMINE_SEED=${seed}`)).toBe(code === null ? await place.left("") : "new");
      }
      expect(kills).toBeGreaterThan(RANDOM_KILLS / 4);
    },
    LONGEST,
  );

  it("interrupted while it is written: it is written to its end; interrupted again, it ends at once", async () => {
    place.restore();
    const once = await place.whileWriting({ pause: PAUSE }, (kill) => kill("SIGINT"));
    expect(once.code).toBe(0);
    expect(await place.left("once")).toBe("new");
    place.restore();
    const hanging = { at: place.calls.lastIndexOf("write") + 1, how: "hang" };
    const twice = await place.whileWriting(hanging, (kill) => {
      kill("SIGINT");
      setTimeout(kill, PAUSE, "SIGINT");
    });
    expect(twice.code).toBe(null);
    expect(await place.left("twice")).toBe("old");
    await place.expectUnhindered();
  });

  it.skipIf(!isAnybody)(
    "in a folder that may not be written: told before the work, and the old one stays",
    async () => {
      place.restore();
      fs.chmodSync(place.file, 0o644);
      fs.chmodSync(place.folder.path, 0o555);
      const finished = await finish(start(kind.words(place.file), [], anybody));
      fs.chmodSync(place.folder.path, 0o755);
      expect(finished.code).toBe(1);
      expectToldInALine(finished, "no access");
      expect(finished.stdout).toBe("");
      expect(fs.readFileSync(place.file).equals(place.old)).toBe(true);
    },
  );
});
