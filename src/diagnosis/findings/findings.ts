// What is wrong, or only looks so, with a network as a whole: its data, its loss, its training, and units that go
// together.
import { findCourse } from "./course.js";
import { findBottleneck } from "./bottleneck.js";
import { findClosedSamples } from "./closed-samples.js";
import type { Evidence } from "./evidence.js";
import { findVanishing } from "./gradient.js";
import { findInputs } from "./inputs.js";
import { findLinearNetwork } from "./layers/linear-network.js";
import { findLearning } from "./learning.js";
import { findRestraints } from "./layers/restraints.js";
import { findStatistics } from "./layers/running-statistics.js";
import { findOverfitting } from "./overfitting.js";
import { findPace } from "./pace.js";
import { findOfLayers } from "./observed-layers.js";
import { findOutputFit } from "./targets/output-fit.js";
import { assignRoles } from "./roles.js";
import { findTargets } from "./targets/targets.js";
import { findUnits } from "./units.js";
import { findUnscaledTargets } from "./targets/unscaled-targets.js";
import type { Finding } from "../types.js";

/** Not in relumine.min.js, which leaves this module out. */
export const CAN_FIND: boolean = true;

/** Causes first; of each role in the order in which they should be looked at. */
export function findAll(evidence: Evidence): Finding[] {
  if (evidence.observation.fedBy) return findOfLayers(evidence);
  const fit = findOutputFit(evidence);
  const isMisfit = fit.some(({ role }) => role !== "remark");
  const closed = findClosedSamples(evidence);
  const pace = findPace(evidence);
  const isSlow = !isMisfit && pace.some(({ role }) => role !== "remark");
  const found = [
    ...fit,
    ...findStatistics(evidence),
    ...findLearning(evidence),
    ...findCourse(evidence),
    ...findRestraints(evidence),
    ...pace,
    ...findOverfitting(evidence),
    ...findTargets(evidence),
    ...findUnscaledTargets(evidence),
    ...findVanishing(evidence),
    ...findLinearNetwork(evidence),
    ...findBottleneck(evidence, isMisfit, closed.length > 0, isSlow),
    ...closed,
    ...findUnits(evidence),
    ...findInputs(evidence, isMisfit),
  ];
  return assignRoles(found, evidence);
}
