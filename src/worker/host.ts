import {
  type EngineModel,
  loadIdModel,
  type ModelCard,
  planMemoryHere,
  selfCheckHere,
  type TokenizerFacts,
} from '../engine/index.ts';
import { toErrorRecord, VitrineError } from '../lib/index.ts';
import {
  type CallMessage,
  type Calls,
  creditWindow,
  type ForwardedName,
  forwarded,
  type Port,
  type Request,
  type Response,
  readRequest,
} from './protocol.ts';
import { TokenSender } from './token-sender.ts';

/** A call in progress. */
interface Running {
  readonly call: number;
  readonly control: AbortController;
  /** Tokens that may still be sent. */
  credit: number;
  /** Wakes a generation that waits for credit. */
  wake(): void;
  /** The client's consumer has stopped reading. */
  returned: boolean;
  /** Resolves the tokenizer that a load waits for. */
  takeTokenizer(facts: TokenizerFacts): void;
}

/** The worker's side of the channel: serves calls with the engine of this thread. */
export class Host {
  private readonly models = new Map<number, EngineModel>();
  private readonly running = new Map<number, Running>();
  private nextModel = 1;

  constructor(private readonly port: Port<Response, Request>) {
    port.listen((message) => this.take(message));
  }

  /** Ignores messages that are not requests. */
  private take(message: unknown): void {
    const request = readRequest(message);
    if (!request) return;
    if (request.type === 'call') {
      void this.serve(request);
      return;
    }
    if (request.type === 'dispose') {
      this.models.get(request.model)?.dispose();
      this.models.delete(request.model);
      return;
    }
    const running = this.running.get(request.call);
    if (running) notify(running, request);
  }

  private async serve(message: CallMessage): Promise<void> {
    const { call } = message;
    const running: Running = {
      call,
      control: new AbortController(),
      credit: creditWindow,
      wake: () => {},
      returned: false,
      takeTokenizer: () => {},
    };
    this.running.set(call, running);
    try {
      const value = await this.answer(message, running);
      const transfer = [...buffersOf(value)];
      this.port.post({ type: 'result', call, value, ...this.statsOf(message) }, transfer);
    } catch (error) {
      this.port.post({ type: 'error', call, error: toErrorRecord(error) });
    } finally {
      this.running.delete(call);
    }
  }

  private statsOf(message: CallMessage) {
    if (!('model' in message.args)) return {};
    const model = this.models.get(message.args.model);
    return model ? { stats: model.stats() } : {};
  }

  private answer(message: CallMessage, running: Running): Promise<Calls[CallMessage['name']]['result']> {
    const { args } = message;
    const { signal } = running.control;
    if (typeof args !== 'object' || args === null) throw unknownCall(message.name);
    switch (message.name) {
      case 'load':
        return this.load(message.args, running);
      case 'generate':
        return this.generate(message.args, running);
      case 'setAdapter':
        return this.setAdapter(message.args);
      case 'planMemory':
        return planMemoryHere(message.args.source, { ...message.args.options, signal });
      case 'selfCheck':
        return selfCheckHere({ ...message.args.options, signal });
      default:
        return this.forward(message);
    }
  }

  private forward<Name extends ForwardedName>({
    name,
    args,
  }: CallMessage<Name>): Promise<Calls[Name]['result']> {
    if (!forwarded.includes(name) || !Array.isArray(args.parameters)) throw unknownCall(name);
    const model = this.model(args.model);
    return Reflect.apply(model[name], model, args.parameters);
  }

  private async load(
    { source, options }: Calls['load']['args'],
    running: Running,
  ): Promise<Calls['load']['result']> {
    const { call, control } = running;
    const { signal } = control;
    const model = await loadIdModel(
      source,
      { ...options, signal, onProgress: (progress) => this.port.post({ type: 'progress', call, progress }) },
      (files, vocabSize) => {
        this.port.post({ type: 'tokenizer', call, files, vocabSize });
        return new Promise((resolve, reject) => {
          running.takeTokenizer = resolve;
          const abort = () => reject(new VitrineError('aborted', 'Loading the model was aborted.'));
          if (signal.aborted) abort();
          else signal.addEventListener('abort', abort, { once: true });
        });
      },
    );
    const number = this.nextModel++;
    this.models.set(number, model);
    const { id, revision, config, card, dtype, adapter } = model;
    return { model: number, id, revision, config, card, dtype, adapter, stats: model.stats() };
  }

  private async setAdapter({ model, enabled }: Calls['setAdapter']['args']): Promise<ModelCard> {
    if (typeof enabled !== 'boolean')
      throw new VitrineError('invalid-argument', `enabled is ${String(enabled)}; use true or false.`);
    await this.model(model).setAdapter(enabled);
    return this.model(model).card;
  }

  private async generate(
    { model: number, ids, options, assistant }: Calls['generate']['args'],
    running: Running,
  ): Promise<Calls['generate']['result']> {
    const model = this.model(number);
    const other = assistant === undefined ? undefined : this.model(assistant);
    const { signal } = running.control;
    const sender = new TokenSender(
      (tokens, stats) => this.port.post({ type: 'tokens', call: running.call, tokens, stats }),
      () => model.stats(),
    );
    try {
      for await (const token of model.generate(ids, { ...options, signal }, other)) {
        sender.push(token);
        running.credit--;
        if (running.credit <= 0) sender.flush();
        while (running.credit <= 0 && !running.returned && !signal.aborted) {
          await new Promise<void>((resolve) => {
            running.wake = resolve;
          });
        }
        // Leaving the loop stops the generation; the KV cache stays for the next prompt.
        if (running.returned) break;
      }
    } finally {
      sender.flush();
    }
    return { dtype: model.dtype, adapter: model.adapter };
  }

  private model(number: number): EngineModel {
    const model = this.models.get(number);
    if (!model) throw new VitrineError('disposed', 'The model was disposed. Load it again.');
    return model;
  }
}

/** The memory of all typed arrays in a result, which is moved instead of copied. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (value instanceof Float32Array) found.add(value.buffer as ArrayBuffer);
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) if (typeof part === 'object') buffersOf(part, found);
  return found;
}

/** Passes a message on to the call it is about. */
function notify(
  running: Running,
  request: Extract<Request, { type: 'abort' | 'credit' | 'tokenizer' }>,
): void {
  if (request.type === 'tokenizer') running.takeTokenizer(request.facts);
  else if (request.type === 'credit') running.credit += request.tokens;
  else if (request.kind === 'return') running.returned = true;
  else running.control.abort();
  running.wake();
}

function unknownCall(name: unknown): VitrineError {
  return new VitrineError(
    'invalid-argument',
    `Vitrine's worker does not know the call ${String(name)}. Load page and worker from one version.`,
  );
}
