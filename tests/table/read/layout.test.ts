import { describe, expect, it } from "vitest";
import type { Table } from "../../../src/table/columns.js";
import { readTable } from "../../../src/table/read/read-table.js";
import { expectError } from "../../support/errors.js";
import { cellsOf, expectTable, namesOf } from "./tables.js";

describe("the layout", () => {
  it.each<[string, string, string[], (string | number)[][]]>([
    ["commas", "x,y\n1,2\n", ["x", "y"], [[1, 2]]],
    [
      "semicolons and decimal commas",
      "x;y\n1,5;2\n3,25;a,b\n",
      ["x", "y"],
      [
        ["1,5", 2],
        ["3,25", "a,b"],
      ],
    ],
    [
      "tabs",
      "x\ty z\n1\t\n\t5\n",
      ["x", "y z"],
      [
        [1, ""],
        ["", 5],
      ],
    ],
    ["bars", "x|y\n1|2,3\n", ["x", "y"], [[1, "2,3"]]],
    [
      "blanks",
      "  x   y\n 1.5 \t 2\n  3   4 \n",
      ["x", "y"],
      [
        [1.5, 2],
        [3, 4],
      ],
    ],
    [
      "blanks, with words in quotes",
      'x  name\n1  "a  b"\n2  c\n',
      ["x", "name"],
      [
        [1, "a  b"],
        [2, "c"],
      ],
    ],
    ["dates with a blank, then commas", "at,y\n2012-01-31 10:00,5\n", ["at", "y"], [["2012-01-31 10:00", 5]]],
    [
      "CRLF",
      "x,y\r\n1,2\r\n3,a\r\n",
      ["x", "y"],
      [
        [1, 2],
        [3, "a"],
      ],
    ],
    [
      "CR",
      "x,y\r1,2\r3,a",
      ["x", "y"],
      [
        [1, 2],
        [3, "a"],
      ],
    ],
    [
      "years for names",
      "2012,2013\n3.5,4.5\n3,4\n",
      ["2012", "2013"],
      [
        [3.5, 4.5],
        [3, 4],
      ],
    ],
    ["months for names", "city,2012-01,2012-02\nRom,3,4\n", ["city", "2012-01", "2012-02"], [["Rom", 3, 4]]],
    [
      "places for names",
      "0,1,2\n3.5,4.5,7\n3,4,1\n",
      ["0", "1", "2"],
      [
        [3.5, 4.5, 7],
        [3, 4, 1],
      ],
    ],
    [
      "an index without a name",
      ",0,1\n0,5,6\n1,7,6\n",
      ["column 1", "0", "1"],
      [
        [0, 5, 6],
        [1, 7, 6],
      ],
    ],
    ["a name that is missing", "x,,y\n1,2,3\n", ["x", "column 2", "y"], [[1, 2, 3]]],
    [
      "a name with a hash",
      "#id,x\na,1\nb,2\n",
      ["id", "x"],
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
    [
      "empty lines",
      "\n\nx,y\n\n1,2\n \n3,4\n\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      "one empty cell too many in the header",
      "x,y,\n1,2\n3,4\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ])("%s", async (_, text, names, rows) => {
    await expectTable(text, names, rows);
  });

  it.each<[string, string, string[], (string | number)[][], RegExp]>([
    [
      "no header: numbers",
      "1,2\n3,4\n5,7\n",
      ["column 1", "column 2"],
      [
        [1, 2],
        [3, 4],
        [5, 7],
      ],
      /no header/,
    ],
    [
      "no header: a column of words",
      "5.1,a\n4.9,b\n",
      ["column 1", "column 2"],
      [
        [5.1, "a"],
        [4.9, "b"],
      ],
      /no header/,
    ],
    [
      "no header: words again",
      "p,x\ne,y\np,y\ne,x\n",
      ["column 1", "column 2"],
      [
        ["p", "x"],
        ["e", "y"],
        ["p", "y"],
        ["e", "x"],
      ],
      /no header/,
    ],
    ["a title", "Report 2020\n\nname,size\na,1\n", ["name", "size"], [["a", 1]], /Report 2020.*title/],
    ["a title of a spreadsheet", "Report,,\nname,size,w\na,1,2\n", ["name", "size", "w"], [["a", 1, 2]], /title/],
    [
      "names in a comment",
      "# x,y\n1,2\n3,4\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
      /header is the comment/,
    ],
    [
      "comments",
      '# it\'s 5" long\nx,y\n1,2\n# ," \n#N/A,3\n',
      ["x", "y"],
      [
        [1, 2],
        ["#N/A", 3],
      ],
      /2 comment lines/,
    ],
    [
      "separators at all ends",
      "x,y,\n1,2,\n3,4,\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
      /1 column at the end/,
    ],
    [
      "separators at the ends of rows",
      "x,y\n1,2,\n3,4,\n",
      ["x", "y"],
      [
        [1, 2],
        [3, 4],
      ],
      /1 column at the end/,
    ],
    ["rows of empty cells", "x,y\n1,2\n,\n , \n", ["x", "y"], [[1, 2]], /2 rows without a value/],
    [
      "names of rows",
      "x,y\na,1,2\nb,3,4\n",
      ["column 1", "x", "y"],
      [
        ["a", 1, 2],
        ["b", 3, 4],
      ],
      /row's name/,
    ],
    [
      "a title above rows without a header",
      "|1x3 Cross validator\n25, Private, 11th\n38, Private, HS-grad\n28, Local-gov, 11th\n",
      ["column 1", "column 2", "column 3"],
      [
        [25, "Private", "11th"],
        [38, "Private", "HS-grad"],
        [28, "Local-gov", "11th"],
      ],
      /1x3 Cross validator.*title.*no header/,
    ],
    [
      "R's rows by number",
      '"a" "b c"\n"1" 2 "x y"\n"2" 4 "z"\n',
      ["column 1", "a", "b c"],
      [
        [1, 2, "x y"],
        [2, 4, "z"],
      ],
      /row's name/,
    ],
    [
      "R's rows by name, and one column",
      '"mpg"\n"Mazda RX4" 21\n"Datsun 710" 22.8\n',
      ["column 1", "mpg"],
      [
        ["Mazda RX4", 21],
        ["Datsun 710", 22.8],
      ],
      /row's name/,
    ],
    [
      "some of R's rows",
      '"a","b"\n"17",2,3\n"4",4,5\n',
      ["column 1", "a", "b"],
      [
        [17, 2, 3],
        [4, 4, 5],
      ],
      /row's name/,
    ],
    [
      "equal names",
      "a,a,,a_2,a\n1,2,3,4,5\n3,4,5,6,8\n",
      ["a", "a_3", "column 3", "a_2", "a_4"],
      [
        [1, 2, 3, 4, 5],
        [3, 4, 5, 6, 8],
      ],
      /column 2 is called "a_3".*column 5 is called "a_4"/,
    ],
    [
      "a name that a column without one would have",
      "x,,column 2\n1,2,3\n3,4,1\n",
      ["x", "column 2_2", "column 2"],
      [
        [1, 2, 3],
        [3, 4, 1],
      ],
      /column 2_2/,
    ],
  ])("%s, and a note", async (_, text, names, rows, note) => {
    const { notes } = await expectTable(text, names, rows);
    expect(notes.join("; ")).toMatch(note);
  });

  it("is as the options say", async () => {
    expect(namesOf(await readTable("x:y\n1:2\n", { separator: ":" }))).toEqual(["x", "y"]);
    expect(namesOf(await readTable("x,y;z\n1,2;3\n", { separator: "," }))).toEqual(["x", "y;z"]);
    expect(namesOf(await readTable("1,2\n3,4\n", { header: true }))).toEqual(["1", "2"]);
    expect(cellsOf(await readTable("x,y\n1,2\n", { header: false }))).toEqual([
      ["x", "y"],
      [1, 2],
    ]);
    for (const separator of ["", "::", '"', "\n", "a", "5", "#"])
      await expectError(readTable("x,y\n1,2\n", { separator }), "value", "separator");
  });
});

it("takes Excel's line that names the separator for a title", async () => {
  await expectTable("sep=;\nx;y\n1;2\n", ["x", "y"], [[1, 2]]);
});

it("tells many equal names in one note, and in no time", async () => {
  const columns = 50_000;
  const { columns: read, notes } = await readTable(`${"a,".repeat(columns - 1)}a\n${"b,".repeat(columns - 1)}c\n`);
  expect(new Set(read.map(({ name }) => name)).size).toBe(columns);
  expect(notes).toHaveLength(1);
  expect(notes[0].length).toBeLessThan(300);
});

describe("the layout of a table whose columns are known", () => {
  const read = (text: string, ...needed: string[]): Promise<Table> => readTable(text, { needed });

  it.each<[string, string, string[], string[], (string | number)[][]]>([
    ["one column", "x\n1\n\n2\n", ["x"], ["x"], [[1], [2]]],
    ["one column of decimal commas", "x\n1,5\n2,7\n", ["x"], ["x"], [["1,5"], ["2,7"]]],
    ["one column of quoted cells, one of them missing", 'x\n"1,5"\n""\n\n3\n', ["x"], ["x"], [["1,5"], [""], [3]]],
    [
      "one column of words with blanks",
      "first name\nAnn Lee\nBob\n",
      ["first name"],
      ["first name"],
      [["Ann Lee"], ["Bob"]],
    ],
    ["one column without a header", "1\n5\n", ["column 1"], ["column 1"], [[1], [5]]],
    ["one column of two", "x\n1\n", ["x", "z"], ["x"], [[1]]],
    [
      "R's rows",
      '"x"\n"1" 5\n"2" 6\n',
      ["x"],
      ["column 1", "x"],
      [
        [1, 5],
        [2, 6],
      ],
    ],
    ["separators at the ends of rows", "x\n1,\n2,\n", ["x"], ["x"], [[1], [2]]],
    ["a single row of semicolons and commas", "a;b\n1,5;2,5\n", ["a", "b"], ["a", "b"], [["1,5", "2,5"]]],
    [
      "names that are numbers",
      "5,7\n1,2\n3,4\n",
      ["5"],
      ["5", "7"],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ["a single row without a header", "p,1\n", ["column 1", "column 2"], ["column 1", "column 2"], [["p", 1]]],
  ])("%s", async (_, text, needed, names, rows) => {
    const table = await read(text, ...needed);
    expect(namesOf(table)).toEqual(names);
    expect(cellsOf(table)).toEqual(rows);
  });

  it("is not that of another table of one column", async () => {
    await expectError(read("y\n1\n2\n", "x"), "format", "the table");
    await expectError(read("x\n1\n2\n"), "format", "the table");
  });
});
