// The ABI: re-exports only. Addresses are byte offsets, strides and sizes count elements.
export { gemm, gemmSkippingZeros, gemmWorkspaceBytes, isPacked, microkernel, tileRows } from "./gemm/gemm";
export { gatherColumns, spread } from "./gemm/select";
export { sumSquares, scale, allFinite, updateUtility } from "./reduce";
export {
  softmax, logOdds, softmaxCrossEntropy, softmaxCrossEntropyDense, binaryCrossEntropy, meanSquaredError, meanAbsoluteError, huber,
  poisson, probabilityBinaryCrossEntropy, probabilityCrossEntropy, softmaxBackward,
} from "./loss";
export { adagrad, adam, adamax, advanceAges, lion, nadam, rmsprop, sgd } from "./optimizer";
export {
  adagradRows, clearRows, sgdRows, sparseGradient, sparseProduct, sparseProductSelected, spreadRows, transposeEntries,
} from "./sparse";
export { fillUniform, fillNormal, shuffle } from "./random";
export { add, limitNorms, multiply, penalize } from "./regularize";
export { dropout } from "./dropout";
export { widenBytes, widenHalves } from "./widen";
export { activationBackward, activationForward } from "./activation";
export {
  batchNormalize, batchNormalizeBackward, layerNormalize, layerNormalizeBackward, moveRunning, runningNormalize, runningNormalizeBackward,
} from "./normalization";
export { collectAbove, foldCounters, listOpen, markFired, resetTotals } from "./counters";
export { awaitHelpers, helperLoop, runShared } from "./threads";
