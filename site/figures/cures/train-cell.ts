// One cell of the table: a network trains, is cured, and trains on. All of it by functions of the package.
import { type Act, cureOf, EPOCHS, type Fault, LOWER, POSITIVE_BIAS, taskOf } from "./faults.js";
import { linkOf } from "./link.js";
import type { CellPlace, Course, Outcome } from "./messages.js";
import type { ActivationName, History, Matrix, Network } from "../../../src/index.js";
import { sum } from "../../../src/core/statistics.js";
import { diagnose } from "../../../src/diagnosis/diagnose.js";
import { LEARNED } from "../../../src/diagnosis/learning/verdict.js";
import { countDead } from "../../../src/inspect/dead-units.js";
import { createNetwork } from "../../../src/network/network.js";
import { DEADLY } from "../../../src/sweep/map/row-kinds.js";
import { typeset } from "../../../src/text/numbers.js";
import { calibrate } from "../../../src/treatment/start/calibrate.js";
import { standardize } from "../../../src/treatment/start/standardize.js";
import { treat } from "../../../src/treatment/treat.js";
import { ARITHMETIC, fitOptions, startNetwork } from "../../training/brief-training.js";
import { optimizerOf } from "../../training/recipe-to-network.js";
import { CURES as REMEDIES } from "../../training/changes.js";

/** Epochs between two points of the curves. */
const EVERY = 3;

/** What acts change. */
interface State {
  readonly network: Network;
  readonly x: Matrix;
  readonly rate: number;
}

const hiddenOf = ({ layers }: Network) => layers.slice(0, -1);

/** The same weights behind another activation of all hidden layers. */
async function withActivation(network: Network, activation: ActivationName): Promise<Network> {
  const { layers, ...rest } = network.spec;
  const spec = {
    ...rest,
    layers: layers.map((layer, i) => (i < layers.length - 1 ? { units: layer.units, activation } : layer)),
  };
  const next = await createNetwork(spec, { arithmetic: ARITHMETIC });
  network.layers.forEach((layer, i) => {
    const { kernel, bias } = layer.getWeights();
    next.layers[i].setWeights({ kernel, bias });
  });
  network.dispose();
  return next;
}

function setBiases(network: Network, bias: number): void {
  for (const layer of hiddenOf(network))
    layer.setWeights({ ...layer.getWeights(), bias: new Float32Array(layer.units).fill(bias) });
}

async function apply(state: State, act: Act): Promise<State> {
  const { network, x, rate } = state;
  switch (act) {
    case "lowerRate":
      return { ...state, rate: rate * LOWER };
    case "positiveBias":
      setBiases(network, POSITIVE_BIAS);
      return state;
    case "leaky":
      if (countDead(network, x).dead === 0) return { ...state, network: await withActivation(network, "leakyRelu") };
      await treat(network, x, REMEDIES.leakyRelu); // of networks without a dead unit it changes nothing
      return state;
    case "relu":
      return { ...state, network: await withActivation(network, "relu") };
    case "lift":
    case "recycle":
      await treat(network, x, REMEDIES[act === "lift" ? "liftBias" : act]);
      return state;
    case "calibrate":
      await calibrate(network, x);
      return state;
    case "standardize":
      return { ...state, x: standardize(x).apply(x) };
  }
}

/** Points of the curves, and the rest of a course. */
class Recorder {
  private readonly epochs: number[] = [];
  private readonly living: number[] = [];
  private readonly accuracy: number[] = [];
  private units = 0;

  constructor(
    private readonly y: Float32Array,
    private readonly curedAt: number,
  ) {}

  note(epoch: number, { network, x }: State): void {
    const { dead, units } = countDead(network, x);
    this.units = units;
    this.epochs.push(epoch);
    this.living.push(units - dead);
    this.accuracy.push(network.evaluate({ x, y: this.y }).accuracy!);
  }

  read(): Course {
    const { units, curedAt } = this;
    return { epochs: [...this.epochs], living: [...this.living], accuracy: [...this.accuracy], units, curedAt };
  }
}

/** Rows of the training, in terms of the inputs as it has them, judge. */
function judge({ network, x }: State, y: Float32Array, history: History): Omit<Outcome, "link"> {
  const { dead, learning } = diagnose(network, x, { proofs: false, targets: y, history });
  const units = sum(hiddenOf(network).map((layer) => layer.units));
  const { score, verdict, accuracy } = learning!;
  const diverged = history.stopped === "diverged";
  return {
    living: units - dead,
    units,
    accuracy: accuracy!,
    ...(score !== undefined && !diverged && { score }),
    verdict: typeset(verdict),
    diverged,
    passes: !diverged && (score ?? 0) >= LEARNED && dead < DEADLY * units,
  };
}

/**
 * @param tell is called after every few epochs with the course so far
 * @returns the whole course, and what came of it
 */
export async function trainCell(
  fault: Fault,
  { moment, column }: Pick<CellPlace, "moment" | "column">,
  tell: (read: () => Course) => void,
): Promise<{ readonly course: Course; readonly outcome: Outcome }> {
  const { recipe } = fault;
  const task = taskOf(fault);
  const { y } = task.train;
  const curedAt = moment === "sick" ? fault.sickAfter : 0;
  const { acts } = cureOf(fault, column);
  const recorder = new Recorder(y, curedAt);
  let state: State = { network: await startNetwork(recipe, task), x: task.train.x, rate: recipe.rate };
  const fit = (from: number, epochs: number): Promise<History> =>
    state.network.fit(
      { x: state.x, y },
      {
        epochs,
        optimizer: optimizerOf(recipe, { ...recipe, rate: state.rate }),
        callbacks: [
          {
            onEpochEnd: ({ epoch }) => {
              if (epoch % EVERY > 0 && epoch < epochs) return;
              recorder.note(from + epoch, state);
              tell(() => recorder.read());
            },
          },
        ],
        ...fitOptions(recipe),
      },
    );
  try {
    recorder.note(0, state);
    if (curedAt > 0) await fit(0, curedAt);
    const { dead } = countDead(state.network, state.x);
    for (const act of acts) state = await apply(state, act);
    if (acts.length > 0) recorder.note(curedAt, state);
    const history = await fit(curedAt, EPOCHS);
    const link = linkOf(fault, acts, curedAt, { rows: task.train.x.rows, dead });
    return { course: recorder.read(), outcome: { ...judge(state, y, history), ...(link !== undefined && { link }) } };
  } finally {
    state.network.dispose();
  }
}
