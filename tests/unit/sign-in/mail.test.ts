// The mail with a code, and how it leaves.

import { describe, expect, test } from 'vitest'
import type { Mail } from '../../../domain/sign-in/mail.ts'
import { codeMail, langOf } from '../../../workers/sign-in/code-mail.ts'
import { logMailer, postedMailer } from '../../../workers/sign-in/mailers.ts'

const mailIn = (lang: string | undefined) => codeMail({ to: 'ada@example.org', code: '012345', lang, livesMs: 180_000 })

describe('the mail', () => {
  test.each(['en', 'de', 'fr', 'zu', undefined])('in %s says the code and for how long it holds, and has nothing to click on', (lang) => {
    const { to, subject, text } = mailIn(lang)
    expect(to).toBe('ada@example.org')
    expect(subject).not.toMatch(/\d/)
    expect(text).toContain('012345')
    expect(text).toMatch(/\b3 minutes\b|\b3 Minuten\b/)
    // Mail programs make links of addresses, hosts and schemes.
    expect(`${subject} ${text}`).not.toMatch(/https?:|www\.|\w\.\w|@|<|\//)
  })

  test('is in the language that was asked for, by its primary tag, and in English where there is none', () => {
    expect(mailIn('de-AT')).toEqual(mailIn('de'))
    expect(mailIn('de')).not.toEqual(mailIn('en'))
    for (const lang of ['zu', 'constructor', '', undefined]) expect(mailIn(lang)).toEqual(mailIn('en'))
  })

  test.each([
    ['de-CH, de;q=0.9, en;q=0.8', 'de-CH'],
    ['fr', 'fr'],
    ['*', undefined],
    ['', undefined],
  ])('Accept-Language: %s is read as %s', (field, expected) => {
    expect(langOf(new Headers(field ? { 'accept-language': field } : {}))).toBe(expected)
  })
})

describe('postedMailer', () => {
  const mail: Mail = { to: 'ada@example.org', subject: 'S', text: '012345' }

  test('does not wait for the mail', async () => {
    const background: Promise<unknown>[] = []
    const sent: Mail[] = []
    let send = () => {}
    const slow = {
      send: async (one: Mail) => {
        await new Promise<void>((resolve) => {
          send = resolve
        })
        sent.push(one)
      },
    }
    await postedMailer(slow, { waitUntil: (work) => background.push(work), now: () => 0, log: () => {} }).send(mail)
    expect([sent.length, background.length]).toEqual([0, 1])
    send()
    await Promise.all(background)
    expect(sent).toEqual([mail])
  })

  test('tells the log of a mail that failed, without whom it was for or what it said', async () => {
    const background: Promise<unknown>[] = []
    const lines: string[] = []
    const broken = { send: (one: Mail) => Promise.reject(new Error(`no such mailbox: ${one.to}`)) }
    await postedMailer(broken, { waitUntil: (work) => background.push(work), now: () => 0, log: (line) => lines.push(line) }).send(mail)
    await Promise.all(background)
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: 'sign-in/mail_failed', level: 'error' }])
    expect(lines.join()).not.toMatch(/ada|example|012345/)
  })
})

test('logMailer prints one line with address and code', async () => {
  const lines: string[] = []
  await logMailer((line) => lines.push(line)).send(mailIn('en'))
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^mail to ada@example\.org: .*\b012345\b/)
  expect(lines[0]).not.toContain('\n')
})
