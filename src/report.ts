// Public names only.
export {
  type Curve,
  type Curves,
  diagnosisToHtml,
  drawCurves,
  drawLearningRates,
  drawNetwork,
  type ReportSubject,
  reportStyle,
} from "./report/pictures.js";
