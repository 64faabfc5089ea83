// How it looks where the page around says nothing else: its typeface and colours, a council's own colour on the buttons.
import { h } from './dom.js'

const OWN = `
:host { display: block; scroll-margin-top: 1rem }
[hidden] { display: none !important }
.govuk-visually-hidden { position: absolute !important; width: 1px !important; height: 1px !important; margin: 0 !important; overflow: hidden !important; clip-path: inset(50%) !important; white-space: nowrap !important }
`

const LOOK = `
:host {
  --accent: var(--commonhall-accent, var(--commonhall-council, #1d3d55));
  --on-accent: var(--commonhall-on-accent, #fff);
  --error: var(--commonhall-error, #ca3535);
  --line: var(--commonhall-line, currentColor);
  --rule: var(--commonhall-rule, #b1b4b6);
  --focus: var(--commonhall-focus, #fd0);
  --on-focus: var(--commonhall-on-focus, #0b0c0c);
  --radius: var(--commonhall-radius, 0);
  --gap: var(--commonhall-gap, 1.5rem);
  line-height: 1.4;
}
*, ::before { box-sizing: border-box }
.ch-journey { max-width: var(--commonhall-measure, 40rem); overflow-wrap: anywhere }
h1, h2, h3, h4, h5, p, ul, ol, dl, dd, fieldset, legend { margin: 0; padding: 0; border: 0 }
fieldset { min-width: 0 }
legend { display: block; max-width: 100% }
input, select, textarea, button { font: inherit; letter-spacing: inherit }
.ch-journey > *, .ch-prose > *, form > *, .govuk-fieldset > * { margin-bottom: var(--gap) }
.ch-journey > :last-child, form > :last-child, .govuk-fieldset > :last-child, .ch-prose > :last-child { margin-bottom: 0 }
.govuk-heading-l, .govuk-label--l, .govuk-fieldset__legend--l, .govuk-panel__title {
  font-family: var(--commonhall-heading-font, inherit); font-size: var(--commonhall-heading-size, 1.6em); font-weight: 700; line-height: 1.2; color: var(--commonhall-heading, inherit)
}
.govuk-label-wrapper, .govuk-fieldset__heading { font: inherit; color: inherit }
.govuk-label-wrapper, .govuk-fieldset > legend { margin-bottom: .8rem }
.govuk-heading-m, .govuk-fieldset__legend--m, .govuk-error-summary__title { font-family: var(--commonhall-heading-font, inherit); font-size: 1.2em; font-weight: 700; line-height: 1.3 }
[tabindex="-1"]:focus { outline: none }
ul, ol { padding-left: 1.4em }
a { color: var(--commonhall-link, inherit); text-underline-offset: .15em }
a:hover { text-decoration-thickness: max(3px, .15em) }
a:focus-visible { outline: 3px solid transparent; background: var(--focus); color: var(--on-focus); box-shadow: 0 3px var(--on-focus); text-decoration: none }
nav a, .govuk-summary-list a, .govuk-error-summary a { display: inline-block; padding: .2em 0 }
.govuk-hint { margin-bottom: .6rem; color: var(--commonhall-hint, inherit); opacity: 1; font-size: .95em }
.govuk-label { display: block; font-weight: 600; margin-bottom: .3rem }
.govuk-form-group--error { border-left: 5px solid var(--error); padding-left: 1rem }
.govuk-error-message { color: var(--error); font-weight: 700; margin-bottom: .6rem }
.govuk-input, .govuk-textarea, .govuk-select {
  width: 100%; min-height: 2.6rem; padding: .4rem .5rem; border: 2px solid var(--line); border-radius: var(--radius); background: var(--commonhall-field, #fff); color: var(--commonhall-on-field, #0b0c0c)
}
.govuk-select { width: auto; max-width: 100% }
.govuk-input--error, .govuk-textarea--error, .govuk-select--error { border-color: var(--error) }
.govuk-input--width-20 { max-width: 24em } .govuk-input--width-10 { max-width: 13em } .govuk-input--width-5 { max-width: 7em }
.govuk-input--width-4 { max-width: 5.4em } .govuk-input--width-3 { max-width: 4.4em } .govuk-input--width-2 { max-width: 3.6em }
.govuk-input--extra-letter-spacing { letter-spacing: .05em }
:is(.govuk-input, .govuk-textarea, .govuk-select):focus { outline: 3px solid var(--focus); outline-offset: 0; box-shadow: inset 0 0 0 2px var(--line) }
.govuk-input__wrapper { display: flex }
.govuk-input__wrapper > .govuk-input { flex: 1 1 auto }
.govuk-input__prefix, .govuk-input__suffix { flex: none; padding: .4rem .7rem; border: 2px solid var(--line) }
.govuk-input__prefix { border-right: 0 } .govuk-input__suffix { border-left: 0 }
.govuk-date-input { display: flex; flex-wrap: wrap; gap: 0 1.2rem }
.govuk-date-input .govuk-label, .govuk-radios__label, .govuk-checkboxes__label { font-weight: inherit }
.govuk-radios__item, .govuk-checkboxes__item { display: grid; grid-template-columns: 2.75rem 1fr; align-items: center; margin-bottom: .5rem }
.govuk-radios__input, .govuk-checkboxes__input { width: 1.8rem; height: 1.8rem; margin: .5rem 0; accent-color: var(--accent) }
:is(.govuk-radios__input, .govuk-checkboxes__input):focus { outline: 3px solid var(--focus); outline-offset: 0; box-shadow: 0 0 0 5px var(--on-focus) }
.govuk-radios__label, .govuk-checkboxes__label { margin: 0; padding: .5rem 0 }
.govuk-radios__hint, .govuk-checkboxes__hint { grid-column: 2; margin: -.4rem 0 0 }
.govuk-button {
  padding: .6rem 1.2rem; border: 2px solid var(--accent); border-radius: var(--radius); background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer
}
.govuk-button:hover { filter: brightness(.9) }
.govuk-button--secondary { background: transparent; color: inherit; border-color: var(--line) }
.govuk-button:focus-visible { outline: 3px solid var(--focus); outline-offset: 0; border-color: var(--on-focus); background: var(--focus); color: var(--on-focus); box-shadow: 0 3px var(--on-focus) }
.govuk-button[aria-disabled] { opacity: .6; cursor: default }
.govuk-error-summary { border: 5px solid var(--error); padding: 1rem 1.2rem }
.govuk-error-summary:focus { outline: 3px solid var(--focus) }
.govuk-error-summary ul { list-style: none; padding: 0; margin-top: .6rem }
.govuk-error-summary a { color: var(--error); font-weight: 700 }
.ch-lost { border: 5px solid var(--line); padding: 1rem 1.2rem }
.ch-lost > p { margin-bottom: 1rem }
.ch-location { display: flex; flex-wrap: wrap; gap: .8rem; align-items: center }
.ch-location > p { flex: 1 1 100% }
.govuk-summary-list { border-top: 1px solid var(--rule) }
.govuk-summary-list__row { border-bottom: 1px solid var(--rule); padding: .6rem 0 }
.govuk-summary-list__key { font-weight: 700 }
.govuk-summary-list__value { white-space: pre-line }
@media (min-width: 40em) {
  .govuk-summary-list__row { display: grid; grid-template-columns: 2fr 3fr auto; gap: 0 1.2rem }
}
.govuk-panel { border: 5px solid var(--accent); padding: 1.6rem; text-align: center }
.govuk-panel__body { font-size: 1.3em } .ch-reference { letter-spacing: .06em; white-space: nowrap; font-variant-numeric: tabular-nums slashed-zero }
`

const sheets = new Map()

/** A style sheet of this text, the same for all elements of a page. A strict policy of the page has nothing against it. */
function sheet (text) {
  if (!sheets.has(text)) {
    const made = new CSSStyleSheet()
    made.replaceSync(text)
    sheets.set(text, made)
  }
  return sheets.get(text)
}

/** The council's own colour, for whatever the page around does not colour itself. */
const council = (colour) => /^#[0-9a-f]{6}$/i.test(colour || '') ? `:host { --commonhall-council: ${colour} }` : ''

/** Put on the look: our own, or the style sheet that the page around names instead. */
export function dress (root, view, own) {
  const link = root.querySelector('link')
  if (own && link?.getAttribute('href') !== own) {
    link?.remove()
    root.prepend(h('link', { rel: 'stylesheet', href: own }))
  } else if (!own) link?.remove()
  root.adoptedStyleSheets = (own ? [OWN] : [OWN, LOOK, council(view.colour)]).map(sheet)
}
