// The trace of a model's training as a callback of model.fit: an instance of TensorFlow.js's own Callback, since fit
// takes none other beside tf.callbacks.earlyStopping.
import { DeathWatch, type Moment } from "./death-watch.js";
import { type ModelRows, takeSpaced } from "./rows.js";
import type { Model, TensorFlow } from "./tensorflow.js";
import { makeTwin } from "./to-network.js";
import type { ModelTrace, ModelTraceOptions, ModelTraceResults } from "./trace-types.js";
import { checkInteger, checkOptions } from "../core/checks.js";

const ROWS = 256;
const WINDOW = 20;
/** As fit itself does where no callback of its own class is given. */
const YIELD_EVERY_MS = 125;

interface ResolvedOptions extends Required<ModelTraceOptions> {}

function checkTrace(given: ModelTraceOptions | undefined): ResolvedOptions {
  const { rows, everySteps, window } = checkOptions("traceDeaths", given, ["rows", "everySteps", "window"]);
  return {
    rows: checkInteger("rows", rows ?? ROWS, { low: 1 }),
    everySteps: checkInteger("everySteps", everySteps ?? 1, { low: 1 }),
    window: checkInteger("window", window ?? WINDOW, { low: 1 }),
  };
}

/** Rate and class of an optimizer; the rate is where TensorFlow.js keeps it, and no part of its types. */
function optimizerOf({ optimizer }: Model): Pick<Moment, "rate" | "optimizer"> {
  const { learningRate } = (optimizer ?? {}) as { learningRate?: unknown };
  return {
    ...(typeof learningRate === "number" && { rate: learningRate }),
    ...(optimizer && { optimizer: optimizer.getClassName() }),
  };
}

const NOTHING: ModelTraceResults = { deaths: [], revivals: [], silentUnits: [], layers: [] };

/** The training that runs, or ran last, as its callback hears of it. */
class TracedFit {
  #watch: DeathWatch | undefined;
  #results: ModelTraceResults = NOTHING;
  #step = 0;
  #epoch = 0;
  #batch = 0;
  /** The step of the last look. */
  #looked = 0;
  #yielded = 0;

  constructor(
    private readonly tf: TensorFlow,
    private readonly x: ModelRows,
    private readonly options: ResolvedOptions,
  ) {}

  read(isOver = false): ModelTraceResults {
    if (this.#watch) this.#results = this.#watch.read(isOver);
    return this.#results;
  }

  async #look(model: Model): Promise<void> {
    this.#looked = this.#step;
    const place = { step: this.#step, epoch: this.#epoch, batch: this.#batch };
    await this.#watch?.look({ ...place, ...optimizerOf(model) });
  }

  #stop(): void {
    this.#watch?.dispose();
    this.#watch = undefined;
  }

  async begin(given: unknown): Promise<void> {
    const { tf, x, options } = this;
    this.#stop(); // of a fit that ended by an error
    this.#results = NOTHING;
    this.#step = this.#looked = 0;
    this.#yielded = performance.now();
    const twin = await makeTwin(tf, given, {}, x);
    try {
      const rows = await takeSpaced(tf, "x", x, twin.network.spec.inputs, options.rows);
      this.#watch = new DeathWatch(twin.live, twin, rows, options.window);
    } catch (error) {
      twin.network.dispose();
      throw error;
    }
  }

  beginEpoch(epoch: number): void {
    this.#epoch = epoch + 1;
  }

  async endBatch(batch: number, model: Model): Promise<void> {
    this.#step++;
    this.#batch = batch + 1;
    if (this.#step % this.options.everySteps === 0) await this.#look(model);
    if (performance.now() - this.#yielded < YIELD_EVERY_MS) return;
    await this.tf.nextFrame();
    this.#yielded = performance.now();
  }

  async endEpoch(model: Model): Promise<void> {
    if (this.#looked < this.#step) await this.#look(model);
    this.#watch?.endEpoch();
  }

  end(): void {
    this.read(true);
    this.#stop();
  }
}

/** See relumine/tfjs. */
export function traceModel(tf: TensorFlow, x: ModelRows, given?: ModelTraceOptions): ModelTrace {
  const fit = new TracedFit(tf, x, checkTrace(given));

  return new (class DeathTrace extends tf.Callback implements ModelTraceResults {
    get deaths() {
      return fit.read().deaths;
    }
    get revivals() {
      return fit.read().revivals;
    }
    get silentUnits() {
      return fit.read().silentUnits;
    }
    get layers() {
      return fit.read().layers;
    }
    get divergedAt() {
      return fit.read().divergedAt;
    }
    get stopped() {
      return fit.read().stopped;
    }

    override async onTrainBegin(): Promise<void> {
      await fit.begin(this.model);
    }

    override async onEpochBegin(epoch: number): Promise<void> {
      fit.beginEpoch(epoch);
    }

    override async onBatchEnd(batch: number): Promise<void> {
      await fit.endBatch(batch, this.model);
    }

    override async onEpochEnd(): Promise<void> {
      await fit.endEpoch(this.model);
    }

    override async onTrainEnd(): Promise<void> {
      fit.end();
    }
  })();
}
