// The page's state, and what happens on its controls' events and the engine's messages.
import { type EngineClient, startEngineClient } from "./engine-client.js";
import type {
  RemedyName,
  DiagnosisMessage,
  Frame,
  ErrorPlace,
  FromEngine,
  TableFile,
  Started,
  ToEngine,
  UnitName,
} from "./engine/types.js";
import { DiagnosisSchedule } from "./diagnosis-schedule.js";
import { codeFor } from "./state/code-export.js";
import { deathsCsv } from "./state/deaths-csv.js";
import { PRESETS, type Preset } from "./state/presets.js";
import { OPENING, type Recipe, sameRecipe } from "./state/recipe.js";
import { unitIndex } from "./state/units.js";
import { fromHash, toHash } from "./state/url.js";
import { createToolbar } from "./view/controls/toolbar.js";
import { createChartsView } from "./view/charts.js";
import { byId, setText } from "./view/dom.js";
import { createDisclosure } from "./view/controls/disclosure.js";
import { createTableFileInput, createTargetSelect } from "./view/controls/table-file.js";
import { createAnnouncer } from "./view/announcements.js";
import { createNetworkView, type Pointed } from "./view/network.js";
import { createOutputView } from "./view/output.js";
import { onPaletteChange } from "./view/palette.js";
import { createErrorMessage } from "./view/controls/error-message.js";
import { createSettings } from "./view/controls/settings.js";
import { createShareMenu } from "./view/controls/share-menu.js";
import { createTimelineView } from "./view/controls/timeline.js";
import { createTutorial } from "./view/tutorial.js";
import { createUnitPanel } from "./view/unit-panel.js";
import { statusOf } from "./view/descriptions.js";

const OPENING_SPEED = 120; // steps a second
const TEXTBOOK = PRESETS.find(({ recipe }) => recipe.data === "textbook")!;

class App {
  private recipe: Recipe = OPENING;
  private table: TableFile | undefined;
  private started: Started | undefined;
  private frame: Frame | undefined;
  private chosen: UnitName | undefined;
  private pointed: Pointed | undefined;
  /** The step of the past that is shown. */
  private at: number | undefined;
  private isRunning = true;
  private speed = OPENING_SPEED;
  private curvesVersion = -1;
  private readonly diagnosisSchedule = new DiagnosisSchedule(() =>
    this.send({ kind: "diagnose", ...(this.chosen && { chosen: this.chosen }) }),
  );
  private client!: EngineClient;

  private readonly errorMessage = createErrorMessage(byId("error-message"));
  private readonly announcer = createAnnouncer(byId("announcements"));
  private readonly network = createNetworkView(
    byId("network-stage"),
    (name) => this.choose(name),
    (pointed) => {
      this.pointed = pointed;
    },
  );
  private readonly output = createOutputView(byId("output-stage"), byId("output-legend"), (keep) =>
    this.send({ kind: "endTwin", keep }),
  );
  private readonly charts = createChartsView(byId("charts"), (step) => this.scrub(step));
  private readonly timeline = createTimelineView(byId("timeline"), (step) => this.scrub(step));
  private readonly panel = createUnitPanel(byId("unit"), {
    choose: (name) => this.choose(name),
    treat: (...given) => this.treat(...given),
    undo: () => this.send({ kind: "undo" }),
  });
  private readonly settings = createSettings(byId("settings"), (recipe) => this.setRecipe(recipe));
  private readonly tableFile = createTableFileInput(
    (table) => this.useTable(table),
    (message) => this.refuse("data", message),
  );
  private readonly target = createTargetSelect((target) => this.table && this.useTable({ ...this.table, target }));
  private readonly toolbar = createToolbar({
    setRunning: (running) => this.setRunning(running),
    stepOnce: () => this.stepOnce(),
    reset: () => this.begin(),
    setSpeed: (speed) => this.setSpeed(speed),
    setRecipe: (recipe) => this.setRecipe(recipe),
    usePreset: (preset) => this.usePreset(preset),
    askTable: () => this.tableFile.ask(),
  });

  start(): void {
    const { recipe, unread } = fromHash(location.hash);
    this.recipe = recipe;
    this.usePace(PRESETS.find((preset) => sameRecipe(preset.recipe, recipe)));
    createDisclosure(byId("open-settings"), byId("settings"), () => dispatchEvent(new Event("resize")));
    createShareMenu({
      code: () => this.started && codeFor(this.started.recipe, this.started.task, this.frame?.epoch ?? 1),
      deaths: () => deathsCsv(this.frame?.deaths ?? []),
      say: (message) => this.announcer.say(message),
    });
    createTutorial(byId("tutorial"), {
      load: () => this.usePreset(TEXTBOOK),
      step: () => this.stepOnce(),
      run: () => this.runAt(30),
      lowerRateOnTwin: () => this.treat("lowerRate", true, 0.15),
      liftBias: () => this.liftAndRun(),
    });
    this.listen();
    this.connect();
    this.begin();
    if (unread.length > 0)
      this.refuse(
        "settings",
        `this link has settings that can't be read: ${unread.join(", ")}; the defaults are used in their place`,
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
    this.client = startEngineClient(
      (message) => this.receive(message),
      (why) => {
        const message = `The engine has stopped: ${why}. The last picture stays; start again to go on.`;
        const restart = () => {
          this.connect();
          this.begin();
        };
        this.errorMessage.show("engine", message, ["Start again", restart]);
      },
    );
  }

  private send(message: ToEngine): void {
    this.client.send(message);
  }

  private begin(): void {
    this.errorMessage.clear();
    const { recipe, table, speed } = this;
    this.send({ kind: "start", recipe, running: this.isRunning && !document.hidden, speed, ...(table && { table }) });
    this.showState();
  }

  private showState(): void {
    const { recipe, isRunning, speed } = this;
    this.toolbar.show({ recipe, isRunning, speed });
    this.settings.show(recipe);
  }

  private tick(): void {
    const { at, chosen } = this;
    this.client.askFrame({ curves: this.curvesVersion, ...(at !== undefined && { at }), ...(chosen && { chosen }) });
    if (this.frame) this.diagnosisSchedule.requestIfDue();
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
      case "diagnosis":
        return this.onDiagnosis(message);
      case "treated": {
        this.panel.showDone(message.message);
        this.diagnosisSchedule.refreshSoon();
        return;
      }
      case "failed":
        return this.refuse(message.where, message.message);
    }
  }

  /** Shows what went wrong; the network, the settings and the link stay as they were. */
  private refuse(where: ErrorPlace, message: string): void {
    this.diagnosisSchedule.cancel();
    if (!this.started && where === "data" && !sameRecipe(this.recipe, OPENING)) {
      this.recipe = OPENING; // something to look at, at least
      this.begin();
    }
    this.errorMessage.show(where, message);
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
    this.diagnosisSchedule.cancel();
    this.diagnosisSchedule.refreshSoon();
    this.panel.clear();
    this.settings.forecast(undefined);
    this.network.start(message);
    this.output.start(message);
    this.charts.start(message);
    this.target(message.task.table);
    const look = PRESETS.find((preset) => sameRecipe(preset.recipe, message.recipe))?.look;
    setText(byId("look"), look ?? (message.task.notes.join("; ") || "Settings of your own: the link contains them."));
  }

  private onFrame(message: Frame): void {
    const units = this.started?.recipe.layers.reduce((sum, each) => sum + each, 0);
    if (message.states.length !== units) return;
    this.frame = message;
    if (message.curves) this.curvesVersion = message.version;
    if (!this.chosen && message.deaths.length > 0 && this.at === undefined) this.choose(message.deaths[0]);
    if (message.stopped && this.isRunning) this.setRunning(false);
    this.announcer.note(message);
    this.network.draw(message, this.chosen);
    this.output.draw(message, this.pointed);
    this.charts.draw(message, this.at);
    this.timeline.draw(message, this.at);
    const index = this.indexOf(this.chosen);
    this.panel.draw(message, message.chosen.length > 0 ? this.chosen : undefined, index);
    if (this.chosen && this.panel.isOutdated(message, this.chosen, index)) this.diagnosisSchedule.refreshSoon();
    setText(byId("status"), statusOf(message));
  }

  private onDiagnosis(message: DiagnosisMessage): void {
    this.diagnosisSchedule.done();
    this.panel.showDiagnosis(message);
  }

  private indexOf(name: UnitName | undefined): number {
    return name ? unitIndex(this.started!.recipe.layers, name) : -1;
  }

  private choose({ layer, unit }: UnitName): void {
    this.chosen = { layer, unit };
    this.diagnosisSchedule.refreshSoon();
    if (this.frame) this.network.draw(this.frame, this.chosen);
  }

  private scrub(step: number | undefined): void {
    this.at = step;
  }

  private treat(remedy: RemedyName, onTwin: boolean, rate?: number): void {
    this.send({ kind: "treat", remedy, onTwin, ...(rate !== undefined && { rate }) });
  }

  private runAt(speed: number): void {
    this.speed = speed;
    this.setRunning(true);
  }

  /** It learns slowly at first: its outgoing weight starts at 0. */
  private liftAndRun(): void {
    this.treat("liftBias", false);
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

  private useTable(table: TableFile): void {
    this.table = table;
    const recipe: Recipe = { ...this.recipe, data: "csv", head: "usual", rate: Math.min(this.recipe.rate, 0.1) };
    if (sameRecipe(recipe, this.recipe)) this.begin();
    else this.setRecipe(recipe);
  }
}

export function startApp(): void {
  new App().start();
}
