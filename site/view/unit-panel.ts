// The chosen unit: its preactivation, its story, its verdict, and what would help; below, all deaths and what the network as a
// whole is said to suffer from.
import type { ActivationName } from "../../src/index.js";
import type { CureName, DeathNote, Examined, Frame, UnitName } from "../engine/types.js";
import { offersFor } from "../state/remedy-offers.js";
import { typeset } from "../../src/text/numbers.js";
import { h, setText } from "./dom.js";
import { drawHistogram } from "./histogram.js";
import { count, deathSentence, figure, percent, signed, stateWord, verdictSentences } from "./descriptions.js";

export interface UnitActions {
  choose(name: UnitName): void;
  cure(cure: CureName, beside: boolean, rate?: number): void;
  undo(): void;
}

export interface UnitPanel {
  draw(frame: Frame, chosen: UnitName | undefined, index: number): void;
  examined(examined: Examined): void;
  /** Is the verdict that is shown on another unit, or on another state of it? */
  isOutdated(frame: Frame, chosen: UnitName, index: number): boolean;
  /** Forgets everything: another network. */
  clear(): void;
  say(message: string): void;
}

const MOST_FINDINGS = 4;
const CURES_HINT = "Apply: to this network, from here on. Beside: to a twin of it, to see what would have happened.";
const HINT = "Choose a unit in the network: here are its preactivation over the data, its story, and what would help.";

/** Replaces children only where what they say has changed, so that focus and screen readers are left in peace. */
function keeper(element: HTMLElement): (key: string, make: () => readonly (Node | string)[]) => void {
  let last: string | undefined;
  return (key, make) => {
    if (key === last) return;
    last = key;
    element.replaceChildren(...make());
  };
}

export function createUnitPanel(root: HTMLElement, actions: UnitActions): UnitPanel {
  const title = h("h2", { id: "unit-title" }, "Unit");
  const hint = h("p", { class: "small story" }, HINT);
  const canvas = h("canvas", { role: "img" });
  const figures = h("p", { class: "figures" });
  const story = h("p", { class: "story" });
  const details = h("p", { class: "small" });
  const verdictTitle = h("h3", {}, "Verdict");
  const verdict = h("ul");
  const cures = h("div");
  const said = h("p", { class: "small", role: "status" });
  const undo = h("button", { type: "button", onclick: () => actions.undo() }, "Undo");
  const problem = h("span", { id: "unit-problem" });
  const about = h("div", { hidden: true }, canvas, figures, story, details, verdictTitle, verdict);
  const help = h("div", { hidden: true }, h("h3", {}, "Cures"), h("p", { class: "small" }, CURES_HINT), cures);
  const deaths = h("tbody");
  const deathsTitle = h("summary", {}, "Deaths");
  const table = h("table", { class: "deaths" }, h("caption", { class: "unseen" }, "Units that died, by step"), deaths);
  const findings = h("ul");
  const findingsTitle = h("h3", {}, "The network as a whole");
  root.replaceChildren(
    title,
    hint,
    about,
    h("div", { class: "done" }, said, undo),
    problem,
    help,
    h("details", {}, deathsTitle, table),
    findingsTitle,
    findings,
  );

  const keepCures = keeper(cures);
  const keepVerdict = keeper(verdict);
  const keepDeaths = keeper(deaths);
  const keepFindings = keeper(findings);
  let last: Examined | undefined;
  let named = 0;
  let activation: ActivationName = "relu";

  function draw(frame: Frame, chosen: UnitName | undefined, index: number): void {
    drawDeaths(frame.deaths);
    undo.hidden = !frame.canUndo;
    activation = frame.activation;
    hint.hidden = chosen !== undefined;
    about.hidden = chosen === undefined;
    const hasDead = frame.states.includes("dead");
    help.hidden = chosen === undefined || !hasDead;
    if (!chosen) return setText(title, "Unit");
    const state = frame.states[index];
    const death = frame.deaths.find(({ layer, unit }) => layer === chosen.layer && unit === chosen.unit);
    setText(title, `Layer ${chosen.layer}, unit ${chosen.unit}: ${stateWord(state)}`);
    drawHistogram(canvas, Math.max(160, Math.min(root.clientWidth - 34, 420)), frame.chosen);
    const [, , mean, std, share] = frame.figures.subarray(index * 5, index * 5 + 5);
    setText(figures, `preactivation ${signed(mean)} ± ${figure(std)}, above 0 on ${percent(share)}`);
    if (performance.now() - named > 1000) {
      named = performance.now();
      canvas.setAttribute(
        "aria-label",
        `Histogram of the preactivation: mean ${signed(mean)}, standard deviation ${figure(std)}, above zero on ${percent(share)} of the samples`,
      );
    }
    drawStory(frame, state === "dead", death);
    drawCures(frame, death, chosen);
  }

  function drawStory(frame: Frame, isDead: boolean, death: DeathNote | undefined): void {
    const then = frame.shown < frame.step ? " (then)" : "";
    if (isDead && death) setText(story, sentence(deathSentence(death)));
    else if (isDead)
      setText(story, `Closed on every sample${then}. The cause is named when it has been closed for an epoch.`);
    else
      setText(story, death ? `${sentence(deathSentence(death))} At the step that is shown it was not closed yet.` : "");
    story.hidden = story.textContent === "";
    setText(details, isDead && death ? typeset(sentence(death.explanation)) : "");
  }

  function drawCures(frame: Frame, death: DeathNote | undefined, chosen: UnitName): void {
    const unit = matching(chosen);
    const offers = offersFor(death, unit, frame.rate);
    keepCures(JSON.stringify(offers), () =>
      offers.map(({ cure, name, reason, rate }, place) =>
        h(
          "div",
          { class: "cure" },
          h("strong", {}, name),
          h(
            "button",
            { type: "button", "aria-label": `Apply: ${name}`, onclick: () => actions.cure(cure, false, rate) },
            "Apply",
          ),
          h(
            "button",
            {
              type: "button",
              "aria-label": `Beside, what would have happened: ${name}`,
              title: "What would have happened: the cured twin runs beside it",
              onclick: () => actions.cure(cure, true, rate),
            },
            "Beside",
          ),
          h("p", { class: "small" }, (place === 0 && death ? "Fits the cause. " : "") + reason),
        ),
      ),
    );
  }

  function drawDeaths(notes: readonly DeathNote[]): void {
    setText(deathsTitle, `Deaths (${notes.length})`);
    keepDeaths(JSON.stringify(notes), () =>
      notes.map((note) =>
        h(
          "tr",
          {},
          h(
            "td",
            {},
            h(
              "button",
              { type: "button", onclick: () => actions.choose(note) },
              `layer ${note.layer}, unit ${note.unit}`,
            ),
          ),
          h("td", {}, deathSentence(note)),
        ),
      ),
    );
  }

  function matching(chosen: UnitName): Examined["unit"] {
    return last?.unit?.layer === chosen.layer && last.unit.unit === chosen.unit ? last.unit : undefined;
  }

  return {
    draw,
    examined(examined) {
      last = examined;
      const { unit, samples, step } = examined;
      if (unit) {
        setText(verdictTitle, `Verdict at step ${count(step)}`);
        const sentences = verdictSentences(unit, samples, activation);
        keepVerdict(sentences.join("\n"), () => sentences.map((text) => h("li", {}, text)));
      }
      const told = examined.findings.filter(({ kind }) => kind !== "silentTogether").slice(0, MOST_FINDINGS); // which are dead the network shows
      findingsTitle.hidden = told.length === 0;
      const texts = told.map(({ message, advice }) => typeset(`${sentence(message)} ${sentence(advice)}`));
      keepFindings(texts.join("\n"), () => texts.map((text) => h("li", {}, text)));
    },
    isOutdated: (frame, chosen, index) => frame.shown === frame.step && matching(chosen)?.state !== frame.states[index],
    clear() {
      last = undefined;
      setText(said, "");
      keepVerdict("", () => []);
      keepFindings("", () => []);
      findingsTitle.hidden = true;
    },
    say: (message) => setText(said, sentence(message)),
  };
}

function sentence(text: string): string {
  const full = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.:]$/.test(full) ? full : `${full}.`;
}
