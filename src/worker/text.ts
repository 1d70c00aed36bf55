// Results that know how to be text, such as a diagnosis: what crosses is the plain object and the text that it had.

export interface WithText<T> {
  readonly value: T;
  readonly text: string;
}

export function sendText<T extends object>(value: T): WithText<T> {
  return { value: { ...value }, text: String(value) };
}

export function receiveText<T extends object>({ value, text }: WithText<T>): T {
  return Object.defineProperty(value, "toString", { value: () => text, enumerable: false });
}
