import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { putDamagedAside } from '../../../scripts/local/damaged-database.ts'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'laurel-damaged-'))
  file = join(dir, 'engine.sqlite')
})
afterEach(() => rmSync(dir, { recursive: true }))

function fill(): void {
  const database = new DatabaseSync(file)
  database.exec('CREATE TABLE items (body TEXT)')
  for (let i = 0; i < 100; i++) database.prepare('INSERT INTO items VALUES (?)').run('x'.repeat(2_000))
  database.close()
}

test('a whole database, an empty file and none at all are left as they are', () => {
  expect(putDamagedAside(file)).toBeUndefined()
  writeFileSync(file, '')
  expect(putDamagedAside(file)).toBeUndefined()
  fill()
  expect(putDamagedAside(file)).toBeUndefined()
  expect(readdirSync(dir)).toEqual(['engine.sqlite'])
})

test.each([0.5, 0.01])('one cut to %d of its size is put aside, and what belongs to it', (part) => {
  fill()
  truncateSync(file, Math.floor(statSync(file).size * part))
  writeFileSync(`${file}-wal`, '')
  expect(putDamagedAside(file)).toBe(`${file}.damaged`)
  expect(readdirSync(dir)).not.toContain('engine.sqlite')
  fill()
  expect(putDamagedAside(file)).toBeUndefined()
})

test('what is no database at all is put aside, over what was put there before', () => {
  writeFileSync(`${file}.damaged`, 'earlier')
  writeFileSync(file, 'no database '.repeat(200))
  expect(putDamagedAside(file)).toBe(`${file}.damaged`)
  expect(statSync(`${file}.damaged`).size).toBe(2400)
})
