// Runs named steps, each as soon as those that it needs are done, and says how long each takes.

/**
 * @typedef {object} Step
 * @property {string} says what it does, in a few words
 * @property {readonly string[]} [needs] the steps before it
 * @property {() => unknown} run may return a note, such as "unchanged"
 */

async function runStep(name, { says, run }) {
  const start = performance.now();
  const note = await run();
  const seconds = ((performance.now() - start) / 1e3).toFixed(1);
  console.error(`${name.padEnd(13)} ${seconds.padStart(5)} s  ${says}${note ? `: ${note}` : ""}`);
}

/**
 * Those of `steps` that `names` holds; what they need and is not among them is taken as done.
 * @param {Readonly<Record<string, Step>>} steps @param {readonly string[]} names
 */
export async function runSteps(steps, names) {
  const unknown = names.find((name) => !Object.hasOwn(steps, name));
  if (unknown !== undefined) throw new Error(`${unknown}: the steps are ${Object.keys(steps).join(", ")}`);
  const running = new Map();
  const start = (name) => {
    if (!running.has(name)) {
      const before = (steps[name].needs ?? []).filter((each) => names.includes(each)).map(start);
      running.set(
        name,
        Promise.all(before).then(() => runStep(name, steps[name])),
      );
    }
    return running.get(name);
  };
  await Promise.all(names.map(start));
}
