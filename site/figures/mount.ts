// Puts a figure on a page: its code is loaded when it comes near, it draws while it is seen, and rests otherwise.
import type { Control, Engine, Mounted, Stage } from "./figure.js";
import type { FigureEntry } from "./list.js";
import { h } from "../look/dom.js";
import { onPaletteChange } from "../look/palette.js";

/** How far below the screen a figure is loaded. */
const NEAR = "600px";

/** @param message as errors have it, or as browsers tell of a worker's: "Uncaught TypeError: …"; none of a lost file */
function failure(message: string | undefined): HTMLElement {
  const words = message?.replace(/^Uncaught (\w*Error: )?|\.+$/g, "");
  return h("p", { role: "alert" }, `This figure has stopped: ${words || "its file could not be loaded"}.`);
}

class StageOf implements Stage {
  readonly root = h("div", { class: "figure" });
  private mounted: Mounted | undefined;
  private readonly line = h("p", { class: "unseen", "aria-live": "polite" });
  private readonly observers: readonly (ResizeObserver | IntersectionObserver)[];
  private isOnScreen = false;
  private isSeen = false;
  /** Something is to be drawn; `frame` is its request, while it is seen. */
  private isAsked = false;
  private frame = 0;
  private worker: Worker | undefined;

  constructor(
    readonly number: number,
    readonly isSlide: boolean,
    place: HTMLElement,
  ) {
    this.root.classList.toggle("slide", isSlide);
    place.replaceChildren(this.root, this.line);
    const resized = new ResizeObserver(() => this.requestDraw());
    const seen = new IntersectionObserver((entries) => {
      this.isOnScreen = entries.at(-1)!.isIntersecting;
      this.look();
    });
    this.observers = [resized, seen];
    for (const observer of this.observers) observer.observe(this.root);
    onPaletteChange(() => this.requestDraw());
    document.addEventListener("visibilitychange", () => this.look());
  }

  show(mounted: Mounted): void {
    this.mounted = mounted;
    this.requestDraw();
  }

  private look(): void {
    const isSeen = this.isOnScreen && !document.hidden;
    if (isSeen === this.isSeen) return;
    this.isSeen = isSeen;
    this.worker?.postMessage({ kind: isSeen ? "resume" : "pause" } satisfies Control);
    if (!isSeen) cancelAnimationFrame(this.frame);
    else if (this.isAsked) this.schedule();
  }

  startEngine<Request, Reply>(onReply: (reply: Reply) => void): Engine<Request> {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module", name: `figure ${this.number}` });
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.attempt(() => onReply(data));
    worker.onerror = (event) => this.fail(event.message);
    worker.postMessage(this.number);
    if (!this.isSeen) worker.postMessage({ kind: "pause" } satisfies Control);
    return { post: (message) => worker.postMessage(message) };
  }

  /** Does a figure's work; an error ends the figure, and is said in its place. */
  private attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fail((error as Error).message);
      throw error;
    }
  }

  private fail(message: string | undefined): void {
    for (const observer of this.observers) observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.worker?.terminate();
    this.mounted = undefined;
    this.root.replaceChildren(failure(message));
  }

  requestDraw(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    if (this.isSeen) this.schedule();
  }

  private schedule(): void {
    this.frame = requestAnimationFrame((now) => {
      this.isAsked = false;
      this.root.dataset.drawn = ""; // what was never drawn is not printed
      this.attempt(() => this.mounted?.draw(now));
    });
  }

  say(text: string): void {
    if (this.line.textContent !== text) this.line.textContent = text;
  }
}

/** @param place an element of the page, whose content is replaced once the figure is near */
export function mountFigure({ number, load }: FigureEntry, place: HTMLElement, isSlide = false): void {
  async function start(): Promise<void> {
    const { mount } = await load();
    const stage = new StageOf(number, isSlide, place);
    stage.show(mount(stage));
  }
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      start().catch((error: Error) => {
        place.replaceChildren(failure(error.message));
        throw error;
      });
    },
    { rootMargin: NEAR },
  );
  observer.observe(place);
}
