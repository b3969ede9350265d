"""How the page looks: from a telephone to a large screen, light and dark, and on paper."""

CSS = """
:root{--ink:#1b2330;--soft:#5b6675;--line:#dde2ea;--paper:#fff;--back:#f3f5f9;
--good:#137a43;--good-back:#e6f5ec;--bad:#b3261e;--bad-back:#fdeceb;--open:#8a5a00;
--open-back:#fff4de;--bar:#3867c4;--code:"SFMono-Regular",Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{--ink:#e7ebf2;--soft:#9aa6b6;--line:#2e3745;
--paper:#171d27;--back:#0e131b;--good:#5fd394;--good-back:#12291d;--bad:#ff8a80;
--bad-back:#381816;--open:#f3bd5a;--open-back:#332710;--bar:#7aa2f0}}
*{box-sizing:border-box}
html{background:var(--back);color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:76rem;padding:1rem;overflow-wrap:anywhere;
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
h1,h2,h3,p,ul,ol,dl,dd,figure,pre{margin:0;padding:0}
ul,ol{list-style:none}
header,section{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;
padding:1rem 1.125rem;min-width:0}
h1{font-size:1.25rem;line-height:1.25;font-weight:650}
h2{font-size:1rem;font-weight:650;margin-bottom:.6rem}
h3{font-size:.8125rem;font-weight:650;color:var(--soft);margin:.2rem 0 .35rem}
dl+h3{margin-top:.9rem}
small,.source,figcaption,footer{font-size:.75rem;color:var(--soft)}
.found{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(18rem,100%),1fr));
gap:.6rem;margin:.8rem 0 1rem}
.finding{display:flex;gap:.75rem;align-items:center;border-radius:.6rem;padding:.7rem .9rem}
.finding strong{display:block;font-size:1.0625rem;line-height:1.3}
.finding span{font-size:.875rem;color:var(--ink)}
.finding .sign{width:1.75rem;height:1.75rem}
.finding>div{min-width:0}
.finding.good{background:var(--good-back);color:var(--good)}
.finding.bad{background:var(--bad-back);color:var(--bad)}
.finding.open{background:var(--open-back);color:var(--open)}
.who{display:flex;flex-wrap:wrap;gap:1.25rem}
.who dl{flex:1 1 16rem;display:grid;align-content:start;
grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:.55rem 1.25rem}
.who dl>div{display:block}
.who dt{font-size:.75rem}
.who dd,.who dd.code{font-size:1.0625rem;font-weight:550}
figure{flex:0 0 auto;max-width:100%}
img{display:block;width:10.5rem;max-width:100%;height:auto;border-radius:.5rem;
border:1px solid var(--line)}
figcaption{max-width:10.5rem;margin-top:.3rem}
.shots{display:flex;flex-wrap:wrap;gap:.8rem 1rem}
.shot{width:10.5rem;max-width:100%;min-width:0}
figure.none>div{width:10.5rem;max-width:100%;aspect-ratio:35/45;border:1px dashed var(--soft);
border-radius:.5rem;display:grid;place-items:center;color:var(--soft);text-align:center;
padding:.5rem}
main>section,.narrow{margin-top:.8rem}
.narrow{columns:22rem auto;column-gap:.8rem}
.narrow>section{display:inline-block;width:100%;break-inside:avoid;margin-bottom:.8rem}
dl{display:grid;gap:.3rem}
dl>div{display:grid;grid-template-columns:minmax(6rem,8.5rem) minmax(0,1fr);gap:.75rem}
dt{color:var(--soft)}
dd{min-width:0}
dd.code,code,.zone{font-family:var(--code)}
dd.code{font-size:.875em}
.good>dd{color:inherit}
.bad>dd{color:var(--bad);font-weight:650}
.open>dd{color:var(--open)}
.quiet>dd{color:var(--soft)}
.zone{font-size:clamp(.5rem,3.05vw,1.125rem);line-height:1.5;letter-spacing:0;overflow:hidden}
.zone b{font-weight:700}
.zone .good{color:var(--good)}
.zone .bad{color:var(--bad);text-decoration:underline}
.digits{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin-top:.6rem;font-size:.875rem}
.digits li{display:flex;align-items:center;gap:.3rem;flex-wrap:wrap}
.digits b{font-family:var(--code)}
.sign{flex:none;width:1.05rem;height:1.05rem;fill:none;stroke:currentColor;stroke-width:2.6;
stroke-linecap:round;stroke-linejoin:round}
li.good>.sign,li.good em{color:var(--good)}
li.bad>.sign,li.bad em,li.bad strong{color:var(--bad)}
li.open>.sign,li.open em{color:var(--open)}
li.quiet,li.quiet>.sign,li.quiet em{color:var(--soft)}
.wide{container-type:inline-size}
.matter{break-inside:avoid-column;margin-bottom:1rem}
.checks{display:grid;gap:.5rem}
.checks li{display:flex;gap:.55rem;break-inside:avoid}
.checks .sign{margin-top:.15rem}
.checks li>div{min-width:0}
.checks strong{font-weight:600}
.checks em{font-style:normal;font-size:.8125rem;font-weight:650}
.checks .reason,.checks .source{display:block}
.checks .reason{font-size:.875rem}
.checks a{color:var(--bar);text-decoration:none}
@container (min-width:44rem){.matters{columns:2;column-gap:2rem}}
.time{display:grid;gap:.45rem;margin-top:.6rem}
.time li{display:grid;grid-template-columns:minmax(5.5rem,8rem) minmax(0,1fr) 4.2rem;
gap:0 .6rem;align-items:center}
.time li>span:last-of-type{text-align:right;font-variant-numeric:tabular-nums}
.time small{grid-column:2/-1;line-height:1.2}
.time svg,.meter svg{width:100%;height:.7rem;border-radius:.2rem;fill:var(--bar)}
.time .good svg{fill:var(--good)}
.time .open svg{fill:var(--open)}
.time .quiet svg{fill:var(--soft)}
.track{fill:var(--line);opacity:.6}
.meter{margin-top:.8rem;display:grid;gap:.2rem}
.meter.good svg{fill:var(--good)}
.meter.open svg{fill:var(--open)}
.meter.bad svg{fill:var(--bad)}
.notes{display:grid;gap:.35rem;font-size:.875rem}
footer{padding:.8rem .2rem}
@media (max-width:30rem){body{padding:.5rem}header,section{padding:.8rem}
.who figure{margin:0 auto}dl>div{grid-template-columns:minmax(5rem,6.5rem) minmax(0,1fr)}}
@page{size:A4;margin:10mm}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--back:#fff;--good:#0b5d31;
--good-back:#fff;--bad:#a00;--bad-back:#fff;--open:#6b4500;--open-back:#fff;--bar:#3867c4}
html{font-size:8.4pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{padding:0;max-width:none;font-size:.9375rem;line-height:1.17}
header,section{border:0;border-top:.5pt solid var(--line);border-radius:0;padding:.2rem 0}
header{border:0;padding-top:0}
h2{margin-bottom:.12rem;font-size:.9375rem}h3{margin:.05rem 0 .1rem}
.found{margin:.35rem 0 .5rem}
.finding{border:.5pt solid currentColor;padding:.35rem .6rem}
.who dl{gap:.2rem 1.25rem;grid-template-columns:1fr 1fr 1fr}
main>section,.narrow{margin-top:.3rem}
.narrow{columns:2;column-gap:1.5rem}
.narrow>section{margin-bottom:0;display:block;break-inside:auto}
h2,h3{break-after:avoid}
img{width:7.5rem}
dl,.checks{gap:.06rem}
dl>div{grid-template-columns:10.25rem minmax(0,1fr);gap:.4rem}
section:has(>h2+dl:last-child>div:only-child){display:grid;
grid-template-columns:auto minmax(0,1fr);gap:0 1rem}
section>h2+dl:last-child>div:only-child{grid-template-columns:auto minmax(0,1fr)}
.matter{break-inside:auto;margin-bottom:.4rem}
.zone{font-size:1.25rem;line-height:1.25}
.digits{margin-top:.2rem}
.checks .source,.checks .reason{display:inline;margin-left:.35em}
.checks .sign{margin-top:.05rem}
.checks li{gap:.3rem}
.checks code{font-size:.92em}
.matters{column-gap:.8rem}
.time{gap:.06rem 1rem;margin-top:.15rem;grid-template-columns:1fr 1fr}
.time li{grid-template-columns:6rem minmax(0,1fr) 3.6rem;gap:0 .3rem;white-space:nowrap}
.time small{display:none}
.time svg,.meter svg{height:.45rem}
.meter{margin-top:.15rem;gap:.05rem}
.shots{gap:.3rem .6rem}
.shot{width:auto}
.shot h3{max-width:9.5rem;margin:0 0 .1rem;font-size:.75rem;line-height:1.1}
.shot img{width:auto;max-width:9.5rem;max-height:4.4rem}
.shot figcaption{max-width:9.5rem;margin:0;line-height:1.1}
footer{padding:.3rem 0 0}
.checks li,dl>div,.time li,.shot{break-inside:avoid}}
"""
