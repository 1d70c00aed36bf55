// What the page knows, and what happens when something is pressed or the engine says something.
import { type Client, startClient } from "./engine-client.js";
import type { CureName, Examined, Frame, FromEngine, GivenTable, Started, ToEngine, UnitName } from "./engine/types.js";
import { Examiner } from "./diagnosis-schedule.js";
import { codeFor } from "./state/code-export.js";
import { deathsCsv } from "./state/deaths-csv.js";
import { PRESETS, type Preset } from "./state/presets.js";
import { OPENING, type Recipe, sameRecipe } from "./state/recipe.js";
import { fromHash, toHash } from "./state/url.js";
import { createBar, createTarget } from "./view/controls/toolbar.js";
import { createChartsView } from "./view/charts.js";
import { byId, setText } from "./view/dom.js";
import { createDrawer } from "./view/controls/disclosure.js";
import { createDrop } from "./view/controls/table-file.js";
import { createLive } from "./view/announcements.js";
import { createNetworkView, type Pointed } from "./view/network.js";
import { createOutputView } from "./view/output.js";
import { onPaletteChange } from "./view/palette.js";
import { createProblem } from "./view/controls/error-message.js";
import { createSettings } from "./view/controls/settings.js";
import { createShare } from "./view/controls/share-menu.js";
import { createTimelineView } from "./view/controls/timeline.js";
import { createTour } from "./view/tutorial.js";
import { createUnitPanel } from "./view/unit-panel.js";
import { statusOf } from "./view/descriptions.js";

const OPENING_SPEED = 120; // steps a second
const TEXTBOOK = PRESETS.find(({ recipe }) => recipe.data === "textbook")!;

class App {
  private recipe: Recipe = OPENING;
  private table: GivenTable | undefined;
  private started: Started | undefined;
  private frame: Frame | undefined;
  private chosen: UnitName | undefined;
  private pointed: Pointed | undefined;
  /** The step of the past that is shown. */
  private at: number | undefined;
  private isRunning = true;
  private speed = OPENING_SPEED;
  private curvesVersion = -1;
  private readonly examiner = new Examiner(() =>
    this.send({ kind: "examine", ...(this.chosen && { chosen: this.chosen }) }),
  );
  private client!: Client;

  private readonly problem = createProblem(byId("problem"));
  private readonly live = createLive(byId("live"));
  private readonly network = createNetworkView(
    byId("network-stage"),
    (name) => this.choose(name),
    (pointed) => {
      this.pointed = pointed;
    },
  );
  private readonly output = createOutputView(byId("output-stage"), byId("output-words"), (keep) =>
    this.send({ kind: "twin", keep }),
  );
  private readonly charts = createChartsView(byId("charts"), (step) => this.scrub(step));
  private readonly timeline = createTimelineView(byId("timeline"), (step) => this.scrub(step));
  private readonly panel = createUnitPanel(byId("unit"), {
    choose: (name) => this.choose(name),
    cure: (...what) => this.cure(...what),
    undo: () => this.send({ kind: "undo" }),
  });
  private readonly settings = createSettings(byId("settings"), (recipe) => this.setRecipe(recipe));
  private readonly drop = createDrop(
    (table) => this.useTable(table),
    (message) => this.refuse("data", message),
  );
  private readonly target = createTarget((target) => this.table && this.useTable({ ...this.table, target }));
  private readonly bar = createBar({
    setRunning: (running) => this.setRunning(running),
    stepOnce: () => this.stepOnce(),
    reset: () => this.begin(),
    setSpeed: (speed) => this.setSpeed(speed),
    setRecipe: (recipe) => this.setRecipe(recipe),
    usePreset: (preset) => this.usePreset(preset),
    askTable: () => this.drop.ask(),
  });

  start(): void {
    const { recipe, unread } = fromHash(location.hash);
    this.recipe = recipe;
    this.usePace(PRESETS.find((preset) => sameRecipe(preset.recipe, recipe)));
    createDrawer();
    createShare({
      code: () => this.started && codeFor(this.started.recipe, this.started.task, this.frame?.epoch ?? 1),
      deaths: () => deathsCsv(this.frame?.deaths ?? []),
      say: (message) => this.live.say(message),
    });
    createTour(byId("tour"), {
      load: () => this.usePreset(TEXTBOOK),
      step: () => this.stepOnce(),
      run: () => this.runAt(30),
      lowerRateBeside: () => this.cure("lowerRate", true, 0.15),
      liftBias: () => this.liftAndRun(),
    });
    this.listen();
    this.connect();
    this.begin();
    if (unread.length > 0)
      this.refuse(
        "settings",
        `this link says ${unread.join(", ")}, which is not known here; the usual is taken in its place`,
      );
    requestAnimationFrame(() => this.tick());
  }

  private listen(): void {
    addEventListener("popstate", () => {
      this.recipe = fromHash(location.hash).recipe;
      this.usePace(PRESETS.find((preset) => sameRecipe(preset.recipe, this.recipe)));
      this.begin();
    });
    document.addEventListener("visibilitychange", () => this.sendPace());
    const redraw = () => {
      this.network.redraw();
      this.output.redraw();
      this.charts.rebuild();
      this.timeline.redraw();
    };
    addEventListener("resize", redraw);
    onPaletteChange(redraw);
  }

  private connect(): void {
    this.client = startClient(
      (message) => this.receive(message),
      (why) => {
        this.problem.show("engine", `The engine has stopped: ${why}. What was drawn stays; start again to go on.`, [
          "Start again",
          () => {
            this.connect();
            this.begin();
          },
        ]);
      },
    );
  }

  private send(message: ToEngine): void {
    this.client.send(message);
  }

  private begin(): void {
    this.problem.clear();
    const { recipe, table, speed } = this;
    this.send({ kind: "start", recipe, running: this.isRunning && !document.hidden, speed, ...(table && { table }) });
    this.showState();
  }

  private showState(): void {
    const { recipe, isRunning, speed } = this;
    this.bar.show({ recipe, isRunning, speed });
    this.settings.show(recipe);
  }

  private tick(): void {
    const { at, chosen } = this;
    this.client.askFrame({ curves: this.curvesVersion, ...(at !== undefined && { at }), ...(chosen && { chosen }) });
    if (this.frame) this.examiner.tick();
    requestAnimationFrame(() => this.tick());
  }

  private receive(message: FromEngine): void {
    switch (message.kind) {
      case "started":
        return this.onStarted(message);
      case "frame":
        return this.onFrame(message);
      case "forecast":
        return this.settings.forecast(message);
      case "examined":
        return this.onExamined(message);
      case "cured": {
        this.panel.say(message.message);
        this.examiner.hurry();
        return;
      }
      case "failed":
        return this.refuse(message.where, message.message);
    }
  }

  /** Says what went wrong; what was there stays, the link included. */
  private refuse(where: Extract<FromEngine, { kind: "failed" }>["where"], message: string): void {
    this.examiner.forget();
    if (!this.started && where === "data" && !sameRecipe(this.recipe, OPENING)) {
      this.recipe = OPENING; // something to look at, at least
      this.begin();
    }
    this.problem.show(where, message);
    if (!this.started || (where !== "data" && where !== "settings")) return;
    this.recipe = this.started.recipe;
    history.replaceState(null, "", `#${toHash(this.recipe)}`);
    this.showState();
  }

  private onStarted(message: Started): void {
    const isSameShape = this.started?.recipe.layers.join() === message.recipe.layers.join();
    this.started = message;
    this.frame = undefined;
    if (!isSameShape || !this.chosen)
      this.chosen = message.recipe.data === "textbook" ? { layer: 0, unit: 0 } : undefined;
    this.at = undefined;
    this.pointed = undefined;
    this.curvesVersion = -1;
    this.examiner.forget();
    this.examiner.hurry();
    this.panel.clear();
    this.settings.forecast(undefined);
    this.network.start(message);
    this.output.start(message);
    this.charts.start(message);
    this.target(message.task.table);
    const look = PRESETS.find((preset) => sameRecipe(preset.recipe, message.recipe))?.look;
    setText(byId("look"), look ?? (message.task.notes.join("; ") || "Settings of your own: the link carries them."));
  }

  private onFrame(message: Frame): void {
    const units = this.started?.recipe.layers.reduce((sum, each) => sum + each, 0);
    if (message.states.length !== units) return;
    this.frame = message;
    if (message.curves) this.curvesVersion = message.version;
    if (!this.chosen && message.deaths.length > 0 && this.at === undefined) this.choose(message.deaths[0]);
    if (message.stopped && this.isRunning) this.setRunning(false);
    this.live.note(message);
    this.network.draw(message, this.chosen);
    this.output.draw(message, this.pointed);
    this.charts.draw(message, this.at);
    this.timeline.draw(message, this.at);
    const index = this.indexOf(this.chosen);
    this.panel.draw(message, message.chosen.length > 0 ? this.chosen : undefined, index);
    if (this.chosen && this.panel.isOutdated(message, this.chosen, index)) this.examiner.hurry();
    setText(byId("status"), statusOf(message));
  }

  private onExamined(message: Examined): void {
    this.examiner.done();
    this.panel.examined(message);
  }

  private indexOf(name: UnitName | undefined): number {
    return name
      ? this.started!.recipe.layers.slice(0, name.layer).reduce((sum, units) => sum + units, 0) + name.unit
      : -1;
  }

  private choose({ layer, unit }: UnitName): void {
    this.chosen = { layer, unit };
    this.examiner.hurry();
    if (this.frame) this.network.draw(this.frame, this.chosen);
  }

  private scrub(step: number | undefined): void {
    this.at = step;
  }

  private cure(cure: CureName, beside: boolean, rate?: number): void {
    this.send({ kind: "cure", cure, beside, ...(rate !== undefined && { rate }) });
  }

  private runAt(speed: number): void {
    this.speed = speed;
    this.setRunning(true);
  }

  /** What it learns then takes its time: its outgoing weight starts at 0. */
  private liftAndRun(): void {
    this.cure("liftBias", false);
    this.runAt(600);
  }

  private sendPace(): void {
    this.send({ kind: "run", running: this.isRunning && !document.hidden, speed: this.speed });
    this.showState();
  }

  private setRunning(running: boolean): void {
    this.isRunning = running;
    this.sendPace();
  }

  private stepOnce(): void {
    this.isRunning = false;
    this.send({ kind: "step" });
    this.showState();
  }

  private setSpeed(speed: number): void {
    this.speed = speed;
    this.sendPace();
  }

  private setRecipe(recipe: Recipe): void {
    if (sameRecipe(recipe, this.recipe)) return;
    this.recipe = recipe;
    history.pushState(null, "", `#${toHash(recipe)}`);
    this.begin();
  }

  private usePreset(preset: Preset): void {
    this.usePace(preset);
    if (sameRecipe(preset.recipe, this.recipe)) this.begin();
    else this.setRecipe(preset.recipe);
  }

  private usePace(preset: Preset | undefined): void {
    this.isRunning = !preset?.paused;
    if (preset) this.speed = preset.speed;
  }

  private useTable(table: GivenTable): void {
    this.table = table;
    const recipe: Recipe = { ...this.recipe, data: "csv", head: "usual", rate: Math.min(this.recipe.rate, 0.1) };
    if (sameRecipe(recipe, this.recipe)) this.begin();
    else this.setRecipe(recipe);
  }
}

export function startApp(): void {
  new App().start();
}
