import { expect, it } from "vitest";
import { startService } from "./services.js";

it("waits for the words, also when they come in pieces, and ends the program", async () => {
  const program = `process.stdout.write("ready at "); setTimeout(() => console.log("port 80."), 50); setInterval(() => {}, 1000)`;
  const service = await startService(["-e", program], /ready at port \d+(?=\.)/);
  expect(service.said).toBe("ready at port 80");
  await service.close();
  expect(service.child.signalCode).toBe("SIGTERM");
  await service.close();
});

it("a program that dies at its start fails at once, with what it said", async () => {
  const started = performance.now();
  const error: unknown = await startService(["-e", `throw new Error("on purpose")`], /ready/).catch(
    (caught: unknown) => caught,
  );
  expect((error as Error).message).toContain("on purpose");
  expect(performance.now() - started).toBeLessThan(30_000);
});
