import type { AdapterSummary, GPT2Config, ModelCard, ModelSource, ModelStats } from '../engine/index.ts';
import { type IdModel, LoadedModel, tokenizerFacts, wrongAssistant } from '../engine/page/index.ts';
import type { IdGenerationOptions } from '../generation/index.ts';
import { defined, VitrineError } from '../lib/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { Caller, CallOptions } from './caller.ts';
import type { Calls, ForwardedName, ModelRecord, SentLoadOptions } from './protocol.ts';
import { TokenReceiver } from './token-receiver.ts';

/** Loads a model in the worker. The tokenizer is created here, while the worker loads the weights. */
export async function loadRemote(
  caller: Caller,
  source: ModelSource,
  options: SentLoadOptions,
  { signal, onProgress }: Pick<CallOptions, 'signal' | 'onProgress'> = {},
): Promise<LoadedModel> {
  let tokenizer: Tokenizer | undefined;
  const arriving = import('../tokenizer/index.ts');
  // Awaited below; a load that fails before must not leave an unhandled rejection.
  arriving.catch(() => {});
  const record = await caller.call(
    'load',
    { source, options },
    {
      signal,
      onProgress,
      createTokenizer: async (files, vocabSize) => {
        const { createTokenizer } = await arriving;
        tokenizer = await createTokenizer(files, { vocabSize });
        return tokenizerFacts(tokenizer);
      },
    },
  );
  return new LoadedModel(
    new RemoteModel(caller, record),
    defined(tokenizer, 'the tokenizer of a loaded model'),
  );
}

/** The worker's part of a model. */
export class RemoteModel implements IdModel {
  readonly id: string;
  readonly revision: string;
  readonly config: GPT2Config;
  readonly logits = this.forward('logits');
  readonly score = this.forward('score');
  readonly inspect = this.forward('inspect');
  readonly run = this.forward('run');
  readonly patch = this.forward('patch');
  readonly ablate = this.forward('ablate');
  readonly attribution = this.forward('attribution');
  readonly heads = this.forward('heads');
  card: ModelCard;
  dtype: string;
  adapter: AdapterSummary;
  private readonly number: number;
  private last: ModelStats;
  private disposed = false;

  constructor(
    private readonly caller: Caller,
    record: ModelRecord,
  ) {
    this.id = record.id;
    this.revision = record.revision;
    this.config = record.config;
    this.card = record.card;
    this.dtype = record.dtype;
    this.adapter = record.adapter;
    this.number = record.model;
    this.last = record.stats;
  }

  async *generate(ids: number[], options: IdGenerationOptions, assistant?: IdModel) {
    this.check();
    const { signal, ...sent } = options;
    const received = new TokenReceiver();
    let call = 0;
    const args = { model: this.number, ids, options: sent, assistant: this.numberOf(assistant) };
    const done = this.caller.call('generate', args, {
      signal,
      onNumber: (number) => {
        call = number;
      },
      onStats: (stats) => this.keepStats(stats),
      onTokens: (tokens) => received.push(tokens),
    });
    done.then(
      ({ dtype, adapter }) => {
        Object.assign(this, { dtype, adapter });
        received.end();
      },
      (error: unknown) => received.end({ error }),
    );
    try {
      yield* received.read((tokens) => this.caller.send({ type: 'credit', call, tokens }));
    } finally {
      if (!received.ended) this.caller.send({ type: 'abort', call, kind: 'return' });
    }
  }

  async setAdapter(enabled: boolean): Promise<void> {
    this.card = await this.request('setAdapter', { model: this.number, enabled });
  }

  stats(): ModelStats {
    return { ...this.last };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.last = { ...this.last, gpuBytes: 0 };
    this.caller.send({ type: 'dispose', model: this.number });
  }

  check(): void {
    if (this.disposed) throw new VitrineError('disposed', 'The model was disposed. Load it again.');
  }

  /** A method that runs in the worker as it is. */
  private forward<Name extends ForwardedName>(name: Name): IdModel[Name] {
    const method = (...parameters: unknown[]) =>
      this.request(name, { model: this.number, parameters } as Calls[Name]['args']);
    return method as IdModel[Name];
  }

  private async request<Name extends ForwardedName | 'setAdapter'>(name: Name, args: Calls[Name]['args']) {
    this.check();
    return this.caller.call(name, args, { onStats: (stats) => this.keepStats(stats) });
  }

  private keepStats(stats: ModelStats): void {
    if (!this.disposed) this.last = stats;
  }

  /** The worker's number of the assistant. */
  private numberOf(assistant: IdModel | undefined): number | undefined {
    if (assistant === undefined) return undefined;
    if (!(assistant instanceof RemoteModel) || assistant.caller !== this.caller) throw wrongAssistant();
    return assistant.number;
  }
}
