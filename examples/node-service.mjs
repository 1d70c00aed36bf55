// A service that trains on request and answers meanwhile. Run: node examples/node-service.mjs [port]
//   curl -X POST localhost:8080/train -d '{ "x": [[0,0],[0,1],[1,0],[1,1]], "y": [0,1,1,0], "epochs": 2000 }'
//   curl localhost:8080/status
//   curl -X POST localhost:8080/predict -d '{ "x": [[0,1]] }'
import { createServer } from "node:http";
import { adam, createNetwork, RelumineError, traceDeaths } from "relumine/worker";

let network; // lives in a worker_thread: this thread only passes messages on
let status = { state: "untrained" };

async function train({ x, y, epochs = 100 }) {
  const made = await createNetwork({
    inputs: x?.[0]?.length,
    layers: [{ units: 16 }, { units: 1 }],
    loss: "binaryCrossEntropy",
  });
  await network?.dispose();
  network = made;
  status = { state: "training", epoch: 0 };
  const trace = traceDeaths();
  const callbacks = [trace, { onProgress: ({ epoch, loss }) => (status = { state: "training", epoch, loss }) }];
  const { epochs: logs } = await made.fit({ x, y }, { epochs, optimizer: adam({ learningRate: 0.01 }), callbacks });
  return (status = {
    state: "trained",
    ...logs.at(-1),
    deaths: trace.deaths.map(({ explanation }) => explanation),
  });
}

async function predict({ x }) {
  if (!network) throw new RelumineError("value", "network", "to be trained", "none: POST to /train first");
  return Array.from((await network.predict(x)).data);
}

const routes = { "POST /train": train, "POST /predict": predict, "GET /status": () => status };

async function answer(request) {
  const route = routes[`${request.method} ${request.url}`];
  if (!route) return [404, { error: `there are ${Object.keys(routes).join(", ")}` }];
  try {
    const body = (await request.toArray()).join("");
    return [200, await route(JSON.parse(body || "{}"))];
  } catch (error) {
    const isCallers = error instanceof RelumineError || error instanceof SyntaxError;
    return [isCallers ? 400 : 500, { error: error.message }];
  }
}

createServer(async (request, response) => {
  const [code, value] = await answer(request);
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
}).listen(Number(process.argv[2] ?? 8080), "localhost", function () {
  console.log(`http://localhost:${this.address().port}`);
});
