// A tutorial on the textbook's unit, in five pages.
import { typeset } from "../../../src/text/numbers.js";
import { byId, h, setText } from "../../look/dom.js";

export interface TutorialActions {
  /** Loads the textbook's unit, paused at step 0, and chooses it. */
  load(): void;
  step(): void;
  run(): void;
  lowerRateOnTwin(): void;
  liftBias(): void;
}

interface TutorialPage {
  readonly title: string;
  readonly text: string;
  readonly action?: readonly [label: string, act: (actions: TutorialActions) => void];
}

const PAGES: readonly TutorialPage[] = [
  {
    title: "1 of 5: a unit that fires",
    text:
      "This unit computes z = w·x + b and passes max(0, z) on. The histogram shows its z on all samples: they lie " +
      "about +0.1, right of the zero line. The unit fires on every sample.",
  },
  {
    title: "2 of 5: one step too large",
    text: typeset(
      "The target lies below the output, so the gradient lowers the bias. At a rate of 0.2 one step lowers it by " +
        "0.2: from +0.1 to -0.1, past zero.",
    ),
    action: ["Take the step", (actions) => actions.step()],
  },
  {
    title: "3 of 5: why it stays dead",
    text:
      "Now z is below zero on every sample, so the unit passes 0 on, and its slope is 0 too. No gradient reaches its " +
      "weights. Let it run: the histogram does not move.",
    action: ["Run", (actions) => actions.run()],
  },
  {
    title: "4 of 5: the cause",
    text:
      "The step was replayed to find its cause: the learning rate, and the rate at which the unit would have lived " +
      "through that one step. Whether it lives on is another matter, so see what would have happened: a twin with " +
      "the same start and a lower rate, beside it.",
    action: ["Run the twin", (actions) => actions.lowerRateOnTwin()],
  },
  {
    title: "5 of 5: revive it",
    text:
      "A lower rate revives nothing. Lifting the bias does: it moves z up until the unit fires on a tenth of the " +
      "samples. Its outgoing weight starts at 0, so it learns slowly at first; then the loss falls.",
    action: ["Lift the bias", (actions) => actions.liftBias()],
  },
];

export function createTutorial(root: HTMLElement, actions: TutorialActions): { close(): void } {
  const title = h("h2", { tabindex: -1 });
  const text = h("p");
  const act = h("button", { type: "button", class: "primary" });
  const back = h("button", { type: "button", onclick: () => go(at - 1) }, "Back");
  const next = h("button", { type: "button", onclick: () => (at === PAGES.length - 1 ? close() : go(at + 1)) });
  const open = byId("open-tutorial");
  let at = 0;
  root.replaceChildren(
    title,
    text,
    h("div", { class: "row" }, act, back, next, h("button", { type: "button", onclick: close }, "Close the tutorial")),
  );
  root.addEventListener("keydown", (event) => event.key === "Escape" && close());
  open.onclick = () => {
    actions.load();
    root.hidden = false;
    go(0);
  };

  function go(to: number): void {
    at = Math.max(0, to);
    const page = PAGES[at];
    setText(title, page.title);
    setText(text, page.text);
    act.hidden = !page.action;
    if (page.action) setText(act, page.action[0]);
    act.onclick = () => page.action?.[1](actions);
    back.disabled = at === 0;
    setText(next, at === PAGES.length - 1 ? "Done" : "Next");
    title.focus();
  }

  function close(): void {
    if (root.hidden) return;
    root.hidden = true;
    open.focus();
  }

  return { close };
}
