import { sitSet } from "./sit-set.js";

sitSet("L");
