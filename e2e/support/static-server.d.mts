export interface StaticServer {
  readonly port: number;
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}
export interface StaticServerOptions {
  mounts?: Record<string, string>;
  pages?: Record<string, { html: string; headers?: Record<string, string> }>;
  headers?: Record<string, string>;
  port?: number;
}
export function startStaticServer(options?: StaticServerOptions): Promise<StaticServer>;
