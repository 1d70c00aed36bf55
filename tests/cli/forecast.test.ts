import { describe, expect, it } from "vitest";
import { PENGUINS, relumine } from "./run.js";
import type { Forecast } from "../../src/index.js";

describe("forecast", () => {
  it("says that a usual network on standardized columns is safe", async () => {
    const { code, stdout, stderr } = await relumine("forecast", PENGUINS, "--target", "species");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/penguins.csv: 275 training rows, 69 held out/);
    expect(stdout).toMatch(/\nForecast over [\d,]+ initial networks, on 275 rows\n/);
    expect(stdout).toMatch(/\n {2}layer 1 +\S+ of 32 units closed/);
    expect(stdout).toMatch(/Nothing here is likely to kill/);
    expect(
      Math.max(
        ...stdout
          .slice(stdout.indexOf("\nForecast"))
          .split("\n")
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80); // notes on columns may be longer
  });

  it("warns of what kills, as one document", async () => {
    const { code, stdout } = await relumine(
      "forecast",
      PENGUINS,
      "-t",
      "species",
      "--hidden",
      "1,1,1",
      "--bias",
      "-3",
      "--learning-rate",
      "50",
      "--json",
    );
    expect(code).toBe(0);
    const { data, network, forecast } = JSON.parse(stdout) as {
      data: object;
      network: { spec: object };
      forecast: Forecast;
    };
    expect(data).toMatchObject({ trainingRows: 275, heldOutRows: 69, task: "classification" });
    expect(network.spec).toMatchObject({
      inputs: 11,
      layers: [{ units: 1, biasInitializer: -3 }, { units: 1 }, { units: 1 }, { units: 3 }],
    });
    expect(forecast.layers).toHaveLength(3);
    expect(forecast.bornDeadNetwork.low).toBeGreaterThan(0.5);
    expect(forecast.bornDeadNetwork.high - forecast.bornDeadNetwork.low).toBeLessThanOrEqual(0.25);
    expect(forecast.advice.join(" ")).toMatch(/The bias of -3 starts/);
  });

  it("gives the same for the same seed", async () => {
    const args = ["forecast", "digits", "--hidden", "16", "--json"];
    const [first, again, other] = await Promise.all([
      relumine(...args),
      relumine(...args),
      relumine(...args, "--seed", "1"),
    ]);
    expect(again.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
  });

  it("refuses bad usage with exit code 2, a bad table with 1", async () => {
    expect(await relumine("forecast", PENGUINS, "--learning-rate", "0")).toMatchObject({ code: 2, stdout: "" });
    const { code, stderr } = await relumine("forecast", PENGUINS, "--target", "spices");
    expect(code).toBe(1);
    expect(stderr).toContain("spices");
  });
});
