// How <longhaul-export> looks. The page changes it by custom properties, and by the parts.

export const CSS = `
:host {
  --a: var(--longhaul-accent, light-dark(#2f5be0, #86a6ff));
  --bad: var(--longhaul-danger, light-dark(#bf2c37, #ff8a91));
  --track: var(--longhaul-track, color-mix(in srgb, currentColor 12%, transparent));
  --r: var(--longhaul-radius, 9px);
  --gap: var(--longhaul-gap, 12px);
  display: inline-block; max-inline-size: 100%; vertical-align: top; line-height: 1.4; font-variant-numeric: tabular-nums;
}
* { box-sizing: border-box; margin: 0; }
:host([hidden]), [hidden] { display: none; }
[type], [href] {
  padding: .55em 1.1em; border: 1px solid transparent; border-radius: var(--r);
  background: var(--a); color: var(--longhaul-on-accent, light-dark(#fff, #0d0e11));
  font: inherit; font-weight: 550; text-align: center; text-decoration: none; cursor: pointer; overflow-wrap: anywhere;
}
[href] { display: inline-block; }
:is([type], [href]):hover { opacity: .9; }
:focus-visible { outline: 2px solid var(--a); outline-offset: 2px; }
:disabled, [aria-disabled=true] { opacity: .55; cursor: default; }
.quiet { padding: .25em .8em; border-color: var(--track); background: none; color: inherit; font-size: .875em; }
.panel {
  display: grid; gap: var(--gap); inline-size: 23em; max-inline-size: 100%; padding: var(--gap) calc(var(--gap) * 1.25);
  border: 1px solid var(--track); border-radius: var(--r);
}
.row { display: flex; align-items: center; justify-content: space-between; gap: .3em var(--gap); }
.got { display: flex; flex-wrap: wrap; align-items: center; gap: .3em var(--gap); }
.percent, strong { font-weight: 600; }
.mute { opacity: .78; font-size: .875em; overflow-wrap: anywhere; }
.bar { block-size: 6px; border-radius: 3px; background: var(--track); overflow: hidden; }
i { display: block; block-size: 100%; inline-size: 0; border-radius: 3px; background: var(--a); transition: inline-size .6s; }
.unknown i { inline-size: 35%; animation: seek 1.8s ease-in-out infinite alternate; }
@keyframes seek { to { margin-inline-start: 65%; } }
.bad strong { color: var(--bad); }
svg { inline-size: 1.1em; margin-inline-end: .5em; vertical-align: -.2em; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.unseen { position: absolute; clip-path: inset(50%); inline-size: 1px; block-size: 1px; overflow: hidden; }
@media (forced-colors: active) {
  .bar, [type], [href] { border: 1px solid; }
  i { background: Highlight; forced-color-adjust: none; }
}
@media (prefers-reduced-motion) {
  i { animation: none !important; transition: none; }
}
`;
