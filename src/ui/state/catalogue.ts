import { bundledModels, type KnownModel, knownModels } from '../../weights/index.ts';

/** A model worth offering by name. */
export interface CatalogueEntry {
  /** Hub id without revision, as stored models are listed; or the bundled name. */
  id: string;
  /** What to load: the id, with the revision where it is not the main one. */
  source: string;
  name: string;
  note: string;
  language: string;
  parameters: number;
  context: number;
  licence: string;
  downloadBytes: number;
  /** False where the size is counted from the shape and the file may differ. */
  exactBytes: boolean;
}

/** What the page says of a model; everything it knows about one comes from the weights' own list. */
const words: Record<string, { name: string; note: string }> = {
  'tiny-tales': {
    name: 'Tiny tales',
    note: 'Comes with this page and writes folk tales, after a fashion.',
  },
  'distilbert/distilgpt2': { name: 'DistilGPT-2', note: 'Half the layers of GPT-2, twice as fast.' },
  'openai-community/gpt2': { name: 'GPT-2', note: 'The small one of 2019, the one everybody means.' },
  'openai-community/gpt2-medium': { name: 'GPT-2 medium', note: 'Keeps a thread for longer.' },
  'openai-community/gpt2-large': {
    name: 'GPT-2 large',
    note: 'For a graphics card with a few gigabytes to spare.',
  },
  'openai-community/gpt2-xl': { name: 'GPT-2 XL', note: 'The whole of it, 6 GB to download.' },
};

const licences: Record<string, string> = { mit: 'MIT', 'apache-2.0': 'Apache-2.0' };

function entryOf(known: KnownModel): CatalogueEntry {
  const { id, revision, licence, language, parameters, checksums } = known;
  const knownBytes = checksums?.files.reduce((sum, file) => sum + file.bytes, 0) ?? known.fileBytes;
  return {
    id,
    source: revision ? `${id}@${revision}` : id,
    name: words[id]?.name ?? id.split('/').at(-1) ?? id,
    note: words[id]?.note ?? known.special,
    language,
    parameters,
    context: known.shape.positions,
    licence: licence ? (licences[licence] ?? licence) : 'licence: see the hub',
    downloadBytes: knownBytes ?? known.f32Bytes,
    exactBytes: knownBytes !== undefined,
  };
}

const entries = [...bundledModels, ...knownModels].map(entryOf);

/** Shown at once. */
export const catalogue: readonly CatalogueEntry[] = entries.filter(({ id }) => id in words);

/** Shown on request. */
export const moreModels: readonly CatalogueEntry[] = entries.filter(({ id }) => !(id in words));
