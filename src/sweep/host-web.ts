// In a page: no machine's name, no files.
export const hostName = (): string => "a page";

export const openFile = (): undefined => undefined;
