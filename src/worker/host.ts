import { type LocalModel, loadHere, planMemoryHere, selfCheckHere } from '../engine/index.ts';
import { toErrorRecord, VitrineError } from '../lib/index.ts';
import { deleteCached, listCached } from '../weights/index.ts';
import {
  type CallMessage,
  type Calls,
  creditWindow,
  type Port,
  type Request,
  type Response,
} from './protocol.ts';

/** A call under way. */
interface Running {
  control: AbortController;
  /** Tokens that may still be sent, and who waits for more. */
  credit: number;
  wake: () => void;
  returned: boolean;
}

/** Serves calls with engines of this thread: the worker's side. */
export class Host {
  private readonly models = new Map<number, LocalModel>();
  private readonly running = new Map<number, Running>();
  private nextModel = 1;

  constructor(private readonly port: Port<Response, Request>) {
    port.listen((message) => this.take(message));
  }

  private take(message: Request): void {
    // What no client of this version sends goes unheard, or is refused if it asks for an answer.
    if (typeof message !== 'object' || message === null) return;
    switch (message.type) {
      case 'call':
        void this.serve(message);
        return;
      case 'abort': {
        const call = this.running.get(message.call);
        if (!call) return;
        if (message.kind === 'return') call.returned = true;
        else call.control.abort();
        call.wake();
        return;
      }
      case 'credit': {
        const call = this.running.get(message.call);
        if (!call) return;
        if (message.tokens > 0) call.credit += message.tokens;
        call.wake();
        return;
      }
      case 'dispose':
        this.models.get(message.model)?.dispose();
        this.models.delete(message.model);
    }
  }

  private async serve(message: CallMessage): Promise<void> {
    const { call } = message;
    const state: Running = {
      control: new AbortController(),
      credit: creditWindow,
      wake: () => {},
      returned: false,
    };
    this.running.set(call, state);
    try {
      const value = await this.answer(message, state);
      const transfer = value instanceof Float32Array ? [value.buffer as ArrayBuffer] : [];
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

  private answer(message: CallMessage, state: Running): Promise<Calls[CallMessage['name']]['result']> {
    if (typeof message.args !== 'object' || message.args === null) throw misunderstood(message.name);
    switch (message.name) {
      case 'load':
        return this.load(message.call, message.args, state.control.signal);
      case 'logits':
        return this.model(message.args.model).logits(message.args.ids);
      case 'score':
        return this.model(message.args.model).score(message.args.textOrIds);
      case 'inspect':
        return this.model(message.args.model).inspect(message.args.textOrIds, message.args.what);
      case 'generate':
        return this.generate(message.call, message.args, state);
      case 'listCached':
        return listCached();
      case 'deleteCached':
        return deleteCached(message.args.id).then(() => undefined);
      case 'planMemory':
        return planMemoryHere(message.args.source, { ...message.args.options, signal: state.control.signal });
      case 'selfCheck':
        return selfCheckHere({ ...message.args.options, signal: state.control.signal });
      default:
        throw misunderstood((message as CallMessage).name);
    }
  }

  private async load(
    call: number,
    { source, options }: Calls['load']['args'],
    signal: AbortSignal,
  ): Promise<Calls['load']['result']> {
    const onProgress = progressOf(this.port, call);
    const { model, tokenizerTexts } = await loadHere(source, { ...options, signal, onProgress });
    const number = this.nextModel++;
    this.models.set(number, model);
    const { id, revision, config, dtype, adapter } = model;
    return {
      model: number,
      id,
      revision,
      config,
      dtype,
      adapter,
      tokenizer: tokenizerTexts,
      stats: model.stats(),
    };
  }

  private async generate(
    call: number,
    { model: number, prompt, options, assistant }: Calls['generate']['args'],
    state: Running,
  ): Promise<undefined> {
    const model = this.model(number);
    const assistantModel = assistant === undefined ? undefined : this.model(assistant);
    const { signal } = state.control;
    for await (const token of model.generate(prompt, { ...options, signal, assistantModel })) {
      this.port.post({ type: 'tokens', call, tokens: [token], stats: model.stats() });
      state.credit--;
      // Leaving the loop stops the generation; its state on the device stays for the next prompt.
      while (state.credit <= 0 && !state.returned && !signal.aborted) {
        await new Promise<void>((resolve) => {
          state.wake = resolve;
        });
      }
      if (state.returned) break;
    }
    const { dtype, adapter } = model;
    this.port.post({ type: 'standing', model: number, dtype, adapter });
    return undefined;
  }

  private model(number: number): LocalModel {
    const model = this.models.get(number);
    if (!model) throw new VitrineError('disposed', 'The model was disposed. Load it again.');
    return model;
  }
}

function misunderstood(name: unknown): VitrineError {
  return new VitrineError(
    'invalid-argument',
    `Vitrine's worker does not understand a call of ${String(name)}. Load page and worker from one version.`,
  );
}

function progressOf(port: Port<Response, Request>, call: number) {
  return (progress: Extract<Response, { type: 'progress' }>['progress']) =>
    port.post({ type: 'progress', call, progress });
}
