// Public names only.
export {
  type Curve,
  type Curves,
  diagnosisToHtml,
  drawCurves,
  drawNetwork,
  type ReportSubject,
  reportStyle,
} from "./report/pictures.js";
