/** A file made as it is read, for sizes that should not be on disk. */
export interface ServedFile {
  bytes: number;
  etag?: string;
  read(begin: number, end: number): Uint8Array;
  sha256(): Promise<string>;
}

/** A folder on disk, or a table of path to content. */
export type ServedFiles = string | Record<string, string | Uint8Array | ServedFile>;

export interface ServedRepo {
  /** Folder on disk; or give `files`. */
  folder?: string;
  files?: ServedFiles;
  /** 40 hex digits; made up from the names otherwise. */
  commit?: string;
  /** Names of revisions besides `main` and the commit, such as `refs/pr/1`. */
  refs?: string[];
  /** Needs `Authorization: Bearer <token>`. */
  gated?: boolean;
  /** Default `hf_test`. */
  token?: string;
  /** Which files are in large-file storage. Default: *.safetensors and *.bin. */
  lfs?(path: string): boolean;
  /** Digests to claim in place of the true ones. */
  sha256?: Record<string, string>;
}

export interface HubServerOptions {
  repos?: Record<string, ServedRepo>;
  /** Plain folders, at `/{name}/`; they may hold a site. */
  folders?: Record<string, ServedFiles>;
  /** Port of the hub; any free one otherwise. */
  port?: number;
  /** Let nobody see the headers that other origins are not always allowed to see. */
  hideHeaders?: boolean;
  /** As mirrors without the hub's API are. */
  noApi?: boolean;
  /** How long a signed address works. Default an hour. */
  signedForMs?: number;
  /** How often a signed address works. Default once. */
  signedUses?: number;
  /** Bytes written at once. Default 64 KiB. */
  pieceBytes?: number;
  /** Wait after each piece. */
  delayMs?: number;
  /** Called as bytes go out. */
  onSend?(path: string, bytes: number): void;
  isolate?: boolean;
}

/** A misbehaviour. Without `path` it strikes every file; `times` is how often, default always. */
export type Fault = { path?: string; times?: number } & (
  | { kind: 'cut'; after: number }
  | { kind: 'stall'; after: number }
  | { kind: 'short'; after: number }
  | { kind: 'status'; status: number; retryAfter?: number | string }
  | { kind: 'ignore-range' }
  | { kind: 'html' }
  | { kind: 'flip'; offset: number }
);

export interface ServedRequest {
  path: string;
  method: string;
  /** [begin, end) that was asked for, cut to the file. */
  range: [number, number] | undefined;
  authorization: string | undefined;
  ifRange: string | undefined;
  /** Body bytes the answer was to have. */
  asked: number;
  /** Body bytes written. */
  sent: number;
}

export interface HubServer {
  /** Base URL of the hub. */
  readonly hub: string;
  /** Base URL of the storage that large files redirect to. */
  readonly storage: string;
  readonly requests: ServedRequest[];
  folderUrl(name: string): string;
  commit(id: string): string;
  /** Adds a repository, or replaces it by a newer commit. */
  addRepo(id: string, repo: ServedRepo): void;
  addFolder(name: string, files: ServedFiles): void;
  /** Sets a fault; returns how to lift it. */
  fault(fault: Fault): () => void;
  clearFaults(): void;
  /** Every connection is dropped until `up`. */
  down(): void;
  up(): void;
  /** Body bytes written for a path, over all requests. */
  sent(path: string): number;
  /** Body bytes asked for. */
  asked(path: string): number;
  /** Forgets the requests counted so far. */
  forget(): void;
  close(): Promise<void>;
}

/** A repository as it is served. */
export interface HeldRepo extends Omit<ServedRepo, 'files'> {
  id: string;
  files: Map<string, ServedFile>;
  commit: string;
  isLfs(path: string): boolean;
  revisions: Set<string>;
}

/** What a hub server holds while it runs. */
export interface HubState {
  options: HubServerOptions;
  repos: Map<string, HeldRepo>;
  folders: Map<string, Map<string, ServedFile>>;
  signed: Map<string, { files: Map<string, ServedFile>; path: string; expires: number; uses: number }>;
  faults: SetFault[];
  requests: ServedRequest[];
  open: boolean;
  origins: { hub: string; storage: string };
}

export type SetFault = Fault & { times: number };
