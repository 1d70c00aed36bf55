/** Vite's: where a file is served. */
declare module "*?url" {
  const url: string;
  export default url;
}
