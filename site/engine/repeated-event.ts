// Something that several may wait for, again and again.

export class Signal {
  private readonly waiting = new Set<() => void>();

  /** Until it is fired, or for so many milliseconds if that is sooner. */
  wait(atMost = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve();
      };
      const timer = atMost === Number.POSITIVE_INFINITY ? undefined : setTimeout(go, atMost);
      this.waiting.add(go);
    });
  }

  fire(): void {
    for (const go of this.waiting) go();
  }
}
