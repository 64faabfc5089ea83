// What is asked of the council's host, and how it can go wrong.

const PATIENCE = 20_000

/** Nobody answered, or not now: the same may be asked again. */
export class Lost extends Error {}

/** The answer is no; `problem` is why, as RFC 9457 has it. */
export class Refused extends Error {
  constructor (status, problem) {
    super(problem.detail || problem.title || `status ${status}`)
    this.status = status
    this.problem = problem
    this.kind = String(problem.type || '').split('#')[1] || ''
  }
}

/** Ask a council's host for JSON. Throws `Lost` or `Refused`; what `stop` aborts throws its reason. */
export async function ask (url, { method = 'GET', body, secret, stop } = {}) {
  const headers = { accept: 'application/json' }
  if (body) headers['content-type'] = 'application/json'
  if (secret) headers.authorization = `Bearer ${secret}`
  const ending = new AbortController()
  const end = () => ending.abort()
  const late = setTimeout(end, PATIENCE)
  stop?.addEventListener('abort', end)
  let answer
  let found
  try {
    answer = await fetch(url, {
      method, headers, body: body && JSON.stringify(body), signal: ending.signal, credentials: 'omit', cache: 'no-cache'
    })
    found = await answer.json()
  } catch {
    stop?.throwIfAborted()
    throw new Lost()
  } finally {
    clearTimeout(late)
    stop?.removeEventListener('abort', end)
  }
  if (answer.ok) return found
  if (answer.status >= 500 || answer.status === 429) throw new Lost()
  throw new Refused(answer.status, found)
}

/** What a tab remembers of a journey. A page that may keep nothing remembers it until it is left. */
export function memory (site, service) {
  const name = `commonhall:${site}/${service}`
  let held = null
  return {
    get () {
      try {
        return JSON.parse(sessionStorage.getItem(name)) || held
      } catch {
        return held
      }
    },
    set (journey) {
      held = journey
      try {
        sessionStorage.setItem(name, JSON.stringify(journey))
      } catch { /* storage is closed to this page: `held` has it */ }
    },
    forget () {
      held = null
      try {
        sessionStorage.removeItem(name)
      } catch { /* as above */ }
    }
  }
}
