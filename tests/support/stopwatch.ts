// How long something took, where a limit is part of what is promised: processor time in Node, since a busy machine
// makes any clock on the wall run out.

/** Starts it; call what it returns for the milliseconds since. */
export function startWatch(): () => number {
  const { cpuUsage } = globalThis.process ?? {};
  if (typeof cpuUsage !== "function") {
    const start = performance.now();
    return () => performance.now() - start;
  }
  const start = cpuUsage();
  return () => {
    const { user, system } = cpuUsage(start);
    return (user + system) / 1000;
  };
}
