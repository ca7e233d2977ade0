import { dataFileName, prefixOf, shardCount } from '../formats/tensorflow.ts';
import { fileNames, type ListedFile } from './repository.ts';

/** Requests for files of a folder; what is found is kept in `files`. */
export interface Probing {
  files: Map<string, ListedFile>;
  /** Probes a small file and keeps its content. */
  whole(path: string): Promise<Headers | undefined>;
  /** Probes a weight file and keeps its first bytes. */
  head(path: string): Promise<Headers | undefined>;
}

/** Probes forms without config.json: a named checkpoint, nanoGPT's, OpenAI's release. */
export async function probeOtherForms(
  probing: Probing,
  named: string | undefined,
): Promise<Headers | undefined> {
  const { whole, head } = probing;
  const checkpoint = await head(named ?? fileNames.nanoGpt);
  if (checkpoint) {
    await whole(fileNames.characters);
    return checkpoint;
  }
  const hparams = await whole(fileNames.hparams);
  if (!hparams) return undefined;
  await Promise.all([whole(fileNames.encoderJson), whole(fileNames.vocabBpe), probeTensorflow(probing)]);
  return hparams;
}

/** Which files are missing is said when the checkpoint is read. */
async function probeTensorflow({ files, whole, head }: Probing): Promise<void> {
  await whole(fileNames.tensorflowCheckpoint);
  const checkpoint = files.get(fileNames.tensorflowCheckpoint)?.whole;
  const prefix = prefixOf(checkpoint && new TextDecoder().decode(checkpoint));
  await whole(`${prefix}.index`);
  const index = files.get(`${prefix}.index`)?.whole;
  const count = index ? shardCount(index, `${prefix}.index`) : 0;
  for (let shard = 0; shard < count; shard++) if (!(await head(dataFileName(prefix, shard, count)))) break;
}
