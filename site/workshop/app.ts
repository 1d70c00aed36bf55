// The page's state, and what happens on its controls' events and the engine's messages.
import { type EngineClient, startEngineClient } from "./engine-client.js";
import type {
  Cure,
  DiagnosisMessage,
  Done,
  Frame,
  ErrorPlace,
  ForecastMessage,
  FromEngine,
  TableFile,
  Started,
  ToEngine,
  UnitName,
} from "./engine/types.js";
import { DiagnosisSchedule } from "./diagnosis-schedule.js";
import type { Language } from "./state/code/code.js";
import { deathsCsv } from "./state/deaths-csv.js";
import { PRESETS, type Preset } from "./state/presets.js";
import { LIVE_NAMES, type LiveName, OPENING, type Recipe, sameRecipe } from "../training/recipe.js";
import { unitIndex } from "./state/units.js";
import { fromHash, type LinkState, SHOW_NAMES, type ShowName, toHash } from "../training/url.js";
import { createToolbar, recipeForData } from "./view/controls/toolbar.js";
import { createChartsView } from "./view/charts.js";
import { byId, setText } from "../look/dom.js";
import { createDisclosure } from "./view/controls/disclosure.js";
import { createTableChoices, createTableFileInput } from "./view/controls/table-file.js";
import { createAnnouncer } from "./view/announcements.js";
import { addWayOut, fullAddress, hideParts, isEmbedded, writeAddress } from "./view/embedding.js";
import { createLayerFiguresView } from "./view/layer-figures.js";
import { createNetworkView, type Pointed } from "./view/network.js";
import { createOutputView } from "./view/output.js";
import { createOutputChoices } from "./view/output-choices.js";
import { onPaletteChange } from "../look/palette.js";
import { createErrorMessage } from "./view/controls/error-message.js";
import type { SettingsView } from "./view/controls/settings.js";
import { createShareMenu } from "./view/controls/share-menu.js";
import { createTimelineView } from "./view/controls/timeline.js";
import { createTutorial } from "./view/tutorial.js";
import type { MapPanel } from "./view/map-panel.js";
import type { ModelFile } from "./engine/model/model-look.js";
import type { ModelPanel } from "./view/model-panel.js";
import { createNotesView } from "./view/notes.js";
import { createUnitPanel } from "./view/unit/unit-panel.js";
import { lastEvent, statusOf, verdictText } from "./view/descriptions.js";

const PHONE_WIDTH = 720; // as in the style sheet
const BORN_DEAD_WAITS = 100; // steps
const OPENING_SPEED = 10; // steps a second
const TEXTBOOK = PRESETS.find(({ recipe }) => recipe.data === "textbook")!;

class App {
  /** What a reset starts. */
  private recipe: Recipe = OPENING;
  private table: TableFile | undefined;
  /** The last that the engine could read. */
  private goodTable: TableFile | undefined;
  private isTableSent = false;
  private started: Started | undefined;
  private frame: Frame | undefined;
  private chosen: UnitName | undefined;
  private pointed: Pointed | undefined;
  /** The step of the past that is shown. */
  private at: number | undefined;
  private isRunning = true;
  private shown: readonly ShowName[] = [];
  /** A link's step that it goes to at full speed. */
  private heading: number | undefined;
  private hasDiverged = false;
  private speed = OPENING_SPEED;
  private isSeen = true;
  private curvesVersion = -1;
  /** Of the settings whose forecast was asked for last. */
  private forecastKey = "";
  private isTickDue = false;
  /** A frame was wanted while another was on its way. */
  private isFrameMissed = false;
  private isStarting = true;
  /** Counts starts. */
  private turn = 0;
  /** It was made while another start was on its way: what is there if that one fails. */
  private overtaken: Started | undefined;
  private readonly diagnosisSchedule = new DiagnosisSchedule(() =>
    this.client.send({ kind: "diagnose", ...(this.chosen && { chosen: this.chosen }) }),
  );
  private client!: EngineClient;
  /** Loaded when it is opened. */
  private map: MapPanel | undefined;
  private model: ModelPanel | undefined;

  private readonly errorMessage = createErrorMessage(byId("error-message"));
  private readonly announcer = createAnnouncer(byId("announcements"));
  private readonly network = createNetworkView(
    byId("network-stage"),
    (name) => {
      this.choose(name);
      this.panel.open();
      if (innerWidth <= PHONE_WIDTH) byId("network").scrollIntoView({ block: "start" }); // the sheet is below
    },
    (pointed) => {
      this.pointed = pointed;
      this.refresh();
    },
    (layers) => {
      this.announcer.say(`The network starts anew, with layers of ${layers.join(", ")} units.`);
      this.setRecipe({ ...this.recipe, ...this.frame?.settings, layers });
    },
    (edge) => {
      const isOutput = edge.layer === this.recipe.layers.length; // its unit has no panel: the one before it has
      this.choose(isOutput ? { layer: edge.layer - 1, unit: edge.input } : edge);
      this.panel.open();
      this.panel.openWeight(edge);
    },
  );
  private readonly output = createOutputView(byId("output-stage"), byId("output-legend"), (keep, which) =>
    this.send({ kind: "endTwin", keep, ...(which !== undefined && { which }) }),
  );
  private readonly outputChoices = createOutputChoices(byId("output-choices"), (name, isShown) =>
    this.showOne(name, isShown),
  );
  private readonly layerFigures = createLayerFiguresView(byId<HTMLDetailsElement>("layer-figures"), (isOpen) =>
    this.showOne("layers", isOpen),
  );
  private readonly charts = createChartsView(byId("charts"), (step) => this.scrub(step));
  private readonly timeline = createTimelineView(byId("timeline"), (step) => this.scrub(step));
  private readonly panel = createUnitPanel(byId("unit"), {
    treat: (cure, onTwin) => this.treat(cure, onTwin),
    edit: (edit) => {
      this.leaveLink();
      this.send({ kind: "edit", ...edit });
      this.diagnosisSchedule.refreshSoon();
    },
    undo: () => this.send({ kind: "undo" }),
  });
  private readonly notes = createNotesView(byId("notes"), (name) => {
    this.choose(name);
    this.panel.open();
  });
  /** Made when they are opened first. */
  private settings: SettingsView | undefined;
  private readonly tableFile = createTableFileInput(
    (table) => this.useTable(table),
    (model) => void this.openModel(model),
    (message) => this.refuse("data", message),
  );
  private readonly tableChoices = createTableChoices({
    target: (target) => this.table && this.useTable({ ...this.table, target }),
    scale: (scale) => this.setRecipe({ ...this.recipe, ...this.frame?.settings, scale }),
  });
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
    const link = fromHash(location.hash);
    const unread = [...link.unread, ...hideParts().map((name) => `hide=${name}`)];
    addWayOut(document.querySelector(".extras")!);
    createDisclosure(byId("open-settings"), byId("settings"), () => void this.toggleSettings());
    byId("open-model").onclick = () => this.tableFile.askModel();
    createDisclosure(byId("open-map"), byId("map"), () => void this.openMap());
    createShareMenu({
      link: fullAddress,
      code: (language) => this.writeCode(language),
      deaths: () => deathsCsv(this.frame?.deaths ?? []),
      say: (message) => this.announcer.say(message),
    });
    createTutorial(byId("tutorial"), {
      load: () => this.usePreset(TEXTBOOK),
      step: () => this.stepOnce(),
      run: () => this.runAt(30),
      lowerRateOnTwin: () => this.treat({ remedy: "lowerRate", rate: 0.15 }, true),
      liftBias: () => this.liftAndRun(),
    });
    this.listen();
    this.connect();
    this.follow(link);
    if (unread.length > 0)
      this.refuse(
        "settings",
        `this link has settings that can't be read: ${unread.join(", ")}; the defaults are used in their place`,
      );
  }

  /** Its writers come when they are needed. */
  private async writeCode(language: Language): Promise<string | undefined> {
    const { codeFor } = await import("./state/code/code.js");
    return this.frame && codeFor(language, this.frame, this.started!);
  }

  private async toggleSettings(): Promise<void> {
    if (!this.settings) {
      const { createSettings } = await import("./view/controls/settings.js");
      this.settings ??= createSettings(
        byId("settings"),
        (recipe) => this.setRecipe(recipe),
        () => ({ inputs: this.started?.task.features.length ?? 0, outputs: this.started?.task.outputs ?? 0 }),
      );
      this.showState();
    }
    dispatchEvent(new Event("resize"));
    this.considerForecast();
  }

  /** Starts what a link says. */
  private follow({ recipe, changes, step, show = [] }: LinkState): void {
    this.recipe = recipe;
    this.show(show);
    this.usePace(PRESETS.find((preset) => sameRecipe(preset.recipe, recipe)));
    if (step !== undefined) this.isRunning = false;
    else if (changes.length > 0) this.isRunning = true;
    this.begin(changes, step);
  }

  /** Shows this beside the usual; the link says it too. */
  private show(names: readonly ShowName[]): void {
    this.shown = names;
    this.output.show(names);
    this.outputChoices.show(names, (this.started?.task.extent ?? 0) > 0);
    this.layerFigures.show(names.includes("layers"));
    this.refresh();
  }

  private showOne(name: ShowName, isShown: boolean): void {
    if (isShown === this.shown.includes(name)) return;
    this.show(SHOW_NAMES.filter((each) => (each === name ? isShown : this.shown.includes(each))));
  }

  private listen(): void {
    addEventListener("popstate", () => this.follow(fromHash(location.hash)));
    document.addEventListener("visibilitychange", () => this.see(!document.hidden));
    if (isEmbedded)
      new IntersectionObserver(([{ isIntersecting }]) => this.see(isIntersecting)).observe(document.documentElement);
    const redraw = () => {
      this.network.redraw();
      this.output.redraw();
      this.charts.rebuild();
      this.timeline.redraw();
      this.layerFigures.redraw();
      this.settings?.redraw();
      this.map?.redraw();
      this.refresh();
    };
    addEventListener("resize", redraw);
    onPaletteChange(redraw);
  }

  /** Out of sight it pauses. */
  private see(isSeen: boolean): void {
    if (isSeen === this.isSeen) return;
    this.isSeen = isSeen;
    this.map?.see(this.isMapSeen);
    if (this.heading === undefined) this.sendPace();
  }

  private connect(): void {
    this.isTableSent = false;
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
    this.refresh();
  }

  private begin(changes: LinkState["changes"] = [], until?: number): void {
    this.errorMessage.clear();
    if (this.hasDiverged) this.isRunning = until === undefined; // nobody has paused it
    this.hasDiverged = false;
    this.heading = until;
    this.isStarting = true;
    this.frame = undefined;
    const { recipe, speed } = this;
    const table = this.isTableSent ? undefined : this.table;
    this.isTableSent = true;
    this.send({
      kind: "start",
      turn: ++this.turn,
      recipe,
      running: this.isRunning && this.isSeen,
      speed,
      changes,
      ...(until !== undefined && { until }),
      ...(table && { table }),
    });
    this.showState();
  }

  private showState(): void {
    const { recipe, isRunning, speed, heading } = this;
    this.toolbar.show({ recipe, isRunning: isRunning || heading !== undefined, speed });
    this.settings?.show({ ...recipe, ...this.frame?.settings });
  }

  /** Something may have changed: a frame is asked for, one at most at a time. */
  private refresh(): void {
    if (this.isTickDue) return;
    this.isTickDue = true;
    requestAnimationFrame(() => this.tick());
  }

  private tick(): void {
    const { at, chosen } = this;
    this.isTickDue = false;
    const layers = this.shown.includes("layers");
    const request = { curves: this.curvesVersion, layers, ...(at !== undefined && { at }), ...(chosen && { chosen }) };
    this.isFrameMissed = !this.client.askFrame(request);
  }

  private receive(message: FromEngine): void {
    switch (message.kind) {
      case "started":
        return this.onStarted(message);
      case "frame":
        return this.onFrame(message);
      case "forecast":
        return this.onForecast(message);
      case "diagnosis":
        return this.onDiagnosis(message);
      case "treated":
        return this.onTreated(message);
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
    if (this.overtaken) {
      this.turn = this.overtaken.turn!;
      this.onStarted(this.overtaken);
    }
    this.isStarting = false;
    if (where === "data") this.table = this.goodTable;
    this.recipe = this.started.recipe;
    this.showState();
    this.refresh();
  }

  private onStarted(message: Started): void {
    if (message.turn !== this.turn) {
      this.overtaken = message;
      return;
    }
    this.overtaken = undefined;
    const isSameShape = this.started?.recipe.layers.join() === message.recipe.layers.join();
    this.started = message;
    this.isStarting = false;
    this.frame = undefined;
    if (!isSameShape || !this.chosen)
      this.chosen = message.recipe.data === "textbook" ? { layer: 0, unit: 0 } : undefined;
    this.at = undefined;
    this.pointed = undefined;
    this.curvesVersion = -1;
    this.diagnosisSchedule.forget();
    this.panel.clear();
    this.panel.start(message);
    this.notes.clear();
    setText(byId("verdict"), "");
    if (message.task.table) this.forecastKey = ""; // the file may be another
    this.considerForecast();
    this.showOnMap();
    this.model?.show(message.task);
    this.network.start(message);
    this.output.start(message);
    this.outputChoices.show(this.shown, message.task.extent > 0);
    this.charts.start(message);
    this.tableChoices(message.task.table, message.recipe.scale);
    this.goodTable = this.table;
    this.refresh();
    const look = PRESETS.find((preset) => sameRecipe(preset.recipe, message.recipe))?.look;
    setText(byId("look"), look ?? (message.task.notes.join("; ") || "Settings of your own: the link contains them."));
  }

  private onFrame(message: Frame): void {
    const units = this.started?.recipe.layers.reduce((sum, each) => sum + each, 0);
    if (this.isStarting || message.states.length !== units) return;
    // beside what is shown already: a field that is being written in is left alone by a training's first frame
    const settings = { ...this.recipe, ...message.settings };
    const isAdjusted = !sameRecipe(settings, { ...this.recipe, ...this.frame?.settings });
    this.frame = message;
    if (message.curves) this.curvesVersion = message.version;
    this.noteProgress(message);
    if (isAdjusted) {
      this.settings?.show(settings);
      this.considerForecast();
      this.showOnMap();
    }
    this.chooseFirstDeath(message);
    this.draw(message);
    this.considerDiagnosis(message);
    if (!message.isSettled || this.network.isFading() || this.isFrameMissed) this.refresh();
  }

  /** One that died in training tells more than one that was born dead, which waits for a while. */
  private chooseFirstDeath({ deaths, step, isSettled }: Frame): void {
    if (this.chosen || this.at !== undefined) return;
    const open = deaths.filter(({ cameBack }) => !cameBack);
    const died = open.find(({ cause }) => cause !== "born");
    const dead = died ?? (isSettled || step > BORN_DEAD_WAITS ? open[0] : undefined);
    if (dead) this.choose(dead);
  }

  private draw(message: Frame): void {
    this.announcer.note(message);
    this.network.draw(message, this.chosen);
    const { chosen, pointed } = this;
    this.output.draw(message, pointed, chosen && { ...chosen, index: this.indexOf(chosen) });
    this.charts.draw(message, this.at);
    this.timeline.draw(message, this.at);
    this.panel.draw(message, message.chosen.length > 0 ? this.chosen : undefined, this.indexOf(this.chosen));
    this.notes.draw(message);
    this.layerFigures.draw(message.layers);
    setText(byId("status"), statusOf(message));
    setText(byId("event"), lastEvent(message));
  }

  /** What the engine has done by itself: arrived at a link's step, stopped, put another training in its place. */
  private noteProgress(message: Frame): void {
    if (this.heading !== undefined && message.until === undefined) {
      this.heading = undefined;
      this.isRunning = false;
      this.showState();
    }
    if (message.stopped && this.isRunning) {
      this.setRunning(false);
      this.hasDiverged = true;
    }
    if (!sameRecipe(message.recipe, this.started!.recipe)) {
      this.started = { ...this.started!, recipe: message.recipe };
      this.recipe = message.recipe;
      this.showState();
    }
    this.writeState(message);
  }

  /** Every state is a link: what was changed, and where it is paused the step. */
  private writeState({ recipe, changes, pending, step, isSettled }: Frame): void {
    if (this.heading !== undefined || this.at !== undefined) return;
    const isPaused = isSettled && !this.isRunning && step > 0;
    const all = [...changes, ...pending];
    const hash = toHash({ recipe, changes: all, ...(isPaused && { step }), show: this.shown });
    if (`#${hash}` !== (location.hash || "#")) writeAddress(hash, false);
  }

  private considerDiagnosis(message: Frame): void {
    const index = this.indexOf(this.chosen);
    if (this.chosen && this.panel.isOutdated(message, this.chosen, index)) this.diagnosisSchedule.refreshSoon();
    this.diagnosisSchedule.consider(`${message.version} ${message.step} ${index}`, message.isSettled);
  }

  /** What rates do is found out where it is seen, and again when another setting than the rate has changed. */
  private considerForecast(): void {
    if (byId("settings").hidden || !this.started || this.isStarting) return;
    const key = forecastKeyOf({ ...this.started.recipe, ...this.frame?.settings });
    if (key === this.forecastKey) return;
    this.forecastKey = key;
    this.settings?.forecast(undefined);
    this.client.send({ kind: "forecast" });
  }

  private onForecast(message: ForecastMessage): void {
    if (forecastKeyOf(message.recipe) === this.forecastKey) this.settings?.forecast(message);
  }

  /** A model of another program, on the rows of the page. */
  private async openModel(file: ModelFile): Promise<void> {
    const { createModelPanel } = await import("./view/model-panel.js");
    this.model ??= createModelPanel(byId("model"), (text) => this.announcer.say(text));
    if (this.started) this.model.show(this.started.task);
    this.model.open(file);
  }

  private get isMapSeen(): boolean {
    return this.isSeen && !byId("map").hidden;
  }

  private async openMap(): Promise<void> {
    const { createMapPanel } = await import("./view/map-panel.js");
    this.map ??= createMapPanel(byId("map"), {
      choose: (rate, bias) => {
        this.isRunning = true;
        this.startAnew({ ...this.recipe, ...this.frame?.settings, rate, bias });
      },
      say: (text) => this.announcer.say(text),
    });
    this.showOnMap();
    this.map.see(this.isMapSeen);
    if (this.isMapSeen) byId("map").scrollIntoView({ block: "start" });
  }

  private showOnMap(): void {
    if (this.started && !this.isStarting)
      this.map?.show({ ...this.started.recipe, ...this.frame?.settings }, this.started.task);
  }

  private onDiagnosis(message: DiagnosisMessage): void {
    this.diagnosisSchedule.done();
    this.panel.showDiagnosis(message);
    this.notes.showFindings(message);
    this.charts.setConstant(message.constantLoss);
    setText(byId("verdict"), verdictText(message));
    this.refresh(); // the cures that are offered may be others
  }

  private onTreated(message: Done): void {
    this.panel.showDone(message);
    this.diagnosisSchedule.refreshSoon();
    this.refresh();
  }

  private indexOf(name: UnitName | undefined): number {
    return name ? unitIndex(this.started!.recipe.layers, name) : -1;
  }

  private choose({ layer, unit }: UnitName): void {
    this.chosen = { layer, unit };
    this.diagnosisSchedule.refreshSoon();
    if (this.frame) this.network.draw(this.frame, this.chosen);
    this.refresh();
  }

  private scrub(step: number | undefined): void {
    this.at = step;
    this.refresh();
  }

  private treat(cure: Cure, onTwin: boolean): void {
    this.leaveLink();
    this.send({ kind: "treat", onTwin, ...cure });
  }

  /** Somebody does something: what a link wanted is over. */
  private leaveLink(): void {
    if (this.heading === undefined) return;
    this.heading = undefined;
    this.showState();
  }

  private runAt(speed: number): void {
    this.speed = speed;
    this.setRunning(true);
  }

  /** It learns slowly at first: its outgoing weight starts at 0. */
  private liftAndRun(): void {
    this.treat({ remedy: "liftBias" }, false);
    this.runAt(600);
  }

  private sendPace(): void {
    this.heading = undefined;
    this.send({ kind: "run", running: this.isRunning && this.isSeen, speed: this.speed });
    this.showState();
  }

  private setRunning(running: boolean): void {
    this.isRunning = running;
    this.sendPace();
  }

  private stepOnce(): void {
    this.isRunning = false;
    this.heading = undefined;
    this.send({ kind: "step" });
    this.showState();
  }

  private setSpeed(speed: number): void {
    this.speed = speed;
    this.sendPace();
  }

  /** Settings that may change while it trains do so; all others make another network. */
  private setRecipe(recipe: Recipe): void {
    const shown: Recipe = { ...this.recipe, ...this.frame?.settings };
    if (sameRecipe(recipe, shown)) return;
    const live = LIVE_NAMES.filter((name) => recipe[name] !== shown[name]);
    const isLive = sameRecipe({ ...shown, ...pick(recipe, live) }, recipe);
    if (isLive && this.frame && this.frame.step > 0) {
      this.recipe = { ...this.recipe, ...pick(recipe, live) };
      for (const what of live) this.send({ kind: "adjust", what, value: recipe[what] });
    } else this.startAnew(recipe);
  }

  private startAnew(recipe: Recipe): void {
    this.recipe = recipe;
    writeAddress(toHash({ recipe, changes: [], show: this.shown }), true);
    this.begin();
  }

  private usePreset(preset: Preset): void {
    this.usePace(preset);
    if (sameRecipe(preset.recipe, this.recipe)) this.begin();
    else this.startAnew(preset.recipe);
  }

  private usePace(preset: Preset | undefined): void {
    this.isRunning = !preset?.paused;
    if (preset) this.speed = preset.speed;
  }

  private useTable(table: TableFile): void {
    this.table = table;
    this.isTableSent = false;
    const recipe = recipeForData(this.recipe, "csv");
    if (sameRecipe(recipe, this.recipe)) this.begin();
    else this.startAnew(recipe);
  }
}

/** All but the rate: which of them does what is what a forecast says. */
function forecastKeyOf({ rate: _, ...others }: Recipe): string {
  return JSON.stringify(Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pick(recipe: Recipe, names: readonly LiveName[]): Partial<Recipe> {
  return Object.fromEntries(names.map((name) => [name, recipe[name]]));
}

export function startApp(): void {
  new App().start();
}
