// What package.json maps by condition to one file for Node and another for browsers: both have these names.
declare module "#helpers" {
  export const startHelper: typeof import("./wasm/helpers-node.js").startHelper;
  export const countCores: typeof import("./wasm/helpers-node.js").countCores;
  export const maySleep: typeof import("./wasm/helpers-node.js").maySleep;
}

declare module "#worker" {
  export const startWorker: typeof import("./worker/start-node.js").startWorker;
  export const ownSource: typeof import("./worker/start-node.js").ownSource;
  export const startSource: typeof import("./worker/start-node.js").startSource;
}

declare module "#sweep-host" {
  export const hostName: typeof import("./sweep/host-node.js").hostName;
  export const openFile: typeof import("./sweep/host-node.js").openFile;
}

declare module "#worker-port" {
  export const ownPort: typeof import("./worker/port-node.js").ownPort;
}
