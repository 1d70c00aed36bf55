// Which kind of queue an URL names.
import { openPostgres } from "./postgres-store.js";
import { openRedis } from "./redis-store.js";
import type { QueueStore } from "./store.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";

/** How to reach a queue. */
export interface QueuePlace {
  /** `redis://`, `rediss://` (TLS) or `postgres://`, with host, port, user and number or name of the database. */
  readonly url: string;
  /** Where it is not to stand in the URL. */
  readonly password?: string;
}

const EXPECTED = "to be an URL that begins with redis://, rediss:// or postgres://";

/** @throws RelumineError "value" */
export function checkQueueUrl(url: unknown): string {
  const isUrl = typeof url === "string" && URL.canParse(url);
  if (isUrl && /^(rediss?|postgres(ql)?):$/.test(new URL(url).protocol) && new URL(url).host !== "")
    // "REDISS:" would be taken for one without TLS
    return url.trim().replace(/^[^:]+/, (scheme) => scheme.toLowerCase());
  const shown = isUrl ? `one with ${new URL(url).protocol}` : describe(typeof url === "string" ? "another text" : url);
  throw new RelumineError("value", "queue", EXPECTED, shown);
}

/**
 * @param queues whose absence, or the marker, says that it is no other program's
 * @throws RelumineError "value" for one that does not answer within 5 seconds, or is another program's; "unsupported"
 *   where the packages that it needs are not installed
 */
export async function openStore({ url, password }: QueuePlace, queues: readonly string[]): Promise<QueueStore> {
  const checked = checkQueueUrl(url);
  return checked.startsWith("redis") ? openRedis(checked, password, queues) : openPostgres(checked, password);
}
