import type { Model } from '../../engine/index.ts';
import type { TextToken } from './document.ts';
import type { Services } from './environment.ts';
import { editsOf, samePart } from './inside-changes.ts';
import { questionKey, questions } from './inside-questions.ts';
import type { InsideActions, InsideData, InsideState, Question } from './inside-types.ts';
import type { Changes } from './model-changes.ts';
import { tokenize } from './model-text.ts';
import type { PageStore } from './page-state.ts';
import { contextOf } from './scoring-slice.ts';
import { currentVersion } from './selectors.ts';
import { generateOptions } from './settings.ts';
import type { Slice } from './slice.ts';

export const initialInside: InsideState = {
  tab: 'attention',
  head: null,
  from: null,
  off: [],
  steering: { plus: '', minus: '', layer: 0, strength: 0 },
  target: '',
  foil: '',
  clean: '',
  sites: 'resid_pre',
  cell: null,
  answers: {},
  busy: {},
  written: null,
  problem: null,
};

/** Tokens of each text that is written beside the one on screen. */
const comparedTokens = 40;

/** The tokens that the model reads to go on from the end of these. */
function readTokens(tokens: readonly TextToken[], positions: number): readonly TextToken[] {
  const ids = tokens.map((token) => token.id);
  return tokens.slice(tokens.length - (contextOf(ids, positions, true)?.length ?? 0));
}

/** What the model reads of the text on screen. */
function textOf(store: PageStore, model: Model) {
  const { tokens } = tokenize(currentVersion(store.getState()), model);
  const read = readTokens(tokens, model.config.nPositions);
  return { ids: read.map(({ id }) => id), texts: read.map(({ text }) => text) };
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const changeInside = (store: PageStore, some: Partial<InsideState>) =>
  store.setState(({ inside }) => ({ inside: { ...inside, ...some } }));

/** Puts questions to the model, several at a time; of one that is asked again only the last answer counts. */
function createAsking(store: PageStore, { model: owner, environment }: Services) {
  const asked = new Map<Question, number>();
  const setBusy = (question: Question, busy: boolean) =>
    changeInside(store, { busy: { ...store.getState().inside.busy, [question]: busy } });
  return async (question: Question): Promise<void> => {
    const model = owner.current;
    if (!model) return;
    const turn = (asked.get(question) ?? 0) + 1;
    asked.set(question, turn);
    const isLast = () => asked.get(question) === turn;
    setBusy(question, true);
    const begun = environment.now();
    try {
      const text = textOf(store, model);
      if (text.ids.length === 0) return;
      const { inside, model: of } = store.getState();
      const key = questionKey(question, inside);
      const value = await questions[question](model, text.ids, inside);
      if (!isLast() || owner.current !== model) return;
      const { answers } = store.getState().inside;
      const at = environment.now();
      changeInside(store, {
        answers: { ...answers, [question]: { ...text, of, key, value, at, took: at - begun } },
        problem: null,
      });
    } catch (error) {
      if (isLast() && owner.current === model) changeInside(store, { problem: problemOf(error) });
    } finally {
      if (isLast()) setBusy(question, false);
    }
  };
}

export const createInsideSlice: Slice<InsideData & InsideActions> = (services) => (set, get, store) => ({
  inside: initialInside,
  savedSteering: [],
  setInside: (some) => changeInside(store, some),
  ask: createAsking(store, services),
  togglePart(part) {
    const { off } = get().inside;
    const rest = off.filter((other) => !samePart(other, part));
    changeInside(store, { off: rest.length < off.length ? rest : [...off, part], written: null });
  },
  async writeBeside(changes) {
    const model = services.model.current;
    if (model) await writeBeside(store, model, changes, services.environment.seed());
  },
  saveSteering: (name) =>
    set(({ inside, savedSteering }) => ({
      savedSteering: [...savedSteering.filter((saved) => saved.name !== name), { ...inside.steering, name }],
    })),
  forgetSteering: (name) =>
    set(({ savedSteering }) => ({ savedSteering: savedSteering.filter((saved) => saved.name !== name) })),
});

/** Writes both texts. It ends where what it shows is cleared: by another change, or by another model. */
async function writeBeside(store: PageStore, model: Model, changes: Changes, drawn: number): Promise<void> {
  const { settings, inside } = store.getState();
  if (inside.written?.busy) return;
  const { ids } = textOf(store, model);
  const seed = settings.seed ?? drawn;
  const control = new AbortController();
  const { signal } = control;
  const options = { ...generateOptions(settings, seed), n: 1, maxNewTokens: comparedTokens, signal };
  let shown = { plain: '', changed: '', changes, busy: true };
  changeInside(store, { written: shown, problem: null });
  const show = (some: Partial<typeof shown>, problem: string | null = null) => {
    if (store.getState().inside.written !== shown) return control.abort();
    shown = { ...shown, ...some };
    changeInside(store, { written: shown, problem });
  };
  try {
    const edits = await editsOf(model, changes);
    for await (const token of model.generate(ids, options)) show({ plain: shown.plain + token.text });
    for await (const token of model.generate(ids, { ...options, edits }))
      show({ changed: shown.changed + token.text });
    show({ busy: false });
  } catch (error) {
    show({ busy: false }, problemOf(error));
  }
}
