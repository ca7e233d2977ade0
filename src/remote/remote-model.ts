import type {
  GeneratedToken,
  GenerateOptions,
  Model,
  ModelStats,
  Score,
  ScoreOptions,
} from '../engine/index.ts';
import { type OptionName, optionTable } from '../generation/index.ts';
import { checkOption, isAbort, VitrineError } from '../lib/index.ts';
import type { GPT2Config } from '../model/index.ts';
import type { Connection } from './connection.ts';
import { readEvents } from './events.ts';
import { RemoteGeneration } from './generation.ts';
import { isSupported, parametersOf } from './parameters.ts';
import { scoreRemotely } from './score.ts';
import type { ServerKind } from './servers.ts';
import { wrongAnswer } from './shapes.ts';
import { TokenIds } from './token-ids.ts';
import type { TokenizerOfModel } from './tokenizer-source.ts';

/** A model on a server. Texts that it reads leave this machine. */
export interface RemoteModel extends Model {
  readonly dtype: 'remote';
  /** Host and port of the server. */
  readonly server: string;
  /** False for an option of `generate` that is refused by name. */
  supports(option: OptionName): boolean;
}

/** Sends what is asked to the server. What a server cannot do is refused by name. */
export class ServerModel implements RemoteModel {
  readonly revision = '';
  readonly dtype = 'remote';
  private readonly gone = new AbortController();
  private readonly ids: TokenIds;
  private timeToFirstTokenMs = 0;
  private decodeTokensPerSecond = 0;

  constructor(
    readonly id: string,
    private readonly connection: Connection,
    private readonly own: TokenizerOfModel | undefined,
    private readonly kind: ServerKind,
    private readonly tokenIds: boolean,
  ) {
    this.ids = new TokenIds(own?.tokenizer);
  }

  get server(): string {
    return this.connection.name;
  }

  supports(option: OptionName): boolean {
    return isSupported(option, this.kind);
  }

  get config(): GPT2Config {
    if (this.own?.config) return this.own.config;
    throw new VitrineError(
      'config-unsupported',
      `The config of ${this.id} is not known here. Pass tokenizer, with a config.json of the GPT-2 family.`,
    );
  }

  get card(): never {
    throw this.cannot('card');
  }

  get adapter(): never {
    throw this.cannot('adapter');
  }

  encode(text: string): number[] {
    return this.tokenizer('encode').encode(text);
  }

  decode(ids: number[]): string {
    return this.tokenizer('decode').decode(ids);
  }

  async score(textOrIds: string | number[], options: ScoreOptions = {}): Promise<Score> {
    const { signal } = this.gone;
    this.check();
    const ids = typeof textOrIds === 'string' ? await this.idsOf(textOrIds) : textOrIds;
    if (ids.length === 0)
      throw new VitrineError('invalid-argument', 'The text is empty. Pass some text, or token ids.');
    const asked = checkOption('alternatives', options.alternatives ?? 0, optionTable.logprobs);
    return scoreRemotely(this.connection, this.id, ids, asked, this.ids, signal);
  }

  async *generate(prompt: string | number[], options: GenerateOptions = {}): AsyncGenerator<GeneratedToken> {
    this.check();
    const body = parametersOf(options, this.kind);
    const { name: server } = this.connection;
    const { n = 1, maxNewTokens, logprobs: alternatives = 0, stop } = options;
    if (maxNewTokens === 0) return;
    const asked = { server, n, maxNewTokens, alternatives, hasStops: (stop?.length ?? 0) > 0 };
    const generation = new RemoteGeneration(asked, this.ids);
    const signal = options.signal ? AbortSignal.any([options.signal, this.gone.signal]) : this.gone.signal;
    const begun = performance.now();
    let first = 0;
    let count = 0;
    try {
      for await (const chunk of this.chunks({ ...body, prompt }, signal)) {
        for (const token of generation.take(chunk)) {
          if (count++ === 0) first = performance.now();
          yield token;
        }
      }
      generation.end();
    } catch (error) {
      if (this.gone.signal.aborted) throw disposed();
      const left = isAbort(error) ? generation.abort() : [];
      if (left.length === 0) throw error;
      yield* left;
    } finally {
      if (count > 0) this.timeToFirstTokenMs = first - begun;
      if (count > 1) this.decodeTokensPerSecond = ((count - 1) * 1000) / (performance.now() - first);
    }
  }

  private async *chunks(body: object, signal: AbortSignal): AsyncGenerator<unknown> {
    const { connection, id: model } = this;
    const watchdog = connection.watchdog(signal);
    const asked = {
      model,
      ...body,
      stream: true,
      ...(this.tokenIds && { return_token_ids: true }),
    };
    try {
      const response = await connection.send(connection.url('completions'), asked, watchdog);
      yield* readEvents(response, connection, watchdog);
    } finally {
      watchdog.stop();
    }
  }

  private async idsOf(text: string): Promise<number[]> {
    if (this.own) return this.own.tokenizer.encode(text);
    const { connection, id: model } = this;
    // vLLM reads `prompt`, llama.cpp `content`.
    const body = { model, prompt: text, content: text, add_special_tokens: false };
    const answer = await connection
      .json(connection.url('tokenize', true), body, this.gone.signal)
      .catch((error: unknown) => {
        throw error instanceof VitrineError && error.code === 'not-found'
          ? this.withoutTokenizer('score of a text', error)
          : error;
      });
    const { tokens } = answer;
    if (!Array.isArray(tokens) || !tokens.every((id) => Number.isInteger(id) && id >= 0))
      throw wrongAnswer(connection.name, 'tokens are not token ids');
    return tokens;
  }

  private tokenizer(what: string) {
    this.check();
    if (!this.own) throw this.withoutTokenizer(what);
    return this.own.tokenizer;
  }

  private withoutTokenizer(what: string, cause?: unknown): VitrineError {
    return new VitrineError(
      'tokenizer-missing',
      `${what} needs the tokenizer of ${this.id}. Pass its files, folder or hub id as tokenizer.`,
      { cause },
    );
  }

  logits(): Promise<never> {
    return Promise.reject(this.cannot('logits'));
  }

  inspect(): Promise<never> {
    return Promise.reject(this.cannot('inspect'));
  }

  run(): Promise<never> {
    return Promise.reject(this.cannot('run'));
  }

  patch(): Promise<never> {
    return Promise.reject(this.cannot('patch'));
  }

  ablate(): Promise<never> {
    return Promise.reject(this.cannot('ablate'));
  }

  attribution(): Promise<never> {
    return Promise.reject(this.cannot('attribution'));
  }

  heads(): Promise<never> {
    return Promise.reject(this.cannot('heads'));
  }

  setAdapter(): Promise<never> {
    return Promise.reject(this.cannot('setAdapter'));
  }

  stats(): ModelStats {
    const { timeToFirstTokenMs, decodeTokensPerSecond } = this;
    const here = { gpuBytes: 0, prefillTokensPerSecond: 0, dispatchesPerToken: 0, submitsPerToken: 0 };
    return { ...here, timeToFirstTokenMs, decodeTokensPerSecond };
  }

  dispose(): void {
    this.gone.abort();
  }

  private check(): void {
    if (this.gone.signal.aborted) throw disposed();
  }

  private cannot(what: string): VitrineError {
    return new VitrineError(
      'invalid-argument',
      `${what} is not possible: ${this.id} is on a server. Load the model here.`,
    );
  }
}

function disposed(): VitrineError {
  return new VitrineError('disposed', 'The model was disposed. Connect to it again.');
}
