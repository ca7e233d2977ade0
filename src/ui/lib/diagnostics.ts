import type { PageData } from '../state/page-state.ts';

/**
 * What somebody needs to help, as JSON: device, model, speeds, errors. Never a word of the text, a prompt, a stop
 * string, or the name of a local file.
 */
export function diagnostics(state: PageData, userAgent: string): string {
  const { model, run, error, selfCheck, settings } = state;
  const { stop: _stop, logitBias: _bias, ...sampling } = settings;
  const { kind } = state.request ?? {};
  return JSON.stringify(
    {
      vitrine: 1,
      userAgent,
      phase: state.phase,
      model: model && {
        id: kind === 'files' ? 'local files' : kind === 'server' ? 'on a server' : model.id,
        revision: model.revision,
        dtype: model.dtype,
        config: model.config,
      },
      adapter: model?.adapter ?? null,
      run: run && {
        tokens: run.tokens,
        firstTokenMs: run.firstTokenMs,
        tokensPerSecond: run.tokensPerSecond,
        finishReason: run.finishReason,
        stats: run.stats,
      },
      sampling,
      selfCheck: selfCheck.report,
      // Messages name files and settings, which is what they are for; while writing they might name text.
      error: error && {
        code: error.code,
        during: error.during,
        message: error.during === 'load' ? error.message : null,
      },
    },
    null,
    2,
  );
}
