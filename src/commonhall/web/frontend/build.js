// Builds the page assets: sources here -> ../assets, with content-hashed names, compressed twins and a manifest.
// Says nothing when all is well. The same sources and lock file give the same names and the same manifest.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

import { buildSync, transformSync } from 'esbuild'
import { compile } from 'sass'

const HERE = dirname(fileURLToPath(import.meta.url))
const OUT = join(HERE, '..', 'assets')
const EMBED = join(HERE, '..', 'embed')
const PACKAGES = join(HERE, 'node_modules')
// Built here first and moved when complete, so that a failed build leaves the last good one standing.
const FRESH = join(PACKAGES, '.page-assets')
// The oldest browsers that govuk-frontend 6 styles and enhances.
const BROWSERS = ['chrome61', 'edge16', 'firefox60', 'safari11']
// What those browsers run of JavaScript, said as a year: the first that knows modules knows ES2017.
const LANGUAGE = ['es2017']
// What knows style sheets of an element's own and can stop a request; others keep what the element holds.
const ELEMENT_BROWSERS = ['chrome100', 'edge100', 'firefox101', 'safari16.4']
// The map needs WebGL 2 anyway.
const MAP_BROWSERS = ['chrome90', 'edge90', 'firefox90', 'safari15']
const FREE_LICENCES = ['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '(MIT OR Apache-2.0)']
// Packages whose code reaches a browser, with all that they depend on.
const SHIPPED = ['govuk-frontend', 'maplibre-gl']
const TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8'
}

const manifest = {}

/** Write one output and its compressed twins; returns the file name that it got. */
function put (name, content, { hashed = true } = {}) {
  const body = Buffer.from(content)
  const digest = createHash('sha256').update(body).digest('hex')
  const [stem, ending] = name.split('.')
  const file = hashed ? `${stem}-${digest.slice(0, 10)}.${ending}` : name
  writeFileSync(join(FRESH, file), body)
  writeFileSync(join(FRESH, `${file}.gz`), gzipSync(body, { level: 9 }))
  writeFileSync(join(FRESH, `${file}.br`), brotliCompressSync(body, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: body.length
    }
  }))
  manifest[name] = { file, type: TYPES[ending], sha256: digest }
  return file
}

/** One style sheet, compiled, rid of what every component repeats, and minified. */
function styles (name, target) {
  const loadPaths = [join(HERE, 'styles'), join(PACKAGES, 'govuk-frontend', 'dist', 'govuk')]
  const { css } = compile(join(HERE, 'styles', `${name}.scss`), { loadPaths, style: 'compressed' })
  const lean = css
    // Inherited from the page (styles/council/_page.scss).
    .replace(/(font-family:inherit|-webkit-font-smoothing:antialiased|-moz-osx-font-smoothing:grayscale)(;|(?=\}))/g, '')
    // A colour that no brand changes is its own value.
    .replace(/var\(--govuk-(?!brand-|link-colour)[a-z-]+-colour,\s*(#[0-9a-f]+|[a-z]+)\)/g, '$1')
  return put(`${name}.css`, transformSync(lean, { loader: 'css', minify: true, target }).code)
}

/** One script with all that it imports; `known` are names that it is told at build time. */
function script (name, target, known, { entry = join('scripts', `${name}.js`), banner = 'Licences: LICENSES.txt beside this file' } = {}) {
  const define = Object.fromEntries(Object.entries(known).map(([key, file]) => [key, JSON.stringify(`./${file}`)]))
  const built = buildSync({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    legalComments: 'none',
    logLevel: 'error',
    banner: { js: `/* ${banner} */` },
    write: false,
    target,
    define
  })
  return put(`${name}.js`, built.outputFiles[0].contents)
}

/** The web component for councils' own websites, from its package. */
function element () {
  const about = JSON.parse(readFileSync(join(EMBED, 'package.json'), 'utf8'))
  script('commonhall-journey', ELEMENT_BROWSERS, {}, {
    entry: join(EMBED, about.main), banner: `${about.name} ${about.version}, ${about.license}`
  })
}

/** The licence text that a package carries, else the one kept here for it, else its read-me's own section. */
function licenceText (name) {
  const folder = join(PACKAGES, name)
  const found = readdirSync(folder).filter((file) => /^licen[cs]e/i.test(file)).sort()[0]
  const path = found ? join(folder, found) : join(HERE, 'licences', `${name.replace('/', '-')}.txt`)
  if (existsSync(path)) return readFileSync(path, 'utf8').trim()
  const sections = readFileSync(join(folder, 'README.md'), 'utf8').split(/^(?=#+ )/m)
  const own = sections.find((section) => /^#+ .*licen[cs]e/i.test(section) && section.includes('Permission is hereby granted'))
  return own ? own.replace(/^.*\n/, '').trim() : null
}

/** The notices of every package whose code is shipped. Stops at a licence that is not on the list. */
function licences () {
  const entries = new Map()
  const visit = (name) => {
    if (entries.has(name)) return
    const about = JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8'))
    const text = licenceText(name)
    if (!FREE_LICENCES.includes(about.license) || text === null) {
      throw new Error(`${name} ${about.version} has the licence "${about.license}" and ${text === null ? 'no' : 'a'} licence ` +
        'text: check that it may be shipped, then add it to FREE_LICENCES in build.js or its text to licences/')
    }
    entries.set(name, `${name} ${about.version} (${about.license})\n\n${text}\n`)
    Object.keys(about.dependencies ?? {}).forEach(visit)
  }
  SHIPPED.forEach(visit)
  const sorted = [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, entry]) => entry)
  put('LICENSES.txt', sorted.join(`\n${'-'.repeat(80)}\n\n`), { hashed: false })
}

rmSync(FRESH, { recursive: true, force: true })
mkdirSync(FRESH)
styles('resident', BROWSERS)
styles('workspace', BROWSERS)
styles('measures', BROWSERS)
const worker = put('map-worker.js', readFileSync(join(PACKAGES, 'maplibre-gl', 'dist', 'maplibre-gl-worker.mjs'), 'utf8')
  .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
const map = script('map', MAP_BROWSERS, { __MAP_STYLES__: styles('map', MAP_BROWSERS), __MAP_WORKER__: worker })
script('resident', LANGUAGE, { __MAP_SCRIPT__: map })
script('workspace', LANGUAGE, {})
script('measures', LANGUAGE, {})
element()
put('icon.svg', readFileSync(join(HERE, 'icon.svg')))
licences()
writeFileSync(join(FRESH, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n')
rmSync(OUT, { recursive: true, force: true })
renameSync(FRESH, OUT)
