// The training on the page as a program, in one of three languages.
import { kerasFor } from "./keras.js";
import type { ProgramFrame, ProgramTraining } from "./python.js";
import { pytorchFor } from "./pytorch.js";
import { relumineFor } from "./relumine.js";

const WRITERS = { relumine: relumineFor, pytorch: pytorchFor, keras: kerasFor };
export type Language = keyof typeof WRITERS;

/** @param frame what the page shows of the training that it is to repeat */
export function codeFor(language: Language, frame: ProgramFrame, training: ProgramTraining): string {
  return WRITERS[language](frame, training);
}
