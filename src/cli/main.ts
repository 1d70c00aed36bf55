#!/usr/bin/env node
// The command line as a program.
import { watchOutput } from "./output.js";
import { run } from "./run/run.js";

watchOutput();
const code = await run(process.argv.slice(2), { isLast: true });
process.exitCode ||= code; // 1 where the output could not be written
