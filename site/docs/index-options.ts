// What the build and the search page must agree on.
import type { Options } from "minisearch";

/** A section of a page, or an entry of the API reference. */
export interface Section {
  readonly id: number;
  readonly title: string;
  readonly page: string;
  /** From the folder of the documentation. */
  readonly address: string;
  readonly text: string;
}

export const INDEX_OPTIONS: Options<Section> = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "address", "text"],
  searchOptions: {
    boost: { title: 4, page: 2 },
    prefix: true,
    fuzzy: (word) => (word.length > 5 ? 0.15 : false),
    combineWith: "AND",
  },
};
