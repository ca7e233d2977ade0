import { type KeyboardEvent, type RefObject, useCallback, useLayoutEffect, useRef } from 'react';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { tokenAt, tokenOffsets, type Version, versionText } from '../state/document.ts';
import { takesIds } from '../state/model-text.ts';
import { Alternatives } from './alternatives.tsx';
import { Starters } from './starters.tsx';
import { TokenChips } from './token-chips.tsx';
import { TokenLayer } from './token-layer.tsx';
import { useLeads } from './use-comparison.ts';
import { type Inspector, useInspector } from './use-inspector.ts';
import { useLooks } from './use-looks.ts';

const words = messages.sheet;

/** Writes the text into the field without disturbing the caret when it only grew. */
function syncField(field: HTMLTextAreaElement, text: string): void {
  const before = field.value;
  if (before === text) return;
  if (text.startsWith(before))
    field.setRangeText(text.slice(before.length), before.length, before.length, 'preserve');
  else field.value = text;
}

/** Keeps the end of the text in view while it is being written, unless the reader scrolled up. */
function useFollow(text: string, writing: boolean) {
  const frame = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const onScroll = useCallback(() => {
    const box = frame.current;
    if (box) atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 48;
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer text is what there is to follow
  useLayoutEffect(() => {
    const box = frame.current;
    if (box && writing && atEnd.current) box.scrollTop = box.scrollHeight;
  }, [text, writing]);
  return { frame, onScroll };
}

/** The token at the caret, or the place after the last one. */
function caretToken(field: HTMLTextAreaElement | null, { tokens }: Version): number {
  const found = tokenAt(tokenOffsets(tokens), field?.selectionStart ?? Number.POSITIVE_INFINITY);
  return found < 0 ? tokens.length : found;
}

/** Puts the caret after a token, with the keyboard up. */
function editAfter(field: HTMLTextAreaElement | null, { tokens }: Version, index: number): void {
  const at = tokenOffsets(tokens)[Math.min(index + 1, tokens.length)] ?? 0;
  field?.focus();
  field?.setSelectionRange(at, at);
}

/** Keys of the field: undo and redo of the page's own history, and the alternatives at the caret. */
function useFieldKeys(onAlternatives: () => void) {
  const actions = useActions();
  return (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    if (command && (key === 'z' || key === 'y')) {
      event.preventDefault();
      if (key === 'y' || event.shiftKey) actions.redo();
      else actions.undo();
    }
    if (event.altKey && event.key === 'ArrowDown') {
      event.preventDefault();
      onAlternatives();
    }
  };
}

interface FieldProps {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  writing: boolean;
  onAlternatives(): void;
}

function Field({ field, text, writing, onAlternatives }: FieldProps) {
  const actions = useActions();
  const byIds = usePageState((state) => state.model !== null && takesIds(state.model));
  const onKeyDown = useFieldKeys(onAlternatives);
  // Not by `defaultValue`: React writes that again at each turn, and browsers drop the caret when it changes.
  // Before the text is followed, which measures it: the other way round each frame would be laid out twice.
  useLayoutEffect(() => {
    if (field.current) syncField(field.current, text);
  }, [field, text]);

  return (
    <textarea
      ref={field}
      id="text"
      data-testid="text"
      className="sheet-field"
      aria-label={words.label}
      aria-describedby="text-help"
      dir="auto"
      spellCheck={false}
      autoCapitalize="off"
      readOnly={writing}
      placeholder={byIds ? words.placeholderIds : words.placeholder}
      // Not `onChange`: that misses a text equal to the last one typed, as it does not see what was written since.
      onInput={(event) => actions.edit(event.currentTarget.value)}
      onKeyDown={onKeyDown}
    />
  );
}

interface TextProps {
  version: Version;
  text: string;
  writing: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
  inspector: Inspector;
}

/** One field for what was typed and what was written, and under it the shading of its tokens. */
function Text({ version, text, writing, field, inspector }: TextProps) {
  const actions = useActions();
  const shaded = usePageState((state) => state.shaded);
  const leads = useLeads();
  const looks = useLooks();
  return (
    <>
      <TokenLayer
        version={version}
        shaded={shaded}
        leads={shaded ? leads : null}
        looks={looks}
        inspected={inspector.index}
      />
      <Field
        {...{ field, text, writing }}
        onAlternatives={() => inspector.open(caretToken(field.current, actions.tokenized()), 'keyboard')}
      />
    </>
  );
}

interface InspectedProps extends Pick<TextProps, 'field' | 'inspector'> {
  frame: RefObject<HTMLDivElement | null>;
}

/** What else could stand at the token that is looked at. */
function Inspected({ field, inspector, frame }: InspectedProps) {
  const { index, opening, close } = inspector;
  if (index === null) return null;
  return (
    <Alternatives
      key={index}
      {...{ index, opening, frame }}
      onClose={() => {
        close();
        if (opening === 'keyboard') field.current?.focus();
      }}
      onEdit={() => inspector.edit(index)}
      onEnter={inspector.hold}
      onLeave={inspector.leave}
    />
  );
}

/** The text, as a field or as chips, and the alternatives of one of its tokens. */
export function Sheet() {
  const version = useCurrentVersion();
  const chips = usePageState((state) => state.chips);
  const writing = usePageState((state) => state.phase === 'generating');
  const field = useRef<HTMLTextAreaElement>(null);
  const text = versionText(version);
  const inspector = useInspector({
    enabled: !writing,
    onEdit: (at) => editAfter(field.current, version, at),
  });
  return (
    <SheetFrame text={text} writing={writing}>
      {(frame) => (
        <>
          <div className="sheet-text" onPointerLeave={inspector.leave} {...inspector.pointer}>
            {chips ? (
              <TokenChips version={version} inspected={inspector.index} />
            ) : (
              <Text {...{ version, text, writing, field, inspector }} />
            )}
            <Starters />
          </div>
          <p id="text-help" className="visually-hidden">
            {words.help}
          </p>
          <Inspected {...{ field, inspector, frame }} />
        </>
      )}
    </SheetFrame>
  );
}

interface SheetFrameProps {
  text: string;
  writing: boolean;
  children(frame: RefObject<HTMLDivElement | null>): React.ReactNode;
}

/** The scrolling box around the text; its effects come after those of the field inside it. */
function SheetFrame({ text, writing, children }: SheetFrameProps) {
  const { frame, onScroll } = useFollow(text, writing);
  return (
    <div className="sheet" ref={frame} onScroll={onScroll} data-writing={writing || undefined}>
      {children(frame)}
    </div>
  );
}
