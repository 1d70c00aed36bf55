// The map of death: what the learning rate and the starting bias do to a network's units, cell by cell, and the
// training of the cell that is chosen beside it.
import type { Mounted, Stage } from "../figure.js";
import { createCourseView } from "./course-view.js";
import { createMapView, type Place, type Reading, wordsOf } from "./map-view.js";
import type { FromMapEngine, MapPicture, ToMapEngine } from "./messages.js";
import { ownPlace } from "../../../src/sweep/map/words.js";
import { countOf, formatCount, formatNumber, typeset } from "../../../src/text/numbers.js";
import { h, replacer, setText } from "../../look/dom.js";
import { planeTask } from "../../tasks/built-in-tasks.js";
import { DEFAULTS } from "../../training/recipe.js";
import { toHash } from "../../training/url.js";

/** From here on the training stands beside the map. */
const WIDE = 560;
const BESIDE = 250;
const GAP = 20;
/** In pixels, and as a part of the window's. */
const MAP_HEIGHT = { least: 260, most: 480, part: 0.65 };
/** Sentences that are seen at once: those on the walls, which come first and are so many at most. */
const LEAD = 5;
/** Of the training that the workshop is to show. */
const STEPS = 1500;

const READINGS: Readonly<Record<Reading, string>> = { dead: "Dead units", score: "Accuracy" };

export function mount(stage: Stage): Mounted {
  const { root, isSlide } = stage;
  let picture: MapPicture | undefined;
  let chosen: (Place & { repeat: number }) | undefined;
  const engine = stage.startEngine<ToMapEngine, FromMapEngine>(take);

  const map = createMapView({
    label: "Map of death: the learning rate across, the starting bias up",
    isLarge: isSlide,
    onChoose: (place) => train({ ...place, repeat: 0 }),
    onPoint: (place) => {
      showPointed(place);
      stage.requestDraw();
    },
  });
  const course = createCourseView(planeTask("spiral"), isSlide);
  const buttons = (Object.keys(READINGS) as Reading[]).map((reading) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(reading === "dead"), onclick: () => read(reading) },
      READINGS[reading],
    ),
  );
  const status = h("p", { class: "map-status" });
  const legend = h("p", { class: "map-legend" });
  const another = h("button", { type: "button", onclick: () => trainAnother() }, "New start");
  const link = h("a", { target: "_blank", rel: "noopener" }, "Open in the workshop");
  const actions = h("div", { class: "row", hidden: true }, another, link);
  const sentences = h("div", { class: "map-sentences" });
  const showSentences = replacer(sentences);
  const side = h("div", { class: "map-side" }, course.element, actions);
  root.classList.add("death-map");
  root.append(
    h("div", { class: "row" }, h("span", {}, "Colour:"), ...buttons),
    h("div", { class: "map-and-course" }, h("div", { class: "map-main" }, map.element, legend, status), side),
    sentences,
  );
  engine.post({ kind: "map" });

  function read(reading: Reading): void {
    map.setReading(reading);
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(Object.keys(READINGS)[i] === reading)));
    setLegend(reading);
    stage.requestDraw();
  }

  function setLegend(reading: Reading): void {
    const ends =
      reading === "dead" ? ["all units alive", "all dead"] : ["no better than guessing", "the best accuracy"];
    legend.replaceChildren(
      h("span", { class: `map-ramp ${reading}`, "aria-hidden": "true" }),
      `${ends[0]} to ${ends[1]}. Walls: where a tenth of the units is dead (line) and half (dashes). ` +
        "Ring: the workshop's own setting. Click a cell to train its network.",
    );
  }
  setLegend("dead");

  function take(message: FromMapEngine): void {
    if (message.kind === "course") {
      const { column, row, repeat } = message.course;
      if (!chosen || chosen.column !== column || chosen.row !== row || chosen.repeat !== repeat) return;
      const [rate, bias] = valuesAt(message.course);
      course.start(
        message.course,
        typeset(`Rate ${formatNumber(rate)}, bias ${formatNumber(bias)}`),
        `Start ${repeat + 1} of ${picture!.repeats}`,
      );
      actions.hidden = false;
      const recipe = { ...DEFAULTS, rate, bias, seed: message.course.seed };
      link.setAttribute("href", `../../workshop/#${toHash({ recipe, changes: [], step: STEPS })}`);
    } else showMap(message.picture);
    stage.requestDraw();
  }

  function showMap(next: MapPicture): void {
    const isFirst = !picture;
    picture = next;
    map.show(next);
    if (isFirst) train({ ...(ownPlace(next) ?? { column: 0, row: 0 }), repeat: 0 });
    showPointed(undefined);
    root.dataset.done = String(next.isWhole);
    if (!next.isWhole) return;
    const list = (texts: readonly string[]) => h("ul", {}, ...texts.map((text) => h("li", {}, text)));
    const more = h("details", {}, h("summary", {}, "More in words"), list(next.sentences.slice(LEAD)));
    showSentences("whole", () => [list(next.sentences.slice(0, LEAD)), more]);
    stage.say(`The map is whole: ${next.sentences.slice(0, 2).join(" ")}`);
  }

  function showPointed(place: Place | undefined): void {
    if (!picture) return;
    const { trials, planned, isWhole } = picture;
    const done = isWhole
      ? `${countOf(trials, "network")} trained: each cell is ${countOf(picture.repeats, "start")} of the network.`
      : `Training: ${formatCount(trials)} of ${countOf(planned, "network")} ...`;
    const text = place ? `${wordsOf(picture, place)}.` : done;
    setText(status, text);
    if (place) stage.say(text);
  }

  function valuesAt({ column, row }: Place): [rate: number, bias: number] {
    return [picture!.x.values[column] as number, picture!.y!.values[row] as number];
  }

  function train(next: Place & { repeat: number }): void {
    chosen = next;
    map.choose(next);
    engine.post({ kind: "train", column: next.column, row: next.row, repeat: next.repeat });
    stage.requestDraw();
  }

  function trainAnother(): void {
    if (chosen && picture) train({ ...chosen, repeat: (chosen.repeat + 1) % picture.repeats });
  }

  function draw(now: number): void {
    const width = root.clientWidth;
    const isWide = width >= WIDE;
    root.classList.toggle("wide", isWide);
    map.draw(
      isWide ? width - BESIDE - GAP : width,
      Math.max(MAP_HEIGHT.least, Math.min(MAP_HEIGHT.most, innerHeight * MAP_HEIGHT.part)),
    );
    if (course.draw(now)) stage.requestDraw();
  }

  return { draw };
}
