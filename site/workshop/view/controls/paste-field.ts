// Where a network of the reader's is pasted; what was read of it, or why it was not, stands below.
import { typeset } from "../../../../src/text/numbers.js";
import type { Recipe } from "../../../training/recipe.js";
import type { DataShape } from "../../state/paste/read-pasted.js";
import { h, setText } from "../../../look/dom.js";
import { sentence } from "../descriptions.js";

const PLACEHOLDER = "64-32 relu adam 0.01, or lines of PyTorch or Keras";

/**
 * @param current the recipe that it changes, and the data that it is for
 * @param take what was read
 */
export function createPasteField(
  current: () => { readonly recipe: Recipe; readonly shape: DataShape },
  take: (recipe: Recipe) => void,
): HTMLElement {
  const told = h("p", { class: "small", role: "status", id: "paste-told" });
  const text = h("textarea", {
    id: "paste",
    rows: 1,
    placeholder: PLACEHOLDER,
    spellcheck: "false",
    "aria-describedby": "paste-told",
    onkeydown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      void use();
    },
  });

  async function use(): Promise<void> {
    try {
      const { readPasted } = await import("../../state/paste/read-pasted.js");
      const { recipe, shape } = current();
      const pasted = readPasted(text.value, recipe, shape);
      setText(told, typeset(pasted.told));
      text.removeAttribute("aria-invalid");
      take(pasted.recipe);
    } catch (error) {
      text.setAttribute("aria-invalid", "true");
      setText(told, typeset(sentence((error as Error).message)));
    }
  }

  return h(
    "div",
    { class: "field paste" },
    h("label", { for: "paste" }, "Paste a network"),
    h("div", { class: "row" }, text, h("button", { type: "button", onclick: () => void use() }, "Use it")),
    told,
  );
}
