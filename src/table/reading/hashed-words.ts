// Text -> numbers of buckets (the hashing trick, Weinberger et al. 2009): each word of a text adds 1 to the bucket that
// its letters give, whatever words the training has seen. A text's numbers have a sum of squares of 1, so that long
// texts are no larger than short ones.
import { fold } from "./categories.js";
import type { WordColumn } from "./cell-values.js";
import { isMissing } from "./missing.js";

/** The entries of texts, ascending: text t has those from offsets[t] up to offsets[t + 1]. */
export interface HashedTexts {
  readonly offsets: Uint32Array;
  readonly buckets: Uint32Array;
  readonly values: Float32Array;
  /** For each row its text. */
  readonly textOf: Int32Array;
}

/** The same on every machine: FNV-1a over UTF-16, its bits mixed once more, as the low ones alone count. */
function bucketOf(word: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return ((hash ^ (hash >>> 15)) >>> 0) % buckets;
}

/** Letters and digits of any script that stand together. */
const WORDS = /[\p{L}\p{N}\p{M}]+/gu;

function countBuckets(text: string, buckets: number): Map<number, number> {
  const counts = new Map<number, number>();
  if (isMissing(text)) return counts;
  for (const [word] of fold(text).matchAll(WORDS)) {
    const bucket = bucketOf(word, buckets);
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return counts;
}

export function hashTexts({ texts, textOf }: WordColumn, buckets: number): HashedTexts {
  const counted = texts.map((text) => countBuckets(text, buckets));
  const offsets = new Uint32Array(texts.length + 1);
  counted.forEach(({ size }, text) => (offsets[text + 1] = offsets[text] + size));
  const places = new Uint32Array(offsets[texts.length]);
  const values = new Float32Array(places.length);
  counted.forEach((counts, text) => {
    const sorted = [...counts].sort(([a], [b]) => a - b);
    const norm = Math.sqrt(sorted.reduce((sum, [, count]) => sum + count * count, 0));
    sorted.forEach(([bucket, count], i) => {
      places[offsets[text] + i] = bucket;
      values[offsets[text] + i] = count / norm;
    });
  });
  return { offsets, buckets: places, values, textOf };
}
