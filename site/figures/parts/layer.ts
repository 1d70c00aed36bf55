// A part of a canvas's picture that changes less often than the rest: painted once, and put there again until what it
// shows has changed.
import { prepare } from "../../look/dom.js";
import { palette } from "../../look/palette.js";

class Layer {
  private readonly canvas = document.createElement("canvas");
  private key: readonly unknown[] = [];

  /** @param shows what the picture depends on, beside its size and the colours; compared one by one with === */
  put(
    onto: CanvasRenderingContext2D,
    width: number,
    height: number,
    shows: readonly unknown[],
    paint: (context: CanvasRenderingContext2D) => void,
  ): void {
    const key = [width, height, devicePixelRatio, palette(), ...shows];
    if (key.length !== this.key.length || key.some((each, i) => each !== this.key[i])) {
      this.key = key;
      paint(prepare(this.canvas, width, height));
    }
    if (this.canvas.width === 0 || this.canvas.height === 0) return; // nothing is seen of it, as on another slide
    onto.drawImage(this.canvas, 0, 0, width, height);
  }
}

const layers = new WeakMap<HTMLCanvasElement, Layer>();

/** The one layer that belongs to a canvas. */
export function layerOf(canvas: HTMLCanvasElement): Layer {
  const layer = layers.get(canvas) ?? new Layer();
  layers.set(canvas, layer);
  return layer;
}
