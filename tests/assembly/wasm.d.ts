/** A file as a data: URL, by Vite. */
declare module "*.wasm?url&inline" {
  const url: string;
  export default url;
}
