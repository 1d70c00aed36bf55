// The program of the package's own worker; scripts/worker-program.mjs makes a self-contained text of it.
import { serve } from "./serve.js";

serve();
