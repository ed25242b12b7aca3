// workers/edge/policy/policy-texts.ts as it has to be, made from the schema and the policies beside it.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const policyFolder = join(import.meta.dirname, '../../../workers/edge/policy')

export const policyFiles = (): string[] =>
  readdirSync(policyFolder)
    .filter((name) => name.endsWith('.cedar'))
    .sort()

export const textOf = (name: string): string => readFileSync(join(policyFolder, name), 'utf8')

const quoted = (text: string): string => `\`${text.replace(/[\\`]|\$(?=\{)/g, '\\$&')}\``

export const generated = (): string =>
  [
    '// Made from laurel.cedarschema and the .cedar files beside it, which are the source: a bundle takes text only as code.',
    '// After a change there: vitest run --project unit tests/unit/policy/policy-texts.test.ts -u',
    '',
    `export const schemaText = ${quoted(textOf('laurel.cedarschema'))}`,
    '',
    'export const policyTexts: Record<string, string> = {',
    ...policyFiles().map((name) => `  '${name}': ${quoted(textOf(name))},`),
    '}',
    '',
  ].join('\n')
