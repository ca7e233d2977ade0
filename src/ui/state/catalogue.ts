import { publishedSampling, type SamplingOptions } from '../../sampling/index.ts';
import { bundledModels, type KnownModel, knownModels } from '../../weights/index.ts';
import { messages } from '../messages/index.ts';
import { modelWords } from '../messages/models.ts';

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

const licences: Record<string, string> = { mit: 'MIT', 'apache-2.0': 'Apache-2.0' };

function entryOf(known: KnownModel): CatalogueEntry {
  const { id, revision, licence, language, parameters, checksums } = known;
  const knownBytes = checksums?.files.reduce((sum, file) => sum + file.bytes, 0) ?? known.fileBytes;
  return {
    id,
    source: revision ? `${id}@${revision}` : id,
    name: modelWords[id]?.name ?? id.split('/').at(-1) ?? id,
    note: modelWords[id]?.note ?? known.special,
    language,
    parameters,
    context: known.shape.positions,
    licence: licence ? (licences[licence] ?? licence) : messages.models.licence,
    downloadBytes: knownBytes ?? known.f32Bytes,
    exactBytes: knownBytes !== undefined,
  };
}

const entries = [...bundledModels, ...knownModels].map(entryOf);

/** The sampling options in the card of a well-known model; none where it says nothing of them. */
export function cardSampling(id: string): SamplingOptions {
  return publishedSampling(knownModels.find((known) => known.id === id)?.example);
}

/** Shown at once. */
export const catalogue: readonly CatalogueEntry[] = entries.filter(({ id }) => id in modelWords);

/** Shown on request. */
export const moreModels: readonly CatalogueEntry[] = entries.filter(({ id }) => !(id in modelWords));
