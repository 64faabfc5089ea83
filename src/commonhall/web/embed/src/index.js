// <commonhall-journey site="https://…" service="missed-bin" lang="en">: a council's transaction inside its own website.
import { ask, Lost, memory, Refused } from './asking.js'
import { known } from './fields.js'
import { checkPage, donePage, elsewherePage, exitPage, expiredPage, lostNotice, questionPage, startPage } from './pages.js'
import { dress } from './styles.js'

const LANGUAGES = ['en', 'cy']
const [SAME_PLACE, SAME_PRESS] = [16, 500] // pixels and milliseconds: how near two presses are that were meant as one
const WAITS = [2, 5, 10, 20, 30] // seconds between two tries to reach the council's host

/** Whoever renders pages on a server may load this there, too: it does nothing where there are no elements. */
const Base = globalThis.HTMLElement ?? class {}

/** The element. README.md says which attributes it takes, which events it sends and how it is styled. */
export class CommonhallJourney extends Base {
  static observedAttributes = ['site', 'service', 'lang', 'heading', 'stylesheet']

  #root
  #place
  #life = null // ends what is under way when the element is taken away or told something else
  #view
  #service
  #memory
  #journey = null // its id and secret
  #typed = null // what stood in the boxes when the language was changed
  #busy = false
  #tries = 0
  #waiting
  #retry = null
  #state = null // where the journey stands, as the server said it last
  #pressed // where somebody pressed last, and what
  #focus = false // whether a page that is shown takes the focus: not the first, which nobody asked for

  connectedCallback () {
    if (!this.#root) {
      this.#root = this.attachShadow({ mode: 'open' })
      this.#place = document.createElement('slot')
      this.#root.append(this.#place)
    }
    this.#begin()
  }

  disconnectedCallback () {
    this.#end()
  }

  attributeChangedCallback (name, before, now) {
    if (this.#life && before !== now) this.#begin()
  }

  #end () {
    this.#life?.abort()
    clearTimeout(this.#waiting)
    this.#life = this.#retry = null
    this.#busy = false
  }

  /** Whatever the element's own content is (a link to the council's page) stays until there is something to show. */
  #begin () {
    const form = this.#root.querySelector('form')
    if (form?.dataset.page) this.#typed = { page: form.dataset.page, typed: typedIn(form) }
    this.#end()
    const site = (this.getAttribute('site') || '').replace(/\/+$/, '')
    const service = this.getAttribute('service') || ''
    if (!site || !service) return
    this.#life = new AbortController()
    window.addEventListener('online', () => this.#retry?.(), { signal: this.#life.signal })
    this.#journey = null
    this.#memory = memory(site, service)
    const level = Number(this.getAttribute('heading'))
    const asked = (this.closest('[lang]')?.lang || document.documentElement.lang || 'en').slice(0, 2).toLowerCase()
    this.#view = { site, heading: `h${level >= 1 && level <= 4 ? level : 2}`, language: LANGUAGES.includes(asked) ? asked : 'en' }
    this.#act(() => this.#open(service), { focus: false })
  }

  async #open (service) {
    const { site } = this.#view
    const found = await this.#ask(`/services/${encodeURIComponent(service)}`)
    const language = found.languages.includes(this.#view.language) ? this.#view.language : 'en'
    const said = await ask(`${site}/embed/v1/words-${language}.json`, { stop: this.#life.signal })
    this.#service = found
    this.#view = { ...this.#view, language, words: said.words, colour: said.colour }
    this.#journey = this.#memory.get()
    if (!this.#journey) return this.#start()
    const page = this.#typed?.page
    await this.#resume()
    if (page && this.#state.path?.some((step) => step.page === page)) await this.#turnTo(page)
  }

  // -- asking ------------------------------------------------------------------------------------------------------

  #ask (path, more = {}) {
    return ask(`${this.#view.site}/api/v1${path}`, { ...more, stop: this.#life.signal })
  }

  /** Ask of this person's journey, in the language of the page. */
  #own (path = '', more = {}) {
    const { id, secret } = this.#journey
    return this.#ask(`/journeys/${id}${path}?language=${this.#view.language}`, { ...more, secret })
  }

  /** Do one thing at a time. Where nobody answers it is done again, by itself where `again` says that this is harmless. */
  async #act (action, { focus = true, again = true } = {}) {
    if (this.#busy) return
    const life = this.#life
    this.#busy = true
    this.#focus = focus
    clearTimeout(this.#waiting)
    this.#mark(true)
    try {
      await action()
      this.#tries = 0
      this.#retry = null
    } catch (fault) {
      if (life === this.#life && !life.signal.aborted) this.#failed(fault, () => this.#act(action, { focus, again }), again)
    } finally {
      if (life === this.#life) {
        this.#busy = false
        this.#mark(false)
      }
    }
  }

  #mark (busy) {
    for (const one of this.#root.querySelectorAll('.govuk-button')) {
      if (busy) one.setAttribute('aria-disabled', 'true')
      else one.removeAttribute('aria-disabled')
    }
  }

  #failed (fault, retry, again) {
    if (fault instanceof Lost) {
      this.#retry = retry
      if (this.#view.words && !this.#root.querySelector('.ch-lost')) {
        const notice = lostNotice(this.#view, () => this.#retry?.())
        this.#place.prepend(notice)
        notice.scrollIntoView({ block: 'nearest' })
      }
      if (again) this.#waiting = setTimeout(retry, 1000 * WAITS[Math.min(this.#tries++, WAITS.length - 1)])
      return
    }
    if (fault instanceof Refused && this.#journey && [401, 404, 410].includes(fault.status)) {
      this.#forget()
      this.#show('expired', expiredPage(this.#view, { again: () => this.#again() }))
      return
    }
    // The service is not there, or is paused: what the element held stays, or the way to the council's own page.
    if (this.#service && this.#view.words) this.#show('elsewhere', elsewherePage(this.#service, this.#view))
    if (!(fault instanceof Refused)) throw fault
  }

  // -- where the journey stands --------------------------------------------------------------------------------------

  async #resume () {
    this.#go(await this.#own())
  }

  #go (state) {
    this.#state = state
    if (state.status === 'submitted') this.#done(state)
    else if (state.status === 'ready') this.#check(state)
    else if (state.status === 'exit') this.#exit(state)
    else if (state.status === 'asking') this.#question(state.page, { errors: state.errors })
    else this.#show('elsewhere', elsewherePage(this.#service, this.#view))
  }

  #start () {
    this.#show('start', startPage(this.#service, this.#view, {
      start: () => this.#act(async () => {
        // Whoever came back to this page goes on with what was begun.
        if (this.#journey) return this.#resume()
        const body = { language: this.#view.language }
        const state = await this.#ask(`/services/${this.#service.id}/journeys`, { method: 'POST', body })
        this.#journey = { id: state.journey, secret: state.secret }
        this.#memory.set(this.#journey)
        this.#tell('started', { version: state.version })
        this.#go(state)
      }, { again: false })
    }))
  }

  #forget () {
    this.#memory.forget()
    this.#journey = this.#state = null
  }

  #again () {
    this.#forget()
    this.#focus = true
    this.#start()
  }

  /** Where the back link of a page leads: the page before it, or the start. */
  #before (page) {
    const path = this.#state.path.map((step) => step.page)
    const here = path.indexOf(page)
    const before = here < 0 ? path.at(-1) : path[here - 1]
    return () => {
      if (before) this.#act(() => this.#turnTo(before))
      else {
        this.#focus = true
        this.#start()
      }
    }
  }

  async #turnTo (page, changing = false) {
    let found
    try {
      found = await this.#own(`/pages/${page}`)
    } catch (fault) {
      // The journey does not come to this page any more, or is over: see where it stands.
      if (fault instanceof Refused && fault.status === 404) return this.#resume()
      throw fault
    }
    this.#question(found, { changing })
  }

  #question (page, { errors = [], typed = page.typed || {}, rows = null, changing = false } = {}) {
    if (page.kind !== 'questions' || !known(page.fields)) {
      this.#show('elsewhere', elsewherePage(this.#service, this.#view))
      return
    }
    if (this.#typed?.page === page.id) typed = this.#typed.typed
    this.#typed = null
    const shown = {
      typed,
      errors: new Map(errors.map((one) => [one.input || '', one.detail])),
      rows: rows || Object.fromEntries(page.fields.filter((field) => field.fields).map((field) => [field.id, rowsOf(typed, field.id)]))
    }
    const again = (next, count, field) => this.#question(page, { typed: next, changing, rows: { ...shown.rows, [field]: Math.max(1, count) } })
    const form = () => this.#root.querySelector('form')
    this.#show('question', questionPage(page, shown, this.#view, {
      answer: () => this.#act(() => this.#answer(page, form(), changing)),
      back: changing ? () => this.#act(() => this.#resume()) : this.#before(page.id),
      add: (field) => {
        again(typedIn(form()), shown.rows[field] + 1, field)
        this.#root.querySelector('.ch-row:last-of-type :is(input, select, textarea)')?.focus()
      },
      remove: (field, number) => {
        this.#focus = true
        again(renumbered(typedIn(form()), field, number), shown.rows[field] - 1, field)
      }
    }), { page: page.id, quiet: rows !== null, failed: errors.length > 0 })
    form().dataset.page = page.id
    // Whoever goes on typing wants to send it themselves.
    form().addEventListener('input', () => clearTimeout(this.#waiting))
  }

  async #answer (page, form, changing) {
    const lists = page.fields.filter((field) => field.fields)
    const typed = lists.reduce((all, { id }) => renumbered(all, id), typedIn(form))
    try {
      this.#state = await this.#own(`/pages/${page.id}`, { method: 'POST', body: { typed } })
    } catch (fault) {
      if (fault instanceof Refused && fault.kind === 'not-accepted') {
        this.#question(page, { errors: fault.problem.errors, typed, changing })
        return
      }
      // The journey has gone another way, in another tab: see where it stands.
      if (fault instanceof Refused && (fault.kind === 'submitted' || fault.status === 404)) return this.#resume()
      throw fault
    }
    const path = this.#state.path.map((step) => step.page)
    const following = changing ? null : path[path.indexOf(page.id) + 1]
    if (path.includes(page.id) && following) await this.#turnTo(following)
    else this.#go(this.#state)
  }

  #exit (state) {
    const { page } = state
    this.#show('exit', exitPage(page, this.#view, { back: this.#before(page.id) }), { page: page.id })
    this.#tell('exit', { page: page.id, countsAs: page.counts_as })
  }

  #check (state) {
    this.#show('check', checkPage(state.check, this.#view, {
      back: this.#before(''),
      change: (page) => this.#act(() => this.#turnTo(page, true)),
      submit: () => this.#act(async () => {
        try {
          this.#go(await this.#own('/submit', { method: 'POST' }))
        } catch (fault) {
          if (!(fault instanceof Refused) || fault.kind !== 'not-ready') throw fault
          return this.#resume()
        }
        if (this.#state.status === 'submitted') this.#tell('submitted', { reference: this.#state.reference })
      })
    }))
  }

  #done (state, said = {}) {
    this.#show('confirmation', donePage(state, said, this.#view, {
      again: () => this.#again(),
      rate: () => this.#act(() => this.#rate(state))
    }), { failed: Boolean(said.failed), quiet: Boolean(said.rated) })
  }

  async #rate (state) {
    const typed = typedIn(this.#root.querySelector('form'))
    const [score, comment] = [typed.score?.[0], typed.comment?.[0]]
    if (!score) return this.#done(state, { failed: true, typed })
    await this.#own('/feedback', { method: 'POST', body: { score: Number(score), comment } })
    this.#done(state, { rated: true })
    this.#root.querySelector('.ch-thanks').focus()
  }

  // -- showing -----------------------------------------------------------------------------------------------------

  #show (kind, children, { page = kind, quiet = false, failed = false } = {}) {
    const frame = document.createElement('div')
    frame.lang = this.#view.language
    frame.className = 'ch-journey'
    frame.setAttribute('part', 'journey')
    frame.append(...children.flat(Infinity).filter(Boolean))
    this.#keepFromOldPresses(frame)
    this.#place.replaceWith(frame)
    this.#place = frame
    dress(this.#root, this.#view, this.getAttribute('stylesheet'))
    if (this.#focus) {
      const first = frame.querySelector('.govuk-error-summary') || frame.querySelector('[tabindex="-1"]')
      this.scrollIntoView({ block: 'start' })
      first?.focus()
    }
    if (!quiet) this.#tell('page', { page, kind, failed })
  }

  /**
   * The second half of a double press on the page before must not choose what happens to lie under the finger now. A
   * button may follow a button at once, and a link a link: whoever goes back two pages means it.
   */
  #keepFromOldPresses (frame) {
    const [before, shown] = [this.#pressed, performance.now()]
    frame.addEventListener('click', (event) => {
      const { clientX: x, clientY: y, detail } = event
      if (!detail) return // a key was pressed
      const what = event.target.closest('button, a')?.tagName
      const near = before && Math.hypot(x - before.x, y - before.y) < SAME_PLACE
      if (near && performance.now() - shown < SAME_PRESS && what !== before.what) {
        event.preventDefault()
        event.stopPropagation()
      } else this.#pressed = { x, y, what }
    }, true)
  }

  /** What the page around is told: never what somebody answered. */
  #tell (what, detail) {
    const about = { service: this.#service.id, language: this.#view.language, ...detail }
    this.dispatchEvent(new CustomEvent(`commonhall:${what}`, { bubbles: true, composed: true, detail: about }))
  }
}

/** What stands in the boxes of a form. */
function typedIn (form) {
  const found = {}
  for (const [name, value] of new FormData(form)) {
    found[name] = [...(found[name] || []), value]
  }
  return found
}

/** How many rows of a list stand in what was typed; one at least. */
function rowsOf (typed, field) {
  return Math.max(0, ...Object.keys(typed).map((name) => numberIn(name, field))) + 1
}

function numberIn (name, field) {
  const number = name.startsWith(`${field}-`) ? name.slice(field.length + 1).split('-', 1)[0] : ''
  return /^\d{1,3}$/.test(number) ? Number(number) : -1
}

/** What was typed with the rows of a list counted anew, as the server counts them: without those that sent nothing. */
function renumbered (typed, field, except = -1) {
  const rows = [...new Set(Object.keys(typed).map((name) => numberIn(name, field)))].filter((row) => row >= 0 && row !== except)
  rows.sort((one, other) => one - other)
  const kept = {}
  for (const [name, values] of Object.entries(typed)) {
    const number = numberIn(name, field)
    if (number < 0) kept[name] = values
    else if (number !== except) kept[name.replace(`${field}-${number}`, `${field}-${rows.indexOf(number)}`)] = values
  }
  return kept
}

// A browser that is too old keeps what the element holds: the link to the council's page.
const able = globalThis.Document && 'adoptedStyleSheets' in Document.prototype && 'throwIfAborted' in AbortSignal.prototype
if (able && !customElements.get('commonhall-journey')) {
  customElements.define('commonhall-journey', CommonhallJourney)
}
