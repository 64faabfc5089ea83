// Dashboards that are looked at: figures and charts are brought up to date without a word and without moving anything.
// Nothing is announced: whoever listens to the page is not to be spoken to every ten seconds.

const EVERY = 10000
// Somebody who went away without closing the page is not to stay signed in by it.
const LONGEST_ALONE = 30 * 60 * 1000

/** Keep one board up to date while it can be seen, and give a button that stops it (WCAG 2.2.2). */
export function enhanceMeasures (board) {
  const says = board.dataset
  let paused = false
  let timer
  let asking = false
  let touched = Date.now()

  const line = document.createElement('p')
  line.className = 'ch-live'
  const status = document.createElement('span')
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = says.textPause
  line.append(status, button)
  board.before(line)
  tell(new Date())

  function tell (when) {
    status.textContent = paused ? says.textPaused : `${says.textUpdated} ${when.toLocaleTimeString('en-GB')}`
  }

  function stop (yes) {
    paused = yes
    button.textContent = paused ? says.textGoOn : says.textPause
    tell(new Date())
    plan(0)
  }

  function plan (wait) {
    clearTimeout(timer)
    if (!paused && !document.hidden) timer = setTimeout(look, wait)
  }

  async function look () {
    if (asking || paused || document.hidden) return
    if (Date.now() - touched > LONGEST_ALONE) {
      stop(true)
      return
    }
    asking = true
    try {
      const answer = await fetch(says.chMeasures, { cache: 'no-cache', redirect: 'error' })
      if (answer.ok) {
        await renew(board, new DOMParser().parseFromString(await answer.text(), 'text/html'))
        tell(new Date())
      }
    } catch {
      // The network is away for a while, or the session is over: what is shown stays, with its time.
    }
    asking = false
    plan(EVERY)
  }

  button.addEventListener('click', () => { touched = Date.now(); stop(!paused) })
  for (const sign of ['pointerdown', 'keydown', 'scroll']) {
    addEventListener(sign, () => { touched = Date.now() }, { passive: true })
  }
  document.addEventListener('visibilitychange', () => plan(0))
  plan(EVERY)
}

/** Put what is new in the place of what was; leave alone what has the focus, and open what was open. */
async function renew (board, fresh) {
  for (const next of fresh.querySelectorAll('[data-ch-live]')) {
    const now = document.getElementById(next.id)
    if (!now || !board.contains(now) || same(now, next) || now.contains(document.activeElement)) continue
    await ready(next)
    const open = [...now.querySelectorAll('details')].map((one) => one.open)
    next.querySelectorAll('details').forEach((one, place) => { one.open = Boolean(open[place]) })
    now.replaceWith(document.importNode(next, true))
  }
}

function same (one, other) {
  const images = (of) => [...of.querySelectorAll('img')].map((image) => image.getAttribute('src')).join()
  return one.textContent === other.textContent && images(one) === images(other)
}

/** Wait until the new picture is there, so that no chart is empty for a moment. */
function ready (part) {
  const narrow = matchMedia('(max-width: 30em)').matches
  return Promise.all([...part.querySelectorAll('picture')].map((picture) => new Promise((resolve) => {
    const image = new Image()
    image.onload = image.onerror = resolve
    image.src = (narrow && picture.querySelector('source')?.getAttribute('srcset')) || picture.querySelector('img').getAttribute('src')
  })))
}

document.querySelectorAll('[data-ch-measures]').forEach(enhanceMeasures)
