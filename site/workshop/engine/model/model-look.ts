// A model of another program on the rows of the page: read, diagnosed, treated, written back. Nothing in the file runs.
import { diagnoseNaming } from "../../../../src/diagnosis/diagnose.js";
import { RelumineError } from "../../../../src/core/errors.js";
import type { Diagnosis, Network, Treatment } from "../../../../src/index.js";
import { readModel, type ReadModel } from "../../../../src/models/read-model.js";
import { writeModel } from "../../../../src/models/write-model.js";
import { formatBytes } from "../../../../src/text/numbers.js";
import { treatNaming } from "../../../../src/treatment/treat.js";
import type { LearningTask } from "../../../tasks/learning-task.js";
import { type CureName, remedyOf } from "../../../training/changes.js";
import { pageNaming } from "../../../training/naming.js";
import { ARITHMETIC } from "../../../training/brief-training.js";

const MOST_BYTES = 64 * 2 ** 20;
/** Layers and units that a page can list. */
const MOST_UNITS = 20_000;

export interface ModelFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Of the data, what a look needs. */
export type ModelRows = Pick<LearningTask, "features" | "classes"> & { readonly x: LearningTask["train"]["x"] };

export interface ModelAbout {
  readonly name: string;
  readonly format: ReadModel["format"];
  readonly writer: string;
  readonly inputs: number;
  /** Units of each layer, the outputs last. */
  readonly units: readonly number[];
  readonly notes: readonly string[];
}

export interface ModelDiagnosis {
  readonly samples: number;
  /** By hidden layer: which of its units are dead, from 0, and how many it has. */
  readonly layers: readonly { readonly units: number; readonly dead: readonly number[]; readonly rare: number }[];
  /** A sentence with what it found, and one with what to do. */
  readonly findings: readonly (readonly [message: string, advice: string])[];
}

export interface ModelTreated {
  readonly dead: readonly [before: number, after: number];
  /** The most by which an output changed. */
  readonly outputChange: number;
}

/** Weights alone do not say which activation was between them: ReLU is tried, and said. */
async function read({ name, bytes }: ModelFile): Promise<{ model: ReadModel; assumed: readonly string[] }> {
  try {
    return { model: await readModel(bytes, { name }), assumed: [] };
  } catch (error) {
    if (!(error instanceof RelumineError) || error.path !== "activation") throw error;
    const assumed = "The file holds weights alone: ReLU is taken to be between its layers, and nothing after the last.";
    return { model: await readModel(bytes, { name, activation: "relu" }), assumed: [assumed] };
  }
}

export class ModelLook {
  private treatments: Treatment[] = [];

  private constructor(
    readonly about: ModelAbout,
    private readonly model: ReadModel,
    private readonly network: Network,
  ) {}

  /** @throws RelumineError for what is no chain of dense layers, damaged, or too large for a page */
  static async open(file: ModelFile): Promise<ModelLook> {
    const { name, bytes } = file;
    if (bytes.length > MOST_BYTES) {
      const hint = "The command line takes more: relumine diagnose.";
      throw new RelumineError(
        "format",
        name,
        `to have at most ${formatBytes(MOST_BYTES)}`,
        formatBytes(bytes.length),
        hint,
      );
    }
    const { model, assumed } = await read(file);
    const { spec, format, writer } = model;
    const units = spec.layers.map((layer) => layer.units);
    const all = units.reduce((sum, each) => sum + each, 0);
    if (all > MOST_UNITS) throw new RelumineError("format", name, `to have at most ${MOST_UNITS} units`, `${all}`);
    const about = { name, format, writer, inputs: spec.inputs, units, notes: [...assumed, ...model.notes] };
    return new ModelLook(about, model, await model.toNetwork({ arithmetic: ARITHMETIC }));
  }

  /** @throws RelumineError "shape" for rows of other columns */
  diagnose(rows: ModelRows): ModelDiagnosis {
    const diagnosis = this.judge(rows);
    return {
      samples: diagnosis.samples,
      layers: diagnosis.layers.map(({ units }) => ({
        units: units.length,
        dead: units.flatMap(({ state, unit }) => (state === "dead" ? [unit] : [])),
        rare: units.filter(({ state }) => state === "rare").length,
      })),
      findings: diagnosis.findings.map(({ message, advice }) => [message, advice]),
    };
  }

  private judge({ x, features, classes }: ModelRows): Diagnosis {
    const { inputs } = this.about;
    if (x.columns !== inputs) {
      const hint = "Drop the CSV file that the model is for here too.";
      throw new RelumineError("shape", "the rows on the page", `to have ${inputs} columns`, `${x.columns}`, hint);
    }
    return diagnoseNaming(this.network, x, {}, pageNaming(features, classes));
  }

  async treat(cure: CureName, { x, features, classes }: ModelRows): Promise<ModelTreated> {
    const naming = pageNaming(features, classes);
    const treatment = await treatNaming(this.network, x, remedyOf(cure), undefined, naming);
    this.treatments.push(treatment);
    return { dead: [treatment.before.dead, treatment.after.dead], outputChange: treatment.outputChange };
  }

  /** Takes back the last treatment. */
  undo(): void {
    this.treatments.pop()?.undo();
  }

  get canUndo(): boolean {
    return this.treatments.length > 0;
  }

  /** As a file of the program that it came from, or else as ONNX. */
  async write(): Promise<ModelFile> {
    const { ends, parameters, head } = this.model;
    const stem = `${this.about.name.replace(/\.[^.]*$/, "")}-treated`;
    const [[name, bytes]] = parameters
      ? await writeModel(this.network, "torch", { parameters })
      : await writeModel(this.network, "onnx", { head, ...(ends && { ends }) });
    return { name: `${stem}${name.slice(name.lastIndexOf("."))}`, bytes };
  }

  dispose(): void {
    this.network.dispose();
  }
}
