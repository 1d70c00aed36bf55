// The textbook's claims in its order: claim n is the nth.
import { type Claim, toClaim } from "./claim.js";
import { cheaper } from "./claims/cheaper.js";
import { closedStays } from "./claims/closed-stays.js";
import { convergence } from "./claims/convergence.js";
import { remedies } from "./claims/remedies.js";
import { gradient } from "./claims/gradient.js";
import { highRate } from "./claims/high-rate.js";
import { linear } from "./claims/linear.js";
import { negativeBias } from "./claims/negative-bias.js";
import { normalization } from "./claims/normalization.js";
import { sparsity } from "./claims/sparsity.js";

export const CLAIMS: readonly Claim[] = [
  toClaim(cheaper),
  toClaim(sparsity),
  toClaim(gradient),
  toClaim(convergence),
  toClaim(linear),
  toClaim(negativeBias),
  toClaim(highRate),
  toClaim(closedStays),
  toClaim(remedies),
  toClaim(normalization),
];
