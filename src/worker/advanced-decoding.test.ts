import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channel } from '../../test/support/channel.ts';
import { modelFiles } from '../../test/support/model-files.ts';
import { type GeneratedToken, type GenerateOptions, loadHere, type Model } from '../engine/index.ts';
import { Caller } from './caller.ts';
import { Host } from './host.ts';
import { loadRemote } from './remote-model.ts';

const names = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];

async function collect(model: Model, options: GenerateOptions) {
  const tokens: GeneratedToken[] = [];
  for await (const token of model.generate('Once upon a time, once upon a time', options)) tokens.push(token);
  return tokens;
}

describe('advanced decoding across the worker boundary', () => {
  const models: Model[] = [];
  const load = async (caller: Caller) => {
    const source = await modelFiles('public/models/tiny-tales', names);
    return loadRemote(caller, source, { backend: 'cpu', cache: false });
  };

  beforeAll(async () => {
    const [client, host] = channel();
    new Host(host);
    const caller = new Caller(client);
    models.push(await load(caller), await load(caller));
    const [other, elsewhere] = channel();
    new Host(elsewhere);
    models.push(await load(new Caller(other)));
    const source = await modelFiles('public/models/tiny-tales', names);
    models.push((await loadHere(source, { backend: 'cpu', cache: false })).model);
  }, 60_000);
  afterAll(() => {
    for (const model of models) model.dispose();
  });

  it('speculates by prompt lookup and with another model of the same worker', async () => {
    const [model, assistantModel] = models as [Model, Model];
    const options = { temperature: 0, eos: false, maxNewTokens: 24 };
    const expected = (await collect(model, options)).map(({ id }) => id);
    for (const more of [{ promptLookupNumTokens: 5 }, { assistantModel, numAssistantTokens: 3 }]) {
      const tokens = await collect(model, { ...options, ...more });
      expect(tokens.map(({ id }) => id)).toEqual(expected);
      expect(tokens.at(-1)?.speculation).toBeDefined();
    }
  });

  it('finds the same beams as the engine', async () => {
    const options = { numBeams: 3, n: 2, maxNewTokens: 6, lengthPenalty: 0.5 };
    expect(await collect(models[0] as Model, options)).toEqual(await collect(models[3] as Model, options));
  });

  it('refuses a model of another thread, a disposed one, itself, and wrong options', async () => {
    const [model, gone, elsewhere, here] = models as [Model, Model, Model, Model];
    const refused = (options: unknown) => expect(collect(model, options as GenerateOptions)).rejects;
    for (const assistantModel of [elsewhere, here, model, {}, 'gpt2', null])
      await refused({ assistantModel }).toMatchObject({ code: 'invalid-argument' });
    await refused({ numBeams: 20 }).toMatchObject({ code: 'invalid-argument' });
    await refused('greedy').toMatchObject({ code: 'invalid-argument' });
    await refused({ numBeam: 2 }).toMatchObject({ code: 'invalid-argument' });
    await refused({ promptLookupNumTokens: Number.NaN }).toMatchObject({ code: 'invalid-argument' });
    gone.dispose();
    await refused({ assistantModel: gone }).toMatchObject({ code: 'disposed' });
  });
});
