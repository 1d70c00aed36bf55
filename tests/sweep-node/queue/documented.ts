// What docs/queues.md tells an operator to type.
import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../../../docs/queues.md", import.meta.url), "utf8");
const [, section = ""] = /^## Who may do what\n([^]*?)^## /m.exec(page) ?? [];

/** The commands for the queue's machine, and those for the others. */
export const [ON_THE_QUEUE = "", ON_THE_OTHERS = ""] = Array.from(
  section.matchAll(/^```sh\n([^]*?)^```/gm),
  ([, text]) => text,
);

/** What the user relumine may do, as `ACL SETUSER` takes it, after its password. */
export const RIGHTS = (/^user relumine on >PASSWORD (.*)$/m.exec(ON_THE_QUEUE)?.[1] ?? "").split(" ");
