// The part of pg that queues in PostgreSQL use; it has no types of its own.
declare module "pg" {
  interface Result {
    readonly rows: readonly Record<string, unknown>[];
    readonly rowCount: number | null;
  }
  interface Options {
    readonly connectionString: string;
    readonly connectionTimeoutMillis?: number;
    readonly max?: number;
    readonly keepAlive?: boolean;
  }
  class Client {
    constructor(options: Options);
    connect(): Promise<void>;
    query(text: string, values?: readonly unknown[]): Promise<Result>;
    on(event: "notification", listener: (message: { readonly payload?: string }) => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    end(): Promise<void>;
  }
  class Pool {
    constructor(options: Options);
    query(text: string, values?: readonly unknown[]): Promise<Result>;
    on(event: "error", listener: (error: Error) => void): this;
    end(): Promise<void>;
  }
  const pg: { readonly Client: typeof Client; readonly Pool: typeof Pool };
  export default pg;
  export { Client, Pool };
}
