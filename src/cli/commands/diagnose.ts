// `relumine diagnose`: a saved network and a table in, the network's diagnosis on the table's rows out.
import { Command } from "commander";
import type { EncodedRows } from "../../table/prepare.js";
import { encodeLabelledColumns } from "../../table/prepare-table.js";
import { type Evaluation, evaluateOn, tellEvaluation } from "../evaluate.js";
import { describeDiagnosis, tryDiagnose } from "../network-for-table.js";
import { addLayoutOptions } from "../options.js";
import { type NamedTable, readTableFile } from "../read-table.js";
import { readingOptions } from "../../table/encoding.js";
import type { LayoutOptions } from "../../table/read/layout.js";
import { about, loadModel, type Model, tellModel } from "../stored-model.js";
import { Terminal } from "../terminal.js";
import type { Diagnosis } from "../../index.js";
import type { SampleRows } from "../../core/matrix.js";

const EXAMPLES = `
Examples:
  $ relumine train digits --out digits.safetensors
  $ relumine diagnose digits.safetensors digits
  $ relumine diagnose digits.safetensors digits --prove
  $ relumine diagnose penguins.safetensors newer.csv --json > diagnosis.json

The table's columns are read as the training read its own: the same means,
medians and categories, from the model's file. Columns that the network does
not know are ignored; a word that it never saw is none of its categories. Where
the target's column is there, the network is evaluated on the rows that have
one, and judged on them; without it, it is judged on all rows. --prove takes a
second or two; "relumine prove" goes on for longer.`;

interface Judged {
  readonly x: SampleRows;
  readonly notes: readonly string[];
  readonly evaluation?: Evaluation;
  /** Or why there is none. */
  readonly diagnosis: Diagnosis | string;
}

async function judge({ network, table: stored }: Model, { name, table }: NamedTable, proofs: boolean): Promise<Judged> {
  const { diagnose } = await import("../../index.js");
  return about(name, () => {
    const { x, y, notes } = encodeLabelledColumns(stored.encoding, table);
    const data: EncodedRows | undefined = y && { x, y };
    return {
      x,
      notes,
      ...(data && { evaluation: evaluateOn(network, data, stored.encoding) }),
      diagnosis: tryDiagnose(diagnose, network, x, { proofs, ...(data && { targets: data.y }) }),
    };
  });
}

function tell(terminal: Terminal, model: Model, name: string, { x, notes, evaluation, diagnosis }: Judged): void {
  tellModel(terminal, model, { name, rows: x.rows, notes });
  if (evaluation) tellEvaluation(terminal, "on these rows", evaluation, model.table.encoding.target);
  terminal.tell(`${evaluation ? "\n" : ""}${describeDiagnosis(diagnosis)}`);
}

/** The document that --json prints. */
function toDocument(
  { file, network, table: { name: trainedOn, encoding } }: Model,
  name: string,
  { x, notes, evaluation, diagnosis }: Judged,
): object {
  return {
    model: {
      file,
      trainedOn,
      spec: network.spec,
      parameterCount: network.parameterCount,
      runtime: network.runtime,
      preprocessing: encoding,
    },
    data: { name, rows: x.rows, notes },
    learning: typeof diagnosis === "string" ? undefined : diagnosis.learning,
    evaluation,
    diagnosis: typeof diagnosis === "string" ? { error: diagnosis } : diagnosis,
  };
}

async function diagnoseFile(
  file: string,
  source: string,
  { json, prove = false, ...layout }: LayoutOptions & { readonly json?: boolean; readonly prove?: boolean },
): Promise<void> {
  const terminal = new Terminal(json);
  const model = await loadModel(file);
  const named = await readTableFile(source, { ...layout, ...readingOptions(model.table.encoding) });
  const judged = await judge(model, named, prove);
  if (json) terminal.document(toDocument(model, named.name, judged));
  else tell(terminal, model, named.name, judged);
  if (typeof judged.diagnosis === "string") process.exitCode = 1;
}

export function diagnoseCommand(): Command {
  const command = new Command("diagnose")
    .description("Diagnose a saved network on a table's rows.")
    .argument("<model>", 'a file that "relumine train --out" wrote')
    .argument("<table>", 'a CSV file, also gzipped, or "digits" for the embedded set');
  return addLayoutOptions(command)
    .option("--prove", "prove or refute that the dead are closed on all inputs in the table's range")
    .option("--json", "print one JSON document instead")
    .addHelpText("after", EXAMPLES)
    .action(diagnoseFile);
}
