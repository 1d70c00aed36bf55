// What a figure is, and what it is given. A figure draws, and takes what people do; what it shows was computed by its
// engine, in a worker, with the package.

/** The engine of a figure as its page sees it: plain data there and back. */
export interface Engine<Request> {
  post(message: Request): void;
}

export interface Stage {
  /** Empty; it belongs to the figure, with a width that may change. */
  readonly root: HTMLElement;
  /** A quarter larger type for slides. */
  readonly isSlide: boolean;
  /**
   * Starts the figure's engine in a worker. While the figure is out of sight or its page is hidden the engine gets
   * `{ kind: "pause" }`, and `{ kind: "resume" }` afterwards.
   */
  startEngine<Request, Reply>(onReply: (reply: Reply) => void): Engine<Request>;
  /** Draws before the next frame that the browser shows, once however often it is asked; out of sight: when it is seen. */
  requestDraw(): void;
  /** A line for those who do not see the figure change; read out by screen readers. */
  say(text: string): void;
}

export interface Mounted {
  /**
   * Draws everything as it is now, as wide as `root` is. Called first, on resize, on a change of colours, on request.
   * What moves asks for the next frame here, by `requestDraw`.
   * @param now the frame's time in ms, as performance.now() has it
   */
  draw(now: number): void;
}

export interface FigureModule {
  mount(stage: Stage): Mounted;
}

/** What every engine is sent, beside its own requests. */
export type Control = { readonly kind: "pause" } | { readonly kind: "resume" };

/** The inside of a figure's worker. */
export interface EngineModule {
  /** @returns what takes the page's messages */
  serve(post: (reply: unknown, transfer?: Transferable[]) => void): (message: never) => void;
}
