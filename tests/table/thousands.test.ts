// Which plain numbers may be thousands: the texts of exactly three decimals, whatever their numbers look like.
import { describe, expect, it } from "vitest";
import { plainNumber } from "../../src/table/columns.js";
import { isMisleading, mayBeThousands } from "../../src/table/thousands.js";

describe("mayBeThousands, of a number and what its text said", () => {
  const ask = (cell: string): boolean => {
    const value = plainNumber(cell);
    return mayBeThousands(value, isMisleading(cell, value));
  };

  it("is true of one to three digits, a point and three digits", () => {
    for (const cell of ["1.234", "12.345", "999.999", "-1.234", "+70.500", "70.000", "-1.200", "514.250"])
      expect(ask(cell), cell).toBe(true);
  });

  it("is false of all else", () => {
    for (const cell of ["0", "70", "70.5", "70.50", "0.123", "0.500", "01.234", "1234.567", "1.2340", "1.23400"])
      expect(ask(cell), cell).toBe(false);
    for (const cell of ["1.2e5", "12345e-3", "1.234e0", "1.1e0", ".123", "-.500", "1.", "1.2345", "1000.000", "3.0"])
      expect(ask(cell), cell).toBe(false);
  });

  it("agrees with the pattern for every way to write a number", () => {
    for (const whole of ["0", "1", "12", "123", "1234", "012"])
      for (const decimals of ["", ".0", ".5", ".25", ".125", ".120", ".100", ".000", ".1250", ".12345"])
        for (const sign of ["", "-", "+"]) {
          const cell = sign + whole + decimals;
          expect(ask(cell), cell).toBe(/^[+-]?[1-9]\d{0,2}\.\d{3}$/.test(cell));
        }
  });
});
