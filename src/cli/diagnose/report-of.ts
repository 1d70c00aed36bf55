// What `relumine diagnose` found as a page, whatever it looked at.
import { basename } from "node:path";
import type { Judged } from "./judged.js";
import type { Failure } from "../fail-on.js";
import type { Page } from "../../report/page.js";
import { diagnosisPage } from "../../report/pages/diagnosis-page.js";
import { countOf } from "../../text/numbers.js";

/** @param file as it was named */
export function reportOf(file: string, judged: Judged, failures: readonly Failure[], madeBy: string): Page {
  const { text, data, evaluated, diagnosis, spec } = judged;
  return diagnosisPage(diagnosis, {
    title: `Diagnosis of ${basename(file)}`,
    lead: failures.map(({ rule, message }) => `Failed by --fail-on ${rule}: ${message}`),
    facts: [
      ["model", text],
      ["data", data.name],
      ["rows", countOf(data.rows, "row")],
    ],
    notes: data.notes,
    madeBy,
    ...(spec && { spec }),
    ...(evaluated && { evaluation: evaluated.record }),
  });
}
