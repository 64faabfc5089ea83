// Every type of question as the boxes of a form. Their names are those of the council's own pages, and what is typed into
// them is read by the server, by the same rules: nothing is checked here.
import { fill, h } from './dom.js'

const AUTOCOMPLETE = { name: 'name', email: 'email', phone: 'tel' }
const ADDRESS = {
  line1: ['address-line1'],
  line2: ['address-line2'],
  town: ['address-level2', 'govuk-input--width-20'],
  postcode: ['postal-code', 'govuk-input--width-10']
}
const DATE_PARTS = ['day', 'month', 'year']
const PLACES = 5 // decimals of a degree: about one metre
const NEARLY = 0.75 // of the longest text: from here on it is told how much is left
const PAUSE = 1000 // milliseconds without a key, before the rest is read out

/** A box's id: its name, without dots. */
export const idOf = (name) => name.replaceAll('.', '-')

/**
 * What a page's fields are made with: `words`, what was `typed`, `errors` by box, `heading`: the tag of the page's
 * heading, `rows` of lists by field, and `act`: what to do when rows are added and removed.
 */
export function fieldOf (field, title, page) {
  const make = MAKERS[field.type]
  return make ? make(field, field.id, title, page) : null
}

/** Whether every field of a page can be shown here; a newer server may have others. */
export const known = (fields) => fields.every((field) => MAKERS[field.type] && known(field.fields || []))

const MAKERS = {
  text: input,
  email: input,
  phone: input,
  name: input,
  number: input,
  money: input,
  'national-insurance-number': input,
  'vehicle-registration': input,
  textarea,
  date,
  radios: choices,
  checkboxes: choices,
  select,
  declaration,
  address,
  'map-location': place,
  list
}

// -- parts ---------------------------------------------------------------------------------------------------------

const valueOf = (page, name) => page.typed[name]?.[0] ?? ''
const described = (...ids) => ids.filter(Boolean).join(' ') || null

/** A question's label; as the page's heading it can be gone to. */
function labelOf (id, { label, heading, hidden }, page) {
  const made = h('label', { class: `govuk-label${heading ? ' govuk-label--l' : ''}${hidden ? ' govuk-visually-hidden' : ''}`, for: id }, label)
  return heading ? h(page.heading, { class: 'govuk-label-wrapper', tabindex: '-1' }, made) : made
}

function legendOf ({ label, heading, hidden }, page, size = 'm') {
  const look = hidden ? 'govuk-visually-hidden' : `govuk-fieldset__legend--${heading ? 'l' : size}`
  return h('legend', { class: `govuk-fieldset__legend ${look}` },
    heading ? h(page.heading, { class: 'govuk-fieldset__heading', tabindex: '-1' }, label) : label)
}

const hintOf = (id, text) => text ? h('div', { class: 'govuk-hint', id: `${id}-hint` }, text) : null

function errorOf (id, text, page) {
  if (!text) return null
  return h('p', { class: 'govuk-error-message', id: `${id}-error` },
    h('span', { class: 'govuk-visually-hidden' }, page.words.error_prefix), text)
}

/** One box with its label, hint and error; `control` makes the box of what it is described by. */
function group (name, title, page, control, before = null, after = null) {
  const id = idOf(name)
  const error = page.errors.get(name)
  const hint = hintOf(id, title.hint)
  const box = control({
    id,
    name,
    'aria-describedby': described(hint && `${id}-hint`, after && `${id}-info`, error && `${id}-error`),
    'aria-invalid': error ? 'true' : null
  }, error)
  const dressed = before || title.suffix
    ? h('div', { class: 'govuk-input__wrapper' },
      before && h('div', { class: 'govuk-input__prefix', 'aria-hidden': 'true' }, before), box,
      title.suffix && h('div', { class: 'govuk-input__suffix', 'aria-hidden': 'true' }, title.suffix))
    : box
  return h('div', { class: `govuk-form-group${error ? ' govuk-form-group--error' : ''}` },
    labelOf(id, title, page), hint, errorOf(id, error, page), dressed, after?.(box))
}

/** Several boxes that answer one question. */
function fieldset (name, title, page, error, inside, { role } = {}) {
  const id = idOf(name)
  const hint = hintOf(id, title.hint)
  return h('div', { class: `govuk-form-group${error ? ' govuk-form-group--error' : ''}` },
    h('fieldset', { class: 'govuk-fieldset', role, 'aria-describedby': described(hint && `${id}-hint`, error && `${id}-error`) },
      legendOf(title, page), hint, errorOf(id, error, page), inside))
}

// -- one box -------------------------------------------------------------------------------------------------------

function input (field, name, title, page) {
  const kinds = { email: 'email', phone: 'tel' }
  const widths = { phone: 20, 'national-insurance-number': 10, 'vehicle-registration': 10, number: 5, money: 5 }
  const spaced = ['national-insurance-number', 'vehicle-registration'].includes(field.type)
  const width = field.width || widths[field.type]
  const figures = { number: field.schema.type === 'integer' ? 'numeric' : 'decimal', money: 'decimal' }[field.type]
  const look = [width && `govuk-input--width-${width}`, spaced && 'govuk-input--extra-letter-spacing']
  return group(name, { ...title, suffix: field.unit }, page, (rest, error) => h('input', {
    ...rest,
    class: ['govuk-input', error && 'govuk-input--error', ...look].filter(Boolean).join(' '),
    type: kinds[field.type] || 'text',
    inputmode: figures || null,
    spellcheck: figures || spaced || field.type === 'email' ? 'false' : null,
    autocomplete: field.autocomplete || AUTOCOMPLETE[field.type],
    value: valueOf(page, name)
  }), field.type === 'money' ? page.words.money_prefix : null)
}

function textarea (field, name, title, page) {
  const most = field.schema.maxLength
  return group(name, title, page, (rest, error) => {
    const box = h('textarea', { ...rest, class: `govuk-textarea${error ? ' govuk-textarea--error' : ''}`, rows: field.rows || 5 })
    box.value = valueOf(page, name)
    return box
  }, null, most ? (box) => counter(box, most, page) : null)
}

/** How much more can be typed: for eyes at once, for ears when one stops typing. */
function counter (box, most, page) {
  const { words } = page
  const told = h('p', { class: 'govuk-visually-hidden', role: 'status' })
  const shown = h('div', { class: 'govuk-hint govuk-character-count__message', 'aria-hidden': 'true' })
  const about = h('span', { class: 'govuk-visually-hidden', id: `${box.id}-info` }, fill(words.characters_left, { count: most }))
  let waiting
  const tell = () => {
    const left = most - box.value.length
    const count = Math.abs(left)
    const word = `characters_${left < 0 ? 'over' : 'remaining'}${count === 1 ? '_one' : ''}`
    shown.textContent = box.value.length >= most * NEARLY ? fill(words[word], { count }) : ''
    shown.classList.toggle('govuk-error-message', left < 0)
    clearTimeout(waiting)
    waiting = setTimeout(() => { told.textContent = shown.textContent }, PAUSE)
  }
  box.addEventListener('input', tell)
  if (box.value) tell()
  return h('div', { class: 'govuk-character-count' }, about, shown, told)
}

function select (field, name, title, page) {
  const chosen = valueOf(page, name)
  return group(name, title, page, (rest, error) => h('select', { ...rest, class: `govuk-select${error ? ' govuk-select--error' : ''}` },
    h('option', { value: '' }, page.words.choose_option),
    field.options.map((option) => h('option', { value: option.code, selected: option.code === chosen }, option.label))))
}

// -- several boxes -------------------------------------------------------------------------------------------------

function date (field, name, title, page) {
  const failing = DATE_PARTS.map((part) => `${name}-${part}`).filter((box) => page.errors.has(box))
  const error = page.errors.get(failing[0]) || page.errors.get(name)
  const born = field.autocomplete === 'bday'
  const parts = DATE_PARTS.map((part) => {
    const id = idOf(`${name}-${part}`)
    return h('div', { class: 'govuk-date-input__item' },
      h('label', { class: 'govuk-label govuk-date-input__label', for: id }, page.words[part]),
      h('input', {
        id,
        name: `${name}-${part}`,
        class: `govuk-input govuk-input--width-${part === 'year' ? 4 : 2}${error ? ' govuk-input--error' : ''}`,
        type: 'text',
        inputmode: 'numeric',
        autocomplete: born ? `bday-${part}` : null,
        'aria-invalid': page.errors.has(`${name}-${part}`) ? 'true' : null,
        value: valueOf(page, `${name}-${part}`)
      }))
  })
  const whole = { ...title, hint: title.hint || page.words.date_hint }
  return fieldset(name, whole, page, error, h('div', { class: 'govuk-date-input' }, parts), { role: 'group' })
}

/** A round or a square box to tick, with its label beside it. */
function box (kind, { id, name, value, label, hint, checked, describedby = null, invalid = false }) {
  const look = kind === 'radio' ? 'govuk-radios' : 'govuk-checkboxes'
  return h('div', { class: `${look}__item` },
    h('input', { class: `${look}__input`, type: kind, id, name, value, checked, 'aria-describedby': described(hint && `${id}-hint`, describedby), 'aria-invalid': invalid ? 'true' : null }),
    h('label', { class: `govuk-label ${look}__label`, for: id }, label),
    hint && h('div', { class: `govuk-hint ${look}__hint`, id: `${id}-hint` }, hint))
}

function choices (field, name, title, page) {
  const one = field.type === 'radios'
  const chosen = new Set(page.typed[name])
  const items = field.options.map((option, place) => box(one ? 'radio' : 'checkbox', {
    ...option, value: option.code, name, id: idOf(name) + (place ? `-${place + 1}` : ''), checked: chosen.has(option.code)
  }))
  return fieldset(name, title, page, page.errors.get(name), h('div', { class: `govuk-${field.type}` }, items))
}

function declaration (field, name, title, page) {
  const id = idOf(name)
  const error = page.errors.get(name)
  const hint = hintOf(`${id}-all`, title.hint)
  return h('div', { class: `govuk-form-group${error ? ' govuk-form-group--error' : ''}` },
    title.heading && h(page.heading, { class: 'govuk-heading-l', tabindex: '-1' }, title.label),
    hint, errorOf(id, error, page),
    h('div', { class: 'govuk-checkboxes' }, box('checkbox', {
      id,
      name,
      value: 'yes',
      label: field.statement || title.label,
      checked: valueOf(page, name) === 'yes',
      describedby: described(hint && `${id}-all-hint`, error && `${id}-error`),
      invalid: Boolean(error)
    })))
}

function address (field, name, title, page) {
  const boxes = Object.entries(ADDRESS).map(([part, [fills, look]]) => group(`${name}-${part}`, { label: page.words[part] }, page,
    (rest, error) => h('input', {
      ...rest,
      class: ['govuk-input', error && 'govuk-input--error', look].filter(Boolean).join(' '),
      type: 'text',
      autocomplete: fills,
      value: valueOf(page, `${name}-${part}`)
    })))
  const uprn = valueOf(page, `${name}-uprn`)
  return fieldset(name, title, page, page.errors.get(name), [boxes, uprn && kept(`${name}-uprn`, uprn)])
}

const kept = (name, value) => h('input', { type: 'hidden', name, value })

function place (field, name, title, page) {
  const [lat, long] = ['lat', 'long'].map((part) => kept(`${name}-${part}`, valueOf(page, `${name}-${part}`)))
  const about = { label: page.words.place_description, hint: page.words.place_description_hint }
  return fieldset(name, title, page, page.errors.get(name), [
    group(`${name}-description`, about, page, (rest, error) => {
      const made = h('textarea', { ...rest, class: `govuk-textarea${error ? ' govuk-textarea--error' : ''}`, rows: 3 })
      made.value = valueOf(page, `${name}-description`)
      return made
    }),
    group(`${name}-postcode`, { label: page.words.place_postcode }, page, (rest, error) => h('input', {
      ...rest, class: `govuk-input${error ? ' govuk-input--error' : ''} govuk-input--width-10`, type: 'text', autocomplete: 'off', value: valueOf(page, `${name}-postcode`)
    })),
    lat, long, here(lat, long, page)
  ])
}

/** "Use my current location", where the browser can tell it; words alone are always enough. */
function here (lat, long, page) {
  if (!navigator.geolocation || !window.isSecureContext) return null
  const says = page.words.location
  const status = h('p', { role: 'status' })
  const remove = small(says.remove, () => {
    lat.value = long.value = ''
    show(says.removed)
    find.focus()
  })
  const show = (text) => {
    status.textContent = text
    remove.hidden = !lat.value
  }
  const found = () => fill(says.found, { lat: Number(lat.value).toFixed(PLACES), long: Number(long.value).toFixed(PLACES) })
  const find = small(says.here, () => {
    show(says.finding)
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      lat.value = coords.latitude.toFixed(PLACES)
      long.value = coords.longitude.toFixed(PLACES)
      show(found())
    }, () => show(says.failed), { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 })
  })
  show(lat.value ? found() : '')
  return h('div', { class: 'ch-location' }, find, remove, status)
}

/** A button that sends nothing. */
function small (text, press) {
  return h('button', { type: 'button', class: 'govuk-button govuk-button--secondary', on: { click: press } }, text)
}

function list (field, name, title, page) {
  const count = page.rows[field.id]
  const item = field.item || title.label
  const capital = item.slice(0, 1).toUpperCase() + item.slice(1)
  const rows = Array.from({ length: count }, (_, number) => h('fieldset', { class: 'govuk-fieldset ch-row' },
    h('legend', { class: 'govuk-fieldset__legend govuk-fieldset__legend--m' }, `${capital} ${number + 1}`),
    field.fields.map((column) => MAKERS[column.type](column, `${name}-${number}-${column.id}`, titleOf(column, page), page)),
    count > 1 && small(fill(page.words.remove_row, { item, number: number + 1 }), () => page.act.remove(field.id, number))))
  return h('div', {},
    title.heading && h(page.heading, { class: 'govuk-heading-l', tabindex: '-1' }, title.label),
    title.hint && h('p', { class: 'govuk-hint' }, title.hint),
    rows,
    count < (field.schema.maxItems || 10) && small(page.words.add_another, () => page.act.add(field.id)))
}

/** How a field is asked that is not alone on its page. */
export function titleOf (field, page) {
  return { label: field.optional ? `${field.label} ${page.words.optional}` : field.label, hint: field.hint }
}
