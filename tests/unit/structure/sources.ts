// The project's own source files and what each imports, read from the text: comments and strings are set aside first, so
// that neither can hide an import or look like one.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export interface Source {
  /** From the project's root, with forward slashes. */
  path: string
  lines: number
  imports: Array<{ specifier: string; isType: boolean }>
  hasDefaultExport: boolean
  /** Nothing in it but `export … from`. */
  isBarrel: boolean
}

const skipped = new Set(['node_modules', 'dist', 'docs'])

export function readSources(root: string): Source[] {
  const paths = readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || skipped.has(entry.name)) return []
    if (entry.isDirectory()) return filesUnder(root, entry.name)
    return [entry.name]
  })
  return paths
    .filter((path) => /\.(ts|tsx|mjs|js)$/.test(path) && path !== 'worker-configuration.d.ts')
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')))
}

function filesUnder(root: string, directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.') || skipped.has(part)))
}

export function parseSource(path: string, text: string): Source {
  const { code, strings } = setStringsAside(text)
  const imports: Source['imports'] = []
  const statement = /(?<![\w.$])(import|export)\b(?!\s*\()([^;'"`§]*?)§(\d+)§/g
  for (const [, keyword, clause = '', index] of code.matchAll(statement)) {
    const isFrom = /\bfrom\s*$/.test(clause)
    const isBare = keyword === 'import' && clause.trim() === ''
    if (!isFrom && !isBare) continue
    const names = /^\s*(?:type\s+)?\{([^}]*)\}\s*from\s*$/
      .exec(clause)?.[1]
      ?.split(',')
      .filter((name) => name.trim() !== '')
    const isType = /^\s*type\b(?!\s*(?:,|from\b))/.test(clause) || (names?.every((name) => /^\s*type\s/.test(name)) ?? false)
    imports.push({ specifier: strings[Number(index)] ?? '', isType })
  }
  for (const [, index] of code.matchAll(/(?<![\w.$])import\s*\(\s*§(\d+)§/g)) {
    imports.push({ specifier: strings[Number(index)] ?? '', isType: false })
  }
  const rest = code.replace(/export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*§\d+§;?/g, '').trim()
  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports,
    hasDefaultExport: /(?<![\w.$])export\s+default\b|\bas\s+default\b/.test(code),
    isBarrel: rest === '' && /\bfrom\b/.test(code),
  }
}

/** The project's file that a relative specifier means; undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : undefined
}

/** Strings become §n§, comments and regular expressions nothing; what templates hold between `${` and `}` stays code. */
function setStringsAside(text: string): { code: string; strings: string[] } {
  const strings: string[] = []
  let code = ''
  let at = 0
  const put = (value: string) => {
    code += `§${strings.push(value) - 1}§`
  }
  function readCode(end?: string): void {
    let depth = 0
    while (at < text.length) {
      const char = text[at] as string
      if (end && char === end && depth === 0) return
      if (char === '{') depth++
      if (char === '}') depth--
      if (text.startsWith('//', at)) at = endOf('\n', at)
      else if (text.startsWith('/*', at)) at = endOf('*/', at + 2) + 2
      else if (char === '/' && /(?:^|[=(,:[!&|?{};+\n]|\breturn|=>)\s*$/.test(code)) readRegExp()
      else if (char === "'" || char === '"') readString(char)
      else if (char === '`') readTemplate()
      else {
        code += char
        at++
      }
    }
  }
  function endOf(mark: string, from: number): number {
    const found = text.indexOf(mark, from)
    return found === -1 ? text.length : found
  }
  function readString(quote: string): void {
    const start = ++at
    while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1
    put(text.slice(start, at++))
  }
  function readRegExp(): void {
    let isInClass = false
    for (at++; at < text.length && (isInClass || text[at] !== '/'); at++) {
      if (text[at] === '\\') at++
      else if (text[at] === '[') isInClass = true
      else if (text[at] === ']') isInClass = false
    }
    at++
    code += '0'
  }
  function readTemplate(): void {
    at++
    while (at < text.length && text[at] !== '`') {
      if (text.startsWith('${', at)) {
        at += 2
        code += ' ('
        readCode('}')
        code += ') '
      } else at += text[at] === '\\' ? 1 : 0
      at++
    }
    at++
    code += '0'
  }
  readCode()
  return { code, strings }
}
