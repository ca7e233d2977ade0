import { useCallback, useLayoutEffect, useRef } from 'react';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { tokenAt, tokenOffsets, versionText } from '../state/document.ts';
import { Alternatives } from './alternatives.tsx';
import { TokenLayer } from './token-layer.tsx';
import { useInspector } from './use-inspector.ts';

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

/** The text: one field for what was typed and what was written, and under it the shading of its tokens. */
export function Sheet({ shaded }: { shaded: boolean }) {
  const actions = useActions();
  const version = useCurrentVersion();
  const writing = usePageState((state) => state.phase === 'generating');
  const field = useRef<HTMLTextAreaElement>(null);
  const text = versionText(version);

  // Not by `defaultValue`: React writes that again at each turn, and browsers drop the caret when it changes.
  // Before the text is followed, which measures it: the other way round each frame would be laid out twice.
  useLayoutEffect(() => {
    if (field.current) syncField(field.current, text);
  }, [text]);
  const { frame, onScroll } = useFollow(text, writing);
  const inspector = useInspector({ enabled: shaded && !writing });

  const caretToken = () => {
    const at = field.current?.selectionStart ?? text.length;
    const found = tokenAt(tokenOffsets(version.tokens), at);
    return found < 0 ? version.tokens.length : found;
  };

  function onKeyDown(event: React.KeyboardEvent<HTMLTextAreaElement>) {
    const key = event.key.toLowerCase();
    const command = event.ctrlKey || event.metaKey;
    if (command && (key === 'z' || key === 'y')) {
      event.preventDefault();
      if (key === 'y' || event.shiftKey) actions.redo();
      else actions.undo();
    }
    if (event.altKey && event.key === 'ArrowDown') {
      event.preventDefault();
      inspector.open(caretToken(), true);
    }
    if (event.key === 'Escape') inspector.close();
  }

  return (
    <div className="sheet" ref={frame} onScroll={onScroll} data-writing={writing || undefined}>
      <div className="sheet-text" onPointerLeave={inspector.leave} {...inspector.pointer}>
        <TokenLayer version={version} shaded={shaded} inspected={inspector.index} />
        <textarea
          ref={field}
          id="text"
          data-testid="text"
          className="sheet-field"
          aria-label="Text"
          aria-describedby="text-help"
          dir="auto"
          spellCheck={false}
          autoCapitalize="off"
          readOnly={writing}
          placeholder="Write a beginning, and let the model go on."
          onChange={(event) => actions.edit(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <p id="text-help" className="visually-hidden">
        What you type and what the model writes are one text. Ctrl+Enter writes, Escape stops, Alt+Down shows
        what the model considered at the caret.
      </p>
      {inspector.index !== null && (
        <Alternatives
          key={inspector.index}
          index={inspector.index}
          focused={inspector.focused}
          frame={frame}
          onClose={() => {
            inspector.close();
            if (inspector.focused) field.current?.focus();
          }}
          onEnter={inspector.hold}
          onLeave={inspector.leave}
        />
      )}
    </div>
  );
}
