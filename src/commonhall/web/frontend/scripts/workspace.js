// What the workspace's pages gain where scripts run. Everything works without.
import { initAll } from 'govuk-frontend'
import { enhanceEditor } from './editor.js'
import { enhanceOrder } from './order.js'

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) {
  document.body.classList.add('govuk-frontend-supported')
}

initAll()
document.querySelectorAll('[data-ch-order]').forEach(enhanceOrder)
document.querySelectorAll('[data-ch-editor]').forEach(enhanceEditor)
