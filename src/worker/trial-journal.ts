// The journal of a prescription, as a module of its own: it is loaded where one is asked for.
import { nameBuild } from "./build.js";
import type { TrialJournal } from "../treatment/trial/journal/lines.js";
import { OutcomeStore } from "../treatment/trial/journal/outcome-store.js";
import type { TrialSetup } from "../treatment/trial/trial.js";

export async function openStore(journal: TrialJournal, setup: TrialSetup): Promise<OutcomeStore> {
  return OutcomeStore.open(journal, setup, await nameBuild(setup.arithmetic));
}
