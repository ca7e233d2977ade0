import type { GeneratedToken, GenerateOptions, Model } from '../../src/engine/index.ts';
import { Caller } from '../../src/worker/caller.ts';
import { Host } from '../../src/worker/host.ts';
import type { Port, Request, Response } from '../../src/worker/protocol.ts';
import { loadRemote } from '../../src/worker/remote-model.ts';
import { channel } from './channel.ts';
import { modelFiles } from './model-files.ts';

const names = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];
/** Files of the smallest model. */
export const sources = () => modelFiles('test/golden/bf16', names);
/** Greedy, a dozen tokens. */
export const options = { temperature: 0, eos: false, maxNewTokens: 12 };

/** A host with a client, and what either has sent. */
export function connected() {
  const [client, host] = channel();
  const requests: Request[] = [];
  const responses: Response[] = [];
  const heard = <Message>(list: Message[], post: (message: Message) => void) => ({
    post: (message: Message) => {
      list.push(message);
      post(message);
    },
  });
  new Host({ ...host, ...heard(responses, host.post) } as Port<Response, Request>);
  const port = { ...client, ...heard(requests, client.post) } as Port<Request, Response>;
  const caller = new Caller(port);
  const load = async (signal?: AbortSignal, source?: File[]) => {
    const given = { source: source ?? (await sources()), options: { backend: 'cpu', cache: false } } as const;
    return loadRemote(caller, given.source, given.options, { signal });
  };
  return { caller, port, requests, responses, load };
}

/** Ids of a whole generation. */
export async function collect(
  model: Model,
  more: GenerateOptions = {},
  prompt: string | number[] = [5, 6, 7],
) {
  const tokens: GeneratedToken[] = [];
  for await (const token of model.generate(prompt, { ...options, ...more })) tokens.push(token);
  return tokens.map(({ id }) => id);
}
