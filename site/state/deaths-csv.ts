// The table of deaths as comma-separated values (RFC 4180).
import type { DeathRecord } from "../engine/types.js";

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

export function deathsCsv(deaths: readonly DeathRecord[]): string {
  const rows = deaths.map(({ layer, unit, step, cause, survivesAt, explanation }) =>
    [layer, unit, step, cause, survivesAt ?? "", quoted(explanation)].join(","),
  );
  return ["layer,unit,step,cause,survives_at,explanation", ...rows, ""].join("\r\n");
}
