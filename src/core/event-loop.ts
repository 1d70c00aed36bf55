// Lets the event loop turn, at once: timers in browsers would wait four milliseconds.

type Schedule = (callback: () => void) => unknown;
declare const setImmediate: Schedule | undefined;

function throughMessageChannel(): Schedule {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(undefined);
  };
}

let schedule: Schedule | undefined;

export function yieldToEventLoop(): Promise<void> {
  schedule ??= typeof setImmediate === "function" ? setImmediate : throughMessageChannel();
  return new Promise((resolve) => schedule!(resolve));
}
