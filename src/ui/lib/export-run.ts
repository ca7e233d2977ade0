import { versionText } from '../state/document.ts';
import type { PageData } from '../state/page-state.ts';
import { currentVersion, runEnd } from '../state/selectors.ts';

/** A run as JSON: enough to repeat it, and to check that a repetition came out alike. */
export function exportRun(state: PageData, savedAt: string): string {
  const version = currentVersion(state);
  const { model, run, settings } = state;
  return JSON.stringify(
    {
      format: 'vitrine-run',
      version: 1,
      savedAt,
      model: model && { id: model.id, revision: model.revision, dtype: model.dtype, config: model.config },
      adapter: model?.adapter ?? null,
      settings: { ...settings, seed: run?.origin.seed ?? settings.seed },
      finishReason: runEnd(state),
      stats: run?.stats ?? null,
      text: versionText(version),
      ids: version.tokens.map((token) => token.id),
      tokens: version.tokens.map(({ id, text, origin, logprob, alternatives }) => {
        return { id, text, origin, logprob: Number.isNaN(logprob) ? null : logprob, alternatives };
      }),
    },
    null,
    1,
  );
}
