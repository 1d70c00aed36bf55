// The header of a model's file: what it says before any tensor is read, and without the network.
import { type Header, readHeader } from "./safetensors.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** Names in the file's metadata; the caller's own stand beside them. */
export const VERSION_NAME = "relumine";
export const SPEC_NAME = "spec";
/** Of the tensor that tells of a training, and with a dot and a number of those that it refers to. */
export const TRAINING_NAME = "training";
/** Of what else a file with a training says and holds; those of before it have none. */
export const CHECKSUM_NAME = "training checksum";
/** Of what `prove` said of the network. */
export const PROOF_NAME = "proof of dead units";
export const TAKEN_NAMES: readonly string[] = [VERSION_NAME, SPEC_NAME, CHECKSUM_NAME, PROOF_NAME];
export const VERSION = "1";
/** Of files that hold a training too: what is older than them can't read them. */
export const TRAINING_VERSION = "2";

export function readModelHeader(bytes: Uint8Array): Header {
  if (!(bytes instanceof Uint8Array))
    throw new RelumineError("value", "bytes", "to be a Uint8Array, the content of a file", describe(bytes));
  const header = readHeader(bytes);
  const version = header.metadata.get(VERSION_NAME);
  if (version === undefined || !header.metadata.has(SPEC_NAME)) {
    const missing = version === undefined ? VERSION_NAME : SPEC_NAME;
    throw new RelumineError(
      "format",
      "the file's __metadata__",
      "to be what exportNetwork wrote",
      `one without "${missing}", of another program`,
    );
  }
  if (version !== VERSION && version !== TRAINING_VERSION)
    throw new RelumineError(
      "format",
      "the file's version",
      `to be "${VERSION}" or "${TRAINING_VERSION}"`,
      describe(version),
      "Is it from a later relumine?",
    );
  return header;
}

/**
 * The words that the caller of exportNetwork had stored beside the network.
 * @param bytes the whole file
 * @cost reads the header alone, not the weights
 * @throws RelumineError "format" or "value"
 * @example readMetadata(bytes).trainedOn // "digits"
 */
export function readMetadata(bytes: Uint8Array): Readonly<Record<string, string>> {
  return Object.fromEntries([...readModelHeader(bytes).metadata].filter(([name]) => !TAKEN_NAMES.includes(name)));
}
