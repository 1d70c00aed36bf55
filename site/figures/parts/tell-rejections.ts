// A worker's page hears of what is thrown in it, not of promises that are rejected.

/** What a promise rejects with, and nobody waits for, is thrown: `onerror` of whoever started this worker is called. */
export function tellRejections(): void {
  globalThis.addEventListener("unhandledrejection", ({ reason }) =>
    setTimeout(() => {
      throw reason;
    }),
  );
}
