// Tables in the style of well-known published ones, for tests: their headers, notations and gaps, with values of our
// own.
import { uniform } from "./table-kinds.js";

const pick = <T>(words: readonly T[], i: number, salt: number): T => words[Math.floor(uniform(i, salt) * words.length)];
const between = (low: number, high: number, i: number, salt: number, digits = 0): string =>
  (low + uniform(i, salt) * (high - low)).toFixed(digits);
const maybe = (share: number, mark: string, text: string, i: number, salt: number): string =>
  uniform(i, salt + 100) < share ? mark : text;
const day = (i: number, from: string, hours = 24): Date =>
  new Date(Date.parse(`${from}T00:00:00Z`) + i * hours * 3_600_000);
const iso = (date: Date): string => date.toISOString().slice(0, 10);
const comma = (text: string): string => text.replace(".", ",");
const quoted = (text: string): string => `"${text}"`;
const english = (value: number): string => quoted(Math.round(value).toLocaleString("en-US"));

/** What must come of a table. */
export interface Published {
  readonly name: string;
  readonly target: string;
  readonly header: string;
  readonly separator?: string;
  readonly row: (i: number) => readonly string[];
  readonly rows?: number;
  readonly task: "classification" | "regression";
  /** Kind of each input by column; columns that are not here must be left out. */
  readonly inputs: Readonly<Record<string, "number" | "category" | "date">>;
  /** Each must match one of the notes beside the first, and each of those must be matched by one. */
  readonly notes: readonly RegExp[];
}

const SURNAMES = ["Braund", "Cumings", "Heikkinen", "Futrelle", "Allen", "Moran"];
const NUMBERED = (names: readonly string[]): Record<string, "number"> =>
  Object.fromEntries(names.map((name) => [name, "number"]));

export const PUBLISHED: readonly Published[] = [
  {
    name: "bike sharing",
    target: "count",
    header: "datetime,season,holiday,workingday,weather,temp,atemp,humidity,windspeed,count",
    rows: 600,
    row: (i) => [
      day(i, "2011-01-01", 31).toISOString().slice(0, 19).replace("T", " "),
      ...[1 + (i % 4), Number(i % 31 === 0), i % 2, 1 + (i % 3)].map(String),
      between(1, 40, i, 1, 2),
      between(1, 45, i, 2, 3),
      between(20, 100, i, 3),
      between(0, 50, i, 4, 4),
      String(Math.floor(uniform(i, 5) * 900) + 1),
    ],
    task: "regression",
    inputs: {
      datetime: "date",
      ...NUMBERED(["season", "holiday", "workingday", "weather", "temp", "atemp", "humidity", "windspeed"]),
    },
    notes: [/^datetime: read as dates, 2011-01-01 to 2013-.*season, the time of day and the weekday/],
  },
  {
    name: "Melbourne housing",
    target: "Price",
    header: "Suburb,Address,Rooms,Type,Price,Method,SellerG,Date,Distance,Postcode,Car,BuildingArea,YearBuilt",
    rows: 400,
    row: (i) => [
      pick(["Abbotsford", "Airport West", "Albert Park", "Alphington"], i, 1),
      `${1 + i} Turner St`,
      String(1 + (i % 4)),
      pick(["h", "u", "t"], i, 2),
      maybe(0.05, "", `${Math.round(300 + uniform(i, 3) * 1500)}000`, i, 3),
      pick(["S", "SP", "PI", "VB"], i, 4),
      pick(["Biggin", "Nelson", "Jellis"], i, 5),
      `${1 + (i % 28)}/0${1 + (i % 9)}/2016`,
      between(1, 20, i, 6, 1),
      String(3000 + (i % 90)),
      maybe(0.1, "", String(i % 4), i, 7),
      maybe(0.4, "NA", between(50, 300, i, 8), i, 8),
      maybe(0.4, "nan", String(1900 + (i % 110)), i, 9),
    ],
    task: "regression",
    inputs: {
      Suburb: "category",
      Rooms: "number",
      Type: "category",
      Method: "category",
      SellerG: "category",
      Date: "date",
      ...NUMBERED(["Distance", "Postcode", "Car", "BuildingArea", "YearBuilt"]),
    },
    notes: [
      /^\d+ rows without a target are left out$/,
      /^Address: left out: \d+ different words in \d+ rows$/,
      /^Date: read as dates, 2016-01-\d\d to 2016-09-/,
      /^(Car|BuildingArea|YearBuilt): \d+ missing, replaced by the median/,
    ],
  },
  {
    name: "Titanic",
    target: "Survived",
    header: "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked",
    rows: 300,
    row: (i) => [
      String(i + 1),
      String(Number(uniform(i, 1) > 0.6)),
      String(1 + (i % 3)),
      quoted(`${pick(SURNAMES, i, 2)}, Mr. Owen ${i}`),
      pick(["male", "female"], i, 3),
      maybe(0.2, "", between(1, 80, i, 4), i, 4),
      String(i % 5),
      String(i % 3),
      i % 3 ? `A/5 ${2100 + i}` : String(110_000 + i * 7),
      between(5, 100, i, 5, 4),
      maybe(0.77, "", `C${i}`, i, 6),
      maybe(0.01, "", pick(["S", "C", "Q"], i, 7), i, 7),
    ],
    task: "classification",
    inputs: { Sex: "category", Embarked: "category", ...NUMBERED(["Pclass", "Age", "SibSp", "Parch", "Fare"]) },
    notes: [
      /^PassengerId: left out: numbers the rows, 1 to 300$/,
      /^Name: left out: 300 different words/,
      /^Ticket: left out: \d+ different words/,
      /^Cabin: left out: \d+ different words/,
      /^Age: \d+ missing, replaced by the median/,
      /^Embarked: \d+ missing, a category/,
    ],
  },
  {
    name: "Auto MPG",
    target: "mpg",
    header: "mpg,cylinders,displacement,horsepower,weight,acceleration,model year,origin,car name",
    rows: 300,
    row: (i) => [
      between(9, 46, i, 1, 1),
      String([4, 6, 8][i % 3]),
      between(70, 450, i, 2, 1),
      maybe(0.02, "?", between(46, 230, i, 3, 1), i, 3),
      between(1600, 5100, i, 4, 1),
      between(8, 25, i, 5, 1),
      String(70 + (i % 13)),
      String(1 + (i % 3)),
      quoted(`ford torino ${i % 270}`),
    ],
    task: "regression",
    inputs: NUMBERED(["cylinders", "displacement", "horsepower", "weight", "acceleration", "model year", "origin"]),
    notes: [
      /^horsepower: \d+ missing, replaced by the median/,
      /^car name: left out: 270 different words in 300 rows$/,
    ],
  },
  {
    name: "Adult",
    target: "income",
    header: "age, workclass, fnlwgt, education, education-num, occupation, capital-gain, hours-per-week, income",
    rows: 500,
    row: (i) => [
      String(17 + (i % 70)),
      ` ${maybe(0.06, "?", pick(["Private", "State-gov", "Self-emp-not-inc"], i, 1), i, 1)}`,
      ` ${between(20_000, 900_000, i, 2)}`,
      ` ${pick(["Bachelors", "HS-grad", "11th", "Masters", "9th"], i, 3)}`,
      ` ${1 + (i % 16)}`,
      ` ${maybe(0.06, "?", pick(["Sales", "Tech-support"], i, 4), i, 4)}`,
      ` ${uniform(i, 5) < 0.9 ? 0 : Math.round(uniform(i, 6) * 15_000)}`,
      ` ${20 + (i % 40)}`,
      ` ${pick(["<=50K", ">50K"], i, 7)}`,
    ],
    task: "classification",
    inputs: {
      workclass: "category",
      education: "category",
      occupation: "category",
      ...NUMBERED(["age", "fnlwgt", "education-num", "capital-gain", "hours-per-week"]),
    },
    notes: [/^(workclass|occupation): \d+ missing, a category of their own$/],
  },
  {
    name: "wine quality",
    target: "quality",
    header: '"fixed acidity";"volatile acidity";"residual sugar";"density";"pH";"alcohol";"quality"',
    separator: ";",
    rows: 300,
    row: (i) => [
      between(4, 15, i, 1, 1),
      between(0.1, 1.5, i, 2, 3),
      between(0.9, 15, i, 3, 1),
      between(0.99, 1.003, i, 4, 5),
      between(2.7, 4, i, 5, 2),
      between(8, 14, i, 6, 1),
      String(3 + (i % 6)),
    ],
    task: "classification",
    inputs: NUMBERED(["fixed acidity", "volatile acidity", "residual sugar", "density", "pH", "alcohol"]),
    notes: [/semicolons/],
  },
  {
    name: "house prices, NA as a level",
    target: "SalePrice",
    header: "Id,MSSubClass,MSZoning,LotFrontage,LotArea,Alley,MasVnrType,PoolQC,GarageYrBlt,SalePrice",
    rows: 400,
    row: (i) => [
      String(i + 1),
      pick(["20", "60", "120"], i, 1),
      pick(["RL", "RM", "C (all)", "FV"], i, 2),
      maybe(0.17, "NA", between(21, 313, i, 3), i, 3),
      String(Math.round(1300 + 9000 * uniform(i, 4) ** 2 + (i === 7 ? 120_000 : 0))),
      maybe(0.9, "NA", pick(["Grvl", "Pave"], i, 5), i, 5),
      pick(["None", "BrkFace", "Stone"], i, 6),
      maybe(0.98, "NA", pick(["Ex", "Gd"], i, 7), i, 7),
      maybe(0.05, "NA", String(1900 + (i % 110)), i, 8),
      between(35_000, 700_000, i, 9),
    ],
    task: "regression",
    inputs: {
      MSSubClass: "number",
      MSZoning: "category",
      LotFrontage: "number",
      LotArea: "number",
      Alley: "category",
      MasVnrType: "category",
      PoolQC: "category",
      GarageYrBlt: "number",
    },
    notes: [
      /^Id: left out: numbers the rows, 1 to 400$/,
      /^(LotFrontage|GarageYrBlt): \d+ missing, replaced by the median/,
      /^(Alley|PoolQC): \d+ missing, a category of their own$/,
    ],
  },
  {
    name: "air quality",
    target: "CO(GT)",
    header: "Date;Time;CO(GT);PT08.S1(CO);C6H6(GT);NOx(GT);T;RH;;",
    separator: ";",
    rows: 500,
    row: (i) => {
      const date = day(i, "2004-03-10", 19);
      return [
        iso(date).split("-").reverse().join("/"),
        `${String(date.getUTCHours()).padStart(2, "0")}.00.00`,
        maybe(0.1, "-200", comma(between(0.1, 12, i, 1, 1)), i, 1),
        maybe(0.05, "-200", between(647, 2040, i, 2), i, 2),
        maybe(0.05, "-200,0", comma(between(0.1, 63, i, 3, 1)), i, 2),
        maybe(0.15, "-200", between(2, 1480, i, 4), i, 4),
        maybe(0.05, "-200", comma(between(-1.9, 44, i, 5, 1)), i, 2),
        maybe(0.05, "-200", comma(between(9, 88, i, 6, 1)), i, 2),
        "",
        "",
      ];
    },
    task: "regression",
    inputs: { Date: "date", Time: "date", ...NUMBERED(["PT08.S1(CO)", "C6H6(GT)", "NOx(GT)", "T", "RH"]) },
    notes: [
      /semicolons/,
      /2 columns at the end/,
      /^\d+ rows without a target are left out$/,
      /^CO\(GT\) \(target\): read as numbers, such as "\d+,\d" as \d+\.\d$/,
      /^CO\(GT\) \(target\): -200 in \d+ cells read as missing/,
      /^Date: read as dates, 2004-03-10 to 2005-/,
      /^Time: read as times, 00:00 to 23:00/,
      /-200 in \d+ cells read as missing|-200 read as missing/,
      /^(C6H6\(GT\)|T|RH): read as numbers, such as|^C6H6\(GT\), T and RH: read as numbers/,
      /missing, replaced by the median/,
    ],
  },
  {
    name: "weather",
    target: "RainTomorrow",
    header: "Date,Location,MinTemp,Rainfall,WindGustDir,Humidity3pm,RainToday,RainTomorrow",
    rows: 800,
    row: (i) => [
      iso(day(i, "2008-12-01")),
      pick(["Albury", "Sydney", "Perth"], i, 1),
      maybe(0.02, "NA", between(-5, 30, i, 2, 1), i, 2),
      uniform(i, 3) < 0.7 ? "0" : between(0.2, 60, i, 4, 1),
      maybe(0.06, "NA", pick(["W", "WNW", "NE", "SSE"], i, 5), i, 5),
      between(10, 99, i, 6),
      maybe(0.02, "NA", pick(["No", "Yes"], i, 7), i, 7),
      pick(["No", "Yes"], i, 8),
    ],
    task: "classification",
    inputs: {
      Date: "date",
      Location: "category",
      MinTemp: "number",
      Rainfall: "number",
      WindGustDir: "category",
      Humidity3pm: "number",
      RainToday: "category",
    },
    notes: [
      /^Date: read as dates, 2008-12-01 to 2011-02-08/,
      /^MinTemp: \d+ missing, replaced by the median/,
      /^(WindGustDir|RainToday): \d+ missing, a category of their own$/,
    ],
  },
  {
    name: "stock prices",
    target: "Close",
    header: "Date,Open,High,Close,Volume,Change %",
    rows: 300,
    row: (i) => [
      quoted(
        day(i, "2015-01-05")
          .toUTCString()
          .replace(/^\w+, (\d+) (\w+) (\d+).*/, "$2 $1, $3"),
      ),
      between(90, 130, i, 1, 2),
      between(131, 140, i, 2, 2),
      between(90, 130, i, 3, 2),
      english(1e6 + uniform(i, 4) * 9e7),
      `${between(-3, 3, i, 5, 2)}%`,
    ],
    task: "regression",
    inputs: { Date: "date", ...NUMBERED(["Open", "High", "Volume", "Change %"]) },
    notes: [
      /^Date: read as dates, 2015-01-05 to 2015-10-31/,
      /^Volume: read as numbers, such as "\d+,\d{3},\d{3}" as \d+$/,
      /^Change %: read as numbers in %/,
    ],
  },
  {
    name: "Covid",
    target: "new_deaths",
    header: "iso_code,continent,location,date,total_cases,new_cases,new_deaths,stringency_index",
    rows: 700,
    row: (i) => [
      pick(["AFG", "DEU", "NAM"], Math.floor(i / 250), 1),
      pick(["Asia", "Europe", "Africa"], Math.floor(i / 250), 1),
      pick(["Afghanistan", "Germany", "Namibia"], Math.floor(i / 250), 1),
      iso(day(i % 250, "2020-02-24")),
      between(1, 1e6, i, 2, 1),
      between(0, 9000, i, 3, 1),
      between(0, 300, i, 4, 3),
      maybe(0.1, "", between(0, 100, i, 5, 2), i, 5),
    ],
    task: "regression",
    inputs: {
      iso_code: "category",
      continent: "category",
      location: "category",
      date: "date",
      ...NUMBERED(["total_cases", "new_cases", "stringency_index"]),
    },
    notes: [/^date: read as dates, 2020-02-24 to 2020-10-30/, /^stringency_index: \d+ missing/],
  },
  {
    name: "an Excel sheet",
    target: "margin",
    header: "region,sales,costs,margin,ratio",
    rows: 120,
    row: (i) => [
      pick(["North", "north ", "South"], i, 1),
      quoted(`$${Math.round(1000 + uniform(i, 2) * 90_000).toLocaleString("en-US")}.50 `),
      i % 4 === 1 ? `(${between(10, 900, i, 3, 2)})` : between(10, 900, i, 3, 2),
      maybe(0.05, "#DIV/0!", `${between(1, 60, i, 4, 1)}%`, i, 4),
      maybe(0.1, "#N/A", between(0, 1, i, 5, 4), i, 5),
    ],
    task: "regression",
    inputs: { region: "category", ...NUMBERED(["sales", "costs", "ratio"]) },
    notes: [
      /^\d+ rows? without a target (is|are) left out$/,
      /^margin \(target\): read as numbers in %/,
      /^region: "(North|north)" and "(North|north)" are one category$/,
      /^sales: read as numbers in \$, such as "\$\d+,\d{3}\.50" as \d+\.5$/,
      /^costs: read as numbers, such as "\(\d+\.\d\d\)" as -/,
      /^ratio: \d+ missing, replaced by the median/,
    ],
  },
  {
    name: "R's write.csv",
    target: "mpg",
    header: '"","mpg","cyl","disp","am"',
    rows: 64,
    row: (i) => [
      quoted(`Mazda RX${i}`),
      between(10, 34, i, 1, 1),
      String([4, 6, 8][i % 3]),
      between(70, 470, i, 2, 1),
      String(i % 2),
    ],
    task: "regression",
    inputs: NUMBERED(["cyl", "disp", "am"]),
    notes: [/^column 1: left out: 64 different words in 64 rows$/],
  },
  {
    name: "pandas with its index",
    target: "label",
    header: "Unnamed: 0,f0,f1,label",
    rows: 90,
    row: (i) => [String(i), String(uniform(i, 1)), String(uniform(i, 2) * 1e-5), String(i % 2)],
    task: "classification",
    inputs: NUMBERED(["f0", "f1"]),
    notes: [/^Unnamed: 0: left out: numbers the rows, 0 to 89$/],
  },
  {
    name: "King County house sales",
    target: "price",
    header: "id,date,price,bedrooms,bathrooms,sqft_living,waterfront,zipcode,lat,long",
    rows: 400,
    row: (i) => [
      String(7_129_300_520 + i * 3_571_117),
      `${iso(day(i, "2014-05-02")).replaceAll("-", "")}T000000`,
      between(75_000, 2e6, i, 1),
      String(1 + (i % 6)),
      between(1, 4, i, 2, 2),
      between(300, 8000, i, 3),
      String(Number(uniform(i, 4) < 0.01)),
      String(98_001 + (i % 70)),
      between(47.1, 47.8, i, 5, 4),
      between(-122.5, -121.3, i, 6, 3),
    ],
    task: "regression",
    inputs: {
      date: "date",
      ...NUMBERED(["bedrooms", "bathrooms", "sqft_living", "waterfront", "zipcode", "lat", "long"]),
    },
    notes: [/^id: left out: a different whole number in each row$/, /^date: read as dates, 2014-05-02 to 2015-06-05/],
  },
  {
    name: "German bookkeeping",
    target: "Betrag",
    header: "Buchungstag;Konto;Betrag;Währung;Steuer",
    separator: ";",
    rows: 150,
    row: (i) => [
      iso(day(i, "2021-01-04")).split("-").reverse().join("."),
      pick(["4400", "4920", "1200"], i, 1),
      `${(1000 + uniform(i, 2) * 9000).toLocaleString("de-DE", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} €`,
      "EUR",
      `${pick(["7", "19"], i, 3)} %`,
    ],
    task: "regression",
    inputs: { Buchungstag: "date", Konto: "number", Währung: "category", Steuer: "number" },
    notes: [
      /semicolons/,
      /^Betrag \(target\): read as numbers in €, such as "\d\.\d{3},\d\d €" as \d{4}/,
      /^Buchungstag: read as dates, 2021-01-04 to 2021-06-02/,
      /^Währung: the same word in every row$/,
      /^Steuer: read as numbers in %/,
    ],
  },
  {
    name: "a bank's telephone campaign",
    target: "y",
    header: '"age";"job";"default";"balance";"month";"duration";"pdays";"poutcome";"y"',
    separator: ";",
    rows: 400,
    row: (i) => [
      String(18 + (i % 60)),
      quoted(pick(["admin.", "blue-collar", "unknown", "retired"], i, 1)),
      quoted(pick(["no", "yes"], i, 2)),
      between(-900, 9000, i, 3),
      quoted(pick(["may", "jun", "nov"], i, 4)),
      between(4, 1200, i, 5),
      uniform(i, 6) < 0.8 ? "-1" : between(1, 400, i, 7),
      quoted(pick(["unknown", "failure", "success"], i, 8)),
      quoted(pick(["no", "yes"], i, 9)),
    ],
    task: "classification",
    inputs: {
      job: "category",
      default: "category",
      month: "category",
      poutcome: "category",
      ...NUMBERED(["age", "balance", "duration", "pdays"]),
    },
    notes: [/semicolons/],
  },
  {
    name: "football players",
    target: "Value",
    header: "Name,Age,Value,Wage,Height,Weight,Preferred Foot,Joined",
    rows: 200,
    row: (i) => [
      `Player ${i}`,
      String(17 + (i % 22)),
      uniform(i, 1) < 0.4 ? `€${between(1, 90, i, 2, 1)}M` : `€${between(50, 950, i, 3)}K`,
      `€${between(1, 400, i, 4)}K`,
      `${between(160, 200, i, 5)}cm`,
      `${between(120, 220, i, 6)}lbs`,
      pick(["Left", "Right"], i, 7),
      quoted(
        day(i, "2014-07-01")
          .toUTCString()
          .replace(/^\w+, (\d+) (\w+) (\d+).*/, "$2 $1, $3"),
      ),
    ],
    task: "regression",
    inputs: { ...NUMBERED(["Age", "Wage", "Height", "Weight"]), "Preferred Foot": "category", Joined: "date" },
    notes: [
      /^Value \(target\): read as numbers, such as "€/,
      /^Name: left out: 200 different words/,
      /^Wage: read as numbers, such as "€\d+K" as \d+000$/,
      /^Height: read as numbers in cm/,
      /^Weight: read as numbers in lb/,
      /^Joined: read as dates, 2014-07-01/,
    ],
  },
];
