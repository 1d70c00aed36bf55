// Tables that take their time. In Node 20 a text cannot be longer than half a gigabyte; a table can.
import { expect, it } from "vitest";
import { finish, Folder, start } from "./run.js";

const folder = new Folder();

it("120 MB of two numbers a row are read", { timeout: 300_000 }, async () => {
  const table = folder.write("long.csv", `a,b\n${"1,2\n".repeat(3e7)}`);
  const { stderr, code } = await finish(start(["train", table, "--target", "b", "--epochs", "1"]));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*"2" in all 30000000 rows\n$/);
});
