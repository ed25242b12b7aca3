// The reader against git itself: whatever a name is made of, authors are grouped and counted as shortlog does.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasHistory } from '../../../scripts/import/git.ts'
import { type Commit, completedAtMs, readHistory, readShortlog } from '../../../scripts/import/git-log.ts'
import { makeRepository, runGit, type TestCommit, temporaryDirectory } from './repository.ts'

let directory: ReturnType<typeof temporaryDirectory>
beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => directory.remove())

async function history(since?: string): Promise<Commit[]> {
  const commits: Commit[] = []
  for await (const commit of readHistory(directory.path, since)) commits.push(commit)
  return commits
}

async function expectShortlog(): Promise<void> {
  const counted = new Map<string, number>()
  for (const { author } of await history()) counted.set(author.key, (counted.get(author.key) ?? 0) + 1)
  const shortlog = await readShortlog(directory.path)
  expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(shortlog.map(({ author, commits }) => [author.key, commits])))
}

const make = (commits: TestCommit[], mailmap?: string) => makeRepository(directory.path, commits, mailmap)

describe('readHistory', () => {
  it('reads hashes, dates and changes, and no address', async () => {
    make([
      { author: 'Ada', date: '1700000000 +0530', committed: '1700000100 -0800', files: { a: '1\n2\n', b: '\0binary' } },
      { author: 'Ben', date: '1700086400 +0000', files: { a: '1\n3\n4\n', '"new\\nline\\t\\"quote"': 'x\n' } },
    ])
    const commits = await history()
    expect(commits.map((commit) => commit.sha)).toEqual(runGit(directory.path, 'rev-list', 'HEAD').trim().split('\n'))
    expect(commits[1]).toMatchObject({
      authoredAtMs: 1_700_000_000_000,
      committedAtMs: 1_700_000_100_000,
      insertions: 2,
      deletions: 0,
      files: 2,
    })
    expect(commits[0]).toMatchObject({ author: { name: 'Ben' }, insertions: 3, deletions: 1, files: 2 })
    expect(JSON.stringify(commits)).not.toContain('example.invalid')
  })

  it('counts merges and commits without a change', async () => {
    make([
      { author: 'Ada', files: { a: '1\n' } },
      { author: 'Ben', files: { b: '1\n' } },
      { author: 'Ada', files: { c: '1\n' }, parents: [1] },
      { author: 'Merger', parents: [2, 3] },
      { author: 'Nothing changed' },
    ])
    const commits = await history()
    expect(commits).toHaveLength(5)
    expect(commits.find((commit) => commit.author.name === 'Merger')).toMatchObject({ insertions: 0, files: 0 })
    await expectShortlog()
  })

  it('joins by .mailmap, by name and address', async () => {
    make(
      [
        { author: 'ada', email: 'old@example.invalid' },
        { author: 'Ada', email: 'new@example.invalid' },
        { author: 'ADA', email: 'OLD@example.invalid' },
        { author: 'bot', email: 'shared@example.invalid' },
        { author: 'Human', email: 'shared@example.invalid' },
      ],
      'Ada Lovelace <new@example.invalid> <old@example.invalid>\nAda Lovelace <new@example.invalid>\nThe Bot <bot@example.invalid> bot <shared@example.invalid>\n',
    )
    expect((await history()).map((commit) => commit.author.name)).toEqual([
      'Human',
      'The Bot',
      'Ada Lovelace',
      'Ada Lovelace',
      'Ada Lovelace',
    ])
    await expectShortlog()
  })

  it('keeps every character of a name, and tells names apart by their bytes', async () => {
    const bytes = (...values: number[]) => Buffer.from(values)
    make([
      { author: '' },
      { author: 'Tab\there "quoted" \\n' },
      { author: '\ufeffBOM' },
      { author: 'BOM' },
      { author: bytes(0x4a, 0xff) },
      { author: bytes(0x4a, 0xfe) },
      { author: bytes(0x4a, 0xf6, 0x72, 0x67), encoding: 'ISO-8859-1' },
      { author: 'J\u00f6rg' },
      { author: 'Jo\u0308rg' },
      { author: 'carriage\rreturn' },
      { author: '1\t2\tnot a change' },
      { author: 'commit 0000' },
    ])
    const commits = (await history()).reverse()
    expect(commits.map((commit) => commit.author.name)).toEqual([
      '',
      'Tab\there "quoted" \\n',
      '\ufeffBOM',
      'BOM',
      'J\ufffd',
      'J\ufffd',
      'J\u00f6rg',
      'J\u00f6rg',
      'Jo\u0308rg',
      'carriage\rreturn',
      '1\t2\tnot a change',
      'commit 0000',
    ])
    expect(new Set(commits.map((commit) => commit.author.key)).size).toBe(11)
    await expectShortlog()
  })

  it('groups as shortlog does, whatever the names are', async () => {
    const unit = fc.oneof(fc.integer({ min: 1, max: 255 }), fc.constantFrom(0x20, 0x09, 0x0d, 0xc3, 0xa9, 0x22, 0x2e))
    const name = fc
      .array(
        unit.filter((byte) => byte !== 10 && byte !== 0x3c && byte !== 0x3e),
        { maxLength: 6 },
      )
      .map((values) => Buffer.from(values))
    await fc.assert(
      fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 40 }), async (names) => {
        directory.remove()
        directory = temporaryDirectory()
        make(names.map((author) => ({ author })))
        await expectShortlog()
      }),
      { numRuns: 15 },
    )
  })

  it('is not led astray by the configuration of the repository or the environment', async () => {
    make([
      { author: 'J\u00f6rg', files: { a: '1\n' } },
      { author: 'Ada', files: { b: '1\n' } },
    ])
    for (const setting of [
      'log.showSignature=true',
      'log.showRoot=false',
      'color.ui=always',
      'i18n.logOutputEncoding=ISO-8859-1',
      'log.date=iso',
      'format.pretty=oneline',
      'log.decorate=full',
      'diff.renames=copies',
      'notes.displayRef=*',
      'log.mailmap=false',
    ]) {
      const [key, value] = setting.split('=') as [string, string]
      runGit(directory.path, 'config', key, value)
    }
    process.env.GIT_DIR = '/nowhere'
    try {
      expect((await history()).map(({ author, insertions }) => [author.name, insertions])).toEqual([
        ['Ada', 1],
        ['J\u00f6rg', 1],
      ])
      await expectShortlog()
    } finally {
      delete process.env.GIT_DIR
    }
  })

  it('passes --since on', async () => {
    make([
      { author: 'Old', date: '1500000000 +0000', committed: '1500000000 +0000' },
      { author: 'New', date: '1600000000 +0000', committed: '1700000000 +0000' },
    ])
    expect((await history('2023-01-01')).map((commit) => commit.author.name)).toEqual(['New'])
    expect((await readShortlog(directory.path, '2023-01-01')).map(({ author }) => author.name)).toEqual(['New'])
  })

  it('says what git says when there is nothing to read', async () => {
    await expect(history()).rejects.toThrow(/not a git repository/)
    expect(await hasHistory(directory.path)).toBe(false)
    runGit(directory.path, 'init', '--quiet')
    expect(await hasHistory(directory.path)).toBe(false)
    writeFileSync(join(directory.path, 'file'), 'x')
    expect(await hasHistory(join(directory.path, 'missing'))).toBe(false)
    make([{ author: 'Ada' }])
    expect(await hasHistory(directory.path)).toBe(true)
  })

  it('can be left early', async () => {
    make(Array.from({ length: 50 }, () => ({ author: 'Ada' })))
    for await (const commit of readHistory(directory.path)) {
      expect(commit.author.name).toBe('Ada')
      break
    }
  })
})

describe('completedAtMs', () => {
  it('is the author date, however far ahead, unless no date can say it', () => {
    const year10000 = Date.UTC(10_000, 0, 1)
    expect(completedAtMs({ authoredAtMs: 5, committedAtMs: 7 })).toBe(5)
    expect(completedAtMs({ authoredAtMs: Date.UTC(2099, 0, 1), committedAtMs: 7 })).toBe(Date.UTC(2099, 0, 1))
    expect(completedAtMs({ authoredAtMs: year10000, committedAtMs: 7 })).toBe(7)
    expect(completedAtMs({ authoredAtMs: year10000, committedAtMs: year10000 })).toBe(0)
  })

  it('takes dates that git cannot hold for 1970', async () => {
    make([{ author: 'Far', date: '99999999999999 +0000', committed: '1700000000 +0000' }])
    expect(await history()).toMatchObject([{ authoredAtMs: 0, committedAtMs: 1_700_000_000_000 }])
  })
})
