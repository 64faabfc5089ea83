/** The element `<commonhall-journey>`. It is told what to do by its attributes; README.md lists them. */
export class CommonhallJourney extends HTMLElement {}

/** What every event tells: which service, and in which language it is shown. Never what somebody answered. */
export interface JourneyDetail {
  service: string
  language: 'en' | 'cy'
}

/** A journey has begun. */
export interface StartedDetail extends JourneyDetail {
  version: string
}

/** A page is shown. `page` is its id, or `start`, `check`, `confirmation`, `expired`, `elsewhere`. */
export interface PageDetail extends JourneyDetail {
  page: string
  kind: 'start' | 'question' | 'exit' | 'check' | 'confirmation' | 'expired' | 'elsewhere'
  /** Whether it says that an answer was not accepted. */
  failed: boolean
}

/** The council has it. */
export interface SubmittedDetail extends JourneyDetail {
  reference: string
}

/** The journey cannot go on. */
export interface ExitDetail extends JourneyDetail {
  page: string
  countsAs: string
}

declare global {
  interface HTMLElementTagNameMap {
    'commonhall-journey': CommonhallJourney
  }
  interface HTMLElementEventMap {
    'commonhall:started': CustomEvent<StartedDetail>
    'commonhall:page': CustomEvent<PageDetail>
    'commonhall:submitted': CustomEvent<SubmittedDetail>
    'commonhall:exit': CustomEvent<ExitDetail>
  }
}
