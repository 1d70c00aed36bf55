// The chosen unit, beside the network: its preactivations, its history, its diagnosis and the cures. On a phone it is a
// sheet over the network, of which only the title shows until it is opened.
import { typeset } from "../../../../src/text/numbers.js";
import type {
  Cure,
  DeathRecord,
  DiagnosisMessage,
  Done,
  Edit,
  Frame,
  RemedyName,
  Started,
  UnitName,
} from "../../engine/types.js";
import { isPassedBy } from "../../../training/recipe.js";
import { type CureOffer, forUnit, offersFor } from "../../state/remedy-offers.js";
import { countDead, isSameUnit, lastDeath } from "../../state/units.js";
import { h, replacer, setText } from "../../../look/dom.js";
import { drawHistogram, reachOf } from "./histogram.js";
import { drawOpenShare } from "./open-share.js";
import { createUnitNumbers, type WeightPlace } from "./unit-numbers.js";
import {
  count,
  deathSentence,
  diagnosisSentences,
  figure,
  hasEarlierBlow,
  nameOf,
  outcomeSentence,
  sentence,
  signed,
  stateText,
} from "../descriptions.js";
import { percent } from "../../../look/text.js";

export interface UnitActions {
  treat(cure: Cure, onTwin: boolean): void;
  /** A number of the network is written by hand. */
  edit(edit: Edit): void;
  undo(): void;
}

export interface UnitPanel {
  start(started: Started): void;
  /** Opens the list of weights, at one of the unit's that is shown. */
  openWeight(of: WeightPlace): void;
  draw(frame: Frame, chosen: UnitName | undefined, index: number): void;
  showDiagnosis(diagnosis: DiagnosisMessage): void;
  /** Is the diagnosis that is shown of another unit, or of another state of it? */
  isOutdated(frame: Frame, chosen: UnitName, index: number): boolean;
  /** Forgets everything: another network. */
  clear(): void;
  /** What a cure has done. */
  showDone(done: Done): void;
  /** On a phone: shows all of it. */
  open(): void;
}

const CURES_HINT =
  "Apply: to this network, from here on. Compare: to a twin that trains beside it, to see what would have happened; up to three.";
const SCALES = new Set<string>(["unscaledInputs", "uncenteredInputs"]);
const SCALES_HINT =
  "First standardize the inputs: as they are, they make the steps too large, and no cure here changes that. " +
  "For a table of yours choose “standardized” at “Numbers”.";
/** What hides a unit behind weights of 0 while it is brought back. */
const HIDDEN_BY: readonly RemedyName[] = ["liftBias", "recycle"];
const PASSED_BY_HINT =
  "A residual layer passes what this unit puts out, or what comes into it, on as it is: bringing it back would change " +
  "the outputs, and it is left as it is.";
const HINT = "Choose a unit in the network to see its preactivations on the data, its history and the cures.";
const NAMED_EVERY_MS = 1000;

export function createUnitPanel(root: HTMLElement, actions: UnitActions): UnitPanel {
  const title = h("h2", { id: "unit-title" }, "Unit");
  const toggle = h("button", {
    type: "button",
    id: "unit-toggle",
    "aria-expanded": "false",
    "aria-controls": "unit-body",
    onclick: () => show(!root.classList.contains("open")),
  });
  toggle.textContent = "Open";
  const hint = h("p", { class: "small" }, HINT);
  const canvas = h("canvas", { role: "img" });
  const figures = h("p", { class: "figures" });
  const history = h("p", { class: "history" });
  const openCurve = h("canvas", { role: "img", class: "open-share" });
  const details = h("p", { class: "small" });
  const diagnosisTitle = h("h3", {}, "Diagnosis");
  const diagnosisList = h("ul");
  const cures = h("div");
  const scales = h("p", { class: "small", hidden: true }, SCALES_HINT);
  const passedBy = h("p", { class: "small", hidden: true }, PASSED_BY_HINT);
  const done = h("p", { class: "small", role: "status" });
  const doneDetails = h("p", { class: "small" });
  const more = h("details", { hidden: true }, h("summary", {}, "Details"), doneDetails);
  const outcome = h("p", { class: "outcome", hidden: true });
  const undo = h("button", { type: "button", onclick: () => actions.undo() }, "Undo");
  const problem = h("span", { id: "unit-error" });
  let lastFrame: Frame | undefined;
  const numbers = createUnitNumbers(actions.edit, () => lastFrame && drawBins(lastFrame));
  const about = h("div", { hidden: true }, canvas, numbers.element, figures, history, openCurve, details);
  const diagnosis = h("div", { hidden: true }, diagnosisTitle, diagnosisList);
  const scope = h(
    "select",
    {
      onchange: () =>
        lastFrame && lastChosen && drawCures(lastFrame, lastDeath(lastFrame.deaths, lastChosen), lastChosen),
    },
    h("option", { value: "all" }, "all dead units"),
    h("option", { value: "one" }, "this unit alone"),
  );
  const scopeRow = h("label", { class: "scope" }, "For", scope);
  let lastChosen: UnitName | undefined;
  const help = h(
    "div",
    { hidden: true },
    h("h3", {}, "Cures"),
    scales,
    passedBy,
    scopeRow,
    cures,
    h("p", { class: "small" }, CURES_HINT),
  );
  const body = h(
    "div",
    { id: "unit-body" },
    hint,
    outcome,
    h("div", { class: "done" }, done, undo, more),
    problem,
    about,
    help,
    diagnosis,
  );
  root.replaceChildren(h("div", { class: "head" }, title, toggle), body);
  root.addEventListener("keydown", (event) => event.key === "Escape" && show(false));

  const updateCures = replacer(cures);
  const updateDiagnosis = replacer(diagnosisList);
  let last: DiagnosisMessage | undefined;
  let namedAt = 0;

  function show(isOpen: boolean): void {
    if (isOpen === root.classList.contains("open")) return;
    root.classList.toggle("open", isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
    setText(toggle, isOpen ? "Close" : "Open");
    dispatchEvent(new Event("resize")); // the network makes room for the sheet
  }

  function draw(frame: Frame, chosen: UnitName | undefined, index: number): void {
    undo.hidden = !frame.canUndo;
    setText(outcome, frame.step > (frame.cure?.step ?? frame.step) ? outcomeSentence(frame) : "");
    outcome.hidden = outcome.textContent === "";
    hint.hidden = chosen !== undefined;
    about.hidden = diagnosis.hidden = chosen === undefined;
    help.hidden = chosen === undefined || !frame.states.includes("dead");
    if (!chosen) return setText(title, "Unit");
    const state = frame.states[index];
    const death = lastDeath(frame.deaths, chosen);
    setText(title, `L${nameOf(chosen).slice(1)}: ${stateText(state)}`);
    drawPreactivations(frame, chosen, index);
    drawHistory(frame, state === "dead", death);
    drawCurve(frame, death);
    lastChosen = chosen;
    scopeRow.hidden = state !== "dead" || countDead(frame.states) < 2;
    drawCures(frame, death, chosen);
  }

  function drawBins({ chosen }: Frame): void {
    if (body.clientWidth > 0)
      drawHistogram(canvas, Math.max(160, Math.min(body.clientWidth, 420)), chosen, numbers.shift);
  }

  function drawPreactivations(frame: Frame, chosen: UnitName, index: number): void {
    lastFrame = frame;
    numbers.draw(frame, chosen, reachOf(frame.chosen));
    drawBins(frame);
    const [, , mean, std, firingRate] = frame.figures.subarray(index * 5, index * 5 + 5);
    setText(figures, `preactivation ${signed(mean)} ± ${figure(std)}, above 0 on ${percent(firingRate)}`);
    if (!frame.isSettled && performance.now() - namedAt < NAMED_EVERY_MS) return;
    namedAt = performance.now();
    const spread = `mean ${signed(mean)}, standard deviation ${figure(std)}`;
    const label = `Histogram of the preactivation: ${spread}, above zero on ${percent(firingRate)} of the samples`;
    canvas.setAttribute("aria-label", label);
  }

  function drawHistory(frame: Frame, isDead: boolean, death: DeathRecord | undefined): void {
    const then = frame.shown < frame.step ? " (then)" : "";
    const isKnown = death !== undefined && (!death.cameBack || !isDead);
    const early = isKnown && !isDead && !death.cameBack ? " At the step that is shown it was not closed yet." : "";
    const unknown = isDead
      ? `Closed on every sample${then}. The cause is determined when it has been closed for an epoch.`
      : "";
    setText(history, isKnown ? sentence(deathSentence(death)) + early : unknown);
    history.hidden = history.textContent === "";
    // a blow and a last straw are told already, with their figures
    const hasMore = isDead && isKnown && !hasEarlierBlow(death);
    setText(details, hasMore ? typeset(sentence(death.explanation)) : "");
  }

  function drawCurve({ chosenHistory, shown }: Frame, death: DeathRecord | undefined): void {
    openCurve.hidden = !chosenHistory || chosenHistory.steps.length < 2;
    if (openCurve.hidden || body.clientWidth === 0) return;
    drawOpenShare(openCurve, Math.max(160, Math.min(body.clientWidth, 420)), chosenHistory!, death, shown);
  }

  function cureButton(offer: CureOffer, onTwin: boolean): HTMLElement {
    const [text, label] = onTwin ? ["Compare", "Compare, what would have happened"] : ["Apply", "Apply"];
    return h(
      "button",
      {
        type: "button",
        "aria-label": `${label}: ${offer.name}`,
        ...(onTwin && { title: "What would have happened: the treated twin trains beside it" }),
        onclick: () => actions.treat(offer.cure, onTwin),
      },
      text,
    );
  }

  function drawCures(frame: Frame, death: DeathRecord | undefined, chosen: UnitName): void {
    const deaths = frame.deaths.filter(({ cameBack }) => !cameBack);
    const undetermined = Math.max(0, countDead(frame.states) - deaths.length);
    const isOfInputs = (last?.findings ?? []).some(({ kind, role }) => SCALES.has(kind) && role === "cause");
    scales.hidden = !isOfInputs;
    const all = offersFor(death, matching(chosen), frame.settings, { deaths, undetermined, isOfInputs });
    const isHeld = isPassedBy(frame.recipe, chosen.layer);
    passedBy.hidden = !isHeld;
    const isAlone = !scopeRow.hidden && scope.value === "one";
    const possible = isHeld ? all.filter(({ cure }) => !HIDDEN_BY.includes(cure.remedy)) : all;
    const offers = isAlone ? forUnit(possible, { layer: chosen.layer, unit: chosen.unit }) : possible;
    updateCures(JSON.stringify(offers), () =>
      offers.map((offer) =>
        h(
          "div",
          { class: "remedy" },
          h("strong", {}, offer.name),
          cureButton(offer, false),
          cureButton(offer, true),
          h("p", { class: "small" }, offer.reason),
        ),
      ),
    );
  }

  function matching(chosen: UnitName): DiagnosisMessage["unit"] {
    return last?.unit && isSameUnit(last.unit, chosen) ? last.unit : undefined;
  }

  return {
    start: numbers.start,
    openWeight: numbers.openWeight,
    draw,
    showDiagnosis(message) {
      last = message;
      if (!message.unit) return;
      setText(diagnosisTitle, `Diagnosis at step ${count(message.step)}`);
      const sentences = diagnosisSentences(message);
      updateDiagnosis(sentences.join("\n"), () => sentences.map((text) => h("li", {}, text)));
    },
    isOutdated: (frame, chosen, index) => frame.shown === frame.step && matching(chosen)?.state !== frame.states[index],
    clear() {
      last = undefined;
      setText(done, "");
      more.hidden = true;
      updateDiagnosis("", () => []);
    },
    showDone({ message, details = [] }) {
      const asOnPage = (text: string) => typeset(sentence(text));
      setText(done, asOnPage(message));
      setText(doneDetails, details.map(asOnPage).join(" "));
      more.hidden = details.length === 0;
    },
    open: () => show(true),
  };
}
