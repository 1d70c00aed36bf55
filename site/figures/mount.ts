// Puts a figure on a page: its code is loaded when it comes near, it draws while it is seen, and rests otherwise.
import type { Control, Engine, Mounted, Stage } from "./figure.js";
import type { FigureEntry } from "./list.js";
import { h } from "../look/dom.js";
import { onPaletteChange } from "../look/palette.js";

/** How far below the screen a figure is loaded. */
const NEAR = "600px";

class StageOf implements Stage {
  readonly root: HTMLElement;
  mounted: Mounted | undefined;
  private readonly line = h("p", { class: "unseen", "aria-live": "polite" });
  private isAsked = false;
  private isSeen = false;
  private worker: Worker | undefined;

  constructor(
    readonly number: number,
    readonly isSlide: boolean,
    place: HTMLElement,
  ) {
    this.root = h("div", { class: "figure" });
    place.replaceChildren(this.root, this.line);
    new ResizeObserver(() => this.requestDraw()).observe(this.root);
    onPaletteChange(() => this.requestDraw());
    new IntersectionObserver(([{ isIntersecting }]) => this.setSeen(isIntersecting)).observe(this.root);
    document.addEventListener("visibilitychange", () => this.setSeen(this.isOnScreen));
  }

  private isOnScreen = false;

  private setSeen(isOnScreen: boolean): void {
    this.isOnScreen = isOnScreen;
    const isSeen = isOnScreen && !document.hidden;
    if (isSeen === this.isSeen) return;
    this.isSeen = isSeen;
    this.worker?.postMessage({ kind: isSeen ? "resume" : "pause" } satisfies Control);
    if (isSeen && this.isAsked) this.schedule();
  }

  startEngine<Request, Reply>(onReply: (reply: Reply) => void): Engine<Request> {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module", name: `figure ${this.number}` });
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<Reply>) => onReply(data);
    worker.onerror = (event) => this.fail(event.message);
    worker.postMessage(this.number);
    if (!this.isSeen) worker.postMessage({ kind: "pause" } satisfies Control);
    return { post: (message) => worker.postMessage(message) };
  }

  private fail(message: string): void {
    this.root.replaceChildren(
      h("p", { role: "alert" }, `This figure has stopped: ${message || "its file could not be loaded"}.`),
    );
  }

  requestDraw(): void {
    if (this.isAsked) return;
    this.isAsked = true;
    if (this.isSeen) this.schedule();
  }

  private schedule(): void {
    requestAnimationFrame(() => {
      if (!this.isSeen) return;
      this.isAsked = false;
      this.mounted?.draw();
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
    stage.mounted = mount(stage);
    stage.requestDraw();
  }
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      void start();
    },
    { rootMargin: NEAR },
  );
  observer.observe(place);
}
