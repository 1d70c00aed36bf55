import { describe, expect, test } from "vitest";
import { checkPace, finish, Pace, type Steps } from "../../src/core/pace.js";
import { expectRefusal, relumineError } from "../support/errors.js";

function* slowSteps(count: number, milliseconds: number, ended: { value: boolean }): Steps<string> {
  try {
    for (let i = 1; i <= count; i++) {
      for (const end = performance.now() + milliseconds; performance.now() < end;);
      yield i / count;
    }
    return "done";
  } finally {
    ended.value = true;
  }
}

describe("work in slices", () => {
  test("lets others have their turn, and tells shares that rise to 1", async () => {
    const shares: number[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const pace = new Pace({ onProgress: (share) => shares.push(share) });
    pace.begin(0.25);
    expect(await pace.run(slowSteps(6, 9, { value: false }))).toBe("done");
    expect(Math.max(...shares)).toBeLessThanOrEqual(0.25);
    pace.begin(1);
    await pace.run(slowSteps(6, 9, { value: false }));
    pace.end();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
    expect(shares.length).toBeGreaterThan(4);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(shares.filter((share) => share === 1).length).toBeLessThanOrEqual(2);
  });

  test("in one go takes the same steps", () => {
    expect(finish(slowSteps(3, 0, { value: false }))).toBe("done");
  });

  test.each(["signal", "check"])("ends by its %s, and what the steps hold is given back", async (by) => {
    const abort = new AbortController();
    const ended = { value: false };
    const changed = new Error("changed");
    let isOver = false;
    const pace = new Pace({ signal: abort.signal }, () => {
      if (isOver && by === "check") throw changed;
    });
    setTimeout(() => {
      isOver = true;
      if (by === "signal") abort.abort();
    }, 5);
    const work = pace.run(slowSteps(1000, 2, ended));
    if (by === "check") await expect(work).rejects.toBe(changed);
    else await expect(work).rejects.toEqual(relumineError("value", "signal"));
    expect(ended.value).toBe(true);
  });

  test("options that are none are refused", async () => {
    await expectRefusal(() => checkPace({ signal: {} as AbortSignal }), "value", "signal");
    await expectRefusal(() => checkPace({ onProgress: 1 as never }), "value", "onProgress");
    expect(checkPace({})).toEqual({});
  });
});
