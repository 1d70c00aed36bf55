// The map of death of the settings on the page: learning rate across, starting bias up, each cell their network trained
// anew. Made when the panel is opened; a cell that is chosen is trained at its rate and bias.
import type { FromMapWorker, ToMapWorker } from "../engine/map/map-worker.js";
import type { Control } from "../../figures/figure.js";
import { canBeMapped } from "../../figures/death-map/map-plan.js";
import { createMapView, type Place, type Reading, wordsOf } from "../../figures/death-map/map-view.js";
import type { MapPicture } from "../../figures/death-map/messages.js";
import { sentencesOf } from "../../../src/sweep/map/words.js";
import { countOf, formatCount, typeset } from "../../../src/text/numbers.js";
import { h, replacer, setText } from "../../look/dom.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { pageNaming } from "../../training/naming.js";
import type { Recipe } from "../../training/recipe.js";
import { figure, signed } from "./descriptions.js";

export interface MapPanel {
  /** The settings, of which rate and bias are a place on the map. */
  show(recipe: Recipe, task: LearningTask): void;
  /** Opened or closed, or the page is hidden: out of sight it rests. */
  see(isSeen: boolean): void;
  redraw(): void;
}

export interface MapActions {
  choose(rate: number, bias: number): void;
  say(text: string): void;
}

const READINGS: Readonly<Record<Reading, string>> = { dead: "Dead units", score: "How well it has learned" };
const ENDS: Readonly<Record<Reading, string>> = {
  dead: "all units alive to all dead",
  score: "no better than a constant to the best",
};
const MOST_WIDTH = 760;
const MOST_HEIGHT = 440;
/** Sentences that are seen at once: those on the walls come first. */
const LEAD = 4;

/** A map is of everything but the rate and the bias. */
const keyOf = ({ rate: _, bias: __, ...others }: Recipe) => JSON.stringify(Object.entries(others).sort());

/** The settings say which data they are, but for tables, of which another may be there. */
function isSameData({ table, train: { x, y } }: LearningTask, { table: other, train }: LearningTask): boolean {
  const isSame = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((value, i) => value === b[i]);
  return (!table && !other) || (isSame(y, train.y) && isSame(x.data, train.x.data));
}

export function createMapPanel(root: HTMLElement, actions: MapActions): MapPanel {
  let recipe: Recipe | undefined;
  let task: LearningTask | undefined;
  let known: Extract<FromMapWorker, { kind: "picture" }> | undefined;
  /** Of the map that is there, or being made. */
  let made: { key: string; task: LearningTask } | undefined;
  let worker: Worker | undefined;
  let isSeen = false;
  let isDrawDue = false;

  const view = createMapView({
    label: "Map of death: the learning rate across, the starting bias up",
    onChoose: choose,
    onPoint: (place) => {
      tellPlace(place);
      draw();
    },
  });
  const about = h("p", {});
  const again = h(
    "button",
    { type: "button", class: "primary", hidden: true, onclick: () => begin() },
    "Train the map",
  );
  const buttons = (Object.keys(READINGS) as Reading[]).map((reading) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(reading === "dead"), onclick: () => read(reading) },
      READINGS[reading],
    ),
  );
  const legend = h("p", { class: "map-legend" });
  const status = h("p", { class: "map-status", role: "status" });
  const sentences = h("div", { class: "map-sentences" });
  const showSentences = replacer(sentences);
  const whole = h(
    "div",
    { class: "map-parts", hidden: true },
    h("div", {}, h("div", { class: "row" }, h("span", {}, "Colour:"), ...buttons), view.element, status, legend),
    sentences,
  );
  root.classList.add("death-map");
  root.replaceChildren(h("h2", {}, "Map of death"), about, again, whole);
  read("dead");

  function read(reading: Reading): void {
    view.setReading(reading);
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(Object.keys(READINGS)[i] === reading)));
    legend.replaceChildren(
      h("span", { class: `map-ramp ${reading}`, "aria-hidden": "true" }),
      `${ENDS[reading]}. Walls: where a tenth of the units is dead (line) and half (dashes). Ring: the settings now.`,
    );
    draw();
  }

  /** With the settings as they are now as its own. */
  function pictureNow({ picture }: NonNullable<typeof known>): MapPicture {
    const { rate, bias } = recipe!;
    const own = { ...picture, x: { ...picture.x, own: rate }, y: { ...picture.y!, own: bias } };
    return { ...own, sentences: sentencesOf(own, pageNaming()).map(typeset) };
  }

  function choose({ column, row }: Place): void {
    if (!known) return;
    const [rate, bias] = [known.picture.x.values[column], known.picture.y!.values[row]] as [number, number];
    actions.say(`The network starts anew at a rate of ${figure(rate)}, its biases at ${signed(bias)}.`);
    actions.choose(rate, bias);
  }

  function begin(): void {
    end();
    known = undefined;
    made = { key: keyOf(recipe!), task: task! };
    worker = new Worker(new URL("map.js", document.baseURI), { type: "module", name: "map of death" });
    worker.onmessage = ({ data }: MessageEvent<FromMapWorker>) => take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      take({ kind: "failed", message: event.message || "its file could not be loaded" });
    };
    worker.postMessage({ kind: "map", recipe: recipe!, task: task! } satisfies ToMapWorker);
    update();
  }

  function end(): void {
    worker?.terminate();
    worker = undefined;
  }

  function take(message: FromMapWorker): void {
    if (message.kind === "failed") {
      end();
      made = known = undefined;
      update();
      setText(about, `The map has stopped: ${message.message}.`);
      return;
    }
    known = message;
    if (message.picture.isWhole) {
      end();
      actions.say(`The map is whole: ${message.picture.sentences.slice(0, 2).join(" ")}`);
    }
    update();
  }

  const isOfNow = () => made !== undefined && made.key === keyOf(recipe!) && isSameData(made.task, task!);

  function update(): void {
    if (!recipe) return;
    const canBe = canBeMapped(recipe);
    again.hidden = !canBe || isOfNow();
    whole.hidden = !known || !isOfNow();
    root.dataset.done = String(known?.picture.isWhole === true && isOfNow());
    setText(about, aboutText(canBe));
    if (whole.hidden) return;
    const picture = pictureNow(known!);
    view.show(picture);
    tellPlace(undefined);
    const texts = picture.isWhole ? picture.sentences : [];
    showSentences(texts.join("\n"), () => {
      const list = (part: readonly string[]) => h("ul", {}, ...part.map((text) => h("li", {}, text)));
      if (texts.length === 0) return [];
      return [list(texts.slice(0, LEAD)), h("details", {}, h("summary", {}, "More in words"), list(texts.slice(LEAD)))];
    });
    draw();
  }

  function aboutText(canBe: boolean): string {
    if (!canBe)
      return "This network starts from weights of its own: a map needs a start that is drawn, with one bias for all units.";
    if (!isOfNow()) return made ? "The settings have changed: the map was of others." : "";
    if (!known) return "Trying how long a step takes …";
    const rows = known.sample === undefined ? "" : ` on ${formatCount(known.sample)} of the rows`;
    return (
      `Each cell is this network after ${countOf(known.steps, "step")}${rows}, ` +
      `from ${countOf(known.picture.repeats, "start")}. Choose one to train at its rate and starting bias.`
    );
  }

  function tellPlace(place: Place | undefined): void {
    if (!known) return;
    const { trials, planned, isWhole } = known.picture;
    const done = isWhole
      ? `${countOf(trials, "network")} trained.`
      : `Training: ${formatCount(trials)} of ${countOf(planned, "network")} …`;
    setText(status, place ? `${wordsOf(known.picture, place)}.` : done);
  }

  function draw(): void {
    if (isDrawDue || !isSeen) return;
    isDrawDue = true;
    requestAnimationFrame(() => {
      isDrawDue = false;
      if (!whole.hidden) view.draw(Math.min(MOST_WIDTH, view.element.parentElement!.clientWidth), MOST_HEIGHT);
    });
  }

  return {
    show(nextRecipe, nextTask) {
      [recipe, task] = [nextRecipe, nextTask];
      if (worker && !isOfNow()) {
        end(); // nobody wants the rest of it
        known = undefined;
      }
      update();
    },
    see(next) {
      isSeen = next;
      worker?.postMessage({ kind: isSeen ? "resume" : "pause" } satisfies Control);
      if (isSeen && recipe && !made && canBeMapped(recipe)) begin();
      draw();
    },
    redraw: draw,
  };
}
