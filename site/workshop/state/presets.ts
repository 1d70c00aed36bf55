// Examples, each with a line that says what to look at.
import { typeset } from "../../../src/text/numbers.js";
import { DEFAULTS, OPENING, type Recipe } from "../../training/recipe.js";

export interface Preset {
  readonly name: string;
  readonly look: string;
  readonly recipe: Recipe;
  /** Steps a second. */
  readonly speed: number;
  /** Paused at first: what matters happens in the first steps. */
  readonly paused?: boolean;
}

const example = (name: string, look: string, changes: Partial<Recipe>, speed = 120, paused = false): Preset => ({
  name,
  look,
  recipe: { ...DEFAULTS, ...changes },
  speed,
  paused,
});

export const PRESETS: readonly Preset[] = [
  example(
    "Digits at too high a rate",
    "Ten digits to tell apart, at a rate of 0.8. Unit after unit dies; within sixty steps the second layer is dead, " +
      "and every digit is given the same answer. Then choose a dead unit: bring it back and remove the cause.",
    OPENING,
    10,
  ),
  example(
    "Dying on the spiral",
    "The network learns the spiral, and on the way some units die of steps that were too large for them. " +
      "Choose one to see which step took most of its samples, and which the last.",
    {},
  ),
  example(
    "The textbook's unit",
    "One unit, which fires on every sample: its preactivations lie about +0.1. Press Step once: all of them fall " +
      "below zero, and no later step can move them.",
    { data: "textbook", layers: [1], rate: 0.2, batch: 240, seed: 0 },
    1,
    true,
  ),
  example(
    "Too high a rate",
    "The same spiral at 1.4: most units die, and what is left of the network cannot follow the spiral.",
    { rate: 1.4, seed: 3 },
  ),
  example(
    "Negative bias",
    typeset(
      "Every hidden bias starts at -0.7. Seven units are closed on all samples before the first step, and no step " +
        "revives them. Lift the bias.",
    ),
    { bias: -0.7, rate: 0.3 },
  ),
  example(
    "Born dead",
    "Ten layers, two units wide: one closed layer is enough to cut the path, and the network has the same output " +
      "for every input, permanently.",
    { data: "circle", layers: [2, 2, 2, 2, 2, 2, 2, 2, 2, 2], rate: 0.1, seed: 1 },
    30,
  ),
  example(
    "A way past dead layers",
    "Ten layers of four units, and at the start the ninth is closed on every sample: nothing would get through it, " +
      "ever. But each layer adds what comes into it to what it puts out (the line under it), and the circle is " +
      "learnt. Turn Residual off under More settings, and it is not.",
    { data: "circle", layers: [4, 4, 4, 4, 4, 4, 4, 4, 4, 4], residual: true, rate: 0.1, seed: 1 },
    30,
  ),
  example(
    "Deep, with batch normalization",
    "Six layers at a rate of 0.5, and no unit dies: the spiral is learnt. Choose no normalization under More " +
      "settings, and within 1,500 steps 37 of the 60 units are dead, the whole last layer among them.",
    { layers: [10, 10, 10, 10, 10, 10], normalization: "batch", rate: 0.5, batch: 80 },
  ),
  example(
    "Warmed up",
    "The digits at a rate of 0.5, which is reached over ten epochs: six of forty units die, and nineteen of twenty " +
      "digits are told right. Choose a constant rate under More settings, and 33 units die.",
    { data: "digits", layers: [24, 16], rate: 0.5, seed: 7, schedule: "warmup", scheduleEpochs: 10 },
  ),
  example(
    "Healthy sparsity",
    "Each unit is closed on most samples, and the circle is learnt all the same. Zeros are not deaths: no unit is " +
      "dead here.",
    { data: "circle", layers: [16], bias: -0.3, rate: 0.1, seed: 4 },
  ),
  example(
    "Vanishing sigmoid",
    "No unit is dead, and yet little is learnt: six sigmoids in a row leave almost no gradient for the first " +
      "layers. Read the findings.",
    { layers: [6, 6, 6, 6, 6, 6], activation: "sigmoid", rate: 0.8 },
    600,
  ),
  example(
    "All weights zero",
    "Every weight starts at 0: all units of a layer are one and the same, each is 0 on every sample, and no gradient " +
      "comes back. Open the settings and choose another start.",
    { data: "circle", layers: [8, 6], start: "zeros", rate: 0.3 },
    30,
  ),
  example(
    "Softmax over one unit",
    "A softmax over one output is always 1: no loss, no gradient, no change. It says orange everywhere, which is " +
      "right for half of the points. It looks like a network of dead units, but no unit is dead.",
    { head: "softmax", rate: 0.1, seed: 3 },
    30,
  ),
];
