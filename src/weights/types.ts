/** Where a model comes from: a bundled name, hub id (`owner/name@revision`), folder URL, or local files. */
export type ModelSource = string | File[];

export type Dtype =
  | 'BOOL'
  | 'F4'
  | 'F6_E2M3'
  | 'F6_E3M2'
  | 'U8'
  | 'I8'
  | 'F8_E5M2'
  | 'F8_E4M3'
  | 'F8_E8M0'
  | 'F8_E4M3FNUZ'
  | 'F8_E5M2FNUZ'
  | 'I16'
  | 'U16'
  | 'F16'
  | 'BF16'
  | 'I32'
  | 'U32'
  | 'F32'
  | 'C64'
  | 'F64'
  | 'I64'
  | 'U64';

/** One tensor of a checkpoint: what it is and which bytes of which file hold it. */
export interface TensorInfo {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /** Path of the file in the checkpoint; empty for a tensor of zeros that no file holds. */
  file: string;
  /** Byte range [begin, end) from the start of that file; begin may be odd. */
  begin: number;
  end: number;
  /** The sink receives the transpose of `shape`, row by row: as nn.Linear saves a matrix that Conv1D saves [in, out]. */
  transposed?: boolean;
  /** How the values lie in the file, where they are not `dtype` in row-major order. The sink never sees this. */
  stored?: StoredLayout;
  /** The tensor as it is without the adapter that is merged into it: the sink receives it too, under its own name. */
  withoutAdapter?: TensorInfo;
}

/** Layout of a tensor's values in its file. */
export interface StoredLayout {
  /** F64 is rounded to F32 for the sink. */
  dtype: Dtype;
  /** Sizes and steps between values, in values from `begin`, in the order in which the sink receives them. */
  sizes: readonly number[];
  strides: readonly number[];
}

export type LoadPhase = 'config' | 'tokenizer' | 'header' | 'weights' | 'verify' | 'compile' | 'ready';

/** Progress of a load; rates and times are of the whole load, bytes of all its files. */
export interface LoadProgress {
  phase: LoadPhase;
  file: string;
  loadedBytes: number;
  totalBytes: number;
  /** Over the last seconds; 0 until known. */
  bytesPerSecond: number;
  /** Seconds left at that rate, or undefined until known. */
  secondsLeft?: number;
  fromCache: boolean;
  /** A notice for the user, such as `running from memory: storage is full`. */
  notice?: string;
}

export interface OpenOptions {
  /** Base URL of the hub; files are at `{hub}/{owner}/{name}/resolve/{revision}/{path}`. */
  hub?: string;
  /** For gated repositories: sent only to the hub's origin, in a header, and never stored. */
  token?: string;
  /** Keep and reuse files in the browser's storage. Default true. */
  cache?: boolean;
  /** Base URL of the bundled models, where `tiny-tales/config.json` is. */
  bundledBase?: string;
  /** Ask the hub for the newest commit even when a complete copy of the model is stored. Default false. */
  refresh?: boolean;
  /** Which GELU a nanoGPT checkpoint was trained with, as it does not say; `tanh` before June 2023. Default `erf`. */
  nanoGptGelu?: 'erf' | 'tanh';
  /** The model that a LoRA adapter is merged into, where its own config names none that can be found. */
  baseModel?: string;
  /** Give the sink the matrices that a LoRA adapter changes both with it and without it. Default false. */
  keepBase?: boolean;
  signal?: AbortSignal;
  onProgress?(progress: LoadProgress): void;
  /** How requests are made; the defaults suit the hub. */
  transport?: Partial<TransportOptions>;
}

/** Transport settings. Memory in use is about `(aheadChunks + 5) * chunkBytes`. */
export interface TransportOptions {
  /** Unit of storage, verification and resuming. Default 4 MiB. */
  chunkBytes: number;
  /** Chunks read ahead of what takes them. Default 3. */
  aheadChunks: number;
  /** Consecutive tries without a new byte before giving up. Default 6. */
  attempts: number;
  /** First wait before a retry; doubles each time, with jitter. Default 500. */
  backoffMs: number;
  /** A request that receives nothing for this long is retried. Default 30,000. */
  stallMs: number;
}

/** Contents of the tokenizer files that the repository has. */
export interface TokenizerTexts {
  tokenizerJson?: string;
  vocabJson?: string;
  mergesTxt?: string;
  tokenizerConfigJson?: string;
  specialTokensMapJson?: string;
  addedTokensJson?: string;
  /** vocab.txt of WordPiece, a token a line. */
  vocabTxt?: string;
  /** spiece.model or tokenizer.model of SentencePiece. */
  sentencePiece?: Uint8Array<ArrayBuffer>;
  /** meta.pkl of nanoGPT, where each character is a token. */
  characters?: CharacterVocabulary;
  /** The format has no tokenizer files of its own: GPT-2's tokenizer is used unless files are present. */
  usesGpt2Tokenizer?: boolean;
}

/** A vocabulary of characters: to ids and back. */
export interface CharacterVocabulary {
  stoi: Record<string, number>;
  itos: Record<number, string>;
}

/** Receives weight bytes: for each tensor wanted, its bytes in order, in pieces of any size. */
export interface WeightSink {
  /** `bytes` begins `offset` bytes into the tensor and is only valid until the promise settles. */
  write(tensor: TensorInfo, offset: number, bytes: Uint8Array<ArrayBuffer>): void | Promise<void>;
}

/** Facts about the checkpoint for display. */
export interface CheckpointCard {
  format: PublishedFormat;
  /** Files that hold the weights. */
  files: readonly string[];
  /** Prefix that a wrapper added to the tensor names. */
  strippedPrefix?: string;
  /** The LoRA adapter that was merged, and over what. */
  adapter?: { id: string; base: string; rank: number };
}

/** `safetensors` and `torch` are published with a config.json. */
export type PublishedFormat = 'safetensors' | 'torch' | 'nanogpt' | 'llm.c' | 'tensorflow';

/** A checkpoint whose config, tokenizer and tensor headers are read and validated; no weight byte is. */
export interface Checkpoint {
  /** As the user named it, without the revision. */
  readonly id: string;
  /** The pinned commit, or a digest of the files where there is no commit. */
  readonly revision: string;
  /** config.json, parsed but not validated. */
  readonly config: unknown;
  /** generation_config.json, or undefined. */
  readonly generationConfig: unknown;
  readonly tokenizer: TokenizerTexts;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Bytes of all weight files. */
  readonly totalBytes: number;
  /** Assumptions made, and harmless irregularities of the files. */
  readonly notices?: readonly string[];
  /** What was read. */
  readonly card?: CheckpointCard;
  /**
   * Streams the weights: network or cache -> sink, and beside it store and hash, a few chunks in flight.
   * Tensors for which `wanted` is false are verified and kept but never given to the sink.
   */
  stream(wanted: (tensor: TensorInfo) => boolean, sink: WeightSink): Promise<void>;
  /** Releases locks, readers and handles. Idempotent. */
  close(): void;
}

/** A model in the browser's storage. */
export interface CachedModel {
  id: string;
  revision: string;
  bytes: number;
  complete: boolean;
  files: { path: string; bytes: number; complete: boolean }[];
  /** Hub or folder it came from. */
  source?: string;
  /** Branch or tag it was asked for by; undefined for folders. */
  ref?: string;
  /** True when a newer revision has replaced it, so it can be deleted. */
  outdated?: boolean;
  /** Milliseconds since 1970. */
  storedAt?: number;
}

/** A file of a stored model being exported or imported. */
export interface ExportedFile {
  path: string;
  bytes: number;
  /** The bytes, each chunk checked before it is handed out. May be read once. */
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The browser's storage estimate. The quota is a hint, not a guarantee. */
export interface StorageReport {
  usage: number | null;
  /** Both null where the browser does not say. */
  quota: number | null;
  /** True when the browser will not clear this site's data by itself. */
  persisted: boolean;
  /** False where this page may not store anything. */
  available: boolean;
}
