// The chosen unit: its preactivations, its history, its diagnosis and the remedies; below, all deaths and the findings
// on the network as a whole.
import { typeset } from "../../src/text/numbers.js";
import type { RemedyName, DeathRecord, DiagnosisMessage, Frame, UnitName } from "../engine/types.js";
import { offersFor } from "../state/remedy-offers.js";
import { isSameUnit } from "../state/units.js";
import { h, setText } from "./dom.js";
import { drawHistogram } from "./histogram.js";
import {
  count,
  deathSentence,
  diagnosisSentences,
  figure,
  nameOf,
  percent,
  sentence,
  signed,
  stateText,
} from "./descriptions.js";

export interface UnitActions {
  choose(name: UnitName): void;
  treat(remedy: RemedyName, onTwin: boolean, rate?: number): void;
  undo(): void;
}

export interface UnitPanel {
  draw(frame: Frame, chosen: UnitName | undefined, index: number): void;
  showDiagnosis(diagnosis: DiagnosisMessage): void;
  /** Is the diagnosis that is shown of another unit, or of another state of it? */
  isOutdated(frame: Frame, chosen: UnitName, index: number): boolean;
  /** Forgets everything: another network. */
  clear(): void;
  /** What a remedy has done. */
  showDone(message: string): void;
}

const MOST_FINDINGS = 4;
const REMEDIES_HINT =
  "Apply: to this network, from here on. Compare: to a twin that trains beside it, to see what would have happened.";
const HINT = "Choose a unit in the network to see its preactivations on the data, its history and the remedies.";

/** Replaces children only where their text has changed, so that the focus stays and screen readers repeat nothing. */
function replacer(element: HTMLElement): (key: string, make: () => readonly (Node | string)[]) => void {
  let last: string | undefined;
  return (key, make) => {
    if (key === last) return;
    last = key;
    element.replaceChildren(...make());
  };
}

export function createUnitPanel(root: HTMLElement, actions: UnitActions): UnitPanel {
  const title = h("h2", { id: "unit-title" }, "Unit");
  const hint = h("p", { class: "small" }, HINT);
  const canvas = h("canvas", { role: "img" });
  const figures = h("p", { class: "figures" });
  const history = h("p", { class: "history" });
  const details = h("p", { class: "small" });
  const diagnosisTitle = h("h3", {}, "Diagnosis");
  const diagnosisList = h("ul");
  const remedies = h("div");
  const done = h("p", { class: "small", role: "status" });
  const undo = h("button", { type: "button", onclick: () => actions.undo() }, "Undo");
  const problem = h("span", { id: "unit-error" });
  const about = h("div", { hidden: true }, canvas, figures, history, details, diagnosisTitle, diagnosisList);
  const help = h("div", { hidden: true }, h("h3", {}, "Remedies"), h("p", { class: "small" }, REMEDIES_HINT), remedies);
  const deaths = h("tbody");
  const deathsTitle = h("summary", {}, "Deaths");
  const table = h("table", { class: "deaths" }, h("caption", { class: "unseen" }, "Units that died, by step"), deaths);
  const findings = h("ul");
  const findingsTitle = h("h3", {}, "The network as a whole");
  root.replaceChildren(
    title,
    hint,
    about,
    h("div", { class: "done" }, done, undo),
    problem,
    help,
    h("details", {}, deathsTitle, table),
    findingsTitle,
    findings,
  );

  const updateRemedies = replacer(remedies);
  const updateDiagnosis = replacer(diagnosisList);
  const updateDeaths = replacer(deaths);
  const updateFindings = replacer(findings);
  let last: DiagnosisMessage | undefined;
  let namedAt = 0;

  function draw(frame: Frame, chosen: UnitName | undefined, index: number): void {
    drawDeaths(frame.deaths);
    undo.hidden = !frame.canUndo;
    hint.hidden = chosen !== undefined;
    about.hidden = chosen === undefined;
    const hasDead = frame.states.includes("dead");
    help.hidden = chosen === undefined || !hasDead;
    if (!chosen) return setText(title, "Unit");
    const state = frame.states[index];
    const death = frame.deaths.find((each) => isSameUnit(each, chosen));
    setText(title, `Layer ${chosen.layer}, unit ${chosen.unit}: ${stateText(state)}`);
    drawHistogram(canvas, Math.max(160, Math.min(root.clientWidth - 34, 420)), frame.chosen);
    const [, , mean, std, firingRate] = frame.figures.subarray(index * 5, index * 5 + 5);
    setText(figures, `preactivation ${signed(mean)} ± ${figure(std)}, above 0 on ${percent(firingRate)}`);
    if (performance.now() - namedAt > 1000) {
      namedAt = performance.now();
      const spread = `mean ${signed(mean)}, standard deviation ${figure(std)}`;
      const label = `Histogram of the preactivation: ${spread}, above zero on ${percent(firingRate)} of the samples`;
      canvas.setAttribute("aria-label", label);
    }
    drawHistory(frame, state === "dead", death);
    drawRemedies(frame, death, chosen);
  }

  function drawHistory(frame: Frame, isDead: boolean, death: DeathRecord | undefined): void {
    const then = frame.shown < frame.step ? " (then)" : "";
    if (isDead && death) setText(history, sentence(deathSentence(death)));
    else if (isDead)
      setText(history, `Closed on every sample${then}. The cause is determined when it has been closed for an epoch.`);
    else
      setText(
        history,
        death ? `${sentence(deathSentence(death))} At the step that is shown it was not closed yet.` : "",
      );
    history.hidden = history.textContent === "";
    setText(details, isDead && death ? typeset(sentence(death.explanation)) : "");
  }

  function drawRemedies(frame: Frame, death: DeathRecord | undefined, chosen: UnitName): void {
    const unit = matching(chosen);
    const offers = offersFor(death, unit, frame.rate);
    updateRemedies(JSON.stringify(offers), () =>
      offers.map(({ remedy, name, reason, rate }, place) =>
        h(
          "div",
          { class: "remedy" },
          h("strong", {}, name),
          h(
            "button",
            { type: "button", "aria-label": `Apply: ${name}`, onclick: () => actions.treat(remedy, false, rate) },
            "Apply",
          ),
          h(
            "button",
            {
              type: "button",
              "aria-label": `Compare, what would have happened: ${name}`,
              title: "What would have happened: the treated twin trains beside it",
              onclick: () => actions.treat(remedy, true, rate),
            },
            "Compare",
          ),
          h("p", { class: "small" }, (place === 0 && death ? "Fits the cause. " : "") + reason),
        ),
      ),
    );
  }

  function drawDeaths(records: readonly DeathRecord[]): void {
    setText(deathsTitle, `Deaths (${records.length})`);
    updateDeaths(JSON.stringify(records), () =>
      records.map((record) =>
        h(
          "tr",
          {},
          h("td", {}, h("button", { type: "button", onclick: () => actions.choose(record) }, nameOf(record))),
          h("td", {}, deathSentence(record)),
        ),
      ),
    );
  }

  function matching(chosen: UnitName): DiagnosisMessage["unit"] {
    return last?.unit && isSameUnit(last.unit, chosen) ? last.unit : undefined;
  }

  return {
    draw,
    showDiagnosis(diagnosis) {
      last = diagnosis;
      if (diagnosis.unit) {
        setText(diagnosisTitle, `Diagnosis at step ${count(diagnosis.step)}`);
        const sentences = diagnosisSentences(diagnosis);
        updateDiagnosis(sentences.join("\n"), () => sentences.map((text) => h("li", {}, text)));
      }
      // the network itself shows which units are dead
      const told = diagnosis.findings.filter(({ kind }) => kind !== "silentTogether").slice(0, MOST_FINDINGS);
      findingsTitle.hidden = told.length === 0;
      const texts = told.map(({ message, advice }) => typeset(`${sentence(message)} ${sentence(advice)}`));
      updateFindings(texts.join("\n"), () => texts.map((text) => h("li", {}, text)));
    },
    isOutdated: (frame, chosen, index) => frame.shown === frame.step && matching(chosen)?.state !== frame.states[index],
    clear() {
      last = undefined;
      setText(done, "");
      updateDiagnosis("", () => []);
      updateFindings("", () => []);
      findingsTitle.hidden = true;
    },
    showDone: (message) => setText(done, sentence(message)),
  };
}
