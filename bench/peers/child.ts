// A peer's process as seen from outside: one line of JSON asks, one line answers.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

export interface Reply {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly losses?: readonly number[];
}

type Message = Partial<Reply> & { readonly version?: string; readonly error?: string };

export class Child {
  version = "";
  private readonly lines: Interface;
  private constructor(private readonly process: ChildProcess) {
    this.lines = createInterface({ input: process.stdout! });
  }

  /** Starts `command`, which answers with its version when it is ready. */
  static async start(command: readonly string[], seconds: number): Promise<Child> {
    const [program, ...rest] = command;
    const child = new Child(spawn(program!, rest, { stdio: ["pipe", "pipe", "pipe"] }));
    try {
      child.version = (await child.answer(seconds)).version ?? "";
      return child;
    } catch (error) {
      child.stop();
      throw error;
    }
  }

  /** Asks for `steps` steps; throws if the answer is an error or takes longer than `seconds`. */
  async ask(question: { losses: number } | { train: number }, seconds: number): Promise<Reply> {
    this.process.stdin!.write(`${JSON.stringify(question)}\n`);
    return (await this.answer(seconds)) as Reply;
  }

  stop(): void {
    this.lines.close();
    this.process.kill("SIGKILL");
  }

  private async answer(seconds: number): Promise<Message> {
    const message = await new Promise<Message>((resolve, reject) => {
      const complaints: string[] = [];
      const collect = (text: Buffer) => void complaints.push(String(text));
      const onLine = (line: string) => finish(() => resolve(JSON.parse(line) as Message));
      const onExit = () =>
        finish(() => reject(new Error(`it ended: ${complaints.join("").trim().split("\n").at(-1)}`)));
      const timer = setTimeout(() => finish(() => reject(new Error(`no answer within ${seconds} s`))), seconds * 1e3);
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.lines.off("line", onLine);
        this.process.off("close", onExit).off("error", reject).stderr!.off("data", collect);
        settle();
      };
      this.lines.once("line", onLine);
      this.process.once("close", onExit).once("error", reject).stderr!.on("data", collect);
    });
    if (message.error !== undefined) throw new Error(message.error);
    return message;
  }
}
