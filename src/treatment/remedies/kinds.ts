// The remedies of `treat` by name, as a list.
export const REMEDY_KINDS = [
  "liftBias",
  "openSamples",
  "recycle",
  "reinitialize",
  "replaceActivation",
  "prune",
] as const;
