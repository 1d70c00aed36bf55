// Tables as rows for a model that another program trained: which columns go in, in which order, and how they are read.
import { describe, expect, test } from "vitest";
import { parseTable } from "../../src/table/read/read-table.js";
import { rowsForModel, type RowsOfTable, type TableRowOptions } from "../../src/table/rows-for-model.js";
import type { ErrorCode } from "../../src/core/errors.js";
import { expectError } from "../support/errors.js";

type Options = Omit<TableRowOptions, "like"> & { readonly like?: string };

const read = (text: string, { like, ...options }: Options = {}): RowsOfTable =>
  rowsForModel(parseTable(text), { ...options, ...(like !== undefined && { like: parseTable(like) }) });

/** Rows of numbers as rows. */
function rowsOf({ x }: RowsOfTable): number[][] {
  const { rows, columns, data } = x as { rows: number; columns: number; data: Float32Array };
  return Array.from({ length: rows }, (_, row) => [...data.subarray(row * columns, (row + 1) * columns)]);
}

describe("as they are written", () => {
  test("columns of numbers in the file's order, nothing scaled", () => {
    const found = read("b,name,a\n1000,x,0.5\n-3,y,2\n");
    expect(found.columns).toEqual(["b", "a"]);
    expect(rowsOf(found)).toEqual([
      [1000, 0.5],
      [-3, 2],
    ]);
    expect(found.notes.join()).toContain("name");
  });

  test.each([
    [
      "yes and no are 1 and 0",
      "a,ok\n1,True\n2,False\n",
      [
        [1, 1],
        [2, 0],
      ],
    ],
    [
      "a decimal comma",
      "a;b\n1,5;2\n0,25;3\n",
      [
        [1.5, 2],
        [0.25, 3],
      ],
    ],
    [
      "a comma as decimal in one column is one in the others",
      "a;b\n1,5;1.234\n0,25;5.678\n",
      [
        [1.5, 1234],
        [0.25, 5678],
      ],
    ],
    [
      "dates of eight digits are numbers",
      "a,b\n20120101,1\n20120102,2\n20120301,3\n",
      [
        [20120101, 1],
        [20120102, 2],
        [20120301, 3],
      ],
    ],
    [
      "pandas' index is none",
      ",a,b\n0,5,6\n1,7,8\n",
      [
        [5, 6],
        [7, 8],
      ],
    ],
    [
      "nor where it counts from 1",
      ",a,b\n1,5,6\n2,7,8\n",
      [
        [5, 6],
        [7, 8],
      ],
    ],
    [
      "a first column without a name that counts nothing",
      ",a\n3,5\n1,7\n",
      [
        [3, 5],
        [1, 7],
      ],
    ],
    [
      "a first column of a table without a header",
      "0,5\n1,7\n2,9\n",
      [
        [0, 5],
        [1, 7],
        [2, 9],
      ],
    ],
    [
      "a named first column",
      "id,a\n0,5\n1,7\n",
      [
        [0, 5],
        [1, 7],
      ],
    ],
    [
      "a constant",
      "a,b\n5,1\n5,2\n",
      [
        [5, 1],
        [5, 2],
      ],
    ],
    [
      "codes such as -999",
      "a,b\n-999,1\n2,2\n3,3\n",
      [
        [-999, 1],
        [2, 2],
        [3, 3],
      ],
    ],
  ])("%s", (_what, text, rows) => {
    expect(rowsOf(read(text))).toEqual(rows.map((row) => row.map(Math.fround)));
  });

  test("a target of numbers is as it is written, one of words in the order of its words", () => {
    const numbers = read("a,y\n1,300\n2,100\n", { target: "y", inputs: 1 });
    expect([rowsOf(numbers), numbers.y, numbers.classes]).toEqual([[[1], [2]], [300, 100], undefined]);
    const words = read("a,y\n1,virginica\n2,setosa\n3,virginica\n", { target: "y" });
    expect([words.y, words.classes]).toEqual([
      [1, 0, 1],
      ["setosa", "virginica"],
    ]);
  });

  test("rows without a target are left out", () => {
    const found = read("a,y\n1,3\n2,\n3,5\n", { target: "y" });
    expect([rowsOf(found), found.y, found.rows]).toEqual([
      [[1], [3]],
      [3, 5],
      [0, 2],
    ]);
    expect(found.notes.join()).toContain("1 row without a target");
  });

  test("columns that are left out, or read otherwise", () => {
    const text = "a,b,c\n1,2,3\n4,5,6\n";
    expect(rowsOf(read(text, { ignore: ["b"] }))).toEqual([
      [1, 3],
      [4, 6],
    ]);
    expect(rowsOf(read(text, { columns: { a: "ignore" } }))).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(rowsOf(read(text, { columns: { c: "words" } }))).toEqual([
      [1, 2],
      [4, 5],
    ]);
    expect(rowsOf(read(text, { divisor: 2 }))).toEqual([
      [0.5, 1, 1.5],
      [2, 2.5, 3],
    ]);
  });

  test.each<[string, string, Options, ErrorCode, string | RegExp]>([
    ["more numbers than inputs", "a,b,y\n1,2,3\n", { inputs: 2 }, "shape", "the table"],
    ["fewer", "a,b\n1,2\n", { inputs: 3 }, "shape", "the table"],
    ["words where numbers are wanted", "a,b\n1,x\n", { inputs: 2 }, "shape", "the table"],
    ["a missing number", "a,b\n1,2\n3,\n", {}, "value", 'row 2 (line 3), column "b"'],
    ["a number beyond float32", "a,b\n1,2\n3,1e300\n", {}, "value", 'row 2 (line 3), column "b"'],
    ["no numbers at all", "a,b\nx,y\n", {}, "format", "the table"],
    ["an unknown target", "a,b\n1,2\n", { target: "c" }, "value", "target"],
    ["a target that is known nowhere", "a,b\n1,NA\n2,NA\n", { target: "b" }, "value", "target"],
    ["an unknown column to ignore", "a,b\n1,2\n", { ignore: ["c"] }, "value", "ignore"],
    ["scaling like a table that is not given", "a,b\n1,2\n", { scaling: "like" }, "value", "scaling"],
  ])("refused: %s", async (_what, text, options, code, path) => {
    await expectError(() => read(text, options), code, path);
  });

  test("what to do is said: the target, or the training's table", async () => {
    const more = await expectError(() => read("a,b,y\n1,2,3\n", { inputs: 2 }), "shape");
    const words = await expectError(() => read("a,b\n1,x\n", { inputs: 4 }), "shape");
    expect([more.hint, words.hint]).toEqual([expect.stringContaining("target"), expect.stringContaining("like")]);
  });
});

describe("like the training's table", () => {
  const training = "size,kind,y\n0,cat,1\n2,dog,2\n4,cat,3\n2,,4\n";

  test("its means, deviations, medians and categories make the inputs", () => {
    const found = read("kind,size\ndog,4\n,2\nbird,\n", { like: training, inputs: 4 });
    const unit = 2 / Math.sqrt(2);
    expect(found.columns).toEqual(["size", "kind = missing", "kind = cat", "kind = dog"]);
    expect(rowsOf(found)).toEqual(
      [
        [unit, 0, 0, 1],
        [0, 1, 0, 0],
        [0, 0, 0, 0],
      ].map((row) => row.map(Math.fround)),
    );
    expect(found.notes.join()).toContain("size, kind = missing, kind = cat, kind = dog");
  });

  test("without its scaling", () => {
    const found = read("kind,size\ndog,4\n,2\ncat,\n", { like: training, scaling: "none" });
    expect(rowsOf(found)).toEqual([
      [4, 0, 0, 1],
      [2, 1, 0, 0],
      [2, 0, 1, 0],
    ]);
  });

  test("targets of numbers are not scaled, classes are those of the training", () => {
    const numbers = read("size,kind,y\n2,cat,300\n", { like: training, target: "y" });
    expect(numbers.y).toEqual([300]);
    const like = "a,y\n1,u\n2,v\n3,w\n1,u\n2,v\n3,w\n";
    const classes = read("a,y\n1,w\n2,v\n5,z\n", { like, target: "y" });
    expect([classes.y, classes.classes, classes.rows]).toEqual([
      [2, 1],
      ["u", "v", "w"],
      [0, 1],
    ]);
  });

  test("the target may be missing from the rows", () => {
    const found = read("kind,size\ndog,4\n", { like: training, target: "y" });
    expect([found.y, found.columns.length]).toEqual([undefined, 4]);
  });

  test("pandas' index is no input there either", () => {
    expect(read(",a\n0,1\n1,3\n", { like: ",a\n0,1\n1,3\n" }).columns).toEqual(["a"]);
  });

  test("by the rows' own means, where that is asked for", () => {
    expect(rowsOf(read("a\tb\n0\t10\n2\t30\n", { scaling: "standardize" }))).toEqual([
      [-1, -1],
      [1, 1],
    ]);
  });

  test("refused: another number of inputs", async () => {
    await expectError(() => read("kind,size\ndog,4\n", { like: training, inputs: 3 }), "shape", "the table");
  });
});
