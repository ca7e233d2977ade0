/** The element's own style. Constructed, not inline, so that a page's content security policy need not allow it. */
export const styleText = `
:host { display: block; contain: content;
  --paper: light-dark(#fffefb, #1f1e1b); --ink: light-dark(#1d1b18, #ece8e1); --muted: light-dark(#625d55, #a9a297);
  --line: light-dark(#8d8678, #7b7568); --accent: light-dark(#a03c17, #f09a72); --on-accent: light-dark(#fffaf5, #241009);
  --tint: light-dark(#d9622b, #e8703a); --wrong: light-dark(#9b1c1c, #ff9d94);
  --serif: "Iowan Old Style", Charter, Georgia, serif; --sans: system-ui, sans-serif; }
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
.frame { box-sizing: border-box; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; color: var(--ink);
  background: var(--paper); font: 400 1rem/1.6 var(--serif); }
textarea { box-sizing: border-box; width: 100%; min-height: 2.6rem; padding: .5rem; border: 1px solid var(--line);
  border-radius: .35rem; color: var(--ink); background: transparent; font: 400 1rem/1.5 var(--serif); resize: vertical;
  field-sizing: content; }
.output { min-height: 4.8em; margin: .75rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.output span { border-radius: .15rem; background: color-mix(in srgb, var(--tint) calc(var(--doubt) * 45%), transparent); }
.output span { cursor: pointer; }
.output .recorded { opacity: .75; }
.output [aria-current] { outline: 2px solid var(--accent); outline-offset: 1px; }
.choices { display: grid; gap: .125rem; max-width: 26rem; margin: 0 0 .75rem; padding: 0; list-style: none; }
.choices[hidden] { display: none; }
.choice { display: grid; grid-template-columns: 8rem 1fr 4.5rem; gap: .5rem; align-items: center; width: 100%;
  min-height: 1.75rem; padding: 0 .5rem; border-color: transparent; color: var(--ink); background: transparent;
  font: 400 .875rem/1.4 var(--sans); text-align: start; }
.choice bdi { overflow: hidden; font-family: var(--serif); font-size: 1rem; text-overflow: ellipsis; white-space: nowrap; }
.choice[aria-current] { border-color: var(--line); cursor: default; }
.choice:disabled { cursor: default; }
.choice:not([aria-current], :disabled):hover { border-color: var(--accent); }
.bar { height: .5rem; border-radius: .125rem;
  background: linear-gradient(var(--tint), var(--tint)) 0 / calc(var(--share) * 100%) 100% no-repeat; }
.row { position: sticky; bottom: 0; display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center;
  padding-block: .25rem; background: var(--paper);
  font: 400 .8125rem/1.4 var(--sans); }
button { min-height: 2.5rem; padding: 0 1rem; border: 1px solid var(--accent); border-radius: .35rem; cursor: pointer;
  color: var(--on-accent); background: var(--accent); font: 600 .9375rem var(--sans); }
button.stop { color: var(--accent); background: transparent; }
button[hidden], progress[hidden] { display: none; }
:is(a, button, textarea, select, .output):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
progress { width: 8rem; accent-color: var(--accent); }
.status { color: var(--muted); flex: 1 1 12rem; }
.status.wrong { color: var(--wrong); }
.link { color: var(--muted); }
[role="note"] { margin: .5rem 0 0; padding: .25rem .5rem; border: 1px solid var(--accent); border-radius: .35rem;
  font: 400 .8125rem/1.6 var(--sans); overflow-wrap: anywhere; }
[role="note"][hidden] { display: none; }
label { display: block; color: var(--muted); font: 400 .8125rem/1.8 var(--sans); }
@media (pointer: coarse) { button, .choice { min-height: 2.75rem; } }
`;

/** A style sheet that is made when it is first asked for, and shared from then on. */
export function sharedSheet(text: string): () => CSSStyleSheet {
  let sheet: CSSStyleSheet | undefined;
  return () => {
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
    }
    return sheet;
  };
}
