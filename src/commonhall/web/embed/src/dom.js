// Elements made one by one: no text ever becomes markup on its way here.

/**
 * An element. Properties are attributes; `on` maps events to what they do; null, false and undefined are left out.
 * Its classes are its part's names, too, without their prefix, so that the page around can style it.
 */
export function h (tag, { on, ...attributes } = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? '' : value)
    }
  }
  if (attributes.class) made.setAttribute('part', attributes.class.replace(/\b(govuk|ch)-/g, ''))
  for (const [event, act] of Object.entries(on || {})) made.addEventListener(event, act)
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false))
  return made
}

/** `{name}`s in a text, filled. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole)

const KEPT = new Set(['P', 'UL', 'OL', 'LI', 'A', 'STRONG', 'EM', 'BR', 'CODE', 'PRE', 'BLOCKQUOTE', 'HR',
  'H1', 'H2', 'H3', 'H4', 'H5', 'H6'])
const DROPPED = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'EMBED', 'SVG', 'MATH', 'NOSCRIPT'])
const GOES_TO = new Set(['https:', 'http:', 'mailto:', 'tel:'])

let trusted
/** The page around may demand Trusted Types: what is parsed is only read, never shown, so any text will do. */
function asMarkup (html) {
  if (!window.trustedTypes) return html
  trusted = trusted || window.trustedTypes.createPolicy('commonhall-journey', { createHTML: (text) => text })
  return trusted.createHTML(html)
}

/**
 * A service's text as elements of ours. The server makes it of CommonMark without any HTML; here it is read once more in
 * a document that runs nothing, and of what it holds only words, lists and links are built anew.
 */
export function prose (html, plain, site) {
  const block = h('div', { class: 'ch-prose' })
  if (!html) return block
  try {
    copy(new DOMParser().parseFromString(asMarkup(html), 'text/html').body, block, site)
  } catch {
    // The page around lets nobody parse: words without their links are better than none.
    block.append(...plain.split(/\n{2,}/).map((text) => h('p', {}, text)))
  }
  return block
}

function copy (from, to, site) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data)
    if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.tagName.toUpperCase())) continue
    const made = KEPT.has(node.tagName) ? h(node.tagName, link(node, site)) : null
    copy(node, made || to, site)
    if (made) to.append(made)
  }
}

/** What a link keeps: where it leads, seen from the council's own site. */
function link (node, site) {
  if (node.tagName !== 'A') return {}
  try {
    const to = new URL(node.getAttribute('href') || '', `${site}/`)
    return GOES_TO.has(to.protocol) ? { href: to.href, class: 'govuk-link' } : {}
  } catch {
    return {}
  }
}
