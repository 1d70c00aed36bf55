// A figure by itself, for a frame in somebody's page: f/2/?theme=auto|light|dark
import { FIGURES } from "./list.js";
import { mountFigure } from "./mount.js";

const place = document.querySelector<HTMLElement>("[data-figure]")!;
const theme = new URLSearchParams(location.search).get("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
const figure = FIGURES.find(({ number }) => number === Number(place.dataset.figure))!;
mountFigure(figure, place);
