// Below the network: the findings on it as a whole, the register of deaths, and the words that the page uses.
import { typeset } from "../../../src/text/numbers.js";
import type { DiagnosisMessage, Frame, UnitName } from "../engine/types.js";
import { h, replacer, setText } from "../../look/dom.js";
import { briefDeath, nameOf, sentence } from "./descriptions.js";

export interface NotesView {
  draw(frame: Frame): void;
  showFindings(diagnosis: DiagnosisMessage): void;
  /** Forgets everything: another network. */
  clear(): void;
}

const MOST_FINDINGS = 4;
/** The network itself shows which units are dead; the verdict beside the curves says the others. */
const TOLD_ELSEWHERE: readonly string[] = ["silentTogether", "noBetterThanConstant", "singleUnitSoftmax"];
const MOST_ROWS = 100;

const WORDS: readonly (readonly [word: string, text: string])[] = [
  ["Unit", "weighs its inputs, adds a bias, and passes the sum through a function. Here it is a small square."],
  [
    "Preactivation",
    "that sum, z = w·x + b, before the function; where layers are normalized, what that makes of it. A unit has one for " +
      "each sample.",
  ],
  [
    "ReLU",
    "passes z on where it is above 0 (the unit is open, orange), and 0 elsewhere (closed, blue). Where it is closed " +
      "its slope is 0, and no gradient comes through.",
  ],
  ["Dead", "closed on every sample: its weights get no gradient, and training cannot open it."],
];

export function createNotesView(root: HTMLElement, choose: (name: UnitName) => void): NotesView {
  const deaths = h("tbody");
  const deathsTitle = h("summary", {}, "Deaths");
  const table = h("table", { class: "deaths" }, h("caption", { class: "unseen" }, "Units that died, by step"), deaths);
  const findings = h("ul");
  const findingsTitle = h("h2", {}, "The network as a whole");
  root.replaceChildren(
    h("div", { class: "findings" }, findingsTitle, findings),
    h("details", {}, deathsTitle, table),
    h("dl", { class: "words" }, ...WORDS.map(([word, text]) => h("div", {}, h("dt", {}, word), h("dd", {}, text)))),
  );
  const updateDeaths = replacer(deaths);
  const updateFindings = replacer(findings);

  function draw({ deaths: records }: Frame): void {
    const dead = records.filter(({ cameBack }) => !cameBack).length;
    const back = records.length - dead;
    setText(deathsTitle, `Deaths (${records.length}${back > 0 ? `, ${back} of them came back` : ""})`);
    updateDeaths(JSON.stringify(records), () =>
      records
        .slice(-MOST_ROWS)
        .map((record) =>
          h(
            "tr",
            {},
            h("td", {}, h("button", { type: "button", onclick: () => choose(record) }, nameOf(record))),
            h("td", {}, briefDeath(record)),
          ),
        ),
    );
  }

  function showFindings(diagnosis: DiagnosisMessage): void {
    const told = diagnosis.findings.filter(({ kind }) => !TOLD_ELSEWHERE.includes(kind)).slice(0, MOST_FINDINGS);
    findingsTitle.hidden = told.length === 0;
    const texts = told.map((finding) => typeset(sentence(`${finding.message} ${finding.advice}`)));
    updateFindings(texts.join("\n"), () => texts.map((text) => h("li", {}, text)));
  }

  return {
    draw,
    showFindings,
    clear() {
      updateFindings("", () => []);
      findingsTitle.hidden = true;
    },
  };
}
