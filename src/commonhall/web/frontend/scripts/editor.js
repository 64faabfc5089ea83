// The service editor: what is wrong is told while one types, and the journey is drawn anew. Saving needs no script.

const WAIT = 400

/** Check a form's service whenever somebody changes a box, and say at once what is wrong. */
export function enhanceEditor (form) {
  form.querySelectorAll('[data-ch-condition]').forEach(enhanceCondition)
  let waiting
  let asked = 0
  let changed = false
  form.addEventListener('input', () => {
    changed = true
    clearTimeout(waiting)
    waiting = setTimeout(async () => {
      asked += 1
      const mine = asked
      const told = await ask(form)
      if (told && mine === asked) show(told)
    }, WAIT)
  })
  form.addEventListener('submit', () => { changed = false })
  addEventListener('beforeunload', (event) => {
    if (changed) event.preventDefault()
  })
}

async function ask (form) {
  const body = new URLSearchParams(new FormData(form))
  try {
    const answer = await fetch(form.dataset.chEditor, { method: 'POST', body })
    return answer.ok ? await answer.json() : null
  } catch {
    return null
  }
}

function show (told) {
  put('problems', told.problems)
  put('drawing', told.drawing)
  for (const place of document.querySelectorAll('.ch-said')) {
    const words = told.boxes[place.id.replace(/-error$/, '')] || ''
    place.querySelector('[data-ch-text]').textContent = words
    place.hidden = !words
    place.parentElement.classList.toggle('govuk-form-group--error', Boolean(words))
  }
}

function put (id, html) {
  const place = document.getElementById(id)
  if (place && place.innerHTML !== html) place.innerHTML = html
}

/** Show beside each line of a condition only the boxes that its statement takes. */
function enhanceCondition (group) {
  const fit = (select) => {
    const takes = select.selectedOptions[0]?.dataset.takes || ''
    for (const box of select.parentElement.querySelectorAll('[data-ch-takes]')) {
      box.hidden = !takes || !box.dataset.chTakes.split(' ').includes(takes)
    }
  }
  for (const select of group.querySelectorAll('.ch-condition__said')) {
    fit(select)
    select.addEventListener('change', () => fit(select))
  }
}
