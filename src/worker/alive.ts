// How a page learns that its worker is gone: no event tells of terminate() or of a process that was killed. The
// worker holds a lock of the Web Locks API for as long as it lives; the page waits for the same lock. Where there are
// no locks (Node, plain http) events alone tell.

interface Locks {
  request(name: string, callback: () => unknown): Promise<unknown>;
}

const locks = (): Locks | undefined => (globalThis.navigator as { readonly locks?: Locks } | undefined)?.locks;

export function nameLock(): string {
  return `relumine ${Date.now()} ${Math.random()}`;
}

/**
 * In the worker: takes the lock for as long as it lives.
 * @returns whether there are locks, as soon as it is held
 */
export function holdLock(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const hold = (): Promise<never> => {
      resolve(true);
      return new Promise(() => {});
    };
    const held = locks()?.request(name, hold);
    if (held) held.catch(() => resolve(false));
    else resolve(false);
  });
}

/** On the page, once the worker holds it: tells when it no longer does. */
export function awaitRelease(name: string, onRelease: () => void): void {
  void locks()
    ?.request(name, onRelease)
    ?.catch(() => {});
}
