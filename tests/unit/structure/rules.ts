// The rules of the house about files, as functions from the sources to the breaches they find.

import { resolveImport, type Source } from './sources.ts'

type Rule = (sources: Source[]) => string[]

/** The project's folders and whose code each may use besides its own. */
const mayImport: Record<string, string[]> = {
  domain: [],
  'aws-core': ['domain'],
  d1: ['domain'],
  r2: ['domain'],
  'durable-objects': ['domain', 'aws-core', 'r2'],
  workers: ['domain', 'aws-core', 'd1', 'r2', 'durable-objects'],
}

/** Packages that belong to one place; the tests of that place may speak to them too. */
const packageHomes: Record<string, (path: string) => boolean> = {
  hono: (path) => path.startsWith('workers/'),
  '@hono/zod-validator': (path) => path.startsWith('workers/'),
  'drizzle-orm': (path) => path.startsWith('d1/'),
  aws4fetch: (path) => path === 'aws-core/signer.ts',
}

const folderOf = (path: string) => path.split('/')[0] ?? ''
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

export const directions: Rule = (sources) =>
  each(sources, (source, specifier) => {
    const allowed = mayImport[folderOf(source.path)]
    const target = resolveImport(source.path, specifier)
    // A file of a package that the package does not export is named by its place.
    if (!allowed || target === undefined || target.startsWith('node_modules/')) return undefined
    const folder = folderOf(target)
    return folder === folderOf(source.path) || allowed.includes(folder) ? undefined : `${source.path} may not import ${target}`
  })

/** The domain decides; it reaches nothing. A hash is no effect. */
export const purity: Rule = (sources) =>
  each(sources, (source, specifier) => {
    const isOutside = /^(node:|cloudflare:)/.test(specifier) && specifier !== 'node:crypto'
    return source.path.startsWith('domain/') && isOutside ? `${source.path} may not import ${specifier}` : undefined
  })

export const packages: Rule = (sources) =>
  each(sources, (source, specifier) => {
    const isAtHome = packageHomes[packageOf(specifier)]
    return isAtHome && !isAtHome(source.path) && !source.path.startsWith('tests/')
      ? `${source.path} may not import ${specifier}`
      : undefined
  })

/** Relative imports name a file that is there, ending and all. */
export const existence: Rule = (sources) => {
  const known = new Set(sources.map((source) => source.path))
  return each(sources, (source, specifier) => {
    const target = resolveImport(source.path, specifier)
    if (target === undefined || !/\.(ts|mjs|js)$/.test(target) || target.startsWith('..') || target === 'worker-configuration.d.ts')
      return undefined
    return known.has(target) ? undefined : `${source.path} imports ${target}, which is not there`
  })
}

/** Types too: two files that need each other's types are one thought in two places. */
export const cycles: Rule = (sources) => {
  const next = new Map(sources.map((s) => [s.path, s.imports.flatMap(({ specifier }) => resolveImport(s.path, specifier) ?? [])]))
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) return void found.push([...trail.slice(start), path].join(' → '))
    if (done.has(path)) return
    for (const target of next.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const source of sources) visit(source.path, [])
  return found
}

const worker = 'workers/index.ts'
const isConfiguration = (path: string) => /^[\w-]+\.config\.ts$/.test(path)

export const defaultExports: Rule = (sources) =>
  sources.filter((s) => s.hasDefaultExport && s.path !== worker && !isConfiguration(s.path)).map((s) => `${s.path} has a default export`)

export const barrels: Rule = (sources) =>
  sources
    .filter((s) => s.isBarrel || (/(^|\/)index\.[a-z]+$/.test(s.path) && s.path !== worker))
    .map((s) => `${s.path} is a barrel: import from where the thing is`)

export const lengths: Rule = (sources) => sources.filter((s) => s.lines > 400).map((s) => `${s.path} has ${s.lines} lines; 400 is the most`)

export const names: Rule = (sources) =>
  sources.flatMap(({ path }) => {
    const parts = path.split('/').map((part) => part.replace(/\.(test|property\.test|d|config)?\.?[a-z]+$/, ''))
    const odd = parts.find((part) => !/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(part))
    const vague = parts.find((part) => /^(utils?|helpers?|managers?)$/.test(part))
    return [...(odd ? [`${path}: "${odd}" is not in kebab-case`] : []), ...(vague ? [`${path}: "${vague}" says nothing`] : [])]
  })

function each(sources: Source[], breach: (source: Source, specifier: string) => string | undefined): string[] {
  return sources.flatMap((source) => source.imports.flatMap(({ specifier }) => breach(source, specifier) ?? []))
}
