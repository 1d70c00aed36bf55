// What the page knows, and what happens when something is pressed or the engine says something.
import { type Client, startClient } from "./client.js";
import type { Forecasted, Frame, FromEngine, GivenTable, Started, ToEngine, UnitName } from "./engine/protocol.js";
import { PRESETS, type Preset } from "./state/presets.js";
import { type Recipe, sameRecipe } from "./state/recipe.js";
import { fromHash, toHash } from "./state/url.js";
import { createChartsView } from "./view/charts.js";
import { createBar } from "./view/bar.js";
import { byId, setText } from "./view/dom.js";
import { createLive } from "./view/live.js";
import { createNetworkView } from "./view/network.js";
import { createOutputView } from "./view/output.js";
import { onPaletteChange } from "./view/palette.js";
import { createProblem } from "./view/problem.js";
import { createTimelineView } from "./view/timeline.js";
import { count } from "./view/words.js";

export function startApp(): void {
  let { recipe } = fromHash(location.hash);
  let table: GivenTable | undefined;
  let started: Started | undefined;
  let frame: Frame | undefined;
  let chosen: UnitName | undefined;
  let at: number | undefined;
  let isRunning = true;
  let speed = 120;
  let curvesVersion = -1;
  let client: Client;

  const problem = createProblem(byId("problem"));
  const live = createLive(byId("live"));
  const network = createNetworkView(byId("network-stage"), choose);
  const output = createOutputView(byId("output-stage"), byId("output-words"));
  const scrub = (step: number | undefined) => {
    at = step;
  };
  const charts = createChartsView(byId("charts"), scrub);
  const timeline = createTimelineView(byId("timeline"), scrub);
  const bar = createBar({ setRunning, stepOnce, reset, setSpeed, setRecipe, usePreset });

  function connect(): void {
    client = startClient(receive, (why) => problem.show("engine", `The engine has stopped (${why}). What was drawn stays; start again to go on.`, ["Start again", restart]));
  }
  function restart(): void {
    connect();
    begin();
  }
  function begin(): void {
    send({ kind: "start", recipe, running: isRunning, speed, ...(table && { table }) });
  }
  function send(message: ToEngine): void {
    client.send(message);
  }

  function receive(message: FromEngine): void {
    switch (message.kind) {
      case "started": return onStarted(message);
      case "frame": return onFrame(message);
      case "forecast": return onForecast(message);
      case "failed": return problem.show(message.where, message.message);
      default:
    }
  }

  function onStarted(message: Started): void {
    started = message;
    frame = undefined;
    chosen = undefined;
    at = undefined;
    curvesVersion = -1;
    problem.clear();
    network.start(message);
    output.start(message);
    charts.start(message);
    bar.show({ recipe, isRunning, speed });
    setText(byId("look"), PRESETS.find((preset) => sameRecipe(preset.recipe, recipe))?.look ?? message.task.notes.join("; "));
  }

  function onForecast(_message: Forecasted): void {}

  function onFrame(message: Frame): void {
    if (!started || message.states.length !== started.recipe.layers.reduce((sum, units) => sum + units, 0)) return;
    live.note(message);
    frame = message;
    if (message.curves) curvesVersion = message.version;
    if (message.running !== isRunning && message.stopped) setRunning(false);
    network.draw(message, chosen);
    output.draw(message);
    charts.draw(message, at);
    timeline.draw(message, at);
    setText(byId("status"), statusOf(message));
  }

  function statusOf({ step, shown, epoch, stopped, rate }: Frame): string {
    const where = shown === step ? `step ${count(step)}, epoch ${count(epoch)}` : `showing step ${count(shown)} of ${count(step)}`;
    const why = stopped === "diverged" ? "; the loss left the finite numbers: training has stopped" : stopped === "finished" ? "; that is as far as a training goes here" : "";
    return `${where}, rate ${rate}${why}`;
  }

  function choose(name: UnitName): void {
    chosen = name;
    if (frame) network.draw(frame, chosen);
  }

  function setRunning(running: boolean): void {
    isRunning = running;
    send({ kind: "run", running, speed });
    bar.show({ recipe, isRunning, speed });
  }
  function stepOnce(): void {
    isRunning = false;
    send({ kind: "step" });
    bar.show({ recipe, isRunning, speed });
  }
  function reset(): void {
    begin();
  }
  function setSpeed(next: number): void {
    speed = next;
    send({ kind: "run", running: isRunning, speed });
  }
  function setRecipe(next: Recipe): void {
    if (sameRecipe(next, recipe)) return;
    recipe = next;
    history.pushState(null, "", `#${toHash(recipe)}`);
    begin();
  }
  function usePreset(preset: Preset): void {
    speed = preset.speed;
    isRunning = !preset.paused;
    setRecipe(preset.recipe);
    bar.show({ recipe, isRunning, speed });
  }

  addEventListener("popstate", () => {
    ({ recipe } = fromHash(location.hash));
    begin();
  });
  document.addEventListener("visibilitychange", () => send({ kind: "run", running: isRunning && !document.hidden, speed }));
  const redraw = () => {
    network.redraw();
    output.redraw();
    charts.rebuild();
    timeline.redraw();
  };
  addEventListener("resize", redraw);
  onPaletteChange(redraw);

  function tick(): void {
    if (started) client.askFrame({ curves: curvesVersion, ...(at !== undefined && { at }), ...(chosen && { chosen }) });
    requestAnimationFrame(tick);
  }
  connect();
  begin();
  bar.show({ recipe, isRunning, speed });
  requestAnimationFrame(tick);
}
