// What is wrong, or only looks so, with a network as a whole: its data, its loss, its training, and units that go
// together.
import { findCourse } from "./course.js";
import type { Evidence } from "./evidence.js";
import { findVanishing } from "./gradient.js";
import { findInputs } from "./inputs.js";
import { findLearning } from "./learning.js";
import { findProgress } from "./pace.js";
import { assignRoles } from "./roles.js";
import { findTraining } from "./targets.js";
import { findUnits } from "./units.js";
import type { Finding } from "../types.js";

/** Causes first; of each role in the order in which they should be looked at. */
export function findAll(evidence: Evidence): Finding[] {
  const found = [
    ...findLearning(evidence),
    ...findCourse(evidence),
    ...findProgress(evidence),
    ...findTraining(evidence),
    ...findVanishing(evidence),
    ...findUnits(evidence),
    ...findInputs(evidence),
  ];
  return assignRoles(found, evidence);
}
