// What residents' pages gain where scripts run. Everything works without: nothing here is needed to finish.
import { Button, CharacterCount, Checkboxes, createAll, ErrorSummary, NotificationBanner, Radios, SkipLink } from 'govuk-frontend'
import { enhanceLocation } from './location.js'

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) {
  // govuk-frontend's own test of the browsers that it supports; its components look for the class.
  document.body.classList.add('govuk-frontend-supported')
}

createAll(Button, { preventDoubleClick: true })
for (const component of [CharacterCount, Checkboxes, ErrorSummary, NotificationBanner, Radios, SkipLink]) {
  createAll(component)
}
document.querySelectorAll('[data-ch-location]').forEach(enhanceLocation)
