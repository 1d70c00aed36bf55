// Elements in one line each, and canvases that are as sharp as the screen.

type Properties = Readonly<Record<string, unknown>>;
type Child = Node | string;

/** An element with attributes ("aria-label"), listeners ("onclick") and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Sets text only where it differs: screen readers and layout are left in peace. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Replaces children only where their key has changed, so that the focus stays and screen readers repeat nothing. */
export function replacer(element: HTMLElement): (key: string, make: () => readonly Child[]) => void {
  let last: string | undefined;
  return (key, make) => {
    if (key === last) return;
    last = key;
    element.replaceChildren(...make());
  };
}

/** The canvas's context, cleared, in CSS pixels. */
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h2] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h2) {
    canvas.width = w;
    canvas.height = h2;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Sets an opaque pixel of an image to a colour of three bytes. */
export function setPixel({ data }: ImageData, index: number, colour: ArrayLike<number>): void {
  for (let channel = 0; channel < 3; channel++) data[index * 4 + channel] = colour[channel];
  data[index * 4 + 3] = 255;
}

export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Of the first where several are largest. */
export function indexOfLargest(values: Float32Array): number {
  return values.reduce((most, value, index) => (value > values[most] ? index : most), 0);
}
