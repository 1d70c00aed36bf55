// The page: connects controls, engine and views.
import { startApp } from "./app.js";
import { byId } from "../look/dom.js";

byId("waiting").remove();
startApp();
