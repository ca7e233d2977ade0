import type { Model } from '../engine/index.ts';
import { completionChunks, joinChunks } from './complete.ts';
import { APIError, toApiError } from './errors.ts';
import { type CompletionRequest, parseRequest } from './request.ts';
import { Stream } from './stream.ts';
import type {
  Completion,
  CompletionCreateParams,
  CompletionCreateParamsNonStreaming,
  CompletionCreateParamsStreaming,
  ModelDescription,
} from './types.ts';

export interface RequestOptions {
  signal?: AbortSignal;
}

/** The part of OpenAI's client that a model which continues texts has. */
export interface Client {
  completions: {
    /** @throws APIError naming the parameter; APIUserAbortError when aborted */
    create(body: CompletionCreateParamsStreaming, options?: RequestOptions): Promise<Stream>;
    create(body: CompletionCreateParamsNonStreaming, options?: RequestOptions): Promise<Completion>;
    create(body: CompletionCreateParams, options?: RequestOptions): Promise<Completion | Stream>;
  };
  models: {
    list(): Promise<{ object: 'list'; data: ModelDescription[] }>;
    /** @throws APIError with status 404 */
    retrieve(id: string): Promise<ModelDescription>;
  };
}

export interface ClientOptions {
  /** The model's name in requests and answers. Default: its id. */
  name?: string;
}

/**
 * OpenAI's client for completions, over a loaded model instead of a server.
 * The model stays the caller's, who disposes it.
 */
export function createClient(model: Model, { name = model.id }: ClientOptions = {}): Client {
  const created = Math.floor(Date.now() / 1000);
  const description = (): ModelDescription => ({
    id: name,
    object: 'model',
    created,
    owned_by: 'vitrine',
    max_model_len: model.config.nPositions,
  });
  const create = async (body: CompletionCreateParams, options: RequestOptions = {}) => {
    const request = parseRequest(body);
    checkModel(body.model ?? name, name);
    return request.stream ? streamed(model, name, request, options) : whole(model, name, request, options);
  };
  return {
    completions: { create: create as Client['completions']['create'] },
    models: {
      list: async () => ({ object: 'list', data: [description()] }),
      retrieve: async (id) => {
        checkModel(id, name);
        return description();
      },
    },
  };
}

function checkModel(asked: unknown, id: string): void {
  if (asked === id) return;
  const message = `The model \`${String(asked)}\` does not exist; this is \`${id}\`.`;
  throw new APIError(404, {
    message,
    type: 'invalid_request_error',
    param: 'model',
    code: 'model_not_found',
  });
}

async function whole(
  model: Model,
  name: string,
  request: CompletionRequest,
  { signal }: RequestOptions,
): Promise<Completion> {
  try {
    return await joinChunks(completionChunks(model, name, request, signal));
  } catch (error) {
    throw toApiError(error);
  }
}

/** The first chunk is awaited, so that a request the model refuses is an error of the call. */
async function streamed(
  model: Model,
  name: string,
  request: CompletionRequest,
  { signal }: RequestOptions,
): Promise<Stream> {
  const controller = new AbortController();
  const both = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  const chunks = completionChunks(model, name, request, both);
  try {
    const first = await chunks.next();
    return new Stream(resume(first, chunks), controller);
  } catch (error) {
    throw toApiError(error);
  }
}

async function* resume(
  first: IteratorResult<Completion>,
  rest: AsyncGenerator<Completion>,
): AsyncGenerator<Completion> {
  try {
    if (!first.done) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
