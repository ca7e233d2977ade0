import type { Constraint } from '../constraint/index.ts';
import { badRequest } from './errors.ts';
import type { CompletionCreateParams } from './types.ts';

/**
 * What the text must match, by `response_format` as OpenAI has it or `structured_outputs` as vLLM has it; undefined for
 * any text.
 * @throws APIError with status 400 naming the parameter
 */
export function constraintOf(params: CompletionCreateParams): Constraint | undefined {
  const format = params.response_format ?? undefined;
  const structured = params.structured_outputs ?? undefined;
  if (format !== undefined && structured !== undefined)
    throw badRequest('response_format and structured_outputs exclude each other.', 'structured_outputs');
  return format === undefined ? structuredOutputs(structured) : responseFormat(format);
}

function responseFormat(format: unknown): Constraint | undefined {
  const { type, json_schema: named } = (format ?? {}) as { type?: unknown; json_schema?: unknown };
  if (type === 'text') return undefined;
  if (type === 'json_object') return { jsonSchema: { type: 'object' } };
  const schema =
    typeof named === 'object' && named !== null ? (named as { schema?: unknown }).schema : undefined;
  if (type === 'json_schema' && typeof schema === 'object' && schema !== null) return { jsonSchema: schema };
  throw badRequest(
    "response_format must be { type: 'text' }, { type: 'json_object' } or { type: 'json_schema', json_schema: { schema } }.",
    'response_format',
  );
}

function structuredOutputs(given: unknown): Constraint | undefined {
  if (given === undefined) return undefined;
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : [];
  const [[name, value] = ['', undefined], ...others] = entries.filter(([, each]) => each !== null);
  if (others.length === 0 && name === 'regex' && typeof value === 'string') return { regex: value };
  if (others.length === 0 && name === 'json' && typeof value === 'object') return { jsonSchema: value };
  if (others.length === 0 && name === 'choice' && Array.isArray(value)) return { choices: value };
  throw badRequest(
    'structured_outputs must be { json: a schema }, { regex: a string } or { choice: a list of texts }.',
    'structured_outputs',
  );
}
