import { sitSet } from "./sit-set.js";

sitSet("P");
