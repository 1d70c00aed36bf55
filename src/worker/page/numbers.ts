// Numbers of optimizers and callbacks on their way into workers: the same object is the same one there.
const numbers = new WeakMap<object, number>();
let count = 0;

export function numberOf(object: object): number {
  const number = numbers.get(object) ?? ++count;
  numbers.set(object, number);
  return number;
}
