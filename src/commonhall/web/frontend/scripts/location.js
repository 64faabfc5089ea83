// "Use my current location" and "Choose on a map" beside a place described in words.
// Every word shown comes from the element's data-text-* attributes, so that it is in the page's language.

const PLACES = 5 // decimals of a degree: about one metre

/** Put `{lat}`, `{long}` into a text. */
const fill = (text, place) => text.replace('{lat}', place.lat).replace('{long}', place.long)

/** A button of the design system that submits nothing. */
export function button (text, press, kind = 'govuk-button--secondary') {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = `govuk-button ${kind}`
  made.textContent = text
  made.addEventListener('click', press)
  return made
}

/** Fetch and run the map's script once; it waits for `ch-map-open` events on the document. */
let mapScript
function loadMap () {
  mapScript = mapScript || new Promise((resolve, reject) => {
    const own = document.querySelector('script[src*="/resident-"]')
    const script = document.createElement('script')
    script.type = 'module'
    script.src = new URL(__MAP_SCRIPT__, own.src).href
    script.onload = resolve
    script.onerror = () => { mapScript = undefined; reject(new Error('the map script did not load')) }
    document.head.appendChild(script)
  })
  return mapScript
}

/** Add the buttons to one location question. `root` carries the field's name in `data-ch-location`. */
export function enhanceLocation (root) {
  const says = root.dataset
  const [lat, long] = ['lat', 'long'].map((part) => root.querySelector(`[name="${says.chLocation}-${part}"]`))
  if (!lat || !long) return

  const tools = document.createElement('div')
  tools.className = 'ch-location__tools'
  const status = document.createElement('p')
  status.className = 'ch-location__status'
  status.setAttribute('role', 'status')

  const remove = button(says.textRemove, () => {
    lat.value = long.value = ''
    show(says.textRemoved)
    tools.querySelector('button').focus()
  })

  function show (text) {
    status.textContent = text || ''
    remove.hidden = !(lat.value && long.value)
  }

  function choose (place) {
    lat.value = place.lat.toFixed(PLACES)
    long.value = place.long.toFixed(PLACES)
    show(fill(says.textFound, { lat: lat.value, long: long.value }))
  }

  if (says.textHere && navigator.geolocation && window.isSecureContext) {
    tools.append(button(says.textHere, () => {
      show(says.textFinding)
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => choose({ lat: coords.latitude, long: coords.longitude }),
        () => show(says.textFailed),
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 }
      )
    }), ' ')
  }
  if (says.textMap && says.mapStyle) {
    const open = button(says.textMap, () => {
      open.disabled = true
      show('')
      const close = () => { open.disabled = false; open.focus() }
      const failed = () => { show(says.textMapFailed); close() }
      const chosen = lat.value && long.value ? { lat: +lat.value, long: +long.value } : null
      loadMap().then(() => document.dispatchEvent(
        new CustomEvent('ch-map-open', { detail: { tools, says, chosen, choose, close, failed, button, fill } })
      ), failed)
    })
    tools.append(open, ' ')
  }
  if (!tools.children.length) return

  tools.append(remove, status)
  root.append(tools)
  show(lat.value && long.value ? fill(says.textFound, { lat: lat.value, long: long.value }) : '')
}
