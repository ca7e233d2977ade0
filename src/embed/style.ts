/** The element's own style. Constructed, not inline, so that a page's content security policy need not allow it. */
export const styleText = `
:host { display: block; color-scheme: light dark; contain: content;
  --paper: light-dark(#fffefb, #1f1e1b); --ink: light-dark(#1d1b18, #ece8e1); --muted: light-dark(#625d55, #a9a297);
  --line: light-dark(#8d8678, #7b7568); --accent: light-dark(#a03c17, #f09a72); --on-accent: light-dark(#fffaf5, #241009);
  --tint: light-dark(#d9622b, #e8703a); --wrong: light-dark(#9b1c1c, #ff9d94); }
:host([hidden]) { display: none; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
.frame { box-sizing: border-box; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; color: var(--ink);
  background: var(--paper); font: 400 1rem/1.6 "Iowan Old Style", Charter, Georgia, serif; }
textarea { box-sizing: border-box; width: 100%; min-height: 2.6rem; padding: .5rem; border: 1px solid var(--line);
  border-radius: .35rem; color: inherit; background: transparent; font: inherit; resize: vertical; field-sizing: content; }
.output { min-height: 4.8em; margin: .75rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.output span { border-radius: .15rem; background: color-mix(in srgb, var(--tint) calc(var(--doubt) * 45%), transparent); }
.output .recorded { opacity: .75; }
.row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center;
  font: 400 .8125rem/1.4 system-ui, sans-serif; }
button { min-height: 2.5rem; padding: 0 1rem; border: 1px solid var(--accent); border-radius: .35rem; cursor: pointer;
  color: var(--on-accent); background: var(--accent); font: 600 .9375rem system-ui, sans-serif; }
button.stop { color: var(--accent); background: transparent; }
button[hidden], progress[hidden] { display: none; }
:is(button, textarea):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
progress { width: 8rem; accent-color: var(--accent); }
.status { color: var(--muted); flex: 1 1 12rem; }
.status.wrong { color: var(--wrong); }
label { display: block; color: var(--muted); font: 400 .8125rem/1.8 system-ui, sans-serif; }
@media (pointer: coarse) { button { min-height: 2.75rem; } }
`;
