// The program of the package's own worker; embed.mjs makes one self-contained text of it.
import { serve } from "./serve.js";

serve();
