// A tour of the textbook in five steps, to be left at any time.
import { typeset } from "../../src/text/numbers.js";
import { byId, h, setText } from "./dom.js";

export interface TourActions {
  /** Loads the textbook's unit, standing still at step 0, and chooses it. */
  load(): void;
  step(): void;
  run(): void;
  lowerRateBeside(): void;
  liftBias(): void;
}

interface Stop {
  readonly title: string;
  readonly text: string;
  readonly action?: readonly [label: string, act: (actions: TourActions) => void];
}

const STOPS: readonly Stop[] = [
  {
    title: "1 of 5: a unit that is open",
    text: "This unit computes z = w·x + b and passes max(0, z) on. Its z over all samples is the hump beside: it lies at +0.1, right of the zero line. The unit is open.",
  },
  {
    title: "2 of 5: one step too large",
    text: typeset(
      "The target lies below what the unit says, so the gradient pulls its bias down. " +
        "At a rate of 0.2 one step moves it by 0.2: from +0.1 to -0.1, right across zero.",
    ),
    action: ["Take the step", (actions) => actions.step()],
  },
  {
    title: "3 of 5: why it stays",
    text: "Now z is below zero on every sample, so the unit passes 0 on, and the slope there is 0 too. No gradient reaches its weights. Let it run: the hump does not move.",
    action: ["Run", (actions) => actions.run()],
  },
  {
    title: "4 of 5: the cause",
    text: "The step was replayed to find its cause: the learning rate, and the rate at which the unit would have lived. See what would have happened: a twin with the same start and a lower rate, beside it.",
    action: ["Run the twin", (actions) => actions.lowerRateBeside()],
  },
  {
    title: "5 of 5: light it again",
    text: "A lower rate brings nothing back. Lifting the bias does: the hump is pushed across zero again, far enough that a tenth of the samples open the unit. Its say starts at 0, so it learns slowly at first; then the loss falls.",
    action: ["Lift the bias", (actions) => actions.liftBias()],
  },
];

export function createTour(root: HTMLElement, actions: TourActions): { leave(): void } {
  const title = h("h2", { tabindex: -1 });
  const text = h("p");
  const act = h("button", { type: "button", class: "primary" });
  const back = h("button", { type: "button", onclick: () => go(at - 1) }, "Back");
  const next = h("button", { type: "button", onclick: () => (at === STOPS.length - 1 ? leave() : go(at + 1)) });
  const open = byId("open-tour");
  let at = 0;
  root.replaceChildren(
    title,
    text,
    h("div", { class: "row" }, act, back, next, h("button", { type: "button", onclick: leave }, "Leave the tour")),
  );
  root.addEventListener("keydown", (event) => event.key === "Escape" && leave());
  open.onclick = () => {
    actions.load();
    root.hidden = false;
    go(0);
  };

  function go(to: number): void {
    at = Math.max(0, to);
    const stop = STOPS[at];
    setText(title, stop.title);
    setText(text, stop.text);
    act.hidden = !stop.action;
    if (stop.action) setText(act, stop.action[0]);
    act.onclick = () => stop.action?.[1](actions);
    back.disabled = at === 0;
    setText(next, at === STOPS.length - 1 ? "Done" : "Next");
    title.focus();
  }

  function leave(): void {
    if (root.hidden) return;
    root.hidden = true;
    open.focus();
  }

  return { leave };
}
