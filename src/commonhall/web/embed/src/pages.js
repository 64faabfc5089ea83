// The pages of a journey, each as a list of elements. They know the words and what their links and buttons do (`act`), and
// nothing of how it is asked. `view` is the site, the language, the words and the tag of a page's heading.
import { fill, h, prose } from './dom.js'
import { fieldOf, idOf, titleOf } from './fields.js'

const heading = (text, view) => h(view.heading, { class: 'govuk-heading-l', tabindex: '-1' }, text)
const second = (text, view) => h(`h${Number(view.heading[1]) + 1}`, { class: 'govuk-heading-m' }, text)
const words = (text) => h('p', { class: 'govuk-body' }, text)
const phone = (view) => view.words.phone ? words(view.words.phone) : null

/** A link that does something here. It leads to no other page, so the address it shows stays on this one. */
function link (text, act, { look = 'govuk-link', hidden = '' } = {}) {
  const press = (event) => {
    event.preventDefault()
    act()
  }
  return h('a', { class: look, href: '#', on: { click: press } }, text, hidden && h('span', { class: 'govuk-visually-hidden' }, ` ${hidden}`))
}

export const button = (text, act = null, look = 'govuk-button') => h('button', { class: look, type: act ? 'button' : 'submit', on: act ? { click: act } : {} }, text)

const back = (view, act) => act && h('nav', { 'aria-label': view.words.back }, link(view.words.back, act, { look: 'govuk-back-link' }))

/** Before the first question: what it is for, and what to have at hand. */
export function startPage (service, view, act) {
  const says = service.start[view.language] || service.start.en
  const { minutes } = service
  return [
    heading(service.name[view.language] || service.name.en, view),
    prose(says.intro_html, says.intro, view.site),
    says.need.length > 0 && [
      second(view.words.need_title, view), words(view.words.need_intro),
      h('ul', { class: 'govuk-list govuk-list--bullet' }, says.need.map((text) => h('li', {}, text)))
    ],
    minutes && words(minutes === 1 ? view.words.time_one : fill(view.words.time, { minutes })),
    button(view.words.start_now, act.start, 'govuk-button govuk-button--start'),
    phone(view)
  ]
}

/** A page of questions. `shown` is the page with what was typed, what is wrong, and how many rows its lists have. */
export function questionPage (page, shown, view, act) {
  const [field] = page.fields
  const alone = page.fields.length === 1
  // With text between heading and question, the heading stands by itself and the label is for screen readers.
  const asks = alone && !page.body && field.type !== 'list' && !(page.hint && field.hint)
  const hint = asks && !field.hint ? null : page.hint
  const making = { ...shown, words: view.words, heading: view.heading, act }
  const form = h('form', { novalidate: true, on: { submit: (event) => { event.preventDefault(); act.answer() } } },
    page.fields.map((one) => fieldOf(one, alone ? ownTitle(page, one, asks, view) : titleOf(one, making), making)),
    button(view.words.continue))
  return [
    back(view, act.back),
    summary(shown.errors, view, form),
    !asks && heading(page.question, view),
    hint && h('p', { class: 'govuk-hint' }, hint),
    page.body && prose(page.body_html, page.body, view.site),
    form
  ]
}

/** Alone on its page, a question is asked in the page's words; its label names it among the answers. */
function ownTitle (page, field, asks, view) {
  return {
    label: field.optional ? `${page.question} ${view.words.optional}` : page.question,
    hint: field.hint || (asks ? page.hint : null),
    heading: asks,
    hidden: !asks
  }
}

function summary (errors, view, form) {
  if (errors.size === 0) return null
  const go = (name) => {
    const box = form.querySelector(`#${CSS.escape(idOf(name))}`)
    // The label or the legend comes into sight with the box that it is for.
    const title = box?.closest('fieldset')?.querySelector('legend') || box?.labels?.[0] || box
    title?.scrollIntoView()
    box?.focus({ preventScroll: true })
  }
  return h('div', { class: 'govuk-error-summary', tabindex: '-1' },
    h('div', { role: 'alert' },
      h(view.heading, { class: 'govuk-error-summary__title' }, view.words.error_title),
      h('ul', { class: 'govuk-list govuk-error-summary__list' },
        [...errors].map(([name, text]) => h('li', {}, link(text, () => go(name), { look: 'govuk-error-summary__link' }))))))
}

/** A journey that cannot go on: why, and what to do. */
export function exitPage (page, view, act) {
  return [back(view, act.back), heading(page.question, view), page.body && prose(page.body_html, page.body, view.site), phone(view)]
}

/** Everything that was answered, before it is sent. */
export function checkPage (rows, view, act) {
  return [
    back(view, act.back),
    heading(view.words.check_title, view),
    h('dl', { class: 'govuk-summary-list' }, rows.map((row) => h('div', { class: 'govuk-summary-list__row' },
      h('dt', { class: 'govuk-summary-list__key' }, row.question),
      h('dd', { class: 'govuk-summary-list__value' }, row.answer ? lines(row.answer) : view.words.not_given),
      h('dd', { class: 'govuk-summary-list__actions' }, link(view.words.change, () => act.change(row.page), { hidden: row.question }))))),
    words(view.words.check_note),
    button(view.words.check_send, act.submit)
  ]
}

const lines = (text) => text.split('\n').flatMap((line, place) => place ? [h('br'), line] : [line])

const SCORES = [5, 4, 3, 2, 1]

/** How satisfied somebody was; `rated` where they have said so, `failed` where they pressed the button without. */
function feedback ({ rated, failed, typed = {} }, view, act) {
  if (rated) return h('p', { class: 'govuk-body ch-thanks', role: 'status', tabindex: '-1' }, h('strong', {}, view.words.feedback_thanks))
  const errors = failed ? new Map([['score', view.words.feedback_missing]]) : new Map()
  const making = { words: view.words, heading: view.heading, errors, typed }
  const options = SCORES.map((score) => ({ code: String(score), label: view.words[`score_${score}`] }))
  const score = { id: 'score', type: 'radios', options }
  const comment = { id: 'comment', type: 'textarea', rows: 4, schema: { maxLength: 1200 } }
  const form = h('form', { novalidate: true, on: { submit: (event) => { event.preventDefault(); act.rate() } } },
    fieldOf(score, { label: view.words.feedback_title }, making),
    fieldOf(comment, { label: view.words.feedback_comment, hint: view.words.feedback_comment_hint }, making),
    button(view.words.feedback_send, null, 'govuk-button govuk-button--secondary'))
  return [summary(errors, view, form), form]
}

/** It is sent: the reference, and what happens next. */
export function donePage (done, said, view, act) {
  const { body, body_html: html } = done.confirmation
  return [
    h('div', { class: 'govuk-panel govuk-panel--confirmation' },
      h(view.heading, { class: 'govuk-panel__title', tabindex: '-1' }, view.words.confirmation_title),
      h('div', { class: 'govuk-panel__body' }, view.words.confirmation_reference, h('br'), h('strong', { class: 'ch-reference' }, done.reference))),
    second(view.words.confirmation_next, view),
    body && prose(html, body, view.site),
    done.follow
      ? h('p', { class: 'govuk-body' }, h('a', { class: 'govuk-link', href: done.follow }, view.words.confirmation_follow))
      : words(view.words.confirmation_unfollowed),
    feedback(said, view, act),
    h('p', { class: 'govuk-body' }, link(view.words.start_again, act.again))
  ]
}

/** The answers are gone, and why. */
export function expiredPage (view, act) {
  return [heading(view.words.expired_title, view), words(view.words.expired_text), button(view.words.start_again, act.again)]
}

/** What cannot be shown here: the council's own page can. */
export function elsewherePage (service, view) {
  return [heading(service.name[view.language] || service.name.en, view), h('p', { class: 'govuk-body' },
    h('a', { class: 'govuk-link', href: service.page }, view.words.embed_elsewhere))]
}

/** Nobody answered: nothing is lost, and it is tried again. */
export function lostNotice (view, again) {
  return h('div', { class: 'ch-lost', role: 'alert' }, words(view.words.embed_lost), button(view.words.embed_try, again, 'govuk-button govuk-button--secondary'))
}
