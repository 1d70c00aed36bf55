// Plain data as a program writes it.
function propertyName(key: string): string {
  return /^[a-z]\w*$/i.test(key) ? key : JSON.stringify(key);
}

/** A plain value as JavaScript writes it. */
export function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  return fields.length === 0
    ? "{}"
    : `{ ${fields.map(([key, each]) => `${propertyName(key)}: ${literal(each)}`).join(", ")} }`;
}
