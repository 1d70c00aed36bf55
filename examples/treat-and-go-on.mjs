// A network that a large negative starting bias has closed: diagnosed, its bias lifted, trained on, and the treatment
// undone.
import { adam, createNetwork, diagnose, treat } from "relumine";

const x = Array.from({ length: 400 }, (_, i) => [((i % 20) - 9.5) / 10, (Math.floor(i / 20) - 9.5) / 10]);
const y = x.map(([a, b]) => Number(a * a + b * b < 0.5));
const layers = [{ units: 16, biasInitializer: -2 }, { units: 1 }];
const network = await createNetwork({ inputs: 2, layers, loss: "binaryCrossEntropy" }, { arithmetic: "reproducible" });
const learn = () => network.fit({ x, y }, { epochs: 30, optimizer: adam({ learningRate: 0.01 }) });

await learn();
console.log("untreated:", diagnose(network, x).dead, "dead, accuracy", network.evaluate({ x, y }).accuracy.toFixed(2));

const treatment = await treat(network, x, { kind: "liftBias", activity: 0.25 });
console.log("treated:", treatment.after.dead, "dead, outputs changed by", treatment.outputChange);

await learn();
console.log("trained on:", diagnose(network, x).dead, "dead, accuracy", network.evaluate({ x, y }).accuracy.toFixed(2));

treatment.undo();
console.log("undone:", diagnose(network, x).dead, "dead, accuracy", network.evaluate({ x, y }).accuracy.toFixed(2));
network.dispose();

// It prints:
// untreated: 13 dead, accuracy 0.69
// treated: 0 dead, outputs changed by 0
// trained on: 0 dead, accuracy 0.99
// undone: 13 dead, accuracy 0.69
