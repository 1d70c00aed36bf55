// The table of deaths as comma-separated values (RFC 4180).
import type { DeathRecord } from "../engine/types.js";

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

/** Layers and units counted from 1, as on the page; a unit that came back and died again has a row for each death. */
export function deathsCsv(deaths: readonly DeathRecord[]): string {
  const rows = deaths.map(({ layer, unit, step, cause, blow, survivesAt, cameBack, explanation }) =>
    [
      layer + 1,
      unit + 1,
      step,
      cause,
      blow?.step ?? "",
      survivesAt ?? "",
      cameBack?.step ?? "",
      cameBack ? quoted(cameBack.by) : "",
      quoted(explanation),
    ].join(","),
  );
  const header = "layer,unit,step,cause,blow_step,one_step_survives_at,came_back_at,came_back_by,explanation";
  return [header, ...rows, ""].join("\r\n");
}
