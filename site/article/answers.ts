// Questions and exercises: the reader answers, the page checks.
import { setText } from "../look/dom.js";

const told = (form: HTMLFormElement) => form.querySelector(".told")!;

function tell(form: HTMLFormElement, isRight: boolean, text: string): void {
  form.dataset.told = isRight ? "right" : "wrong";
  setText(told(form), text);
}

export function checkQuestions(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form.question"))
    form.addEventListener("change", ({ target }) => {
      const isRight = (target as HTMLInputElement).dataset.right !== undefined;
      tell(form, isRight, isRight ? "Right. What follows shows why." : "No. What follows shows why.");
    });
}

/** A number as people type it: a decimal comma or point, a fraction, a minus sign of either kind, a percent sign. */
export function readNumber(text: string): number {
  const plain = text.trim().replace(/\s|%$/g, "").replace(",", ".").replace(/^[−–]/, "-");
  const [, above, below] = /^([^/]+)\/([^/]+)$/.exec(plain) ?? [];
  if (above !== undefined) return readNumber(above) / readNumber(below);
  return plain === "" ? Number.NaN : Number(plain);
}

function judge(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>('input[type="text"]');
  if (input) {
    const value = readNumber(input.value);
    if (Number.isNaN(value)) return tell(form, false, "Write a number, such as 0.25 or 1/4.");
    const isRight = Math.abs(value - Number(input.dataset.right)) <= Number(input.dataset.within) + 1e-9;
    return tell(form, isRight, isRight ? "Right." : "Not yet. Try again, or open the solution.");
  }
  const chosen = form.querySelector<HTMLInputElement>("input:checked");
  if (!chosen) return tell(form, false, "Choose an answer first.");
  const isRight = chosen.dataset.right !== undefined;
  tell(form, isRight, isRight ? "Right." : "Not yet. Try again, or open the solution.");
}

export function checkExercises(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form.exercise")) {
    form.querySelector("button")!.hidden = false; // without scripts it would do nothing
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      judge(form);
    });
  }
}
