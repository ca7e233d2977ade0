import { VitrineError } from '../lib/index.ts';
import { Connection } from './connection.ts';
import type { RemoteOptions } from './options.ts';
import { type RemoteModel, ServerModel } from './remote-model.ts';
import { serverKind } from './servers.ts';
import { wrongAnswer } from './shapes.ts';
import { readTokenizer } from './tokenizer-source.ts';

/**
 * A model on a server with OpenAI's completions: vLLM, llama.cpp's, TGI, `vitrine serve`. Texts leave this machine.
 * It generates, and scores where the server echoes log-probabilities; it cannot be looked into.
 * @throws VitrineError `invalid-argument` naming the option; of the tokenizer's files; `not-found` where the server lists
 * its models and this one is not among them
 */
export async function remoteModel(options: RemoteOptions): Promise<RemoteModel> {
  const connection = new Connection(options);
  const [own, listed] = await Promise.all([readTokenizer(options), findListed(connection, options)]);
  const { model, extraParameters, tokenIds = true } = options;
  const kind = extraParameters ? { extraParameters, defaults: {} } : serverKind(listed?.owned_by);
  return new ServerModel(model, connection, own, kind, tokenIds);
}

/** What the server's list says of the model; undefined where the server has no list. */
async function findListed(
  connection: Connection,
  { model, signal }: RemoteOptions,
): Promise<Listed | undefined> {
  const answer = await connection
    .json(connection.url('models'), undefined, signal)
    .catch((error: unknown) => {
      // Some servers list nothing.
      if (error instanceof VitrineError && error.code === 'not-found') return undefined;
      throw error;
    });
  if (!answer) return undefined;
  if (!Array.isArray(answer.data)) throw wrongAnswer(connection.name, 'it has no list of models');
  const entries: readonly (Listed | null)[] = answer.data;
  const found = entries.find((entry) => entry?.id === model);
  if (found) return found;
  const names = entries.slice(0, 10).map((entry) => String(entry?.id));
  throw new VitrineError(
    'not-found',
    `${connection.name} has no model ${model}. It has ${names.join(', ')}.`,
  );
}

/** An entry of a server's list of models. */
interface Listed {
  id?: unknown;
  owned_by?: unknown;
}
