// A button that opens and closes a part of the page (the settings, the share menu); Escape closes it.

export interface Disclosure {
  readonly isOpen: boolean;
  /** Closes it; the focus goes back to the button. */
  close(): void;
  /** Closes it; the focus stays. */
  hide(): void;
}

/** @param onToggle called when the part has been opened or closed */
export function createDisclosure(
  button: HTMLElement,
  part: HTMLElement,
  onToggle: (isOpen: boolean) => void,
): Disclosure {
  const show = (isOpen: boolean) => {
    part.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    onToggle(isOpen);
  };
  const close = () => {
    show(false);
    button.focus();
  };
  button.onclick = () => show(part.hidden === true);
  part.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  return {
    get isOpen() {
      return !part.hidden;
    },
    close,
    hide: () => show(false),
  };
}
