// How <longhaul-export> looks. The page changes it by custom properties, and by the parts.
//
// It is sent as it stands here, so it has few spaces.

export const CSS = `:host{
--a:var(--longhaul-accent,light-dark(#2f5be0,#86a6ff));
--track:var(--longhaul-track,color-mix(in srgb,currentColor 12%,transparent));
--r:var(--longhaul-radius,9px);
--gap:var(--longhaul-gap,12px);
display:inline-block;max-inline-size:100%;vertical-align:top;font-variant-numeric:tabular-nums}
*{box-sizing:border-box;margin:0}
:host([hidden]),[hidden],p:empty{display:none!important}
[type],a{display:inline-block;padding:.5em 1.1em;border:1px solid transparent;border-radius:var(--r);background:var(--a);color:var(--longhaul-on-accent,light-dark(#fff,#0d0e11));font:inherit;font-weight:550;text-align:center;text-decoration:none;cursor:pointer;overflow-wrap:anywhere}
[type]:hover,a:hover{opacity:.9}
:focus-visible{outline:2px solid var(--a);outline-offset:2px}
:disabled,[aria-disabled=true]{opacity:.55;cursor:default}
.quiet{padding:.25em .8em;border-color:var(--track);background:none;color:inherit;font-size:.875em}
.panel{display:grid;gap:var(--gap);inline-size:23em;max-inline-size:100%;padding:var(--gap) calc(var(--gap)*1.25);border:1px solid var(--track);border-radius:var(--r)}
.row{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.3em var(--gap)}
.got{justify-content:start}
.whole{inline-size:100%}
ul{padding:0;list-style:none}
li{padding-block:.15em}
strong{font-weight:600}
.mute{opacity:.78;font-size:.875em;overflow-wrap:anywhere}
.bar{block-size:6px;border-radius:3px;background:var(--track);overflow:hidden}
i{display:block;block-size:100%;inline-size:0;border-radius:3px;background:var(--a);transition:inline-size .6s}
.unknown i{padding-inline-start:35%;animation:seek 1.8s ease-in-out infinite alternate}
@keyframes seek{to{margin-inline-start:65%}}
.bad strong{color:var(--longhaul-danger,light-dark(#bf2c37,#ff8a91))}
a::before{content:"";display:inline-block;inline-size:.95em;block-size:.95em;margin-inline-end:.5em;vertical-align:-.1em;background:currentColor;clip-path:polygon(43% 0,57% 0,57% 42%,82% 42%,50% 76%,50% 88%,100% 88%,100% 100%,0 100%,0 88%,50% 88%,50% 76%,18% 42%,43% 42%)}
.unseen{position:absolute;clip-path:inset(50%);inline-size:1px;block-size:1px;overflow:hidden}
@media(forced-colors:active){.bar,[type],a{border:1px solid}i{background:Highlight;forced-color-adjust:none}}
@media(prefers-reduced-motion){i{animation:none!important;transition:none}}`;
