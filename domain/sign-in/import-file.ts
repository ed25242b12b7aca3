// A CSV file of people (RFC 4180) read into rows, every mistake with its row and column. Rows are counted as spreadsheets
// count them: the header is row 1, blank lines count, a quoted line break does not make a row. Cells are taken as they
// are, spaces included; an empty cell says nothing. Pure.

import { CsvError, parse } from 'csv-parse/sync'
import { z } from 'zod'
import { failure, type InputError } from '../failures.ts'
import { type ClientPlatform, type Role, roles } from '../identity.ts'
import { chosenUserId, nicknameFailure, userCreate } from '../resources/user.ts'
import { fail, ok, type Result } from '../result.ts'
import { emailHashOf } from './email-hash.ts'
import { isAbove } from './standing.ts'

export const importLimit = 1000

const cells = userCreate.omit({ profileImage: true }).extend({
  userId: chosenUserId.optional(),
  role: z.enum(roles, `One of ${roles.join(', ')}.`).optional(),
})
export type ImportedUser = z.output<typeof cells>

const columns = ['email', 'userId', 'externalId', 'nickname', 'firstName', 'lastName', 'lang', 'timezone', 'role']

/** Far more than there are: a row with more is no row of people. */
const columnsLimit = 100

export interface Mistake {
  /** As in a spreadsheet. */
  row: number
  /** Absent where the row as a whole is wrong. */
  column?: string
  detail: string
}

export type ImportRow = { row: number; user: ImportedUser; emailHash: string } | { row: number; mistakes: Mistake[] }

export interface ImportedBy {
  role: Role
  platform: ClientPlatform
}

/** Mistakes as a problem document has them: the pointer is `/{row}/{column}`. */
export const inputErrors = (mistakes: Mistake[]): InputError[] =>
  mistakes.map(({ row, column, detail }) => ({ pointer: column === undefined ? `/${row}` : `/${row}/${column}`, detail }))

/** `validation/invalid_input` where the file as a whole cannot be read: no CSV, no header, too many rows. Rows otherwise, right or wrong. */
export function readImport(text: string, by: ImportedBy): Result<ImportRow[]> {
  const records = recordsOf(text)
  if (!records.ok) return refused([records.error])
  const [header = [], ...rest] = records.value
  const wrong = headerMistakes(header)
  if (wrong.length > 0) return refused(wrong)
  if (rest.length > importLimit) return refused([{ row: importLimit + 2, detail: `At most ${importLimit} rows besides the header.` }])
  const rows = rest.flatMap((record, i) => (isBlank(record) ? [] : [rowOf(record, header, i + 2, by)]))
  if (rows.length === 0) return refused([{ row: 2, detail: 'There is no row besides the header.' }])
  return ok(withoutRepeats(rows))
}

/** At most twenty: an answer must not grow with the file. */
const refused = (mistakes: Mistake[]) =>
  fail(failure('validation/invalid_input', 'The file cannot be read.', { errors: inputErrors(mistakes.slice(0, 20)) }))

const isBlank = (record: string[]): boolean => record.length === 1 && record[0] === ''

function recordsOf(text: string): Result<string[][], Mistake> {
  const wide = wideRow(text)
  if (wide !== null) return fail({ row: wide, detail: `There are more than ${columnsLimit} columns.` })
  try {
    const records = parse(withoutBlankEnd(text), {
      bom: true,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      max_record_size: 64 * 1024,
      // One more than is taken, and the header: nothing past that is parsed.
      to: importLimit + 2,
    })
    return ok(records)
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    // csv-parse's own words quote the file.
    const details: Partial<Record<CsvError['code'], string>> = {
      CSV_QUOTE_NOT_CLOSED: 'A quoted cell does not end.',
      CSV_INVALID_CLOSING_QUOTE: 'A quoted cell goes on after its closing quote; a quote within is doubled.',
      INVALID_OPENING_QUOTE: 'A quote stands within a cell that is not quoted.',
      CSV_MAX_RECORD_SIZE: 'A row is longer than 64 KB.',
    }
    const { records = 0 } = thrown as CsvError & { records?: number }
    return fail({ row: records + 1, detail: details[thrown.code] ?? 'This is not CSV.' })
  }
}

/**
 * The first row of more cells than any has, or null; of the rows that are parsed. csv-parse makes all cells of a row before
 * anyone can look at one, and costs by the cell: six million commas are a second. A quote that stands where none may is its to find.
 */
function wideRow(text: string): number | null {
  let row = 1
  let commas = 0
  let isQuoted = false
  for (let i = 0; i < text.length && row <= importLimit + 2; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (code === comma && ++commas === columnsLimit) return row
    else if (code === lineFeed) {
      row++
      commas = 0
    }
  }
  return null
}

const [quote, comma, lineFeed] = [0x22, 0x2c, 0x0a]

function withoutBlankEnd(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--
  return text.slice(0, end)
}

function headerMistakes(header: string[]): Mistake[] {
  const mistakes = header.flatMap((column, i): Mistake[] => {
    if (!columns.includes(column)) return [{ row: 1, column: column.slice(0, 100), detail: `Columns are ${columns.join(', ')}.` }]
    return header.indexOf(column) < i ? [{ row: 1, column, detail: 'This column is there twice.' }] : []
  })
  if (!header.includes('email')) mistakes.push({ row: 1, column: 'email', detail: 'The header must have this column.' })
  return mistakes
}

function rowOf(record: string[], header: string[], row: number, by: ImportedBy): ImportRow {
  if (record.length !== header.length)
    return { row, mistakes: [{ row, detail: `${record.length} cells, and the header has ${header.length}.` }] }
  const given = Object.fromEntries(header.map((column, i) => [column, record[i]] as const).filter(([, cell]) => cell !== ''))
  const parsed = cells.safeParse(given, { error: briefly })
  const mistakes: Mistake[] = (parsed.error?.issues ?? []).map(({ path, message }) => ({ row, column: String(path[0]), detail: message }))
  const nickname = nicknameFailure(given.nickname, by.platform)?.errors?.[0]
  if (nickname) mistakes.push({ row, column: 'nickname', detail: nickname.detail })
  if (parsed.data?.role && isAbove(parsed.data.role, by.role)) mistakes.push({ row, column: 'role', detail: 'Above your own role.' })
  mistakes.sort((a, b) => header.indexOf(a.column ?? '') - header.indexOf(b.column ?? ''))
  if (!parsed.success || mistakes.length > 0) return { row, mistakes }
  return { row, user: parsed.data, emailHash: emailHashOf(parsed.data.email) }
}

/** Zod lists every value of an enumeration. Ours have hundreds, and a file a thousand rows: the lists cost more than the rest. */
const briefly = ({ code }: { code?: string | undefined }): string | undefined =>
  code === 'invalid_value' ? 'Not one of the values that are allowed here.' : undefined

function withoutRepeats(rows: ImportRow[]): ImportRow[] {
  const first = new Map<string, number>()
  return rows.map((one) => {
    if ('mistakes' in one) return one
    const { row, user, emailHash } = one
    const keys = [
      ['email', emailHash],
      ['userId', user.userId],
      ['externalId', user.externalId],
    ] as const
    const mistakes = keys.flatMap(([column, value]): Mistake[] => {
      const before = value === undefined ? undefined : first.get(`${column}:${value}`)
      if (value !== undefined && before === undefined) first.set(`${column}:${value}`, row)
      return before === undefined ? [] : [{ row, column, detail: `The same as in row ${before}.` }]
    })
    return mistakes.length > 0 ? { row, mistakes } : one
  })
}
