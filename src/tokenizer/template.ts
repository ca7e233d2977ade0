import { isObject, type JsonObject, mismatch, property, quote, readId, unsupported } from './json.ts';
import { steps } from './steps.ts';

const file = 'tokenizer.json';
/** A template names one token or two; more than this is no template. */
const mostTemplateIds = 16;

/** The ids of one special token of a template. */
function templateIds(step: JsonObject, piece: JsonObject): number[] {
  const name = property(piece, 'id');
  const table = property(step, 'special_tokens');
  const entry = isObject(table) && typeof name === 'string' ? property(table, name) : undefined;
  const ids: unknown = isObject(entry) ? property(entry, 'ids') : undefined;
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > mostTemplateIds)
    throw mismatch(`${file} has a template that names ${quote(name)} without its ids.`);
  return ids.map((id: unknown) => readId(id, String(name), file));
}

function templateStart(step: JsonObject): number[] {
  const single = property(step, 'single');
  if (!Array.isArray(single)) throw mismatch(`${file} has a template without pieces.`);
  const before: number[] = [];
  for (const piece of single) {
    const token = isObject(piece) ? property(piece, 'SpecialToken') : undefined;
    if (!isObject(token)) break;
    before.push(...templateIds(step, token));
  }
  return before;
}

/** `cls: [text, id]` of BERT's and RoBERTa's post-processors. */
function classIds(step: JsonObject): number[] {
  const pair = property(step, 'cls');
  if (!Array.isArray(pair)) throw mismatch(`${file} has a post-processor without cls.`);
  return [readId(pair[1], String(pair[0]), file)];
}

/**
 * The ids that the template for one text puts before it. Those after the text are not read: a model writes on there.
 * @throws VitrineError `unsupported-format` for another post-processor
 */
export function readTemplate(root: JsonObject): number[] {
  return steps(property(root, 'post_processor'), 'processors', 'post-processor').flatMap((step) => {
    const type = property(step, 'type');
    if (type === 'ByteLevel') return [];
    if (type === 'TemplateProcessing') return templateStart(step);
    if (type === 'BertProcessing' || type === 'RobertaProcessing') return classIds(step);
    throw unsupported(`${file} uses the post-processor ${quote(type)}.`);
  });
}
