// The page: connects controls, engine and views.
import { startApp } from "./app.js";

startApp();
