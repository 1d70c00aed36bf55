// The settings' drawer: below the bar on a wide screen, a sheet from below on a phone.
import { byId } from "../dom.js";

export function createDrawer(): void {
  const button = byId("open-settings");
  const drawer = byId("settings");
  const show = (isOpen: boolean) => {
    drawer.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    dispatchEvent(new Event("resize"));
  };
  button.onclick = () => show(drawer.hidden === true);
  drawer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    button.focus();
  });
}
