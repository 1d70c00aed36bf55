// The look of the pages: paper and ink, one typeface, no shadows; colours of Okabe and Ito for what has a sign or a
// name.

const COLORS = `:root{--paper:#FBFAF6;--ink:#1C1B1F;--quiet:#5C5962;--rule:#D9D6CE;--blue:#0064A0;--orange:#A85800}
@media (prefers-color-scheme:dark){
:root{--paper:#141318;--ink:#ECE9E2;--quiet:#A9A5AD;--rule:#3A3842;--blue:#5AB0EC;--orange:#E69F00}
}
@media print{:root{--paper:#fff;--ink:#000;--quiet:#444;--rule:#bbb;--blue:#0064A0;--orange:#A85800}}
`;

/** Of what is in pictures, a page's or alone. */
const PICTURES = `svg text{font-size:12px;fill:var(--ink)}
svg text.axis,svg text.tick{fill:var(--quiet)}
.grid{stroke:var(--rule);stroke-width:1}
.base{stroke:var(--quiet);stroke-width:1}
.zero{stroke:var(--ink);stroke-width:1.5;stroke-dasharray:3 3}
.whisker{stroke:var(--ink);stroke-width:2}
.bar{fill:var(--quiet);opacity:.75}.bar.accent{fill:var(--blue);opacity:1}
.zone{fill:var(--orange);opacity:.14}
.event{stroke:var(--ink);stroke-width:4;opacity:.5}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.s0{--c:var(--blue)}.s1{--c:var(--orange)}.s2{--c:var(--ink)}
.s3{--c:var(--blue)}.s4{--c:var(--orange)}.s5{--c:var(--ink)}
.line,.area{stroke:var(--c)}.dot,svg text.name{fill:var(--c)}
.line.s3,.line.s4,.line.s5{stroke-dasharray:5 4}
.band{fill:var(--c);opacity:.16}.area{fill:var(--c);fill-opacity:.25;stroke-width:1.5}
.heat.orange{fill:var(--orange)}.heat.blue{fill:var(--blue)}.heat:hover,.heat.swatch{stroke:var(--quiet)}
.heat{shape-rendering:crispEdges}.heat-kind,.heat-dot,.heat-cross,.wall,.wall-under,.own,.own-under,.own-middle
{pointer-events:none}.heat-frame{fill:none;stroke:var(--rule)}.heat-kind,.heat-dot{fill:var(--ink)}
.heat-cross{fill:none;stroke:var(--ink);stroke-width:1.5}
.wall,.wall-under,.own,.own-under{fill:none;stroke:var(--ink);stroke-width:2;stroke-linejoin:round}
.wall-under,.own-under{stroke:var(--paper);stroke-width:4.5}.wall.w0{stroke-dasharray:5 3}
.own-middle{fill:var(--ink)}
`;

export const STYLE = `
${COLORS}*{box-sizing:border-box}
html{font:100%/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;background:var(--paper);
color:var(--ink);-webkit-text-size-adjust:100%}
body{background:var(--paper);margin:0 auto;padding:2rem 1rem 4rem;max-width:64rem;overflow-wrap:break-word}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem;font-weight:650}
h2{font-size:1.25rem;line-height:1.3;margin:0 0 .25rem;font-weight:650}
p{max-width:44rem;margin:.5rem 0}
a{color:var(--blue);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
nav ol{list-style:none;padding:0;margin:1.5rem 0}
nav li{margin:.25rem 0}
nav span,footer,.axis,.tick{color:var(--quiet)}
section{border-top:1px solid var(--rule);padding:1.75rem 0}
.badge{font-weight:650;margin:0 0 .5rem}
.badge::before{content:"→ ";color:var(--orange)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:1.5rem;margin:1rem 0}
figure{margin:0;max-width:32rem;min-width:0;break-inside:avoid}
figcaption{font-weight:550}
svg{display:block;width:100%;height:auto;margin:.5rem 0;overflow:visible}
${PICTURES}details{margin:.5rem 0}
summary{cursor:pointer;color:var(--quiet);padding:.4rem 0;width:fit-content}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.875rem}
caption{text-align:left;color:var(--quiet);padding:.25rem 0}
th,td{padding:.25rem .75rem .25rem 0;text-align:right;vertical-align:top;font-weight:400;
border-bottom:1px solid var(--rule)}
th:first-child,td:first-child,.words{text-align:left}
details tbody th{white-space:nowrap}
thead th{color:var(--quiet);vertical-align:bottom}
h3{font-size:1rem;line-height:1.4;margin:0 0 .25rem;font-weight:600}
.label{font-weight:400;color:var(--quiet);border:1px solid var(--rule);border-radius:.25rem;padding:0 .35rem;
font-size:.875rem}
.steps{max-width:44rem;margin:.75rem 0;padding-left:1.5rem}.steps li{margin:.35rem 0;padding-left:.25rem}
.items{list-style:none;margin:0;padding:0}.items>li{margin:1.25rem 0;break-inside:avoid}
:target{outline:2px solid var(--blue);outline-offset:.5rem}
dl{display:grid;grid-template-columns:fit-content(14rem) minmax(0,1fr);gap:.25rem 1rem;margin:.75rem 0}
dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
.network{list-style:none;margin:1.25rem 0;padding:0 0 0 8px}
.network>li{padding:0 0 1.5rem 1.25rem;position:relative}
.network>li:last-child{padding-bottom:0}
.network>li::before{content:"";position:absolute;left:-8px;top:.3rem;width:12px;height:12px;border-radius:50%;
border:2px solid var(--quiet)}
.network>li:not(:last-child)::after{content:"";position:absolute;left:-1px;top:calc(.3rem + 16px);bottom:-.3rem;
border-left:2px solid var(--quiet)}
.passed>h3::before{content:"";position:absolute;left:-14px;top:-.9rem;width:14px;height:calc(2.1rem + 12px);
border:1px solid var(--quiet);border-right:0;border-radius:8px 0 0 8px}
.network p{margin:0 0 .25rem}.network p+p{color:var(--quiet);font-size:.875rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;margin:.75rem 0;padding:0;font-size:.875rem}
.legend li{display:flex;gap:.5rem;align-items:baseline}
svg.mark{width:.9em;height:.9em;margin:.3em 0 0;flex:none;align-self:flex-start}
.u{fill:var(--quiet)}.u.alive{fill:var(--blue);opacity:.4}.u.dead{fill:var(--orange)}
.u.rare,.u.dormant,.u.linear{fill:var(--blue)}.u.saturated,.u.notFinite{fill:var(--ink)}
.u.frame{fill:none;stroke:var(--quiet);stroke-width:.7}.u.cross{fill:none;stroke:var(--paper);stroke-width:1.6}
.hit{fill:transparent}.hit:hover{stroke:var(--ink);stroke-width:1.5}
footer{border-top:1px solid var(--rule);padding-top:1rem;font-size:.875rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media print{
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
html{font-size:85%}body{max-width:none;padding:0}nav,.steps a{display:none}
h2,h3,caption,figcaption{break-after:avoid}tr,.network>li,.steps li{break-inside:avoid}
section{padding:1rem 0}.plots{grid-template-columns:repeat(auto-fit,minmax(18rem,1fr))}
details:not(.long)::details-content{content-visibility:visible}details:not(.long) summary{display:none}
table{font-size:.75rem}
}
`;

/** The same for a picture that is a file of its own: on paper of its own, with the reader's colours. */
export const PICTURE_STYLE = `${COLORS}svg{font-family:system-ui,sans-serif;background:var(--paper)}
${PICTURES}`;
