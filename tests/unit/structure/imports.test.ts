// Who may import whom, and the other rules about files, over the whole project. Each rule is also shown a breach, so that
// none can pass by finding nothing.

import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { barrels, cycles, defaultExports, directions, existence, lengths, names, packages, purity } from './rules.ts'
import { parseSource, readSources } from './sources.ts'

const rules = { barrels, cycles, defaultExports, directions, existence, lengths, names, packages, purity }
const sources = readSources(resolve(import.meta.dirname, '../../..'))
const lines = (count: number) => 'let a = 1\n'.repeat(count)

test('the project was found', () => {
  expect(sources.map((source) => source.path)).toEqual(expect.arrayContaining(['workers/index.ts', 'domain/result.ts', 'vitest.config.ts']))
})

describe.each<[name: keyof typeof rules, breach: Record<string, string>]>([
  ['directions', { 'domain/a.ts': "import { b } from '../aws-core/b.ts'" }],
  ['directions', { 'r2/a.ts': "import type { B } from '../durable-objects/b.ts'" }],
  ['directions', { 'durable-objects/p/a.ts': "export { b } from '../../d1/b.ts'" }],
  ['directions', { 'workers/app/a.ts': "const b = await import('../../scripts/b.ts')" }],
  ['purity', { 'domain/a.ts': "import { readFile } from 'node:fs/promises'" }],
  ['purity', { 'domain/a.ts': "import { env } from 'cloudflare:workers'" }],
  ['packages', { 'durable-objects/a.ts': "import { Hono } from 'hono'" }],
  ['packages', { 'workers/a.ts': "import {\n  eq,\n  sql,\n} from 'drizzle-orm/sqlite-core'" }],
  ['packages', { 'aws-core/other.ts': "import { AwsClient } from 'aws4fetch'" }],
  ['existence', { 'domain/a.ts': "import './gone.ts'" }],
  ['cycles', { 'domain/a.ts': "import { b } from './b.ts'", 'domain/b.ts': "import type { A } from './a.ts'" }],
  ['defaultExports', { 'workers/a.ts': 'export default 1' }],
  ['barrels', { 'domain/all.ts': "// everything\nexport * from './a.ts'\nexport type { B } from './b.ts'" }],
  ['barrels', { 'domain/player/index.ts': 'export const a = 1' }],
  ['lengths', { 'domain/a.ts': lines(401) }],
  ['names', { 'workers/appOf.ts': '' }],
  ['names', { 'workers/utils.ts': '' }],
])('%s', (name, breach) => {
  test('finds a breach', () => {
    const files = Object.entries(breach).map(([path, text]) => parseSource(path, text))
    expect(rules[name](files)).toHaveLength(1)
  })

  test('finds none in the project', () => {
    expect(rules[name](sources)).toEqual([])
  })
})

test('neither comments, strings nor templates look like imports, and none hides one', () => {
  const text = [
    "// import { a } from './commented.ts'",
    "/* export * from './blocked.ts' */",
    'const said = "import { b } from \'./quoted.ts\'"',
    'const page = `import { c } from "./shown.ts" $' + '{await import("./within.ts")} `',
    "const pattern = /'/; import { d } from './real.ts'",
    "import type { E } from './typed.ts'",
    "import { type F, type G } from './typed-too.ts'",
    "import h, { type I } from './mixed.ts'",
    "import './bare.ts'",
    'const important = from ? "x" : "y"',
  ].join('\n')
  const found = parseSource('domain/a.ts', text).imports.map(({ specifier, isType }) => (isType ? `type ${specifier}` : specifier))
  const expected = ['./real.ts', 'type ./typed.ts', 'type ./typed-too.ts', './mixed.ts', './bare.ts', './within.ts']
  expect(found.sort()).toEqual(expected.sort())
})

test('a file of exactly 400 lines is one line short of too long', () => {
  expect(lengths([parseSource('domain/a.ts', lines(400))])).toEqual([])
})
