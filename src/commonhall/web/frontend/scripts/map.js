// The map, fetched only when somebody opens it. The crosshair in its middle is the place: moving the map by
// pointer, finger or arrow keys moves the place, and one button takes it.
import { Map as MapView, setWorkerUrl } from 'maplibre-gl'

const DECIMALS = 5
const WHOLE_BRITAIN = { lat: 54.3, long: -3.2, zoom: 5 }
const CLOSE_UP = 16

setWorkerUrl(new URL(__MAP_WORKER__, import.meta.url).href)

/** The map's style sheet must be there before the map measures its box. */
const styled = new Promise((resolve, reject) => {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = new URL(__MAP_STYLES__, import.meta.url).href
  link.onload = resolve
  link.onerror = reject
  document.head.append(link)
})

/** An element with a class, and optionally text. */
function element (tag, name, text = '') {
  const made = document.createElement(tag)
  made.className = name
  made.textContent = text
  return made
}

/** Where the map begins: the place chosen before, else the council's middle, else the whole country. */
function beginning (says, chosen) {
  if (chosen) return { ...chosen, zoom: CLOSE_UP }
  const [lat, long, zoom = 12] = (says.mapStart || '').split(',').map(Number)
  return Number.isFinite(lat) && Number.isFinite(long) ? { lat, long, zoom } : WHOLE_BRITAIN
}

/** Show one map after the tools of a location question. The detail's shape is set in location.js. */
function open ({ tools, says, chosen, choose, close, failed, button, fill }) {
  const box = element('div', 'ch-map')
  const frame = element('div', 'ch-map__frame')
  const view = element('div', 'ch-map__view')
  const cross = element('div', 'ch-map__cross')
  const zoom = element('div', 'ch-map__zoom')
  const centre = element('p', 'govuk-visually-hidden')
  cross.setAttribute('aria-hidden', 'true')
  centre.setAttribute('role', 'status')
  box.setAttribute('role', 'group')
  box.setAttribute('aria-label', says.textMapLabel)
  box.append(element('p', 'govuk-body', says.textMapHelp), frame, centre)
  frame.append(view, cross, zoom)
  tools.after(box)

  const from = beginning(says, chosen)
  let map
  let ready = false
  const leave = (then) => { if (map) map.remove(); box.remove(); then() }
  const giveUp = () => leave(failed)
  try {
    map = new MapView({
      container: view,
      style: says.mapStyle,
      center: [from.long, from.lat],
      zoom: from.zoom,
      dragRotate: false,
      pitchWithRotate: false,
      attributionControl: { compact: false },
      locale: { 'Map.Title': says.textMapLabel }
    })
  } catch {
    giveUp() // no WebGL here
    return
  }
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.once('load', () => { ready = true })
  map.on('error', () => { if (!ready && !map.isStyleLoaded()) giveUp() })
  map.on('moveend', () => {
    const { lat, lng } = map.getCenter()
    centre.textContent = fill(says.textMapCentre, { lat: lat.toFixed(DECIMALS), long: lng.toFixed(DECIMALS) })
  })

  for (const [sign, label, press] of [['+', says.textZoomIn, () => map.zoomIn()], ['−', says.textZoomOut, () => map.zoomOut()]]) {
    const made = element('button', '', sign)
    made.type = 'button'
    made.setAttribute('aria-label', label)
    made.addEventListener('click', press)
    zoom.append(made)
  }
  const group = element('div', 'govuk-button-group')
  group.append(
    button(says.textMapUse, () => {
      const { lat, lng } = map.getCenter()
      leave(() => { close(); choose({ lat, long: lng }) })
    }, ''),
    button(says.textMapClose, () => leave(close))
  )
  box.append(group)
  map.getCanvas().focus()
}

document.addEventListener('ch-map-open', ({ detail }) => styled.then(() => open(detail), detail.failed))
