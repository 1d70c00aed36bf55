// An event that happens again and again, and that several may wait for.

export class RepeatedEvent {
  private readonly waiting = new Set<() => void>();

  /** Until it fires, or for so many milliseconds if that is sooner. */
  wait(atMost = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        clearTimeout(timer);
        this.waiting.delete(proceed);
        resolve();
      };
      const timer = atMost === Number.POSITIVE_INFINITY ? undefined : setTimeout(proceed, atMost);
      this.waiting.add(proceed);
    });
  }

  fire(): void {
    for (const proceed of this.waiting) proceed();
  }
}
