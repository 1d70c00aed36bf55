// Every figure's worker: the first message is the figure's number, all others are its engine's.
import { ENGINES } from "./list.js";
import { tellRejections } from "./parts/tell-rejections.js";

const host = globalThis as unknown as Pick<Worker, "postMessage" | "onmessage">;
let take: Promise<(message: never) => void> | undefined;

host.onmessage = ({ data }: MessageEvent) => {
  if (take) void take.then((act) => act(data as never));
  else
    take = ENGINES[data as number]().then(({ serve }) =>
      serve((reply, transfer) => host.postMessage(reply, transfer ?? [])),
    );
};

tellRejections();
