// CSV files of people: what is read, and what is told of what cannot be.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importLimit, readImport } from '../../../domain/sign-in/import-file.ts'

const admin = { role: 'admin', platform: 'web' } as const
const read = (text: string, by: Parameters<typeof readImport>[1] = admin) => readImport(text, by)

function usersOf(text: string) {
  const rows = read(text)
  if (!rows.ok) throw new Error(JSON.stringify(rows.error))
  return rows.value.map((row) => ('user' in row ? row.user : row.mistakes))
}
function mistakesOf(text: string, by = admin as Parameters<typeof readImport>[1]) {
  const rows = read(text, by)
  if (!rows.ok) return rows.error.errors?.map(({ pointer }) => pointer)
  return rows.value.flatMap((row) =>
    'mistakes' in row ? row.mistakes.map(({ row, column }) => (column ? `/${row}/${column}` : `/${row}`)) : [],
  )
}

describe('is read', () => {
  const ada = { email: 'ada@example.org', firstName: 'Ada', nickname: 'Ada, L.' }

  test.each([
    ['LF', 'email,firstName,nickname\nada@example.org,Ada,"Ada, L."\n'],
    ['CRLF', 'email,firstName,nickname\r\nada@example.org,Ada,"Ada, L."\r\n'],
    ['a byte order mark', '\ufeffemail,firstName,nickname\r\nada@example.org,Ada,"Ada, L."'],
    ['everything quoted', '"email","firstName","nickname"\n"ada@example.org","Ada","Ada, L."'],
    ['columns in another order, and empty cells', 'nickname,role,email,firstName\n"Ada, L.",,ada@example.org,Ada\n'],
    ['blank lines at the end', 'email,firstName,nickname\nada@example.org,Ada,"Ada, L."\r\n\r\n\n'],
  ])('with %s', (_, text) => {
    const rows = readImport(text, { role: 'admin', platform: 'm2m' })
    expect(rows).toMatchObject({ ok: true, value: [{ row: 2, user: ada }] })
  })

  test('what is quoted, as RFC 4180 has it: commas, doubled quotes and line breaks', () => {
    const given = 'email,externalId\na@example.org,"say ""hi"", twice\nand again"\n'
    expect(usersOf(given)).toEqual([{ email: 'a@example.org', externalId: 'say "hi", twice\nand again' }])
  })

  test('whatever the values, when they are written as RFC 4180 has it', () => {
    const value = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
      .filter((text) => text.isWellFormed() && !text.includes('\u0000'))
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.constantFrom('\n', '\r\n'), (externalIds, end) => {
        const distinct = [...new Set(externalIds)]
        const lines = distinct.map((id, i) => `u${i}@example.org,"${id.replaceAll('"', '""')}"`)
        const users = usersOf(['email,externalId', ...lines].join(end))
        expect(users.map((user) => ('externalId' in user ? user.externalId : user))).toEqual(distinct)
      }),
    )
  })
})

describe('is told with row and column', () => {
  test.each<[string, string, string[]]>([
    ['a missing address', 'email,nickname\n,Ada Lovelace\n', ['/2/email']],
    ['an address that is none', 'email\na@example.org\nnobody\n', ['/3/email']],
    [
      'each mistake of a row',
      'email,lang,timezone,role,firstName\nx,en_US,Mars,root,12\n',
      ['/2/email', '/2/lang', '/2/timezone', '/2/role', '/2/firstName'],
    ],
    ['a nickname that people may not have', 'email,nickname\na@example.org,a__b\n', ['/2/nickname']],
    ['an id that is none', 'email,userId\na@example.org,a b\nb@example.org,..\n', ['/2/userId', '/3/userId']],
    ['a role above the own', 'email,role\na@example.org,owner\nb@example.org,admin\n', ['/2/role']],
    ['too few or too many cells', 'email,role\na@example.org\nb@example.org,,\n', ['/2', '/3']],
    [
      'who is there twice',
      'email,userId,externalId\na@example.org,1,x\nA@example.org,2,y\nc@example.org,1,z\nd@example.org,,x\n',
      ['/3/email', '/4/userId', '/5/externalId'],
    ],
    ['a row behind a blank one', 'email\na@example.org\n\nnobody\n', ['/4/email']],
    ['no header', 'a@example.org,Ada\n', ['/1/a@example.org', '/1/Ada', '/1/email']],
    ['an unknown column', 'email,e-mail\na@example.org,x\n', ['/1/e-mail']],
    ['a column that is there twice', 'email,email\na@example.org,a@example.org\n', ['/1/email']],
    ['no rows', 'email\n', ['/2']],
    ['nothing at all', '', ['/1/email']],
    ['a quote that does not end', 'email,nickname\na@example.org,"Ada\nb@example.org,x\n', ['/2']],
    ['a quote within a cell', 'email,nickname\na@example.org,A"da\n', ['/2']],
    ['text behind a closing quote', 'email,nickname\na@example.org,"A"da\n', ['/2']],
    ['a row without end', `email,nickname\na@example.org,${'x'.repeat(70_000)}\n`, ['/2']],
  ])('%s', (_, text, expected) => expect(mistakesOf(text)).toEqual(expected))

  test('a machine may give any nickname, and an owner any role', () => {
    expect(mistakesOf('email,nickname\na@example.org,dependabot[bot]\n', { role: 'admin', platform: 'm2m' })).toEqual([])
    expect(mistakesOf('email,role\na@example.org,owner\n', { role: 'owner', platform: 'web' })).toEqual([])
  })

  test('one row more than may be', () => {
    const file = (count: number) => `email\n${Array.from({ length: count }, (_, i) => `u${i}@example.org`).join('\n')}\n`
    expect(usersOf(file(importLimit))).toHaveLength(importLimit)
    expect(mistakesOf(file(importLimit + 1))).toEqual([`/${importLimit + 2}`])
    expect(mistakesOf(file(importLimit * 40))).toEqual([`/${importLimit + 2}`])
  })

  test('nothing of the file is quoted in the words of a mistake', () => {
    const rows = read('email,nickname\nsecret@example.org,A"da\n')
    expect(JSON.stringify(rows)).not.toContain('secret')
  })
})

describe('what is told of a file does not grow with it', () => {
  const columnsOf = (count: number) => Array.from({ length: count }, (_, i) => `c${i}`).join(',')

  test('twenty mistakes of a header, and of more than 100 columns one', () => {
    expect(mistakesOf(`${columnsOf(100)}\na@example.org\n`)).toHaveLength(20)
    expect(mistakesOf(`${columnsOf(101)}\na@example.org\n`)).toEqual(['/1'])
    expect(mistakesOf(`${'x,'.repeat(30_000)}\n`)).toEqual(['/1'])
  })

  test('a row of more cells than any has is all that is told: nothing of the file was taken apart', () => {
    const wide = ','.repeat(100)
    expect(mistakesOf(wide)).toEqual(['/1'])
    expect(mistakesOf(`email\n"a\n,${wide}",b\n${wide}\n`)).toEqual(['/3'])
    // As many as may be, quoted commas apart: each row has its own mistakes.
    expect(mistakesOf(`email\n${','.repeat(99)}\n"${wide}"`)).toEqual(['/2', '/3/email'])
    // Behind the last row that is read nobody looks.
    expect(mistakesOf(`email\n${'a@example.org\n'.repeat(importLimit + 5)}${wide}`)).toEqual([`/${importLimit + 2}`])
  })

  test('each in 200 characters', () => {
    const rows = read(`${'x'.repeat(50_000)},${'y'.repeat(10_000)}\n`)
    const texts = rows.ok ? [] : (rows.error.errors ?? []).flatMap(({ pointer = '', detail }) => [pointer, detail])
    expect(texts.length).toBeGreaterThan(3)
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(200)
  })
})
