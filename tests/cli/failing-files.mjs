// For `node --import`: counts the calls that a program makes to files of one folder, and ends it or lets the device
// fail at the wanted one. RELUMINE_FILES is JSON: { folder, at, how, lasting, pause, report, copies }
//   at, how   at the call of that number, counted from 1: "kill" ends the process, "hang" waits for ever, else the
//             call, and with `lasting` all calls after it, fails with that code, such as "ENOSPC"
//   pause     milliseconds before each call; a file is written in PIECES, each a call
//   report    a file to which the calls' names are written in the end
//   copies    a folder: what a kill at the call of number N would leave, the folder as it is then, becomes its folder N
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

const PIECES = 4;
const PATHS = ["access", "open", "readdir", "realpath", "rename", "stat", "unlink"];
const HANDLES = ["stat", "chown", "chmod", "sync"];
const wanted = JSON.parse(process.env["RELUMINE_FILES"] ?? "{}");
const { folder, at = 0, how, lasting = false, pause = 0, report, copies } = wanted;
const calls = [];

function failure(call) {
  return Object.assign(new Error(`${how}: ${call}`), { code: how });
}

/** With modes; at once, so that nothing of the program comes between. */
function copyFolder(place) {
  mkdirSync(place);
  for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(place, name));
}

async function step(call) {
  if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  calls.push(call);
  if (copies !== undefined) copyFolder(join(copies, String(calls.length)));
  if (at === 0 || calls.length < at || (calls.length > at && !lasting)) return;
  if (how === "kill") process.kill(process.pid, "SIGKILL");
  else if (how === "hang") await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
  else throw failure(call);
}

function watchHandle(handle) {
  for (const name of HANDLES) {
    const original = handle[name].bind(handle);
    handle[name] = async (...given) => {
      await step(name);
      return original(...given);
    };
  }
  handle.writeFile = async (bytes) => {
    const size = Math.max(1, Math.ceil(bytes.length / PIECES));
    for (let from = 0; from < bytes.length; from += size) {
      await step("write");
      await handle.write(bytes, from, Math.min(size, bytes.length - from));
    }
  };
  const close = handle.close.bind(handle);
  handle.close = async () => {
    await close(); // else the handle would be closed as garbage, with a warning
    await step("close");
  };
  return handle;
}

if (isMainThread && folder !== undefined) {
  for (const name of PATHS) {
    const original = fs[name];
    fs[name] = async (path, ...given) => {
      if (!String(path).startsWith(folder)) return original(path, ...given);
      await step(name);
      const result = await original(path, ...given);
      return name === "open" ? watchHandle(result) : result;
    };
  }
  syncBuiltinESMExports();
  if (report !== undefined) process.on("exit", () => writeFileSync(report, calls.join("\n")));
}
